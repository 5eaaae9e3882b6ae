"""What changed between two results of a province, or of two, and why (make compare): released figures alone.

Two folders of results are laid side by side: raw files, settings and plan, rows read, rows left out, the sample on its
way to the main models, indicators, indices month by month, how many of their values of a unit and month (no figure of
persons, hence counted where they stand), estimates, verdicts. Beside a changed estimate stands what
can have moved it: the differences of the plan that name its model, hypothesis, exposure or variables, else settings,
raw files and programme as a whole.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from jianfu.core.content import file_digest
from jianfu.core.errors import DataError
from jianfu.core.labels import Labels
from jianfu.models.verdicts import deciding_estimates, verdict
from jianfu.province.record import departures
from jianfu.release.manifest import NAME
from jianfu.report.document.plan_tables import deviations_rows, touched_by
from jianfu.report.reading import read_estimates, read_release

SIDES = ("before", "now")
STILL = ("settings", "diagrams", "scenarios")  # tables of a difference that moves no estimate by its name
TOLERANCE = 1e-9  # relative; figures are released with ten digits
FRAMES = (
    "record",
    "plan",
    "inputs",
    "rows",
    "left_out",
    "sample",
    "indicators",
    "indices",
    "values",
    "estimates",
    "verdicts",
)
ROWS = ("rows_read", "kept", "duplicate", "rejected", "bad_cells")
LEFT_OUT = {
    "kind": "",
    "value": "",
    "table": "source_table_",
}  # keys and what the words of their values begin with
SAMPLE = {"step": "fig_flow_step_", "reason": "reason_", "unit": "compared_n_"}
QUANTITY = {"quantity": "column_"}
INDICATORS = ("unit_months", "mean", "sd", "coverage", "status")
ESTIMATES = ("estimate", "std_error", "p_value", "n_used", "n_events")
TOLD = (  # files of a release that are laid side by side
    *("estimates.csv", "figures/index_over_time.csv", "figures/sample_flow.csv"),
    *("tables/data_quality.csv", "tables/left_out.csv", "tables/indicator_list.csv"),
)
RECORDS = {
    "settings": "config.yaml",
    "plan": "plan.json",
}  # parts of a manifest and the records that they are of


@dataclass(frozen=True)
class Result:
    """One folder of results: the record of its plan, that of its run, its release folder, estimates and hypotheses."""

    record: dict
    run: dict
    release: Path
    estimates: pd.DataFrame
    hypotheses: pd.DataFrame

    @property
    def alpha(self) -> float:
        """Error of the first kind of its tests."""
        return round(1 - self.record["settings"]["inference"]["confidence"], 6)


def read_result(folder: str | Path) -> Result:
    """A finished folder of results; raises :class:`DataError` where it is none, or of a version without plan.json."""
    folder = Path(folder)
    try:
        record, run = (
            json.loads((folder / "provenance" / f"{name}.json").read_text(encoding="utf-8"))
            for name in ("plan", "run")
        )
        hypotheses = pd.read_csv(
            folder / "plan" / "hypotheses.csv", encoding="utf-8-sig", dtype=str, keep_default_na=False
        )
        return Result(record, run, folder / "release", read_estimates(folder / "release"), hypotheses)
    except FileNotFoundError as error:
        raise DataError("no_results_there", folder=str(folder), file=str(error.filename)) from None


def comparison(before: Result, now: Result, plan: str | Path) -> dict[str, pd.DataFrame]:
    """What differs, by name (:data:`FRAMES`); rows that are alike are left out. plan: the folder config/plan.

    ``record`` folder, n, first (:func:`beside_the_record`); ``plan`` table, row, field, common (before), own (now);
    ``inputs`` file, change; ``rows``, ``left_out``, ``sample`` and ``indicators`` their keys, quantity (of what has
    several), before, now; ``indices`` index, month, before, now of the months that both have; ``values`` of
    :func:`moved_values`; ``estimates`` model, outcome, term, quantity, before, now, why (list of causes,
    :func:`causes`); ``verdicts`` hypothesis, model, term, before, now.
    """
    changed = departures(plan, before.record, now.record)
    inputs = _inputs(before.run["inputs"], now.run["inputs"])
    record = beside_the_record(before, now)
    tables = [side.release / "tables" for side in (before, now)]
    flows = [read_release(side.release / "figures" / "sample_flow.csv") for side in (before, now)]
    months = _paired(before, now, "figures/index_over_time.csv", ["index", "month"], ["mean"])
    estimates = _decisive_first(
        _moved(before.estimates, now.estimates, ["model", "outcome", "term"], ESTIMATES), before, now
    )
    return {
        "record": record,
        "plan": pd.DataFrame(changed, columns=["table", "row", "field", "common", "own"], dtype=object),
        "inputs": inputs,
        "rows": _moved(*(read_release(f / "data_quality.csv") for f in tables), ["table"], ROWS),
        "left_out": _moved(*(read_release(f / "left_out.csv") for f in tables), [*LEFT_OUT], ["rows"]).drop(
            columns="quantity"
        ),
        "sample": _moved(*(flow.fillna({"reason": ""}) for flow in flows), [*SAMPLE], ["n"]).drop(
            columns="quantity"
        ),
        "indicators": _moved(*(read_release(f / "indicator_list.csv") for f in tables), ["code"], INDICATORS),
        "indices": months.drop(columns="quantity"),
        "values": moved_values(before, now),
        "estimates": estimates.assign(why=causes(estimates, before, now, changed, inputs, record)),
        "verdicts": _verdicts(before, now),
    }


def beside_the_record(before: Result, now: Result) -> pd.DataFrame:
    """Results and records that are not of one whole run, as after a part of a run (make models, make table) or one that
    stopped, so that the record does not say of what the results are: folder, n files, the first of them.

    Told by the manifest, which a whole run ends with.
    """
    found = []
    for side in (before, now):
        path = side.release / NAME
        kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        files = kept.get("files", {})
        later = [name for name in TOLD if files.get(name) != _digest(side.release / name)]
        folder = side.release.parent / "provenance"
        later += [name for part, name in RECORDS.items() if kept.get(part) != _digest(folder / name)]
        if later:
            found.append((side.release.parent.name, len(later), later[0]))
    return pd.DataFrame(found, columns=["folder", "n", "first"])


def _digest(path):
    return file_digest(path) if path.is_file() else None


def causes(
    estimates, before: Result, now: Result, changed: list[dict], inputs: pd.DataFrame, record: pd.DataFrame
) -> list[list[str]]:
    """What can have moved each row of ``estimates``: ``plan:<table>.<row>``, ``settings``, ``inputs``, ``code``,
    ``record`` (not written down)."""
    everywhere = [
        name
        for name, there in (
            ("settings", any(row["table"] == "settings" for row in changed)),
            ("inputs", len(inputs) > 0),
            ("code", before.run["code"] != now.run["code"]),
            ("record", len(record) > 0),
        )
        if there
    ]
    both = pd.concat([before.estimates, now.estimates], ignore_index=True)
    named: dict[str, list[str]] = {}
    for row in changed:
        if row["table"] in STILL:
            continue
        touched = touched_by(row["table"], row["row"], both)
        for model in set(both["model"] if touched is None else both.loc[touched, "model"]):
            named.setdefault(model, []).append(f"plan:{row['table']}.{row['row']}".removesuffix("."))
    return [list(dict.fromkeys([*named.get(model, ()), *everywhere])) for model in estimates["model"]]


def moved_values(before: Result, now: Result) -> pd.DataFrame:
    """Values of a unit and month that both results have and that differ: name, indices, first, last, n, of.

    name: of an index, then of the indicators; indices: those that the indicator is a member of ("" if none); first,
    last: months of the n values, of all those (of) that both have. No rows where a side has no table of units any more.
    """
    members: dict[str, list[str]] = {}
    for names, _ in now.record["tables"]["indices"]:
        members.setdefault(names[1], []).append(names[0])
    found = []
    for table, name in (("indices", "index"), ("indicators", "indicator")):
        paths = [str(side.release.parent / "restricted" / f"{table}.parquet") for side in (before, now)]
        if not all(Path(path).is_file() for path in paths):
            continue
        rows = duckdb.execute(
            f"""WITH pairs AS (
                SELECT "{name}" AS name, month, one.value AS old, other.value AS new
                FROM read_parquet($1) one JOIN read_parquet($2) other USING (unit_code, month, "{name}")
            ), compared AS (
                SELECT *, old IS DISTINCT FROM new
                    AND NOT coalesce(abs(old - new) <= $3 * greatest(abs(old), abs(new)), false) AS moved FROM pairs
            )
            SELECT name, min(month) FILTER (moved), max(month) FILTER (moved), count(*) FILTER (moved), count(*)
            FROM compared GROUP BY name HAVING bool_or(moved) ORDER BY name""",
            [*paths, TOLERANCE],
        ).fetchall()
        found += [(row[0], " ".join(members.get(row[0], ())), *row[1:]) for row in rows]
    return pd.DataFrame(found, columns=["name", "indices", "first", "last", "n", "of"])


def _inputs(before: Mapping[str, str], now: Mapping[str, str]) -> pd.DataFrame:
    """Raw files that are new, gone or hold something else."""
    rows = [
        (name, "added" if name not in before else "removed" if name not in now else "changed")
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]
    return pd.DataFrame(rows, columns=["file", "change"])


def _paired(before, now, path, keys, columns):
    """The same of a released file of both, for keys that both have."""
    frames = [read_release(side.release / path) for side in (before, now)]
    both = frames[0][keys].merge(frames[1][keys])
    return _moved(*(frame.merge(both, on=keys) for frame in frames), keys, columns)


def _moved(before, now, keys, columns) -> pd.DataFrame:
    """keys, quantity, before, now of everything that differs; a row that only one side has differs in all it has."""
    long = [
        frame[[*keys, *columns]]
        .astype(dict.fromkeys(keys, str))
        .melt(keys, var_name="quantity", value_name="figure")
        .dropna()
        for frame in (before, now)
    ]
    long = [frame.drop_duplicates([*keys, "quantity"]) for frame in long]
    both = long[0].merge(
        long[1], on=[*keys, "quantity"], how="outer", suffixes=("_before", "_now"), sort=False
    )
    both = both.rename(columns={f"figure_{side}": side for side in SIDES})
    alike = [_alike(one, other) for one, other in zip(both["before"], both["now"], strict=True)]
    return both[~pd.Series(alike, dtype=bool)].reset_index(drop=True)


def _decisive_first(estimates, before, now) -> pd.DataFrame:
    """Rows of ``estimates`` with the estimates that decide a hypothesis first, then what else is said of these."""
    lines = {
        (plan["model"], plan["term"])
        for side in (before, now)
        for plan, _ in deciding_estimates(side.estimates, side.hypotheses)
    }
    later = [
        2 if (row.model, row.term) not in lines else int(row.quantity != "estimate")
        for row in estimates.itertuples()
    ]
    order = pd.Series(later, dtype=int).sort_values(kind="stable").index
    return estimates.loc[order].reset_index(drop=True)


def _alike(one, other):
    if pd.isna(one) or pd.isna(other):
        return pd.isna(one) and pd.isna(other)
    if isinstance(one, str) or isinstance(other, str):
        return str(one) == str(other)
    return abs(one - other) <= TOLERANCE * max(abs(one), abs(other))


def _verdicts(before: Result, now: Result) -> pd.DataFrame:
    """Lines of hypotheses whose verdict differs; "" where a side does not have the line."""
    found: dict[tuple, dict] = {}
    for side, result in zip(SIDES, (before, now), strict=True):
        for plan, row in deciding_estimates(result.estimates, result.hypotheses):
            key = (plan["hypothesis"], plan["model"], plan["term"])
            code = verdict(row, plan["predicted_sign"], float(plan["smallest"]), result.alpha).code
            found.setdefault(key, dict.fromkeys(SIDES, ""))[side] = code
    rows = [(*key, *sides.values()) for key, sides in found.items() if len(set(sides.values())) > 1]
    return pd.DataFrame(rows, columns=["hypothesis", "model", "term", *SIDES])


# ------------------------------------------------------------------------------------------------ in words


def in_words(found: Mapping[str, pd.DataFrame], labels: Labels, most: int = 12) -> list[str]:
    """Lines for the screen: how much of each kind differs, and the first ``most`` of them."""
    lines = []
    for name in FRAMES:
        frame = found[name]
        if name == "record":
            lines += [labels("compared_record", **row) for row in frame.to_dict("records")]
            continue
        what = labels(f"compared_{name}")
        if frame.empty:
            unknown = name in ("plan", "inputs") and len(found["record"])
            lines.append(labels("compared_unknown" if unknown else "compared_same", what=what))
            continue
        lines.append(labels("compared_differ", what=what, n=len(frame)))
        lines += [f"  {line}" for line in _lines(name, frame.head(most), labels)]
        if len(frame) > most:
            lines.append("  " + labels("compared_more", n=len(frame) - most))
    return lines


def _lines(name, frame, labels):
    if name == "plan":
        return [
            f"{what}：{old} → {new}" for what, old, new in deviations_rows(frame.to_dict("records"), labels)
        ]
    if name == "inputs":
        return [f"{row.file}（{labels(f'compared_{row.change}')}）" for row in frame.itertuples()]
    if name == "values":
        return [
            labels("compared_value", **row)
            + (
                labels("in_brackets", text=labels("compared_member", names=row["indices"]))
                if row["indices"]
                else ""
            )
            for row in frame.to_dict("records")
        ]
    lines = []
    for row in frame.to_dict("records"):
        keys = [
            _word(key, str(row[key]), labels) for key in frame if key not in (*SIDES, "why") and str(row[key])
        ]
        values = " → ".join(_shown(name, row[side], labels) for side in SIDES)
        why = labels("list_semicolon").join(_cause(cause, labels) for cause in row.get("why", ()))
        lines.append(" ".join(keys) + f"：{values}" + (labels("in_brackets", text=why) if why else ""))
    return lines


def _word(key, text, labels):
    """A key in words where its kind has some, as it stands where not (names, codes of indicators and models)."""
    word = {**LEFT_OUT, **SAMPLE, **QUANTITY}.get(key, "") + text
    return labels(word) if word in labels else text


def _cause(cause, labels):
    kind, _, rest = cause.partition(":")
    if kind != "plan":
        return labels(f"cause_{kind}")
    table, _, row = rest.partition(".")
    return labels(f"plan_{table}") + (f" {row}" if row else "")


def _shown(name, value, labels):
    if value == "" or pd.isna(value):
        return labels("compared_absent")
    if name == "verdicts":
        return labels(f"verdict_{value}")
    return value if isinstance(value, str) else f"{value:.6g}"
