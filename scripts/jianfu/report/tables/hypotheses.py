"""The verdict table: every hypothesis of the plan with the estimate that decides on it."""

from collections.abc import Iterable

from jianfu.core.labels import Labels
from jianfu.models.verdicts import Decided, decisive_p, sign_text
from jianfu.models.words import label_of_every_test, term_label, verdict_label
from jianfu.report.tables.estimates import estimates_table
from jianfu.report.tables.table import NOTHING, Table, interval, number, p_text


def hypotheses_table(tested: Iterable[Decided], labels: Labels, detectable=None) -> Table:
    """Verdict table: statement, variable with predicted sign, estimate, interval, adjusted p, verdict and what each
    of its falsification tests says.

    tested: of :func:`jianfu.models.verdicts.hypothesis_rows`; detectable: smallest detectable effect by (model, term),
    which stands below an inconclusive verdict.
    """
    rows, detectable = [], detectable or {}
    for plan, row, result, tests in tested:
        figures, words = [NOTHING] * 3, [verdict_label(result, labels)]
        if result.code != "not_tested":
            limits = interval(row["ci_low"], row["ci_high"])
            figures = [number(row["estimate"]), limits, p_text(decisive_p(row))]
            smallest = detectable.get((plan["model"], plan["term"]))
            if result.code == "inconclusive" and smallest is not None:
                words.append(labels("verdict_detectable", value=number(smallest)))
            words.append(label_of_every_test(tests, labels))
        sign = sign_text(plan["predicted_sign"])
        term = f"{term_label(plan['term'], labels)} ({sign})" if plan["term"] else NOTHING
        statement = plan[f"statement_{labels.language}"]
        rows.append((plan["hypothesis"], statement, term, *figures, "\n".join(words)))
    keys = ("hypothesis", "statement", "variable_sign", "estimate", "interval", "p_adjusted", "verdict")
    return estimates_table("hypotheses", keys, rows, ("note_verdict",), labels, 3)
