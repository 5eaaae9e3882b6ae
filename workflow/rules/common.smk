"""Functions that the rule files share; no rules."""

ROOT = Path(display(workflow.basedir))  # relative, so that a folder that was moved is the same project
PLAN = ROOT / "config" / "plan"
OVERLAYS = {
    table.file for table in read_tables(PLAN).values()
}  # files of the plan that a province may overlay
CODES = {row["code"] for row in read_plan_file(PLAN / "indicators.csv")}  # of the common indicators
OUTPUTS = read_outputs(PLAN / "outputs.csv")
USED = set()  # files of code and plan behind the rules read so far (provenance.smk)
DIGESTS = Digests()
# Goes before every release and, by its priority, before what it can. No analysis has it as an ancient input: Snakemake
# looks for no other reason to run a job below one that runs, and then leaves it out where the input is ancient.
CHECKED = "results/{province}/quality/rejects_checked.txt"
ENVIRONMENT = environment_digest()


def setting(*keys):
    """Value of a nested setting of the wildcard province, for `params`."""

    def value(wildcards):
        found = SETTINGS[wildcards.province]
        for key in keys:
            found = found[key]
        return found

    return value


def reference(wildcards):
    """First and last month of the reference window of the wildcard province, for `params`."""
    settings = SETTINGS[wildcards.province]
    return reference_window(settings["data"]["window"], settings["indices"])


def project(*parts):
    """A file of the project that no rule makes, as rule input; its content re-runs the rule (`code`), not its times."""
    file = ROOT.joinpath(*parts)
    if file.stat().st_mtime > time.time():
        os.utime(file)  # from a zip of another time zone: Snakemake takes no input of the future
    return flag(ancient(file.as_posix()), "project")


@cache
def library(script, modules):
    """Digest of scripts/<script>.py, the library modules it uses and `modules`."""
    files = modules_used(script, ROOT / "scripts", modules)
    USED.update(files)
    return files_digest(files, ROOT)


def code(script, modules=(), rule=None):
    """What the project brings to a rule, as digests, for `params`: a change re-runs the rule.

    The script with the library modules it uses and `modules` (names, or a function from the wildcards to them); lock and
    installed versions; the files of the project among the inputs of `rule` (default: the rule of that name).
    """
    own = modules if callable(modules) else lambda wildcards: modules
    library(script, tuple(PLAN_ESTIMATORS if callable(modules) else modules))  # for the record of the run

    def value(wildcards):
        found = set()
        own_rule = workflow.get_rule(rule or script)
        for entry in own_rule.input:
            entries = entry(wildcards) if callable(entry) else entry
            found.update(file for file in as_list(entries) if is_flagged(file, "project"))
        brought = {"library": library(script, tuple(own(wildcards))), "environment": ENVIRONMENT}
        return {**DIGESTS.of(found), **brought}

    return value


def content(files):
    """Digests of the user's own files that a rule reads, for `params`, so that a change of content re-runs it.

    `files`: function of the wildcards that gives a path, several or none. The user's files are no rule inputs, as
    Snakemake would judge those by their times and take braces in their names for wildcards.
    """

    def value(wildcards):
        return DIGESTS.of(as_list(files(wildcards)))

    return value


def as_list(entry):
    """One path as a list of one."""
    return [entry] if isinstance(entry, str) else list(entry)


def modules_named(declared):
    """Modules of the estimators that declared models or checks name, wherever in them; the engine loads them by name."""
    names, todo = set(), [declared]
    while todo:
        entry = todo.pop()
        if isinstance(entry, (dict, list)):
            todo += entry.values() if isinstance(entry, dict) else entry
        elif entry in ESTIMATORS:
            names.add(entry)
    return modules_of(names)


# Scripts from raw files to estimates, whose code two provinces must share for their estimates to be pooled.
CHAIN = [
    *("ingest_table", "build_unit_months", "build_indicators", "build_indices", "build_exposures"),
    *("build_hazard_cells", "build_survey_scores", "build_task_tables", "settle_plan", "fit_models"),
]


def code_of_estimates(wildcards):
    """{estimator: digest of the library modules behind its estimates} of the wildcard province, without versions."""
    content = plan_content(PLAN, SETTINGS[wildcards.province]["plan"], wildcards.province)
    named = {entry["estimator"] for entry in content("models.yaml")["models"]}
    return {
        name: mapping_digest({script: library(script, tuple(modules_of({name}))) for script in CHAIN})
        for name in sorted(named)
    }


def released_provinces():
    """Provinces whose release is made from raw exports, which alone have exchange packages."""
    return [name for name, own in SETTINGS.items() if not (own["models_on"] or brings_ready_tables(own))]


