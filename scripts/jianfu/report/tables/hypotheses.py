"""The verdict table: every hypothesis of the plan with the estimate that decides on it."""

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.models.verdicts import INSIGNIFICANT, decisive_p, hypothesis_rows, sign_text
from jianfu.models.words import term_label, verdict_label
from jianfu.report.tables.estimates import estimates_table
from jianfu.report.tables.table import NOTHING, Table, interval, number, p_text


def hypotheses_table(
    estimates: pd.DataFrame, hypotheses: pd.DataFrame, labels: Labels, alpha: float, detectable=None
) -> Table:
    """Verdict table: statement, variable with predicted sign, estimate, interval, adjusted p, verdict.

    detectable: smallest detectable effect by (model, term); it stands below the verdict on a result that does not
    differ from zero.
    """
    rows, detectable = [], detectable or {}
    for plan, row, result in hypothesis_rows(estimates, hypotheses, alpha):
        figures = [NOTHING] * 3
        if result.code != "not_tested":
            limits = interval(row["ci_low"], row["ci_high"])
            figures = [number(row["estimate"]), limits, p_text(decisive_p(row))]
        sign = sign_text(plan["predicted_sign"])
        term = f"{term_label(plan['term'], labels)} ({sign})" if plan["term"] else NOTHING
        statement = plan[f"statement_{labels.language}"]
        words = verdict_label(result, labels)
        smallest = detectable.get((plan["model"], plan["term"]))
        if result.code in INSIGNIFICANT and smallest is not None:
            words += "\n" + labels("verdict_detectable", value=number(smallest))
        rows.append((plan["hypothesis"], statement, term, *figures, words))
    keys = ("hypothesis", "statement", "variable_sign", "estimate", "interval", "p_adjusted", "verdict")
    return estimates_table("hypotheses", keys, rows, ("note_verdict",), labels, 3)
