"""What a supervision ledger says of a task beside its columns: when it ended, whether late, from which level it came.

签收, 反馈, 办结, 状态, 是否逾期 and 任务来源 of one row complete each other. A value that the ledger gives is never
replaced; which rows are filled from another column is what :func:`completed` returns.
"""

import re
import unicodedata

import numpy as np
import pyarrow as pa

from jianfu.ingest.schema import Column
from jianfu.ingest.texts import plain
from jianfu.ingest.values import BAD, EMPTY, OK, TOKEN, Converted

FINISHED, LATE, WITHDRAWN = "办结", "逾期", "撤销"
FEEDBACK = Column("feedback_at", "time", earliest="1990-01-01")
SOURCE = Column("issuer", "text")
STATE = Column("state", "category", values=(FINISHED, "在办", LATE, WITHDRAWN))
LEVELS = {
    "国家": r"中央|国务院|国家|中共中央|党中央|国办|中办|中纪委|全国|部委",
    "省": r"省|[^市县区]{1,6}省|[^市县区省]{1,6}自治区|自治区",
    "市": r"市|[^县区]{1,6}市|[^县市]{1,6}(?:自治)?州|州",
    "县": r"县|区|旗|[^乡镇]{1,6}[县区旗]",
    "乡": r"乡|镇|街道|本级|[^县区]{1,6}(?:乡|镇|街道)",
}
_LEVELS = [(level, re.compile(pattern)) for level, pattern in LEVELS.items()]


def level_of(text) -> str | None:
    """Level that the first words of a source or an issuer name (省级部署, 县应急局); None where they name none."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    return next((level for level, pattern in _LEVELS if pattern.match(text)), None)


def completed(cells, found, absent, converter) -> dict:
    """Fill end, lateness, issuer and level of tasks where the ledger says them in other columns.

    cells       {name: text column or None} of feedback_at, state and source
    found       {name: Converted} of the typed columns; done_at, late, issuer and issuer_level are replaced
    absent      names of the columns that the sheet does not have
    converter   :class:`jianfu.ingest.values.Converter` of the source

    Returns {name: boolean array of the rows filled}. A task without an end is done at the time of feedback where its
    state says finished, or where the ledger has neither states nor a column of ends; else its end is unknown. A state
    that says late makes it late. Issuer and level come from 任务来源, the level else from the issuer.
    """
    filled = {}
    state = None if cells["state"] is None else converter.convert(cells["state"], STATE).array()
    if cells["feedback_at"] is not None and (state is not None or "done_at" in absent):
        told, _ = converter.times(cells["feedback_at"], FEEDBACK)
        known = (told.status == OK) & (True if state is None else state == FINISHED)
        filled["done_at"] = _fill(found, "done_at", told.array(), known)
    if state is not None:
        filled["late"] = _fill(found, "late", np.ones(len(state), bool), state == LATE)
    source = None if cells["source"] is None else converter.convert(cells["source"], SOURCE)
    if source is not None and "issuer" in absent:
        filled["issuer"] = _fill(found, "issuer", source.array(), source.status == OK)
    if "issuer_level" in absent:
        levels = _levels_of(found["issuer"])
        if source is not None:
            own = _levels_of(source)
            levels = np.where(own == "", levels, own)
        filled["issuer_level"] = _fill(found, "issuer_level", levels, levels != "")
    return {name: rows for name, rows in filled.items() if rows.any()}


def odd_states(cells, converter) -> dict:
    """{(kind of notice, column): rows} of the states that say withdrawn, and of those that are not known."""
    if cells is None:
        return {}
    found = converter.convert(cells, STATE)
    return {
        ("withdrawn", "state"): int((found.array() == WITHDRAWN).sum()),
        ("unknown_state", "state"): int((found.status >= BAD).sum()),
    }


def _levels_of(texts):
    """Object array with the level of every text, '' where it names none."""
    known = {text: level_of(text) or "" for text in {t for t in texts.array() if t is not None}}
    return np.array([known.get(text, "") for text in texts.array()], object)


def _fill(found, name, values, known):
    """Put ``values`` into the empty cells of a column where they are ``known``; boolean array of those rows."""
    column = found[name]
    rows = known & np.isin(column.status, (EMPTY, TOKEN))
    if rows.any():
        filled = pa.array(
            np.where(rows, values, column.array()), plain(column.typed[:0]).type, from_pandas=True
        )
        found[name] = Converted(filled, np.where(rows, OK, column.status).astype(np.int8))
    return rows
