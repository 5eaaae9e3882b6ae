"""Functions that the rule files share; no rules."""


def setting(*keys):
    """Value of a nested setting of the wildcard province, for `params`."""

    def value(wildcards):
        found = SETTINGS[wildcards.province]
        for key in keys:
            found = found[key]
        return found

    return value


def code(script):
    """Digest of scripts/<script>.py and of the library modules it uses, so that a change re-runs the rule."""
    return code_digest(script, Path(workflow.basedir) / "scripts")


def plan(name):
    """Path of a file of the common plan, as rule input."""
    return str(Path(workflow.basedir) / "config" / "plan" / name)


def raw_folder(wildcards):
    """Folder with the raw exports of a province; a simulated province makes its own."""
    if SETTINGS[wildcards.province]["simulate"]:
        return f"results/{wildcards.province}/simulated/raw"
    return SETTINGS[wildcards.province]["data"]["folder"]


def raw_files(wildcards):
    """Raw files of the wildcard table, or of all tables where a rule has none; the folder if they are simulated."""
    settings, table = SETTINGS[wildcards.province], wildcards.get("table")
    if settings["simulate"]:
        return raw_folder(wildcards)
    names = {"spells": ["roster", "ledger"]}.get(table, [table])
    sources = [s for s in settings["sources"] if table is None or s["table"] in names]
    folder = Path(settings["data"]["folder"])
    return sorted(
        {str(f) for s in sources for pattern in s["files"] for f in folder.glob(pattern) if f.is_file()}
    )


def holidays(wildcards):
    """The province's own list of working days, where it has one."""
    return SETTINGS[wildcards.province]["calendar"]["holidays"] or []
