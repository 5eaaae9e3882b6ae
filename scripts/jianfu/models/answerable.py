"""What a province's data can answer, before anything is fitted: hypothesis by hypothesis, and what would unlock more.

The design of every hypothesis is assembled as for its model; the smallest effect that it detects comes from the design
alone (:mod:`jianfu.statistics.power`), so outcomes and exposures are never compared here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from jianfu.core.errors import NotEstimable
from jianfu.core.labels import Labels
from jianfu.core.reasons import Reason, read_reasons
from jianfu.models.engine import fit_model
from jianfu.models.estimators.vocabulary import ESTIMATORS
from jianfu.models.reasons import failures, unestimable
from jianfu.models.sample import prepare
from jianfu.models.spec import ModelSpec
from jianfu.models.term import Term
from jianfu.models.tiers import COMMON, FULL, GIVEN
from jianfu.models.words import said, term_label

# Estimators whose detectable effect follows from the design.
DETECTED = ("ols", "cloglog", "logit", "poisson")
ANSWERABLE, ON_COMMON, NOT = "answerable", "common", "not"


@dataclass(frozen=True)
class Answer:
    """What can be said of one row of the hypotheses.

    status: :data:`ANSWERABLE`, :data:`ON_COMMON` or :data:`NOT`; used, units, clusters, events: of the rows that its
    model uses (events None where none are counted); detectable: smallest effect detected with power 80 %, None where
    the design alone does not tell; reasons: why not; counted: ``events``, or ``counts`` where the outcome is a number.
    """

    hypothesis: str
    model: str
    term: str
    status: str
    used: int = 0
    units: int = 0
    clusters: int = 0
    events: int | None = None
    detectable: float | None = None
    reasons: tuple[Reason, ...] = ()
    counted: str = "events"


def answers(
    specs: Iterable[ModelSpec], hypotheses: pd.DataFrame, tables, categories, settings, tiers: pd.DataFrame
) -> list[Answer]:
    """One :class:`Answer` per row of ``hypotheses`` (hypothesis, model, term), in their order.

    specs, tables, categories, settings: as for :func:`jianfu.models.engine.fit_models`; tiers: those of the province.
    """
    by_name, known = {spec.name: spec for spec in specs}, {}
    common = set(tiers.loc[tiers["tier"] == COMMON, "used"])
    found = []
    for row in hypotheses.to_dict("records"):
        spec = by_name.get(row["model"])
        if spec is None:
            continue
        if spec.name not in known:
            known[spec.name] = _asked(spec, tables[spec.data], categories, settings)
        figures, detectable, reasons = known[spec.name]
        parts = Term(row["term"]).names
        on_common = any(part == index or part.startswith(f"{index}_") for part in parts for index in common)
        status = NOT if reasons else ON_COMMON if on_common else ANSWERABLE
        found.append(
            Answer(
                hypothesis=row["hypothesis"],
                model=spec.name,
                term=row["term"],
                status=status,
                detectable=detectable.get(f"detectable({row['term']})"),
                reasons=reasons,
                **figures,
            )
        )
    return found


def _asked(spec, table, categories, settings):
    """What a model has to go on: numbers of its rows, {term: smallest effect detected}, why it cannot be asked."""
    try:
        model = prepare(spec, table, categories)
    except NotEstimable as error:
        return {}, {}, tuple(failures([unestimable(error)]))
    figures = {
        "used": int(model.weights.sum()),
        "units": int(model.used["unit"].nunique()) if "unit" in model.used else len(model.used),
        "clusters": 0 if model.clusters is None else int(model.clusters.max()) + 1,
        "events": int(model.events.sum()) if ESTIMATORS[spec.estimator].counts else None,
        "counted": "counts" if spec.estimator == "poisson" else "events",
    }
    if spec.estimator not in DETECTED:
        return figures, {}, ()
    design = replace(spec, estimator="detectable_effect", options={"model": spec.estimator}, report=None)
    rows = fit_model(design, table, categories, settings)
    known = rows[rows["estimate"].notna()]
    if len(rows) and known.empty:
        return figures, {}, tuple(failures(read_reasons(rows["reasons"].iloc[0])))
    return figures, dict(zip(known["term"], known["estimate"].astype(float), strict=True)), ()


# ------------------------------------------------------------------------------------------------ what unlocks more


def lacking_columns(
    plan: pd.DataFrame, notices: pd.DataFrame, tables: Mapping[str, str], coded: Iterable[str] = ()
) -> pd.DataFrame:
    """Columns for want of which indicators are switched off, or rest on what was coded from titles: indicator, table,
    column ("" = the whole table).

    plan: indicator table; notices: indicator, outcome, column; tables: {source of an indicator: canonical table};
    coded: columns of the task table that were filled in from titles.
    """
    rows = notices.loc[notices["outcome"] == "switched_off", ["indicator", "column"]]
    coded = set(coded)
    guessed = [
        (row.code, need)
        for row in plan.itertuples()
        for need in row.needs.split()
        if coded & set(need.split("|"))
    ]
    rows = pd.concat([rows, pd.DataFrame(guessed, columns=["indicator", "column"])], ignore_index=True)
    rows["table"] = rows["indicator"].map(plan.set_index("code")["source"]).map(tables)
    rows["column"] = rows["column"].where(~rows["column"].str.startswith("("), "")
    return rows[["indicator", "table", "column"]].drop_duplicates(ignore_index=True)


def unlocking(
    lacking: pd.DataFrame, members: pd.DataFrame, tiers: pd.DataFrame, keepers: pd.DataFrame
) -> pd.DataFrame:
    """What to ask for, best first: table, column, indices, members, asked, office_zh, office_en.

    A column counts by the full indices that it alone would bring to the minimum share of members (``indices``, named),
    then by the members it would bring (``members``, number). lacking: of :func:`lacking_columns`; members: index,
    indicator; keepers: config/plan/keepers.csv, whose row without a column speaks for the rest of its table; asked:
    "no" = it would have to be recorded anew, which is not worth a further ledger.
    """
    full = tiers.loc[tiers["tier"] != FULL, "index"]
    off = lacking.groupby("indicator").agg(lambda values: set(values))["column"].to_dict()
    rows = []
    for (table, column), group in lacking.groupby(["table", "column"], sort=False):
        for alternative in column.split("|"):
            own = {code for code in group["indicator"] if len(off[code]) == 1}
            wanted = members[members["index"].isin(full)]
            gained = wanted[wanted["indicator"].isin(own)]
            missing = wanted["indicator"].isin(off) & ~wanted["indicator"].isin(own)
            share = (~missing).groupby(wanted["index"]).mean()
            reached = [index for index in gained["index"].unique() if share[index] >= GIVEN]
            if len(gained):
                rows.append((table, alternative, reached, gained["indicator"].nunique()))
    found = pd.DataFrame(rows, columns=["table", "column", "indices", "members"])
    found["order"] = [len(indices) for indices in found["indices"]]
    found = found.sort_values(["order", "members"], ascending=False, kind="stable").drop(columns="order")
    own = keepers.set_index(["table", "column"])
    pick = [
        key if key in own.index else (key[0], "") for key in zip(found["table"], found["column"], strict=True)
    ]
    return pd.concat([found.reset_index(drop=True), own.loc[pick].reset_index(drop=True)], axis=1)


# ------------------------------------------------------------------------------------------------ in words


def page(
    found: Iterable[Answer], wanted: pd.DataFrame, headings: Mapping[tuple[str, str], str], labels: Labels
) -> list[str]:
    """Lines of the page: what can be answered, the one column to ask for first, and what not to collect anew.

    wanted: of :func:`unlocking`; headings: {(table, column): its usual heading}.
    """
    lines = [labels("answers_title"), ""]
    for answer in found:
        name = labels("in_brackets", text=term_label(answer.term, labels))
        what = labels(f"answers_{answer.status}")
        lines.append(f"  {answer.hypothesis}{name}: {what}{_figures(answer, labels)}")
    office = f"office_{labels.language}"
    asked = wanted[wanted["asked"] == "yes"]
    if len(asked):
        row = asked.iloc[0]
        key = "answers_ask_index" if row["indices"] else "answers_ask_members"
        indices = labels("list_comma").join(labels(index) for index in row["indices"])
        words = {"office": row[office], "indices": indices, "members": row["members"]}
        lines += ["", labels(key, what=_column(row, headings, labels), **words)]
    anew = [_column(row, headings, labels) for row in wanted[wanted["asked"] == "no"].to_dict("records")]
    if anew:
        lines += [labels("answers_not_anew", columns=labels("list_comma").join(dict.fromkeys(anew)))]
    return lines


def _figures(answer, labels):
    """How much a hypothesis stands on, or why it cannot be asked."""
    if answer.status == NOT:
        return labels("in_brackets", text=said(answer.reasons, labels))
    parts = [labels("answers_clusters", n=answer.clusters)] if answer.clusters else []
    if answer.events is not None:
        parts.insert(0, labels(f"answers_{answer.counted}", n=answer.events))
    if answer.detectable is not None:
        parts.append(labels("answers_detectable", effect=f"{answer.detectable:.2f}"))
    return labels("in_brackets", text=labels("list_comma").join(parts)) if parts else ""


def _column(row, headings, labels):
    """What to ask for: a column by its usual heading, or a whole table."""
    if not row["column"]:
        return labels("answers_table", table=labels(f"source_table_{row['table']}"))
    heading = (
        headings.get((row["table"], row["column"]), row["column"])
        if labels.language == "zh"
        else row["column"]
    )
    return labels("answers_column", column=heading)
