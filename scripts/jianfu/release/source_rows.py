"""Counts of source rows at the gate: in some tables every row is a person, and few rows are few persons."""

import json

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.release.accounts import QUALITY, ROW_OUTCOMES
from jianfu.release.outputs import SHOWN, TOTAL, WITHHELD, Limits, Output
from jianfu.release.suppression import gather_small

PERSON_TABLES = ("roster", "ledger", "spells", "survey", "punches")
PERSON_COUNTS = (
    *(name for name in ROW_OUTCOMES if name != "nondata"),
    "bad_cells",
)  # of persons, in these tables
MOST = 2  # reasons that are named


def release_rows(
    frame: pd.DataFrame, output: Output, limits: Limits, shown=frozenset()
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Counts by source table, and under ``all`` the sums of what is shown; the number of counts withheld or merged.

    frame: one row per table and one ``all`` with the number of files; ``top_reasons`` is {reason: rows} as JSON. Of the
    tables of persons a count of 1 to ``min_cell`` - 1 rows is left out, and the rows read are those of the shown
    counts: nothing that is released depends on a count that is not. Small reasons are added up to ``other``. Titles
    and empty lines (``nondata``) are no persons; a count of zero tells of nobody.
    """
    changed, rows, everything = 0, [], {}
    for row in frame[frame["table"] != TOTAL].to_dict("records"):
        persons = row["table"] in PERSON_TABLES
        counts = {name: int(row[name]) for name in (*ROW_OUTCOMES, "bad_cells")}
        few = {
            name for name, n in counts.items() if persons and name != "nondata" and 0 < n < limits.min_cell
        }
        reasons = {} if "rejected" in few else json.loads(row["top_reasons"])
        merged = gather_small(reasons, limits.min_cell) if persons and reasons else reasons
        changed += len(few) + len(set(reasons) - set(merged))
        counts = {name: pd.NA if name in few else n for name, n in counts.items()}
        for reason, n in merged.items():
            everything[reason] = everything.get(reason, 0) + n
        rows.append({**row, **counts, "top_reasons": _top(merged), "status": WITHHELD if few else SHOWN})
    result = pd.DataFrame(rows, columns=[*QUALITY, "status"])
    numbers = [*ROW_OUTCOMES, "bad_cells"]
    result[numbers] = result[numbers].astype("Int64")
    for row in frame[frame["table"] == TOTAL].to_dict("records"):
        last = {**row, "top_reasons": _top(everything), "status": SHOWN}
        result = pd.concat([result, pd.DataFrame([last])], ignore_index=True)[[*QUALITY, "status"]]
    return with_sums(result), {"small_rows": changed}


def with_sums(result: pd.DataFrame, base: int = 1) -> pd.DataFrame:
    """Released counts whose rows read, and whose row ``all``, are the sums of what is shown.

    base: reasons of the tables of persons, and those of ``all``, are rounded to its multiples.
    """
    numbers, every = [*ROW_OUTCOMES, "bad_cells"], (result["table"] == TOTAL).to_numpy()
    result = result.copy()
    for row in result.index[every]:
        result.loc[row, numbers] = result.loc[~every, numbers].sum()
    result["rows_read"] = result[list(ROW_OUTCOMES)].sum(axis=1).astype("Int64")
    coarse = result["table"].isin([*PERSON_TABLES, TOTAL])
    result.loc[coarse, "top_reasons"] = [
        _top({reason: int(n / base + 0.5) * base for reason, n in json.loads(text).items()})
        for text in result.loc[coarse, "top_reasons"]
    ]
    return result


def _top(reasons):
    """The commonest reasons as JSON, the most frequent first."""
    ordered = sorted(
        ((reason, n) for reason, n in reasons.items() if n), key=lambda item: (-item[1], item[0])
    )
    return json.dumps(dict(ordered[:MOST]), ensure_ascii=False)


def in_words(released, labels: Labels) -> pd.DataFrame:
    """The released counts with the reasons in words; a table that was not provided says so."""
    texts = []
    for files, reasons in zip(released["files"], released["top_reasons"], strict=True):
        words = [
            f"{labels(f'reason_{reason}') if f'reason_{reason}' in labels else reason} {n}"
            for reason, n in json.loads(reasons).items()
        ]
        texts.append(labels("fig_semicolon").join(words) if files else labels("not_provided"))
    return released.assign(top_reasons=texts)