def national_outputs():
    """What several provinces end with together."""
    return ["results/provinces/pooled.csv", "results/provinces/brief.docx"]


def further_packages(wildcards):
    """Exchange packages of provinces elsewhere: the zip files of the folder `packages` of the command."""
    folder = config.get("packages")
    return sorted(map(str, Path(folder).glob("*.zip"))) if folder else []


def own_models_code(wildcards):
    """Digest of the code behind the models that a province declares on its own tables."""
    return code("run_models_on", modules_named(SETTINGS[wildcards.province]["models_on"]))(wildcards)


def common_plan(name):
    """Path of a file of the common plan, as rule input."""
    USED.add(PLAN / name)
    return project("config", "plan", name)


def plan(name):
    """A file of the plan as rule input; the wildcard province's own, where it overlays the common one."""
    file = common_plan(name)

    def path(wildcards):
        own = name in overlaid_files(PLAN, SETTINGS[wildcards.province]["plan"])
        return f"results/{wildcards.province}/plan/own/{name}" if own else file

    return path if name in OVERLAYS else file


def own_codes(province):
    """Codes of the indicators that a province adds to the common plan."""
    return [code for code in SETTINGS[province]["plan"].get("indicators", {}) if code not in CODES]


def own_members(province):
    """Whether an own indicator is a member of an index."""
    overlay = SETTINGS[province]["plan"]
    members = {row["indicator"] for row in plan_content(PLAN, overlay, province)("indices.csv")}
    return bool(members.intersection(own_codes(province)))


def common_rows(wildcards):
    """The indicator table for its common rows: the common file where the province only adds rows."""
    changed = CODES.intersection(SETTINGS[wildcards.province]["plan"].get("indicators", {}))
    return plan("indicators.csv")(wildcards) if changed else common_plan("indicators.csv")


def rows_of_indices(wildcards):
    """The indicator table for the indices, which own rows outside every index do not touch."""
    return (plan("indicators.csv") if own_members(wildcards.province) else common_rows)(wildcards)


def _with_own(path, own):
    """The path, and that of the province's own indicators beside it where ``own`` says so."""

    def paths(wildcards):
        folder, name = path.rsplit("/", 1)
        found = [path.format(province=wildcards.province)]
        if own_codes(wildcards.province) and own(wildcards.province):
            found.append(f"{folder}/own_{name}".format(province=wildcards.province))
        return found

    return paths


INDICATORS = "results/{province}/restricted/indicators.parquet"
all_indicators = _with_own(INDICATORS, own_codes)
indicators_of_indices = _with_own(INDICATORS, own_members)
all_notices = _with_own("results/{province}/quality/indicator_notices.csv", own_codes)


def survey_plan(wildcards):
    """The scoring keys: a province's own for the survey alone, so that no other table is read anew."""
    return plan("scales.yaml")(wildcards) if wildcards.table == "survey" else common_plan("scales.yaml")


def settled(name):
    """Path of a file of the plan as it is applied in the wildcard province (rule settle_plan)."""
    return f"results/{{province}}/plan/{name}"


PLAN_ESTIMATORS = modules_named([read_yaml(common_plan(name)) for name in ("models.yaml", "checks.yaml")])


def estimators(wildcards):
    """Modules of the estimators of the plan and of those that the wildcard province adds, for :func:`code`."""
    own = modules_named(SETTINGS[wildcards.province]["plan"])
    return sorted({*PLAN_ESTIMATORS, *own})


def folder_of(name):
    """Folder of a file among the inputs (of the first, where a name stands for several), for `params`."""

    def folder(wildcards, input):
        files = getattr(input, name)
        return str(Path(files if isinstance(files, str) else files[0]).parent)

    return folder


def release_folder(wildcards):
    """Folder of what the wildcard province may hand out, for `params`."""
    return f"results/{wildcards.province}/release"


def used(table):
    """A canonical table as an analysis reads it: without the rows that the wildcard province leaves out."""

    def path(wildcards):
        out = leaves_out(SETTINGS[wildcards.province]["exclude"], table)
        return f"results/{wildcards.province}/restricted/{'used' if out else 'canonical'}/{table}.parquet"

    return path


def canonical(*tables):
    """Canonical tables as rule inputs, by name."""
    return {table: used(table) for table in tables}


def simulation_parameters(wildcards):
    """The parameter file of a simulated province."""
    return project(SETTINGS[wildcards.province]["simulate"]["parameters"])


def raw_folder(wildcards):
    """Folder with the raw exports of a province; a simulated province makes its own."""
    if SETTINGS[wildcards.province]["simulate"]:
        return f"results/{wildcards.province}/simulated/raw"
    return SETTINGS[wildcards.province]["data"]["folder"]


