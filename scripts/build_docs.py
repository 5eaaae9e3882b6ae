"""Write what the documents take from the code (make docs): settings, their reference, estimators, rooms.

tests/config/test_documents.py fails when a file is not what this writes.
"""

from pathlib import Path

from documents import estimators, reference, rooms
from jianfu.config.files import read_yaml
from jianfu.province.plan import plan_version

ROOT = Path(__file__).resolve().parents[1]
PLAN = ROOT / "config" / "plan"
LIBRARY = ROOT / "scripts" / "jianfu"


def with_parts(path, **parts):
    """Text of a document with what stands between its marks of these names replaced."""
    text = (ROOT / path).read_text(encoding="utf-8")
    for name, part in parts.items():
        begin, end = f"<!-- {name}: written by make docs -->\n", f"<!-- end of {name} -->"
        before, rest = text.split(begin)
        text = before + begin + part + end + rest.split(end)[1]
    return text


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
        "config/own-tables.md": with_parts(
            "config/own-tables.md",
            vocabulary=estimators.vocabulary_table(),
            shared=estimators.shared_options(),
            examples=estimators.examples(),
        ),
        "config/plan/version.yaml": version_file(),
        "docs/architecture.md": with_parts("docs/architecture.md", rooms=rooms.table(LIBRARY)),
        "docs/architecture.svg": rooms.picture(LIBRARY),
    }


if __name__ == "__main__":
    for path, text in documents().items():
        (ROOT / path).write_text(text, encoding="utf-8")
