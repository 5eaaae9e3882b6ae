"""What terms, outcomes, models, reasons and verdicts are called in the language of the reader."""

from collections.abc import Mapping, Sequence

from jianfu.core.labels import Labels
from jianfu.core.reasons import Reason
from jianfu.models.reasons import has, in_words
from jianfu.models.term import Term
from jianfu.models.verdicts import CONSTANT, FAILED, NONE, PASSED, WEAK, Verdict, summary

NOTHING = "—"
LACKING = {
    "column_absent": "column",
    "column_empty": "column",
    "table_empty": "table",
}  # and the value that names it
COLLINEAR = ("collinear", "collinear_term", "collinear_terms", "collinear_with_effects")


def text_of(key: str, labels: Labels, fallback: object) -> str:
    """The label of ``key``, or ``fallback`` where the dictionary has none."""
    return labels(key) if key in labels else str(fallback)


MISSING = "missing_"  # what the reason for rows without a column begins with


def term_label(term: str, labels: Labels) -> str:
    """Text of a term: ``OD:cohort_90s`` becomes the two labels joined by ×, ``OD_lead`` the label with its suffix."""
    return " × ".join(part_labels(term, labels))


def part_labels(term: str, labels: Labels) -> list[str]:
    """Text of each part of a term, of a function that of its column; a dash where there is no term."""
    if not isinstance(term, str) or not term:
        return [NOTHING]
    return [_part_label(part, labels) for part in Term(term).parts]


def column_label(column: str, labels: Labels) -> str:
    """Text of a column: its own label, that of the outcome or of the variable, that of its stem with its suffix."""
    stem, _, tail = column.rpartition("_")
    if column not in labels and stem in labels and f"term_suffix_{tail}" in labels:
        return labels(stem) + labels(f"term_suffix_{tail}")
    keys = (column, f"outcome_{column}", f"variable_{column}")
    return next((labels(key) for key in keys if key in labels), column)


def _part_label(part, labels):
    """Text of a :class:`~jianfu.models.term.Part`."""
    if not part.function or part.text in labels:
        return column_label(part.text, labels)
    return f"{part.function}({', '.join([column_label(part.column, labels), *part.arguments[1:]])})"


def model_label(name: str, models: Mapping, labels: Labels) -> str:
    """Name of a model of the plan ({name: entry}) in the reader's language."""
    return models[name][f"label_{labels.language}"] if name in models else name


def outcome_label(row: Mapping, labels: Labels) -> str:
    """Words for the outcome of an estimate."""
    return text_of(f"outcome_{row['outcome']}", labels, row["outcome"])


def value_label(value: str, labels: Labels) -> str:
    """Words for a text among the values of a reason: why rows were dropped, a table of the data, a column or term."""
    keys = (f"reason_{value}", f"data_{value}")
    if known := next((labels(key) for key in keys if key in labels), None):
        return known
    if value.startswith(MISSING):
        return labels("reason_missing_column", column=term_label(value.removeprefix(MISSING), labels))
    return term_label(value, labels)


def said(reasons: Sequence[Reason], labels: Labels) -> str:
    """Reasons in the language of ``labels``, with the columns, terms and tables among their values in words."""
    return in_words(reasons, labels, lambda value: value_label(value, labels), labels("list_semicolon"))


def label_of_tests(tests: Mapping[str, str], labels: Labels) -> str:
    """Words for what the falsification tests beside an estimate say, naming those that failed or are too weak, and
    whether units differ otherwise."""
    result, names = summary(tests)
    which = labels("list_comma").join(labels(f"test_{name}") for name in names)
    words = [
        labels(f"test_{result}") if result == PASSED or not names else labels(f"test_{result}", names=which)
    ]
    words += [labels("test_units_failed")] if tests.get(CONSTANT) == FAILED else []
    return labels("list_semicolon").join(words)


def label_of_every_test(tests: Mapping[str, str], labels: Labels) -> str:
    """Words for every falsification test beside an estimate: those that failed, are too weak and passed, and whether
    units differ otherwise."""
    named = {FAILED: "test_failed", WEAK: "test_weak", PASSED: "test_passed_which"}
    words = []
    for result, key in named.items():
        names = [labels(f"test_{name}") for name, one in tests.items() if one == result and name != CONSTANT]
        words += [labels(key, names=labels("list_comma").join(names))] if names else []
    units = tests.get(CONSTANT, NONE)
    words += [labels(f"test_units_{units}")] if units != NONE else []
    return labels("list_semicolon").join(words) or labels("test_none")


def verdict_label(verdict: Verdict, labels: Labels) -> str:
    """Words for a verdict; of a hypothesis that was not tested also what the data lack for it."""
    if verdict.code == "not_tested":
        for reason in verdict.reasons:
            if reason.code in LACKING:
                what = value_label(reason.values[LACKING[reason.code]], labels)
                what = what[:1].lower() + what[1:]
                return labels("verdict_lacking", what=what)
        if has(verdict.reasons, *COLLINEAR):
            return labels("verdict_collinear")
    return labels(f"verdict_{verdict.code}")
