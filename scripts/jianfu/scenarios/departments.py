"""Who loads the townships: what each issuing department, level and topic asks, and what of the indices it makes up.

An index of a unit-month is the sum of what its members add above no load at all (:func:`members`); what a member
adds is shared among issuers as its numerator is (the counts of its rows: config/plan/attribution.csv). From no load
upwards this is the additive decomposition by logarithmic means (Ang 2015, Energy Policy 86: 233-238, eq. 5) of a member
that is transformed by ln(1 + x). Members without rows of an issuer stand on lines of their own, so that all lines of an
index add up to it; so do their changes from one year to the next.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from jianfu.core.lines import BASE, ISSUER, LEVEL, MEMBER, REST, TOPIC
from jianfu.core.numbers import significant
from jianfu.indices import construction
from jianfu.indices.grid import Grid
from jianfu.scenarios.burden import Burden

DIMENSIONS = (ISSUER, LEVEL, TOPIC)
FEWEST_TASKS, FEWEST_UNITS = 10, 3  # of an issuer that is shown
TOWNSHIP = "乡"  # level whose issuers are shown together
YEAR, REPLICATES = 12, 499
ROUNDING = 1e-9  # points; a member that is wholly attributed leaves no line of its own
FUNNEL = 3.09  # standard errors: 99.8 % of small issuers lie inside by chance alone (Spiegelhalter 2005)

# All dimensions in one scan of a view: the rows of each have its name, and a number (grouping) that says whose it is.
SETS = "GROUPING SETS ((issuer{keys}), (issuer_level{keys}), (topic{keys}))"
NAMED = """CASE WHEN grouping(issuer) = 0 THEN 'issuer' WHEN grouping(topic) = 0 THEN 'topic' ELSE 'issuer_level' END
    AS dimension, coalesce(issuer, issuer_level, topic) AS name"""
SCORES = f"""
SELECT {NAMED}, any_value(issued_at) AS level,
       count(*) FILTER (is_task OR is_check OR is_visit) AS tasks, count(DISTINCT unit_code) AS units,
       share(is_short, has_slack) AS short, number(has_slack) AS short_of,
       share(is_rest_eve, has_slack) AS rest_eve,
       share(is_disguised, is_visit) AS disguised, number(is_visit AND is_disguised IS NOT NULL) AS disguised_of,
       mean_of(artefacts, is_task) AS artefacts, share(template_required, is_task) AS template,
       share(is_format_reason, n_return > 0) AS format
FROM (SELECT *, issuer_level AS issued_at FROM tasks) GROUP BY {SETS.format(keys="")}
HAVING name IS NOT NULL ORDER BY dimension, name
"""
ASKED = f"""
SELECT {NAMED}, unit_code, count(*) AS n FROM tasks GROUP BY {SETS.format(keys=", unit_code")}
HAVING name IS NOT NULL ORDER BY dimension, name, n DESC, unit_code
"""
# An app is issued by who owns it, and is a topic of its own.
APPS_OWNED = """
CREATE OR REPLACE TEMP VIEW apps_owned AS
SELECT unit_code, month, max(owner) AS issuer, max(owner_level) AS issuer_level, app_name AS topic,
       coalesce(bool_or(is_mandatory), false) AS is_mandatory, sum(count) AS actions
