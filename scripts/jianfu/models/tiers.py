"""The tier of measurement on which a province stands, and the plan as it is applied there (theory, section 4).

The full tier (完整口径) needs columns that few offices keep; the common tier (常用口径) is made of names, units, times
and counts. Where the full index lacks its members, every model, hypothesis and check that names it uses the common one
instead; where both can be had, the confirmatory models are fitted with both. The rule is fixed here, before any figure.
"""

import re
from collections.abc import Iterable, Mapping

import pandas as pd

from jianfu.indicators.views import connect

FULL, COMMON, NONE = "full", "common", "none"
LEAST = 0.5  # share of the logged unit-months in which an index must have enough of its members to be used
GIVEN = 0.6  # share of the members of a full index that must rest on given columns
TWIN = "_common"  # what the name of a model beside a confirmatory one ends in
COLUMNS = ["index", "common", "share", "share_common", "tier", "used", "within", "between"]
TOKEN = re.compile(r"[\w-]+")
# Keys of a model in which an exposure may be named.
NAMED = ("terms", "controls", "report", "options", "where")


def read_tiers(path: str) -> dict[str, str]:
    """{index: its counterpart on the common tier, "" = it has none} of config/plan/tiers.csv."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    return dict(zip(frame["index"], frame["common"], strict=True))


def coded_columns(tasks: str) -> set[str]:
    """Columns of the canonical task table (path) that were filled in from titles in any row (its column ``coded``)."""
    with connect() as con:
        path = str(tasks).replace("'", "''")
        rows = con.execute(
            f"SELECT DISTINCT coded FROM read_parquet('{path}') WHERE coded IS NOT NULL"
        ).fetchall()
    return {column for (text,) in rows for column in text.split()}


def given_share(
    members: pd.DataFrame, needs: Mapping[str, str], present: Iterable[str], coded: Iterable[str]
) -> dict[str, float]:
    """{index: share of its members that the province has and that rest on no coded column}.

    members: index, indicator; needs: {indicator: columns it needs, alternatives joined by "|"}; present: indicators
    with any value; coded: columns of the task table that were filled in from titles. What is coded is good enough to
    stand beside, not to be the full tier.
    """
    present, coded = set(present), set(coded)
    given = members["indicator"].map(
        lambda code: code in present and not any(coded & set(need.split("|")) for need in needs[code].split())
    )
    return given.astype(bool).groupby(members["index"]).mean().to_dict()


def tiers_of(
    counterparts: Mapping[str, str],
    indices: pd.DataFrame,
    unit_months: pd.DataFrame,
    given: Mapping[str, float],
) -> pd.DataFrame:
    """The tier of each index: :data:`COLUMNS`.

    counterparts: of :func:`read_tiers`; indices: unit_code, month, index, value; unit_months: unit_code, month,
    tasks_logged; given: of :func:`given_share`. share, share_common: of the logged unit-months, those in which the
    index has a value, which takes the minimum share of its members; share is 0 where too few of them rest on given
    columns. used: the index that models name, "" where neither tier is there. within, between: correlation of the index
    with its counterpart in logged unit-months, of deviations from the mean of the unit and of these means; NaN where
    fewer than three can be compared.
    """
    logged = unit_months.loc[unit_months["tasks_logged"].astype(bool), ["unit_code", "month"]]
    valued = indices.loc[indices["value"].notna(), ["unit_code", "month", "index", "value"]]
    found = valued.merge(logged, on=["unit_code", "month"])
    share = {index: n / len(logged) for index, n in found["index"].value_counts().items()}
    wide = found.pivot_table(index=["unit_code", "month"], columns="index", values="value")
    rows = []
    for index, common in counterparts.items():
        full = share.get(index, 0.0) if given[index] >= GIVEN else 0.0
        shares = (full, share.get(common, 0.0) if common else float("nan"))
        tier = FULL if shares[0] >= LEAST else COMMON if shares[1] >= LEAST else NONE
        used = {FULL: index, COMMON: common, NONE: ""}[tier]
        rows.append((index, common, *shares, tier, used, *_correlations(wide, index, common)))
    return pd.DataFrame(rows, columns=COLUMNS)


def _correlations(wide, index, common):
    """Within units and between them, of two columns of a frame by unit and month."""
    if not {index, common} <= set(wide):
        return float("nan"), float("nan")
    pair = wide[[index, common]].dropna()
    means = pair.groupby(level="unit_code").transform("mean")
    parts = (pair - means, means.groupby(level="unit_code").first())
    return tuple(
        part[index].corr(part[common]) if len(part) > 2 and part.std().min() > 0 else float("nan")
        for part in parts
    )


def both_tiers(counterparts: Mapping[str, str]) -> pd.DataFrame:
    """The answer of :func:`tiers_of` for a province in which every index is there on every tier that it has."""
    nan = float("nan")
    rows = [
        (index, common, 1.0, 1.0 if common else nan, FULL, index, nan, nan)
        for index, common in counterparts.items()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def replacements(tiers: pd.DataFrame) -> dict[str, str]:
    """{full index: common one} for what a province measures on the common tier."""
    rows = tiers[tiers["tier"] == COMMON]
    return dict(zip(rows["index"], rows["used"], strict=True))


def renamed(value, names: Mapping[str, str], indices: Iterable[str]):
    """``value`` of a plan (text, list or mapping) with exposures of the indices ``names`` made those of others.

    ``indices``: codes of all indices, the longest of which that begins a name owns it: OD_core_lead is none of OD.
    """
    if isinstance(value, Mapping):
        return {renamed(key, names, indices): renamed(inner, names, indices) for key, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, names, indices) for inner in value]
    if not isinstance(value, str):
        return value

    def exposure(found):
        name = found[0]
        owners = [index for index in indices if name == index or name.startswith(f"{index}_")]
        owner = max(owners, key=len, default=None)
        return names[owner] + name[len(owner) :] if owner in names else name

    return TOKEN.sub(exposure, value)


def settled(plan: Mapping, hypotheses: pd.DataFrame, tiers: pd.DataFrame, indices: Iterable[str]) -> dict:
    """The declared models (config/plan/models.yaml) as they are fitted in a province.

    Models name the indices of the province's tier. Beside every confirmatory model whose index is there on both tiers
    stands one with the common index, of role robustness.
    """
    names, indices = replacements(tiers), list(indices)
    both = tiers[(tiers["tier"] == FULL) & (tiers["share_common"] >= LEAST)]
    twins = dict(zip(both["index"], both["common"], strict=True))
    confirmatory = set(hypotheses.loc[hypotheses["family"] == "confirmatory", "model"])
    models = []
    for entry in plan["models"]:
        models.append(_with(entry, names, indices))
        twin = _with(entry, twins, indices)
        if entry["name"] in confirmatory and twin != entry:
            models.append(twin | {"name": entry["name"] + TWIN, "role": "robustness"})
    return {**plan, "models": models}


def _with(entry, names, indices):
    return {key: renamed(value, names, indices) if key in NAMED else value for key, value in entry.items()}
