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
