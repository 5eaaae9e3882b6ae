"""Everything that a model can say has words in both languages, with the places of its values; nothing else is said."""

import ast
from pathlib import Path
from string import Formatter

import pytest

from jianfu.core.errors import NotEstimable
from jianfu.core.labels import Labels
from jianfu.core.reasons import Reason, read_reasons, write_reasons
from jianfu.models.reasons import because, codes, failure, has, in_words, unestimable

ROOT = Path(__file__).parents[2]
LABELS = {
    language: Labels(language, str(ROOT / "config" / "plan" / "labels.csv")) for language in ("zh", "en")
}
LIBRARY = ROOT / "scripts" / "jianfu"
SAID = ("because", "NotEstimable")


def _places(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LABELS)
def test_every_code_has_words_with_exactly_its_values(language):
    for code, declared in codes().items():
        assert _places(LABELS[language](f"why_{code}")) == set(declared.values), code
        assert set(declared.counts) <= set(declared.values), code
    known = {key for key in LABELS[language].texts if key.startswith("why_")}
    assert known == {f"why_{code}" for code in codes()}


def _calls():
    for file in LIBRARY.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            known = isinstance(node, ast.Call) and ast.unparse(node.func) in SAID and node.args
            if known and isinstance(node.args[0], ast.Constant) and " " not in node.args[0].value:
                yield f"{file.name}:{node.lineno}", node.args[0].value, node.keywords


def test_what_the_code_says_is_declared():
    calls = list(_calls())
    assert len(calls) > 100
    for place, code, keywords in calls:
        assert code in codes(), f"{place}: {code}"
        names = {keyword.arg for keyword in keywords} - {"sample"}
        assert None in names or names == set(codes()[code].values), f"{place}: {code}"


def test_an_undeclared_reason_is_refused():
    with pytest.raises(KeyError):
        because("no_such_code")
    with pytest.raises(TypeError, match="too_few_events"):
        because("too_few_events", events=3)


def test_reasons_travel_as_text_and_are_put_into_words_at_the_end():
    lost = unestimable(NotEstimable("too_few_events", events=3, coefficients=22))
    reasons = [lost, because("collinear", columns=["OD", "GAP"]), because("few_clusters", clusters=12)]
    back = read_reasons(write_reasons(reasons))
    assert back == reasons
    assert failure(back) == Reason("too_few_events", events=3, coefficients=22)
    assert failure(back[2:]) is None and has(back, "few_clusters", "few_events")
    assert in_words(back, LABELS["en"]) == (
        "not estimable: 3 events for 22 coefficients; collinear and left out: OD, GAP; "
        "few clusters (12): errors may be too small"
    )
    names = {"OD": "过密化指数"}
    assert in_words(back[:2], LABELS["zh"], lambda text: names.get(text, text), "；") == (
        "无法估计，3个事件，22个系数；与其他变量或固定效应共线，未纳入：过密化指数、GAP"
    )