def simulated(wildcards):
    """The folder with the raw exports of a simulated province, as rule input (a list, as that of the raw files)."""
    return [raw_folder(wildcards)] if SETTINGS[wildcards.province]["simulate"] else []


def raw_files(wildcards):
    """The user's raw files of the wildcard table, or of all tables where a rule has none."""
    return files_of_table(wildcards.province, wildcards.get("table"))


def files_of_table(province, table):
    """The user's raw files of a table of a province, or of all tables."""
    settings = SETTINGS[province]
    if settings["simulate"]:
        return []
    names = raw_tables(table)
    sources = [s for s in settings["sources"] if table is None or s["table"] in names]
    folder = settings["data"]["folder"]
    return sorted({str(file) for source in sources for file in matching_files(folder, source)})


@cache
def raw_mb(province, table):
    """MB of the raw files of a table, or of all; a simulated province makes its own, by its parameters."""
    settings, size = SETTINGS[province], 0
    if settings["simulate"]:
        with suppress(ConfigError):  # the job that draws it says what is wrong
            size = expected_bytes(read_parameters(settings["simulate"]["parameters"]), table)
    else:
        size = sum(os.path.getsize(file) for file in files_of_table(province, table))
    return size / 10**6


def of_raw(share, base=0, most=float("inf")):
    """MB that grow with the raw files of the wildcard table (without one: of all), up to ``most``, for `resources`."""

    def megabytes(wildcards):
        jobs = int(wildcards.get("jobs", 1))
        grown = base + share * raw_mb(wildcards.province, wildcards.get("table")) / jobs
        return max(1, round(min(grown, most)))

    return megabytes


def simulated_mb(wildcards):
    """MB of the job that simulates the wildcard province: beyond a part of its tasks, the counts of units and months."""
    raw = raw_mb(wildcards.province, None)
    return round(400 + 1.6 * min(raw, 1500) + 0.05 * raw)


def estimation_mb(wildcards):
    """MB of the estimation, which grows with the person-months: 4.3 GB for 90,000 persons (14 MB of workbooks)."""
    return round(min(max(1500, 330 * raw_mb(wildcards.province, "spells")), 10_000))


def spilled(wildcards, input):
    """MB that ingest_table writes: the table, and its typed rows before, where no other job has read them."""
    return of_raw(0.2 if input.pieces else 1.0)(wildcards)


def shares(wildcards):
    """The blocks of files of the wildcard table, by the jobs that read them; one job for all where there is little."""
    settings = SETTINGS[wildcards.province]
    if settings["simulate"]:  # its files are made by this very run
        return [[]]
    try:
        blocks = blocks_of(wildcards.table, settings["data"]["folder"], settings["sources"])
    except DataError:  # a file that is not there: the job that reads them says so
        return [[]]
    return pieces_of(blocks, settings["data"]["pieces"])


def pieces(wildcards):
    """What the jobs read that share the files of the wildcard table; nothing where one job reads them all."""
    jobs = len(shares(wildcards))
    of = [f"{number}-of-{jobs}" for number in range(1, jobs + 1)] if jobs > 1 else []
    return expand("results/{{province}}/restricted/pieces/{{table}}/{piece}", piece=of)


def share(wildcards):
    """Numbers of the blocks that the wildcard piece holds, for `params`."""
    return [block.number for block in shares(wildcards)[int(wildcards.number) - 1]]


def county_parts(wildcards):
    """The indicators of the counties that jobs look at apart, as many as by its raw files read the tasks of a large
    province; nothing where one job looks at all."""
    settings = SETTINGS[wildcards.province]
    size = 0 if settings["simulate"] else raw_mb(wildcards.province, "tasks") * 10**6
    jobs = settings["data"]["pieces"] or ceil(size / PIECE_BYTES)
    of = [f"{number}-of-{jobs}" for number in range(1, jobs + 1)] if jobs > 1 else []
    return expand("results/{{province}}/restricted/pieces/indicators/{part}.npz", part=of)


def own_file(province):
    """The file of a province."""
    return province_file(province, province_folders(workflow.basedir, config.get("provinces_dir")))


def registrations(wildcards):
    """The registered plans of the wildcard province."""
    return [str(path) for path in registration_files(own_file(wildcards.province), wildcards.province)]


def earlier_results(wildcards):
    """What the report reads of the results before a change, where the wildcard province names some."""
    folder = SETTINGS[wildcards.province]["report"]["compared_with"]
    return [f"{folder}/{name}" for name in RESULT_FILES] if folder else []