FROM app_activity WHERE app_name IS NOT NULL GROUP BY unit_code, month, app_name
"""
APPS_SHOWN = f"""
SELECT topic FROM apps_owned GROUP BY topic
HAVING count(DISTINCT unit_code) >= {FEWEST_UNITS} AND coalesce(max(issuer_level), '') <> '{TOWNSHIP}' ORDER BY topic
"""


@dataclass(frozen=True)
class Parts:
    """Contributions to an index: ``lines`` their names, ``points`` (units, months, lines); they add up to it."""

    lines: list[str]
    points: np.ndarray


def scorecards(con, heads: pd.Series) -> dict[str, pd.DataFrame]:
    """{dimension: one row per issuer, level or topic}: name, level, tasks, units, persons, top2_share, shares of what
    it asks, and ``short_outside``, ``disguised_outside``: whether the share lies outside the funnel around that of all
    together.

    con: connection with the prepared views (:class:`jianfu.scenarios.edits.Rows`); heads: staff by unit, of which
    ``persons`` is the sum over the units that are asked anything.
    """
    cards, asked = con.execute(SCORES).df(), con.execute(ASKED).df()
    return {
        dimension: _scorecard(
            dimension, cards[cards["dimension"] == dimension], asked[asked["dimension"] == dimension], heads
        )
        for dimension in DIMENSIONS
    }


def _scorecard(dimension, card, asked, heads):
    by_name = asked.groupby("name")
    largest = by_name.head(2).groupby("name")["n"].sum() / by_name["n"].sum()
    asked = asked.sort_values("unit_code")  # sums do not hang on the order of the counts
    staff = asked["unit_code"].map(heads).fillna(0).groupby(asked["name"]).sum().round()
    frame = card.drop(columns="dimension").reset_index(drop=True)
    frame["top2_share"], frame["persons"] = frame["name"].map(largest), frame["name"].map(staff).astype(int)
    for column in ("short", "disguised"):
        frame[f"{column}_outside"] = outside_funnel(frame[column], frame.pop(f"{column}_of"))
    if dimension != ISSUER:
        frame["level"] = ""
    return frame


def outside_funnel(share: pd.Series, n: pd.Series) -> pd.Series:
    """+1 or -1 where a share of ``n`` lies above or below the limits by chance around the share of all, else 0."""
    known = share.notna() & (n > 0)
    overall = (share[known] * n[known]).sum() / n[known].sum() if known.any() else np.nan
    error = np.sqrt(overall * (1 - overall) / n.where(known))
    return np.sign(share - overall).where((share - overall).abs() > FUNNEL * error, 0).fillna(0).astype(int)


def shown_names(frame: pd.DataFrame) -> dict[str, str]:
    """{issuer: the line on which it is shown}: itself, its level together below the thresholds or at township level."""
    own = (frame["tasks"] >= FEWEST_TASKS) & (frame["units"] >= FEWEST_UNITS) & (frame["level"] != TOWNSHIP)
    pooled = f"{REST} " + frame["level"].fillna("").astype(str)
    return dict(zip(frame["name"], frame["name"].where(own, pooled.str.strip()), strict=True))


def count_numerators(con, attribution: pd.DataFrame) -> None:
    """Make the tables ``counted_<view>`` that :func:`numerators` reads: what the rows of every issuer, level or topic
    of a unit-month add to the numerators of members.

    attribution: indicator, view, part (SQL: what a row adds).
    """
    con.execute(APPS_OWNED)
    for view, rows in attribution.groupby("view", sort=True):
        sums = ", ".join(
            f'sum(CAST({row.part} AS DECIMAL(38, 6)))::DOUBLE AS "{row.indicator}"'
            for row in rows.itertuples()
        )
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE counted_{view} AS SELECT {NAMED}, unit_code, month, {sums} FROM {view} "
            f"GROUP BY {SETS.format(keys=', unit_code, month')}"
        )


def numerators(con, attribution: pd.DataFrame, dimension: str) -> dict[str, pd.DataFrame]:
    """{indicator: unit_code, month, name, n}: what the rows of every value of ``dimension`` (None = unknown) add to the
    numerator of a member (:func:`count_numerators`)."""
    return {
        row.indicator: con.execute(
            f'SELECT unit_code, month, name, "{row.indicator}" AS n FROM counted_{row.view} '
            f'WHERE dimension = ? AND "{row.indicator}" > 0 ORDER BY unit_code, month, name',
            [dimension],
        ).df()
        for row in attribution.itertuples()
    }


def members(burden: Burden, index: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """What each member adds to ``index`` above no load at all, {line: (units, months)} with :data:`BASE` first, and
    where the index is known. Defined for arithmetic aggregation, under which an index is the weighted mean of its
    members.
    """
    spec = burden.spec.only(index)
    built = construction.build(burden.built.cube, spec, burden.anchors)
    cube, normalised = built.cube, built.normalised
    nothing = replace(cube, screened=np.where(np.isnan(cube.screened), np.nan, 0.0))
    idle = construction.build(nothing, spec, burden.anchors).normalised
    group = next(group for group in spec.structure.groups if group.code == index)
    weights = np.where(np.isnan(normalised), 0.0, group.weights)
    with np.errstate(invalid="ignore"):
        weights = weights / weights.sum(axis=2, keepdims=True)
    added = np.nan_to_num(weights * (normalised - idle))
    lines = {BASE: np.nan_to_num(weights * idle).sum(axis=2)}
    lines |= {code: added[..., k] for k, code in enumerate(spec.codes)}
    return lines, ~np.isnan(built.levels[index])


def attributed(
    lines: Mapping[str, np.ndarray], grid: Grid, counted: Mapping[str, pd.DataFrame], names: Mapping[str, str]
) -> dict[str, np.ndarray]:
    """``lines`` of :func:`members` with what rows add to a member shared among those who issued them.

    counted: of :func:`numerators`; names: {value of the dimension: line}.
    """
    found = {BASE: lines[BASE]}
    for code, added in lines.items():
        rest = added
        if code in counted:
            for name, share in zip(*_shares(counted[code], grid, names), strict=True):
                found[name] = found.get(name, 0.0) + share * added
                rest = rest - share * added
        found[code] = rest
    return found


def parts_of(lines: Mapping[str, np.ndarray], known: np.ndarray) -> Parts:
    """The lines that are not zero throughout, missing where the index is."""
    lines = {name: line for name, line in lines.items() if np.abs(line).max() > ROUNDING}
    values = np.where(known[..., None], np.stack(np.broadcast_arrays(*lines.values()), axis=-1), np.nan)
    return Parts(list(lines), values)


def _shares(rows, grid, names):
    """Lines, and the share (lines, units, months) of each of the numerator of a member; rows of unknown issuers count
    in the whole only."""
    code, lines = pd.factorize(rows["name"].map(names), sort=True)
    unit, month = grid.units.get_indexer(rows["unit_code"]), grid.months.get_indexer(rows["month"])
    size, inside = grid.valid.size, (unit >= 0) & (month >= 0)
    place, n = unit * grid.valid.shape[1] + month, rows["n"].to_numpy()
    whole = np.bincount(place[inside], n[inside], size)
    own = inside & (code >= 0)
    parts = np.bincount(code[own] * size + place[own], n[own], len(lines) * size).reshape(-1, size)
    shares = np.divide(parts, whole, out=np.zeros(parts.shape), where=whole > 0)
    return list(lines), shares.reshape(-1, *grid.valid.shape)


def summary(parts: Parts, ranked: list[str], seed: int) -> pd.DataFrame:
    """One row per line: mean over unit-months, change of the last twelve months on the twelve before, rank.

    Columns: name, points, change, rank, rank_low, rank_high. Points and changes add up to those of the index. Only the
    lines ``ranked`` have ranks.
    """
    whole, last, first = (
        np.nanmean(values, axis=(0, 1)) if np.isfinite(values).any() else np.full(len(parts.lines), np.nan)
        for values in (parts.points, parts.points[:, -YEAR:], parts.points[:, -2 * YEAR : -YEAR])
    )
    frame = pd.DataFrame({"name": parts.lines, "points": whole, "change": last - first})
    return frame.merge(ranks(parts, [name for name in parts.lines if name in ranked], seed), how="left")


def departments(
    con, burden: Burden, attribution: pd.DataFrame, heads: pd.Series, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scorecard by issuer, level and topic, and contributions by these and by member: what :func:`scorecards` and
    :func:`summary` give, with the columns ``dimension`` and ``index``; issuers below the thresholds, and those of
    townships, only together. Apps have lines as topics where enough units use them and no township owns them."""
    of_members = {index: members(burden, index) for index in burden.indices}
    cards, lines = [], []
    count_numerators(con, attribution)
    for dimension, card in scorecards(con, heads).items():
        names, counted = shown_names(card), numerators(con, attribution, dimension)
        own = card[card["name"].map(names) == card["name"]]
        cards.append(own.assign(dimension=dimension))
        apps = con.execute(APPS_SHOWN).df()["topic"].tolist() if dimension == TOPIC else []
        names |= {app: app for app in apps}
        for index, (added, known) in of_members.items():
            parts = parts_of(attributed(added, burden.built.cube.grid, counted, names), known)
            lines.append(summary(parts, [*own["name"], *apps], seed).assign(dimension=dimension, index=index))
    for view in attribution["view"].unique():
        con.execute(f"DROP TABLE counted_{view}")
    for index, (added, known) in of_members.items():
        lines.append(summary(parts_of(added, known), [], seed).assign(dimension=MEMBER, index=index))
    return pd.concat(cards, ignore_index=True), pd.concat(lines, ignore_index=True)


def ranks(parts: Parts, names: list[str], seed: int) -> pd.DataFrame:
    """name, rank, rank_low, rank_high of the lines ``names`` by their mean contribution; units are resampled."""
    places = [parts.lines.index(name) for name in names]
    known = ~np.isnan(parts.points[..., 0])
    sums, sizes = np.nansum(parts.points[..., places], axis=1), known.sum(axis=1)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=REPLICATES)
    means = (drawn @ sums) / np.maximum(drawn @ sizes, 1)[:, None]
    own = _rank(sums.sum(axis=0)[None])[0]
    low, high = np.quantile(_rank(means), (0.025, 0.975), axis=0)
    return pd.DataFrame({"name": names, "rank": own, "rank_low": np.floor(low), "rank_high": np.ceil(high)})


def _rank(values):
    """Ranks (rows, n) from 1 for the largest; ties, by :func:`significant` digits, in the order of the names."""
    order = np.argsort(-significant(values), axis=1, kind="stable")
    return np.argsort(order, axis=1, kind="stable") + 1
