"""What the data-quality report says, as plain values: made from the books of ingestion and the canonical tables."""

import fnmatch
import re
from collections import Counter
from dataclasses import dataclass

import pandas as pd

from jianfu.core.frames import read_csv
from jianfu.core.months import month_range
from jianfu.core.tables import RAW
from jianfu.core.units import latest_units
from jianfu.indicators import views
from jianfu.indicators.plan import available, read_plan
from jianfu.indicators.unit_months import logged_months, valid_units
from jianfu.quality.findings import find

OUTCOMES = ("kept", "duplicate", "rejected", "nondata")
LOGS = ("tasks", "app_activity")
WORDING_REASONS = ("unknown_category", "unknown_unit", "ambiguous_unit", "unit_not_named")
# Notices that the report shows in sections of their own.
SHOWN_ELSEWHERE = ("unmapped_heading", "absent_column")


@dataclass(frozen=True)
class QualityFacts:
    """``files``: one dict per sheet (table, pattern, file, sheet, the four outcomes, rows_read, share, over, reason).

    ``reasons``: (reason, rows, [(column, rows)]) by falling rows. ``wordings``: (reason, column, wording, rows) of
    wordings that several rejected rows share. ``cells``: (column, rows) of unusable optional cells. ``coverage``:
    for each log a dict with months, counties [(code, name, shares)], logged, total,
    unlogged (months without any log) and gaps [(county, unit, months)] in the other months.
    ``headings``: {table: [(column, [headings])]}, ``unmapped``: {table: [(heading, number of files)]}, ``personal``:
    {table: [heading]}, ``notices``: other notices as dicts. ``switched_off``: [(code, zh, en, lacking columns)] of
    ``n_indicators``. ``titles``: how well titles of tasks agree with files and labels, dicts as the rows of
    :mod:`jianfu.ingest.titles.agreement`. ``findings``: (kind, number, [(unit, month, value, usual)]) of
    :mod:`jianfu.quality.findings`, the most frequent kind first.
    """

    files: list
    reasons: list
    wordings: list
    cells: list
    coverage: dict
    headings: dict
    unmapped: dict
    personal: dict
    notices: list
    switched_off: list
    n_indicators: int
    titles: list
    findings: list

    def total(self, outcome):
        return sum(entry[outcome] for entry in self.files)

    def unread(self):
        """(name with * for its numbers, how many) of files that no source names, though one read is named alike."""
        read = {_alike(entry["file"]) for entry in self.files}
        unused = [_alike(row["file"]) for row in self.notices if row["kind"] == "unused_file"]
        return sorted((name, n) for name, n in Counter(unused).items() if name in read)

    def groups(self):
        """Sheets by table and file pattern: list of (table, pattern, entries)."""
        found = {}
        for entry in self.files:
            found.setdefault((entry["table"], entry["pattern"]), []).append(entry)
        return [(table, pattern, entries) for (table, pattern), entries in found.items()]

    def coded(self):
        """Whether any column was taken from titles, so that labels would tell how well."""
        return any(notice["kind"] == "coded_from_title" for notice in self.notices)

    def over_limit(self):
        """Sheets with too many rejected rows by file pattern, the worst first: list of (pattern, its sheets)."""
        found = {}
        for entry in sorted((e for e in self.files if e["over"]), key=lambda e: -e["share"]):
            found.setdefault(entry["pattern"], []).append(entry)
        return list(found.items())


def collect_facts(
    counts, columns, notices, titles, quarantine, tables, plan, sources, window, limit, excluded_months=()
):
    """:class:`QualityFacts` of one province.

    counts, columns, notices   paths of the joined books of ingestion; titles: of the book of task titles
    quarantine                 paths of the quarantine files
    tables                     {canonical table: path of its Parquet file}
    plan                       path of config/plan/indicators.csv
    sources, window, limit, excluded_months   settings of the province
    """
    counts, columns, notices = read_csv(counts), read_csv(columns), read_csv(notices)
    rejected = [frame for frame in map(read_csv, quarantine) if len(frame)]
    switched_off, n_indicators = _switched_off(plan, tables)
    return QualityFacts(
        files=_files(counts, columns, sources, limit),
        reasons=_reasons(counts),
        wordings=_wordings(pd.concat(rejected)) if rejected else [],
        cells=_cells(counts),
        coverage=_coverage(tables, window, excluded_months),
        headings=_headings(columns),
        unmapped=_by_table(columns[columns["status"] == "unmapped"]),
        personal={table: [heading for heading, _ in found] for table, found in _personal(columns).items()},
        notices=notices[~notices["kind"].isin(SHOWN_ELSEWHERE)].to_dict("records"),
        switched_off=switched_off,
        n_indicators=n_indicators,
        titles=_titles(titles),
        findings=_findings(tables, window),
    )


def _titles(path):
    """Rows of the book of titles; a figure that there is none of is NaN, not an empty text."""
    frame = read_csv(path)
    figures = ["agreement", "kappa", "f1"]
    frame[figures] = frame[figures].apply(pd.to_numeric)
    return frame[frame["n"] > 0].to_dict("records")


def _findings(tables, window):
    found = find(tables, window)
    names = latest_units(pd.read_parquet(tables["units"])).set_index("unit_code")["unit_name"]
    found["unit"] = found["unit_code"].map(names).fillna(found["unit_code"])
    columns = ["unit", "month", "value", "usual"]
    kinds = [
        (kind, len(rows), list(rows[columns].itertuples(index=False, name=None)))
        for kind, rows in found.groupby("kind")
    ]
    return sorted(kinds, key=lambda kind: (-kind[1], kind[0]))


