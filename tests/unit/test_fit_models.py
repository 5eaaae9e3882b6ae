"""The scripts of the model stage on a small simulated province: same bytes on every run, every observation counted."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from told import told

import build_burnout_bins
import build_cumulative_incidence
import build_dose_response
import build_hazard_cells
import build_survey_scores
import export_tables
import fit_models
from jianfu.core.labels import Labels
from jianfu.indicators import unit_months as panel
from jianfu.indices import construction
from jianfu.indices.specification import index_spec
from jianfu.models.programs import replication
from jianfu.models.programs.variables import Words
from jianfu.models.spec import ModelSpec
from jianfu.models.tables.table import AnalysisTable
from jianfu.province.reference import reference_window
from jianfu.simulate.draw import draw
from jianfu.simulate.log_tables import task_tables
from jianfu.study import design

CONFIG = Path(__file__).parents[2] / "config"
PLAN = CONFIG / "plan"
INFERENCE = {"confidence": 0.95, "bootstrap": 49, "seed": 1, "allow_unconverged": True}
REFERENCE = {"reference_months": 12, "reference_window": None}
EXPOSURE = {"survey_months": 6, "survey_min_months": 4}
SURVEY = {"keys": {}, "ranges": {}, "min_answered": 0.8, "drop_straightliners": True, "min_seconds": None}


@pytest.fixture(scope="module")
def canonical(tmp_path_factory):
    """What the model stage reads of a simulated province of 24 units, as Parquet files."""
    folder = tmp_path_factory.mktemp("canonical")
    names = (
        "models.yaml checks.yaml hypotheses.csv indicators.csv indices.csv tiers.csv scales.yaml exits.yaml"
    )
    files = [PLAN / name for name in names.split()]
    setup = design.setup(CONFIG / "simulation.yaml", CONFIG / "default.yaml", *files, small=True)
    drawn = draw(setup.parameters, 6)
    window = tuple(setup.parameters["window"])
    logged = drawn.unit_months
    keys = ["unit_code", "month"]
    unit_months = panel.build_unit_months(
        drawn.units,
        drawn.spells,
        logged.loc[logged["tasks_logged"], keys],
        logged.loc[logged["app_logged"], keys],
        window,
        setup.calendar,
    )
    spec = index_spec(setup.members, reference_window(window, REFERENCE))
    anchors = construction.fit_anchors(drawn.indicators, unit_months, spec)
    exposures = construction.build_exposures(drawn.indicators, unit_months, spec, anchors)
    chains, task_years = task_tables(drawn)
    frames = {
        "survey": drawn.survey,
        "spells": drawn.spells,
        "units": drawn.units,
        "policies": drawn.policies,
        "unit_year": drawn.unit_year,
        "unit_months": unit_months,
        "indicators": drawn.indicators,
        "indices": construction.build_indices(drawn.indicators, unit_months, spec, anchors).indices(),
        "exposures": exposures,
        "check_exposures": exposures.head(0),
        "chains": chains,
        "task_years": task_years,
    }
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet")
    return folder, window


MADE = ("hazard_cells", "hazard_details", "hazard_own", "tenure_cells", "exits", "survey_scores")


def inputs_of(source, folder):
    """Inputs of the rule fit_models by name: the canonical ones in ``source``, those made in ``folder``."""
    read = {path.stem: path for path in source.glob("*.parquet") if path.stem != "survey"}
    names = read | {name: folder / f"{name}.parquet" for name in MADE}
    names |= {name: folder / f"{name}.csv" for name in ("flow_exits", "flow_survey")}
    return names | {
        "plan": PLAN / "models.yaml",
        "hypotheses": PLAN / "hypotheses.csv",
        "checks": PLAN / "checks.yaml",
        "definitions": PLAN / "exits.yaml",
        "indicator_plan": PLAN / "indicators.csv",
    }


def run(canonical, folder):
    """Run the six scripts into ``folder``."""
    source, window = canonical
    spells, exposures = source / "spells.parquet", source / "exposures.parquet"
    names, definitions = inputs_of(source, folder), PLAN / "exits.yaml"
    build_hazard_cells.main(
        spells,
        definitions,
        window,
        *(names[name] for name in MADE[:-1]),
        folder / "person_counts.parquet",
        names["flow_exits"],
    )
    build_survey_scores.main(
        source / "survey.parquet",
        spells,
        source / "units.parquet",
        PLAN / "scales.yaml",
        PLAN / "scales.yaml",
        definitions,
        SURVEY,
        names["survey_scores"],
        names["flow_survey"],
        folder / "survey_response.parquet",
    )
    fit_models.main(
        names,
        window,
        reference_window(window, REFERENCE),
        EXPOSURE,
        "all",
        INFERENCE,
        "small",
        folder / "estimates.parquet",
        folder / "flow.csv",
    )
    build_cumulative_incidence.main(
        spells,
        exposures,
        definitions,
        PLAN / "index_roles.csv",
        window,
        reference_window(window, REFERENCE),
        10,
        INFERENCE,
        folder / "curves.parquet",
    )
    rates = folder / "rates.parquet"
    build_dose_response.main(
        spells, exposures, definitions, PLAN / "index_roles.csv", window, 10, 0.95, rates
    )
    build_burnout_bins.main(names, 0.95, folder / "bins.parquet")


@pytest.fixture(scope="module")
def results(canonical, tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    run(canonical, folder)
    return folder


@pytest.mark.slow
def test_two_runs_write_the_same_bytes(canonical, results, tmp_path):
    run(canonical, tmp_path)
    files = sorted(path.name for path in results.iterdir())
    assert len(files) == 15
    for name in files:
        assert (tmp_path / name).read_bytes() == (results / name).read_bytes(), name


def test_estimates_account_for_every_observation(results):
    estimates = pd.read_parquet(results / "estimates.parquet")
    cells = pd.read_parquet(results / "hazard_cells.parquet")
    flow = pd.read_csv(results / "flow_exits.csv", encoding="utf-8-sig", keep_default_na=False)
    read = flow.set_index("step").loc["read", "person_months"]
    assert read == cells["n"].sum() + flow.loc[flow["step"] == "dropped", "person_months"].sum()
    for row in estimates.itertuples():
        assert row.n_read - sum(json.loads(row.dropped_by_reason).values()) == row.n_used, row.model
    hazards = estimates[
        (estimates["outcome"] == "voluntary") & (estimates["hypothesis"] != "H27")
    ]  # of unit-months
    assert (hazards["n_read"] == read).all()


def test_tested_rows_have_adjusted_p_values_and_others_have_none(results):
    estimates = pd.read_parquet(results / "estimates.parquet")
    hypotheses = pd.read_csv(PLAN / "hypotheses.csv", dtype=str, keep_default_na=False)
    tests = set(zip(hypotheses["model"], hypotheses["term"], strict=True))
    tested = [(row.model, row.term) in tests for row in estimates.itertuples()]
    known = estimates["p_value"].notna()
    assert (estimates["p_adjusted"].notna() == (pd.Series(tested) & known)).all()
    assert (
        estimates["p_adjusted"].dropna() >= estimates.loc[estimates["p_adjusted"].notna(), "p_value"]
    ).all()


def test_few_clusters_are_treated_as_such(results):
    estimates = pd.read_parquet(results / "estimates.parquet")
    burnout = estimates[estimates["model"] == "H1_burnout"].iloc[0]
    assert burnout["vcov"] == "CR2"
    assert "Satterthwaite" in told(burnout)
    exits = estimates[estimates["model"] == "H2_exits"].iloc[0]
    assert f"t({exits['n_clusters'] - 1})" in told(exits)
    assert "few clusters" in told(exits)
    assert exits["vcov"] == "wild"
    assert "p-value and interval: restricted wild score bootstrap (Rademacher, 49 replicates)" in told(exits)
    assert exits["p_value"] * 50 == pytest.approx(round(exits["p_value"] * 50))
    sex = estimates[(estimates["model"] == "H2_exits") & (estimates["term"] == "sex_female")].iloc[0]
    assert sex["vcov"] == "cluster_G" and "wild" not in told(sex)
    indirect = estimates[estimates["term"] == "OD_indirect"].iloc[0]
    assert indirect["vcov"] == "cluster_G"
    assert "percentile interval of the cluster bootstrap, 49 replicates" in told(indirect)
    assert "few clusters" in told(indirect)
    path = estimates[(estimates["model"] == indirect["model"]) & (estimates["term"] == "OD_a")].iloc[0]
    assert path["vcov"] == "CR2" and "few clusters" not in told(path)


def test_figures_rest_on_the_same_exits(results):
    rates = pd.read_parquet(results / "rates.parquet")
    flow = pd.read_csv(results / "flow.csv", encoding="utf-8-sig", keep_default_na=False)
    lost = flow.loc[flow["reason"] == "missing_exposure", "person_months"].astype(float).sum()
    at_risk = flow.loc[flow["step"] == "at_risk", "person_months"].astype(float).sum()
    for rows in (rates[rates["bin"] != "all"], rates[rates["bin"] == "all"]):
        everyone = rows[rows["cohort"] == "all"]
        assert everyone["person_months"].sum() == at_risk - lost
        assert rows.loc[rows["cohort"] != "all", "exits"].sum() == everyone["exits"].sum()
    counts = pd.read_parquet(results / "person_counts.parquet")
    assert counts["person_months"].sum() == at_risk


def test_every_hypothesis_is_fitted(results):
    """All but what needs several years or the dates of completed tasks; those are fitted in test_hypotheses_truth."""
    estimates = pd.read_parquet(results / "estimates.parquet").set_index(["model", "term"])
    plan = pd.read_csv(PLAN / "hypotheses.csv", dtype=str, keep_default_na=False)
    assert (plan["model"] != "").all() and set(plan["hypothesis"]) >= {
        f"H{i}" for i in range(1, 28) if i != 5
    }
    known = [estimates.loc[(row.model, row.term), "estimate"] for row in plan.itertuples()]
    missing = plan.loc[pd.isna(known), "model"]
    yearly = {"H9_accountability", "H12_outcome", "H13_score", "H24_outcome", "H24_burnout", "H26_signatures"}
    few = {"H18_after_lock", "H18_via_secondment", "H3_within_cohorts"}  # too few events in 24 units
    steps = {"H16_province_to_city", "H16_city_to_county", "H16_county_to_township"}  # no levels of issuers
    late = {"H14_formal", "H14_disguised", "H14_total", "H21_late"}
    drawn = {
        "H22_actions",
        "H22_apps",
        "H25_exits",
        "H25_burnout",
    }  # the draw has no totals of apps and 18 months
    assert set(missing) <= yearly | late | few | steps | drawn


# ---------------------------------------------------------------------------------------------- Stata, SPSS and R


@pytest.fixture(scope="module")
def stata(canonical, results, tmp_path_factory):
    """The folder for Stata, SPSS and R of the small province."""
    source, window = canonical
    folder = tmp_path_factory.mktemp("stata")
    beside = {"layout": "tables.yaml", "scales": "scales.yaml", "headings": "headings.csv"}
    export_tables.main(
        inputs_of(source, results)
        | {name: PLAN / file for name, file in beside.items()}
        | {"estimates": results / "estimates.parquet"},
        reference_window(window, REFERENCE),
        EXPOSURE,
        Labels("zh", PLAN / "labels.csv"),
        {"zh": "小省", "en": "Small"},
        True,
        CONFIG.parent / "workflow" / "programs",
        folder,
    )
    return folder


def test_r_finds_the_main_table_again(stata):
    """Coefficients and errors, CR2 ones of few clusters among them, to 1e-6: the script itself says so."""
    probe = "for (p in c('haven', 'Matrix', 'clubSandwich')) stopifnot(requireNamespace(p, quietly = TRUE))"
    if (
        not shutil.which("Rscript")
        or subprocess.run(["Rscript", "-e", probe], capture_output=True).returncode
    ):
        pytest.skip("no R with haven, Matrix and clubSandwich")
    script = (stata / "main_table.R").read_text(encoding="utf-8")
    assert "vcovCR" in script and "cloglog" in script and "poisson()" in script
    done = subprocess.run(["Rscript", "main_table.R"], cwd=stata, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    first, _, _ = script.partition("\nd <- ")
    model, end = script.split("\nd <- ")[1], script[script.index("if (is.na(worst)") :]
    wrong = f"{first}\nd <- {model}\n".replace("estimate = c(", "estimate = c(1 + ") + end
    (stata / "wrong.R").write_text(wrong, encoding="utf-8")
    failed = subprocess.run(["Rscript", "wrong.R"], cwd=stata, capture_output=True, text=True)
    assert failed.returncode == 1 and "jianfu_se" in failed.stdout, failed.stderr


def test_a_variable_of_a_single_level_is_no_factor_of_a_program():
    frame = pd.DataFrame(
        {"unit": list("aabbccdd"), "kind": ["镇"] * 8, "OD": [0.1, 2, 0.3, 1, 0.2, 3, 0.5, 0.6]}
    )
    table = AnalysisTable(frame.assign(burnout=[1.0, 3, 2, 2, 1, 4, 2, 3], wave=1), None, 8)
    spec = ModelSpec.of(
        {
            "name": "m",
            "estimator": "ols",
            "data": "t",
            "outcome": "burnout",
            "terms": ["OD"],
            "controls": ["kind"],
        }
        | {"effects": ["wave"], "cluster": "unit", "options": {}}
    )
    labels = Labels("zh", PLAN / "labels.csv")
    words = Words(
        labels=labels, indicators={}, items={}, headings={}, names={}, dummies={"kind": {"镇": "town"}}
    )
    rows = pd.DataFrame(
        [{"model": "m", "term": "OD", "estimate": 1.0, "std_error": 0.1, "vcov": "CR2", "n_clusters": 4}]
    )
    ((made,),) = [replication.exported("t", table, [spec], words, rows)[2]]
    assert made.numbers == ["OD"] and made.factors == [] and made.effects == []


def test_files_of_stata_and_spss_hold_the_analysis_tables_with_chinese_labels(stata, results):
    cells = pd.read_parquet(results / "hazard_cells.parquet")
    read = {"dta": pyreadstat.read_dta, "sav": pyreadstat.read_sav}
    for ending, reader in read.items():
        data, meta = reader(str(stata / f"hazard_cells.{ending}"))
        assert len(data) == len(cells) and data["voluntary"].sum() == cells["voluntary"].sum()
        told = dict(zip(meta.column_names, meta.column_labels, strict=True))
        assert told["OD"] == "过密化指数" and told["unit"] == "乡镇（街道）"
        assert told["in_H2_exits"] == "模型样本：H2 自愿流出"
        assert meta.variable_value_labels["sex"] == {1.0: "男性", 2.0: "女性"}
        assert not [name for name, label in told.items() if not re.search("[\u4e00-\u9fff]", label or "")], (
            ending
        )
    months = pyreadstat.read_dta(str(stata / "hazard_cells.dta"))[1].original_variable_types["month"]
    assert months == "%tm"
    tables = {path.stem for path in stata.glob("*.dta")}
    assert tables == {path.stem for path in stata.glob("*.sav")}
    assert {"survey_scores", "unit_months", "unit_waves", "unit_years", "chains", "exits"} <= tables


WORDS = {  # commands of each language, and the words that may stand behind them
    "do": (
        "version set capture program args local display end use generate egen glm regress beside",
        "double long group unit vce cluster hc2 family gaussian poisson binomial exposure link cloglog nolog ln _cons "
        "ltolerance nrtolerance 1e",
    ),
    "sps": (
        "SET GET SELECT COMPUTE EXECUTE. GENLIN /MODEL OFFSET DISTRIBUTION /CRITERIA /REPEATED /PRINT ECHO",
        "OF BY WITH ORDER DESCENDING INTERCEPT YES DISTRIBUTION LINK NORMAL IDENTITY POISSON LOG BINOMIAL CLOGLOG "
        "OFFSET LN E",
    ),
}


@pytest.mark.parametrize("program, used", [("do", r"if (\w+) == 1"), ("sps", r"\((\w+) = 1\)\.")])
def test_programs_name_what_stands_in_the_files(stata, program, used):
    """Commands are those known; every variable is one of the file in use or made before."""
    known, words = WORDS[program]
    present, models = set(), 0
    for line in (stata / f"main_table.{program}").read_text(encoding="utf-8").splitlines():
        command, _, rest = line.strip().partition(" ")
        if not command or command.startswith("*") or line.startswith("    "):
            continue
        assert command.partition("=")[0] in known.split(), line
        if command in ("use", "GET"):
            table = re.search(r"(\w+)\.(dta|sav)", rest)[1]
            file = stata / f"{table}.{'dta' if program == 'do' else 'sav'}"
            read = pyreadstat.read_dta if program == "do" else pyreadstat.read_sav
            present, models = set(read(str(file), metadataonly=True)[1].column_names), models + 1
        for name in re.findall(used, rest):
            assert name in present, line
        if command in ("generate", "egen", "COMPUTE"):
            made, _, rest = rest.partition("=")
            present.add(made.split()[-1])
        if command in ("generate", "egen", "COMPUTE", "glm", "regress", "GENLIN", "/MODEL"):
            named = set(re.findall(r"[^\W\d]\w*", re.sub(r"\b(i\.|\d[\d.]*(e-?\d+)?)", " ", rest)))
            assert named <= present | set(words.split()), (line, named - present)
        if command == "beside":
            place = re.search(r'" (?:\d+\.)?(\w+) ', line)[1]
            assert place == "_cons" or place in present, line
    assert models >= 5