def earlier_vintage(rule):
    """What the gate, in a rule, released of the results before a change, where the wildcard province names some."""

    def path(wildcards):
        folder = SETTINGS[wildcards.province]["report"]["compared_with"]
        return [f"{folder}/restricted/vintage/{rule}.parquet"] if folder else []

    return path


def holidays(wildcards):
    """The province's own list of working days, where it has one and the table of the rule needs it."""
    own = SETTINGS[wildcards.province]["calendar"]["holidays"]
    return own if own and wildcards.get("table", "app_activity") == "app_activity" else []


def map_files_of(wildcards):
    """The files with the boundaries of the wildcard province's counties, where it names one."""
    file = SETTINGS[wildcards.province]["map"]["file"]
    return map_files(file) if file else []


def made_anchors(wildcards):
    """The anchors of another province that this one names, where this very run makes them, as rule input."""
    anchors = SETTINGS[wildcards.province]["indices"]["anchors"]
    return [
        name for name in [anchors] if name in expand(rules.build_indices.output.anchors, province=SETTINGS)
    ]


def labelled_titles(wildcards):
    """The titles that the province labelled, where there are some and the rule reads tasks."""
    own = SETTINGS[wildcards.province]["titles"]["labelled"]
    return own if own and wildcards.table == "tasks" else []


def common_anchors(wildcards):
    """The anchors of another province that this one names, made at another time."""
    anchors = SETTINGS[wildcards.province]["indices"]["anchors"]
    return [anchors] if anchors and not made_anchors(wildcards) else []


def frozen_anchors(wildcards):
    """The anchors of an earlier run that the wildcard province keeps."""
    return SETTINGS[wildcards.province]["indices"]["frozen"] or []


def canonical_own(wildcards):
    """The tables that only the wildcard province has."""
    return [used(table)(wildcards) for table in tables_added(SETTINGS[wildcards.province]["sources"])]


def of_tables(path):
    """A file for every canonical table of the wildcard province, its own tables among them."""

    def paths(wildcards):
        tables = [*CANONICAL, *tables_added(SETTINGS[wildcards.province]["sources"])]
        return [path.format(province=wildcards.province, table=table) for table in tables]

    return paths


def canonical_units(wildcards):
    """The unit table, which every table with units or counties is read against."""
    if wildcards.table == "units":
        return []
    return f"results/{wildcards.province}/restricted/canonical/units.parquet"


def ingest_settings(wildcards):
    """The settings that decide how one table is read."""
    settings = SETTINGS[wildcards.province]
    names = raw_tables(wildcards.table)
    return {
        "province": {"synthetic": settings["province"]["synthetic"]},
        "data": {
            k: settings["data"][k]
            for k in ("window", "extraction_date", "null_tokens", "max_unzipped_gb", "roster")
        },
        "sources": [source for source in settings["sources"] if source["table"] in names],
        "values": settings["values"],
        "survey": (
            {k: settings["survey"][k] for k in ("keys", "ranges", "responses")} if "survey" in names else {}
        ),
        "calendar": settings["calendar"] if "punches" in names else {},
        "titles": settings["titles"] if "tasks" in names else {},
    }


def quality_settings(wildcards):
    """The settings that the quality report speaks of."""
    settings = SETTINGS[wildcards.province]
    return {key: settings[key] for key in ("province", "language", "data", "sources", "exclude")}


def fingerprint(wildcards):
    """Which key made the pseudonyms of a table with persons; the key itself is in no file."""
    tables = {source["table"] for source in SETTINGS[wildcards.province]["sources"]}
    if not tables & PERSON_TABLES & {wildcards.table, *raw_tables(wildcards.table)}:
        return ""
    return key_fingerprint(pseudonym_key(SETTINGS[wildcards.province]["province"]["synthetic"]))


def own_tables(wildcards):
    """Files of a province that brings a ready analysis table."""
    data = SETTINGS[wildcards.province]["models_on"]["data"]
    return [data] if isinstance(data, str) else list(data.values())


def published(**traits):
    """Names of the declared outputs (config/plan/outputs.csv) that have all the ``traits``, e.g. area="figures"."""
    return [
        name
        for name, output in OUTPUTS.items()
        if all(getattr(output, trait) == value for trait, value in traits.items())
    ]


def published_by(rule):
    """Files of one rule that wait for the gate, by name."""
    return {name: f"results/{{province}}/restricted/publish/{name}.parquet" for name in published(rule=rule)}


def panel_files(wildcards):
    """Files of a user's own indicator panel."""
    return files_of(SETTINGS[wildcards.province]["indicators"])


