# Two commands: `make` (set up, then the demonstration province) and `make test`.
# Your province: make new-province SLUG=anhui DATA=/path/to/folder, make check PROVINCE=anhui, make PROVINCE=anhui

PYTHON ?= python3
PROVINCE ?= demo
CORES ?= 2
BIN := .venv/bin
export PYTHONHASHSEED := 0
# On Windows, and without make: python jianfu.py COMMAND (all commands: python jianfu.py --help).
JIANFU = $(PYTHON) jianfu.py
RUN = "$(PROVINCE)" --cores $(CORES)

.PHONY: all full indices models scenarios planner stata exchange provinces new-province check figure table freeze compare update setup development reread fuzz test test-all simulation-study lint docs audit report report-check bench lock clean

all:
	@$(JIANFU) run $(RUN)

# The same, and what takes longer: more replicates and specifications (up to half an hour).
full:
	@$(JIANFU) full $(RUN)

# Up to the indices: those of the burden, or every step of the panel that `indicators` names.
indices:
	@$(JIANFU) indices $(RUN)

# Up to the estimates: the declared models, or those that `models_on` lists on a ready table.
models:
	@$(JIANFU) models $(RUN)

# What would have been: the scenarios of config/plan/scenarios.yaml, or those of the setting `scenarios`, past the gate.
# SCENARIOS=S1,S4,own: those alone, beside the release, into results/PROVINCE/scenarios/S1,S4,own.
scenarios:
	@$(JIANFU) scenarios $(RUN) $(if $(SCENARIOS),--scenarios "$(SCENARIOS)")

# Scenarios and their combinations within a budget of relief (setting `planner`), and the frontier of them.
planner:
	@$(JIANFU) planner $(RUN)

# The analysis tables for Stata, SPSS and R, with programs there that give the main table again (restricted/stata).
stata:
	@$(JIANFU) stata $(RUN)

# The exchange package of PROVINCE: released results of the province as a whole, for the picture of all provinces.
exchange:
	@$(JIANFU) exchange $(RUN)

# What several provinces say together: PROVINCE=a,b and, with PACKAGES=folder, the packages of others.
provinces:
	@$(JIANFU) provinces $(RUN) $(if $(PACKAGES),--packages "$(PACKAGES)")

# Looks into a folder of raw exports and writes config/provinces/SLUG.yaml; FORCE=1 overwrites an existing one,
# LANGUAGE=en writes it, what is shown and its results in English.
new-province:
	@$(JIANFU) new-province "$(SLUG)" "$(DATA)" --language "$(LANGUAGE)" --cores $(CORES) $(if $(FORCE),--force)

# Reads the raw files of PROVINCE and reports on their quality, then says what can be answered with them; fits nothing.
check:
	@$(JIANFU) check $(RUN)

# One figure or table NAME in the look that the province file gives it under `own`.
figure:
	@$(JIANFU) figure "$(PROVINCE)" "$(NAME)"

table:
	@$(JIANFU) table "$(PROVINCE)" "$(NAME)"

# Registers the plan of PROVINCE before its outcomes are looked at: a dated page (Word, PDF) with its digest.
freeze:
	@$(JIANFU) freeze "$(PROVINCE)"

# Looks through the finished documents of PROVINCE: gaps, codes in a reader's text, blank pages, numbers without a source.
report-check:
	@$(JIANFU) report-check "$(PROVINCE)"

# What changed between the results of PROVINCE and those of VINTAGE (a folder of results, or a name below results/), and why.
compare:
	@$(JIANFU) compare "$(PROVINCE)" --vintage "$(VINTAGE)"

# New files in the folder of PROVINCE: its release again, the one before kept, what changed; UNTIL=2026-07 moves the last month.
update:
	@$(JIANFU) update $(RUN) $(if $(UNTIL),--until "$(UNTIL)")

# Installs the locks into .venv, where they are not there already; with what tests need: development.
setup:
	@$(JIANFU) setup

development:
	@$(JIANFU) setup --development

# Reads all raw tables again, as a database behind an address cannot tell that it has changed.
reread:
	@$(JIANFU) run $(RUN) --forcerun ingest_table

# 10,000 files of valid, damaged and nonsense cells (a quarter of an hour): every row is counted, no traceback.
fuzz: development
	JIANFU_FUZZ=10000 $(BIN)/python -m pytest tests/unit/test_ingest_fuzz.py

# On two cores, file by file; the whole runs begin first, as they share one finished province and take longest.
define tests
$(BIN)/python -m pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder $(1)
endef

test: development
	@$(call tests)

test-all: development
	@$(call tests,-m "slow or not slow")

# Bias, coverage, size and power over thousands of simulated provinces (an hour on two cores; goes on where it stopped);
# writes docs/simulation_study.csv, .png and .svg.
simulation-study: setup
	$(BIN)/snakemake --cores $(CORES) --keep-going --forcerun build_simulation_study build_intervention_study -- \
	  docs/simulation_study.png docs/intervention_study.csv

# ROWS=2000000: reading and indicators of so many rows stage by stage beside DuckDB, pandas and Polars, into docs/benchmark.csv
# (0.3 GB of disk for every million rows). Without ROWS: 2 and 20 million, and before them the index build of a large province,
# the primary hazard beside other programs on 3.6 million rows, and the libraries that estimators are judged by. First of
# all, what each stage of `make PROVINCE=...` took.
bench: setup
ifndef ROWS
	@$(JIANFU) run $(RUN)
	$(BIN)/python tests/bench/bench_stages.py "$(PROVINCE)"
	$(BIN)/python tests/bench/bench_indices.py
	$(BIN)/python tests/bench/bench_hazard.py
	$(BIN)/python tests/bench/bench_models.py
	$(BIN)/python tests/bench/bench_libraries.py
endif
	$(BIN)/python tests/bench/bench_scale.py $(if $(ROWS),--rows $(ROWS)) $(BENCH)

lint: development
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

# What the documents take from the code: config/default.yaml, config/settings.md, the rooms in docs/architecture.
docs: development
	$(BIN)/python scripts/build_docs.py

# The offline audit trail of Snakemake: every released figure with the rule, code and run time behind it.
audit:
	@$(JIANFU) audit $(RUN)

# The report and what it needs.
report:
	@$(JIANFU) report $(RUN)

# Renew the locks (needs uv and a package index).
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" requirements.in -o requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" requirements-dev.in -o requirements-dev.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" requirements-slurm.in -o requirements-slurm.txt

clean:
	@$(JIANFU) clean "$(PROVINCE)"
