"""The books of ingestion: counts by file and sheet, quarantine, notices, and the limit on rejected rows."""

from pathlib import Path

import pandas as pd

from jianfu.core.errors import DataError
from jianfu.core.files import write_text_file
from jianfu.core.frames import read_csv
from jianfu.core.reasons import Reason
from jianfu.core.sources import matching_files
from jianfu.core.spreadsheets import write_csv
from jianfu.ingest.several import COLUMNS, NO_COUNTS, PARTS
from jianfu.ingest.sheet import sheet_place

COUNT_COLUMNS = ["file", "sheet", "outcome", "reason", "column", "rows"]
NOTICE_COLUMNS = ["table", "kind", "file", "sheet", "column", "rows"]
HEADING_COLUMNS = ["table", "file", "sheet", "position", "heading", "column", "status"]
QUARANTINE_COLUMNS = ["file", "sheet", "row", "column", "reason", "value"]


def count_rows(sheets, duplicates, rejects, odd, several=NO_COUNTS):
    """Counts per sheet: kept, duplicate, rejected by reason and column, nondata, and odd cells of kept rows.

    ``sheets`` are :class:`jianfu.ingest.stage.SourceSheet`; the frames have src and row; ``odd`` is {(src, column,
    (outcome, reason)): cells of kept rows}; ``several`` as from :func:`jianfu.ingest.several.whole_rows`. For every
    sheet rows_read = kept + duplicate + rejected + nondata; what several_units,
    several_columns and several_lost count stands beside it.
    """
    lost = pd.concat([duplicates[["src", "row"]], rejects[["src", "row"]]], ignore_index=True)
    if lost.duplicated().any():
        raise AssertionError("a row was counted twice")
    rows = []
    for sheet in sheets:
        struck = rejects[rejects["src"] == sheet.number].groupby(["reason", "column"]).size()
        repeated = int((duplicates["src"] == sheet.number).sum())
        kept = sheet.rows_read - sheet.nondata - repeated - int(struck.sum())
        rows += [
            (sheet.file, sheet.name, "kept", "", "", kept),
            (sheet.file, sheet.name, "duplicate", "", "", repeated),
            (sheet.file, sheet.name, "nondata", "", "", sheet.nondata),
        ]
        rows += [(sheet.file, sheet.name, "rejected", r, c, int(n)) for (r, c), n in struck.items()]
        cells = sorted((kind, column, n) for (src, column, kind), n in odd.items() if src == sheet.number)
        rows += [(sheet.file, sheet.name, *kind, column, n) for kind, column, n in cells]
        own = several[several["src"] == sheet.number]
        rows += [
            (sheet.file, sheet.name, p.outcome, p.reason, p.column, int(p.rows)) for p in own.itertuples()
        ]
    return pd.DataFrame(rows, columns=COUNT_COLUMNS)


def notices_of_several(table, sheets, several):
    """Notices on sheets with rows of several units, months or apps; ``several`` has a line (src) per such raw row."""
    kind, column = PARTS.get(table, COLUMNS)
    number = several.groupby("src").size()
    return [
        dict(
            zip(
                NOTICE_COLUMNS,
                (table, kind, s.file, s.name, column, int(number[s.number])),
                strict=True,
            )
        )
        for s in sheets
        if s.number in number.index
    ]


def quarantine(sheets, rejects):
    """Rejected rows with file, sheet and the row number that Excel shows."""
    places = {sheet.number: sheet for sheet in sheets}
    ordered = rejects.sort_values(["src", "row"], kind="stable")
    return pd.DataFrame(
        {
            "file": [places[src].file for src in ordered["src"]],
            "sheet": [places[src].name for src in ordered["src"]],
            "row": ordered["row"].to_numpy(),
            "column": ordered["column"].to_numpy(),
            "reason": ordered["reason"].to_numpy(),
            "value": ordered["value"].to_numpy(),
        },
        columns=QUARANTINE_COLUMNS,
    )


def check_rejects(counts, limit, quarantine_folder, report):
    """Raise :class:`DataError` for the first sheet whose share of rejected rows exceeds ``limit``.

    The share is rejected / (rows_read - nondata). The sentence names file, commonest reason, quarantine and
    quality report.
    """
    outcomes = counts[counts["outcome"].isin(["kept", "duplicate", "rejected"])]
    for (file, sheet), rows in outcomes.groupby(["file", "sheet"], sort=True):
        struck = rows[rows["outcome"] == "rejected"]
        total, rejected = int(rows["rows"].sum()), int(struck["rows"].sum())
        if total and rejected / total > limit:
            by_reason = struck.groupby("reason")["rows"].sum()
            reason = sorted(by_reason.index, key=lambda r: (-by_reason[r], r))[0]
            raise DataError(
                "too_many_rejected",
                place=sheet_place(file, sheet),
                rejected=rejected,
                total=total,
                share=rejected / total,
                limit=limit,
                reason=reason,
                words=Reason(f"reason_{reason}"),
                quarantine=str(quarantine_folder),
                report=str(report),
            )


def pass_rejects(counts_path, limit, quarantine_folder, report, checked_path):
    """Check the counts at ``counts_path``; write one line to ``checked_path`` where every sheet passes."""
    counts = read_csv(counts_path)
    check_rejects(counts, limit, quarantine_folder, report)
    sheets = len(counts[["file", "sheet"]].drop_duplicates())
    write_text_file(f"{sheets} sheets, none with more than {limit:.1%} rejected rows\n", checked_path)


def join_books(counts, columns, notices, folder, sources, counts_path, columns_path, notices_path):
    """Join the books of all tables (lists of paths) and add files of ``folder`` that no source names."""
    unused = [("", "unused_file", name, "", "", 0) for name in unused_files(folder, sources)]
    extra = pd.DataFrame(unused, columns=NOTICE_COLUMNS)
    for paths, more, names, target in (
        (counts, [], COUNT_COLUMNS, counts_path),
        (columns, [], HEADING_COLUMNS, columns_path),
        (notices, [extra], NOTICE_COLUMNS, notices_path),
    ):
        frames = [frame for frame in (*map(read_csv, paths), *more) if len(frame)]
        joined = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=names)
        write_csv(joined[names], target)


def unused_files(folder, sources):
    """Names of files below ``folder`` that no source pattern matches."""
    if folder is None:
        return []
    folder = Path(folder)
    used = {path for source in sources for path in matching_files(folder, source)}
    files = sorted(
        path for path in folder.rglob("*") if path.is_file() and not path.name.startswith((".", "~$"))
    )
    return [path.relative_to(folder).as_posix() for path in files if path not in used]