def quality_pages(province):
    """The report on data quality, where a province has raw exports."""
    if SETTINGS[province]["models_on"] or brings_ready_tables(SETTINGS[province]):
        return []
    return [f"results/{province}/quality/quality_report.html"]


def index_outputs(province):
    """The indices of a province: the steps of its own panel, or the burden indices."""
    if SETTINGS[province]["indicators"]:
        return [f"results/{province}/release/panel/anchors.json"]
    checked = CHECKED.format(province=province)
    return [*quality_pages(province), checked, f"results/{province}/restricted/indices.parquet"]


MANIFEST = "results/{province}/release/manifest.json"


def final_outputs(province):
    """What a run of one province must end with."""
    settings = SETTINGS[province]
    manifest = (
        [] if settings["models_on"] or brings_ready_tables(settings) else [MANIFEST.format(province=province)]
    )
    return released_outputs(province) + manifest


def released_outputs(province):
    """The same without the manifest, which names them all."""
    results = f"results/{province}"
    panel = index_outputs(province) if SETTINGS[province]["indicators"] else []
    if SETTINGS[province]["models_on"]:
        return panel + [f"{results}/release/estimates.csv"]
    if brings_ready_tables(SETTINGS[province]):
        return panel
    outputs = quality_pages(province)
    outputs += [f"{results}/release/report.{kind}" for kind in ("docx", "pdf", "html")]
    outputs.append(f"{results}/release/index.html")
    outputs += [f"{results}/release/tables/main_regression.xlsx", f"{results}/provenance/run.json"]
    outputs.append(f"{results}/release/figures/policy_event_study.png")
    if SETTINGS[province]["simulate"]:
        outputs.append(f"{results}/simulated/targets.csv")
    return outputs + panel


def scenarios_folder():
    """Where the scenarios are that the command asks for: the release, or beside it those that it names."""
    asked = ",".join(asked_scenarios(config))
    return f"results/{{province}}/scenarios/{asked}" if asked else "results/{province}/release"


def heavy_outputs(province):
    """What `full` makes beyond the final outputs: results that take minutes."""
    settings = SETTINGS[province]
    panel = [f"results/{province}/release/panel/multiverse_shares.csv"] if settings["indicators"] else []
    if settings["models_on"] or brings_ready_tables(settings):
        return panel
    full = f"results/{province}/release/full"
    return panel + [
        f"{full}/{file}" for file in ("estimates.csv", "figures/specification_curve.png", "index.html")
    ]


def own_template(wildcards):
    """The Word file whose styles and pages the province wants, if it names one."""
    template = SETTINGS[wildcards.province]["report"]["template"]
    return [template] if template else []


def of_province(files):
    """The files (paths, or functions of the wildcards) of the wildcard province, in their order, as one input."""

    def path(file, wildcards):
        if callable(file):
            return file(wildcards)
        return file.format(province=wildcards.province) if "{province}" in file else file

    return lambda wildcards: [path(file, wildcards) for file in files]


def own(key, *usual, name=None):
    """What the wildcard province says of its figure or table `name` (None: the wildcard) under `key`, else `usual`."""

    def value(wildcards):
        said = SETTINGS[wildcards.province]["own"].get(name or wildcards.name, {})
        return said.get(key) or setting(*usual)(wildcards)

    return value


def own_look(name):
    """Title, size, style and journal of the figure `name` in the wildcard province."""

    def value(wildcards):
        said = SETTINGS[wildcards.province]["own"].get(name, {})
        look = {"title": "", "width": None, "height": None, "style": "colour"}
        look = {key: said.get(key, usual) for key, usual in look.items()}
        return look | ({"journal": said["journal"]} if "journal" in said else {})

    return value


def remove_left_over(province):
    """Remove what earlier runs made for settings that the province no longer has: tables without what was left out,
    tables and indicators of its own, own files of the plan."""
    settings, results = SETTINGS[province], Path("results", province)
    tables = [*CANONICAL, *tables_added(settings["sources"])]
    measures = ["own_indicators.parquet", "own_indicator_notices.csv"] if own_codes(province) else []
    kept = {
        "restricted/used/*": [
            f"{table}.parquet" for table in tables if leaves_out(settings["exclude"], table)
        ],
        "restricted/canonical/own_*": [f"{table}.parquet" for table in tables],
        "restricted/quarantine/own_*": [f"{table}.csv" for table in tables],
        "restricted/own_indicators.parquet": measures,
        "quality/own_indicator_notices.csv": measures,
        "plan/own/*": overlaid_files(PLAN, settings["plan"]),
    }
    for pattern, names in kept.items():
        for file in results.glob(pattern):
            if file.name not in names:
                file.unlink()
