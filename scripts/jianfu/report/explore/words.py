"""What columns and values of released files are called on the page to explore, in both languages."""

from collections.abc import Mapping

from jianfu.core.labels import Labels
from jianfu.models.estimates import CHECK
from jianfu.models.words import model_label, text_of
from jianfu.report.tables.identification import figure_label

TEXTS = (  # of the page itself: labels explore_<key>
    *("title", "lead", "language", "choose", "form", "lines", "grid", "measure", "all", "none", "rows"),
    *("save_png", "save_csv", "empty", "source", "of", "keys"),
)
# Labels of the values of a column, where they are not named like the value itself.
KEYS = {
    "tertile": ("fig_tertile_{}_long",),
    "weekday": ("fig_weekday_{}",),
    "verdict": ("verdict_{}",),
    "tests": ("tests_{}",),
    "role": ("role_{}",),
    "panel": ("fig_forest_{}",),
    "scale": ("explore_scale_{}",),
    "scenario": ("scenario_{}",),
    "quantity": ("explore_quantity_{}", "outcome_{}"),
    "dimension": ("explore_dimension_{}",),
}
ANYWHERE = ("value_{}", "outcome_{}", "{}")


def column_words(column: str, words: Mapping[str, Labels]) -> dict[str, str]:
    """Heading of a column by language: ``explore_column_<name>``, ``column_<name>``, or the name itself."""
    return {
        language: next(
            (labels(key) for key in (f"explore_column_{column}", f"column_{column}") if key in labels), column
        )
        for language, labels in words.items()
    }


def value_words(
    column: str, value: str, plans: Mapping[str, Mapping], words: Mapping[str, Labels]
) -> dict[str, str]:
    """A value of a column in words by language; what has no words, such as the name of a county, is a
    name of the data.

    plans: as :func:`jianfu.report.explore.page.read_plans` gives them.
    """
    return {language: _word(column, value, plans, labels) for language, labels in words.items()}


def _word(column, value, plans, labels):
    if column == "model":
        model, _, check = value.partition(CHECK)
        name = model_label(model, plans["models"], labels)
        return (
            labels("explore_check", model=name, check=text_of(f"beside_{check}", labels, check))
            if check
            else name
        )
    if column == "term":
        return figure_label(value, labels)
    if column == "hypothesis" and value in plans["hypotheses"]:
        statement = plans["hypotheses"][value][f"statement_{labels.language}"]
        return labels("explore_hypothesis", name=value, statement=statement)
    if value in plans["indicators"]:
        return plans["indicators"][value][f"label_{labels.language}"]
    keys = (key.format(value) for key in (*KEYS.get(column, ()), *ANYWHERE))
    return next((labels(key) for key in keys if key in labels), labels.name(value))
