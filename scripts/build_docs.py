"""Write what the documents take from the code (make docs): settings, their reference, estimators, rooms.

tests/config/test_documents.py fails when a file is not what this writes.
"""

from pathlib import Path

from documents import reference, rooms
from jianfu.config.files import read_yaml
from jianfu.models.estimators.vocabulary import ESTIMATORS
from jianfu.province.plan import plan_version

ROOT = Path(__file__).resolve().parents[1]
PLAN = ROOT / "config" / "plan"
LIBRARY = ROOT / "scripts" / "jianfu"


def with_part(path, name, part):
    """Text of a document with what stands between its marks of this name replaced."""
    begin, end = f"<!-- {name}: written by make docs -->\n", f"<!-- end of {name} -->"
    before, rest = (ROOT / path).read_text(encoding="utf-8").split(begin)
    return before + begin + part + end + rest.split(end)[1]


def version_file():
    """The version of the common plan as it is stated, with the digest of what it is."""
    found = plan_version(PLAN)
    remark = "# Raise the version when the plan changes what is asked; the digest is written by make docs."
    return f"{remark}\nversion: {found['version']}\ndigest: {found['digest']}\n"


def documents():
    """``{path below the root: text}`` of every generated document."""
    schema = read_yaml(ROOT / "workflow" / "schemas" / "config.schema.yaml")
    return {
        "config/default.yaml": reference.default_file(schema),
        "config/settings.md": reference.settings_reference(schema),
        "config/own-tables.md": with_part(
            "config/own-tables.md", "keys", reference.estimator_table(ESTIMATORS)
        ),
        "config/plan/version.yaml": version_file(),
        "docs/architecture.md": with_part("docs/architecture.md", "rooms", rooms.table(LIBRARY)),
        "docs/architecture.svg": rooms.picture(LIBRARY),
    }


if __name__ == "__main__":
    for path, text in documents().items():
        (ROOT / path).write_text(text, encoding="utf-8")