def _files(counts, columns, sources, limit):
    places = columns.drop_duplicates(["file", "sheet"]).set_index(["file", "sheet"])["table"]
    entries = []
    for (file, sheet), rows in counts.groupby(["file", "sheet"], sort=True):
        entry = {name: int(rows.loc[rows["outcome"] == name, "rows"].sum()) for name in OUTCOMES}
        struck = rows[rows["outcome"] == "rejected"].groupby("reason")["rows"].sum()
        data = entry["kept"] + entry["duplicate"] + entry["rejected"]
        share = entry["rejected"] / data if data else 0.0
        table = places.get((file, sheet), "")
        entries.append(
            {
                "table": table,
                "pattern": _pattern(file, table, sources),
                "file": file,
                "sheet": sheet,
                "rows_read": sum(entry[name] for name in OUTCOMES),
                **entry,
                "share": share,
                "over": share > limit,
                "reason": min(struck.index, key=lambda r: (-struck[r], r)) if len(struck) else "",
            }
        )
    return sorted(entries, key=lambda e: (_rank(e["table"]), e["pattern"], e["file"], e["sheet"]))


def _alike(file):
    """A file's name without its numbers, which the files of later months share."""
    return re.sub(r"\d+", "*", file)


def _rank(table):
    return RAW.index(table) if table in RAW else len(RAW)


def _pattern(file, table, sources):
    """The pattern of the province file that named a file; archives are named without their members."""
    for source in sources:
        for pattern in source.get("files") or [] if source["table"] == table else []:
            if fnmatch.fnmatchcase(file, pattern) or fnmatch.fnmatchcase(file, pattern + "/*"):
                return pattern
    return file


def _reasons(counts):
    struck = counts[counts["outcome"] == "rejected"]
    rows = []
    for reason, own in struck.groupby("reason"):
        columns = own[own["column"] != ""].groupby("column")["rows"].sum()
        named = sorted(((column, int(n)) for column, n in columns.items()), key=lambda c: (-c[1], c[0]))
        rows.append((reason, int(own["rows"].sum()), named))
    return sorted(rows, key=lambda r: (-r[1], r[0]))


def _wordings(rejected):
    """Wordings that at least two rejected rows share: what the province file may give a meaning."""
    found = rejected[rejected["reason"].isin(WORDING_REASONS) & (rejected["value"].astype(str) != "")]
    sizes = found.groupby(["reason", "column", found["value"].astype(str)]).size()
    rows = [(*key, int(n)) for key, n in sizes.items() if n > 1]
    return sorted(rows, key=lambda r: (-r[3], r[0], r[1], r[2]))


def _cells(counts):
    odd = counts[counts["outcome"] == "bad_optional_value"].groupby("column")["rows"].sum()
    return sorted(((column, int(n)) for column, n in odd.items()), key=lambda r: (-r[1], r[0]))


def _coverage(tables, window, excluded_months):
    units = pd.read_parquet(tables["units"])
    months = month_range(*window)
    frame = valid_units(units, months)
    names = latest_units(units).set_index("unit_code")["unit_name"]
    counties = units.drop_duplicates("county_code").set_index("county_code")["county_name"]
    logged = logged_months(tables["tasks"], tables["app_activity"], excluded_months)
    found = {}
    for log, known in zip(LOGS, logged, strict=True):
        keys = pd.MultiIndex.from_frame(known[["unit_code", "month"]])
        frame["logged"] = pd.MultiIndex.from_frame(frame[["unit_code", "month"]]).isin(keys)
        shares = frame.pivot_table(index="county_code", columns="month", values="logged", aggfunc="mean")
        shares = shares.reindex(columns=months)
        unlogged = [
            month for month, any_logged in frame.groupby("month")["logged"].any().items() if not any_logged
        ]
        gaps = frame[~frame["logged"] & ~frame["month"].isin(unlogged)]
        gaps = gaps.groupby(["county_code", "unit_code"])["month"].agg(sorted)
        found[log] = {
            "months": months,
            "counties": [
                (code, counties[code], [None if pd.isna(v) else float(v) for v in row])
                for code, row in zip(shares.index, shares.to_numpy(), strict=True)
            ],
            "logged": int(frame["logged"].sum()),
            "total": len(frame),
            "unlogged": unlogged,
            "gaps": [(counties[county], names[unit], own) for (county, unit), own in gaps.items()],
        }
    return found


def _headings(columns):
    """{table: [(canonical column, its headings)]} of what was used."""
    used = columns[(columns["column"] != "") & columns["status"].isin(["mapped", "personal"])]
    found = {}
    for (table, column), rows in used.groupby(["table", "column"], sort=False):
        found.setdefault(table, []).append((column, sorted(set(rows["heading"]))))
    return {table: found[table] for table in sorted(found, key=_rank)}


def _personal(columns):
    return _by_table(columns[(columns["status"] == "personal") & (columns["column"] == "")])


def _by_table(columns):
    found = {}
    for (table, heading), rows in columns.groupby(["table", "heading"], sort=True):
        found.setdefault(table, []).append((heading, rows["file"].nunique()))
    return {table: found[table] for table in sorted(found, key=_rank)}


def _switched_off(plan, tables):
    plan = read_plan(plan)
    con = views.connect()
    _, lacking = available(plan, *views.open_tables(con, tables))
    con.close()
    labels = plan.set_index("code")[["label_zh", "label_en"]]
    found = {}
    for code, outcome, column, _ in lacking:
        if outcome == "switched_off":
            found.setdefault(code, []).append(column)
    return [(code, *labels.loc[code], needs) for code, needs in found.items()], len(plan)
