"""Every reason why a model gives no estimate has a Chinese form in the Chinese report."""

import ast
import re
from pathlib import Path

import pytest

from jianfu.core.labels import Labels
from jianfu.report.document.notes import note_text

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "scripts" / "jianfu"
LABELS = Labels("zh", str(ROOT / "config" / "plan" / "labels.csv"))
ENGLISH = re.compile("[A-Za-z]{2,} [a-z]{2,}")  # names stay as they are; two words are a phrase
OWN_TABLES = ("cfa", "meta", "p_adjust", "pool_imputations")  # of results or items; in no report
CAUGHT = ("did", "event_study", "natural_effects", "segmented")  # their ValueError becomes a reason


def _text(node):
    """A text of the code, with 7 for everything that is filled in."""
    parts = ast.iter_child_nodes(node) if isinstance(node, ast.JoinedStr) else [node]
    return "".join(part.value if isinstance(part, ast.Constant) else "7" for part in parts)


def _raised(path, error):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            call = node.exc
            known = call.args and isinstance(call.args[0], (ast.Constant, ast.JoinedStr))
            if ast.unparse(call.func) == error and known:
                yield _text(call.args[0])


def _reasons():
    files = [path for path in (LIBRARY / "models" / "estimators").glob("*.py") if path.stem not in OWN_TABLES]
    found = {
        text
        for path in (*files, *(LIBRARY / "models" / name for name in ("engine.py", "sample.py", "terms.py")))
        for text in _raised(path, "NotEstimable")
    }
    for name in CAUGHT:
        found |= set(_raised(LIBRARY / "statistics" / f"{name}.py", "ValueError"))
    return sorted(text for text in found if " " in text and not text.startswith("unknown"))


@pytest.mark.parametrize("reason", _reasons())
def test_every_reason_in_the_code_has_a_chinese_form(reason):
    said = note_text(f"not estimable: {reason}", LABELS)
    assert said.startswith("无法估计，") and not ENGLISH.search(said) and said != f"无法估计，{reason}"


def test_the_reason_stands_without_the_conventions_of_the_errors():
    note = "合成数据 SYNTHETIC; 23 clusters: CR2; t(18.8); collinear and left out: OD, OD:GAP; 不予公布（人数不足）"
    assert (
        note_text(note, LABELS)
        == "与其他变量或固定效应共线，未纳入：过密化指数、过密化指数 × 权责落差指数；不予公布（人数不足）"
    )
    assert note_text("did not converge: Singular matrix", LABELS) == "未收敛"
    assert note_text("did not converge; HC1; t(3)", LABELS) == "未收敛"
