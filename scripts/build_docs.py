"""Write what the documents take from the code (make docs): settings with their defaults, their reference.

Without a name, everything; tests/config/test_documents.py fails when a file is not what this writes.
"""

from pathlib import Path

from jianfu.commands import reference
from jianfu.config import read_yaml

ROOT = Path(__file__).resolve().parents[1]


def documents():
    """``{path below the root: text}`` of every generated document."""
    schema = read_yaml(ROOT / "workflow" / "schemas" / "config.schema.yaml")
    return {
        "config/default.yaml": reference.default_file(schema),
        "config/settings.md": reference.settings_reference(schema),
    }


if __name__ == "__main__":
    for path, text in documents().items():
        (ROOT / path).write_text(text, encoding="utf-8")
