"""What each scenario changes and what the models project from it, as tidy rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from jianfu.core.reasons import Reason, write_reasons
from jianfu.indices.exposures import Exposure
from jianfu.models.prediction import Predictor
from jianfu.models.reasons import because
from jianfu.models.tables.table import AnalysisTable
from jianfu.models.term import Term
from jianfu.scenarios import projection
from jianfu.scenarios.burden import Burden

ALL, OTHERS = "all", "others"
DRAWS = 1000  # of the coefficients
AHEAD = (12, 36)  # months after the window
MOST_OUTSIDE = 0.2  # share of unit-months outside observed support above which nothing is projected
PER_YEARS = 12 * 1000
DECIMALS = 10
COLUMNS = ["scenario", "quantity", "group", "estimate", "ci_low", "ci_high", "behind", "reasons"]
EXITS, HEADCOUNT, SUPPORT = "exits_avoided", "headcount", "outside_support"
INDEX, INDICATOR = "index", "indicator"
RANKS, SLOPE = "rank_shift", "slope"  # a slope of an outcome: slope_<outcome>


@dataclass(frozen=True)
class Models:
    """Fitted models by outcome (``exits``, ``burnout`` ...) with their tables; ``focus``: (level of the cohort, its
    dummy) with effects of its own; staff: of :func:`staff_of`, None where there is no model of exits; further: models
    by outcome that take the place of ``predictors`` where an index moves that only they have."""

    predictors: Mapping[str, Predictor]
    tables: Mapping[str, AnalysisTable]
    focus: tuple[str, str]
    staff: projection.Staff | None = None
    further: Mapping[str, Predictor] = field(default_factory=dict)

    @property
    def indices(self) -> set[str]:
        """Indices behind the terms of all models."""
        return {name.partition(":")[0] for found in self.predictors.values() for name in found.names}


def applied(models: Models, before: Burden, after: Burden, logged: np.ndarray) -> Models:
    """The models as they are used for a change: with ``further`` ones where it moves what only these have."""
    moved = {index for index in before.indices if moves(before, after, {index}, logged)}
    own = {
        outcome: found
        for outcome, found in models.further.items()
        if (set(found.names) - set(getattr(models.predictors.get(outcome), "names", ()))) & moved
    }
    return replace(models, predictors={**models.predictors, **own})


def terms_present(terms: Iterable[str], absent: set[str]) -> list[str]:
    """Terms of a projection model none of whose indices is among the ``absent`` ones."""
    return [term for term in terms if not {Exposure.of(part).index for part in Term(term).names} & absent]


def staff_of(
    exits: Predictor, table: AnalysisTable, unit_months: pd.DataFrame, burden: Burden, focus: str
) -> projection.Staff:
    """Persons at risk by unit, month and group (others, ``focus``) with the hazard that the model expects.

    Where the model uses no row (a unit without exits) the hazard is that of the unit shrunken to its county.
    """
    grid, frame = burden.built.cube.grid, table.frame
    shape = (*grid.valid.shape, 2)
    unit = grid.units.get_indexer(frame["unit"].astype(object))
    month = grid.months.get_indexer(frame["month"].astype(object))
    place = (unit * shape[1] + month) * 2 + (frame["cohort"] == focus).to_numpy(int)
    known = (unit >= 0) & (month >= 0)

    def summed(values, rows):
        return np.bincount(place[rows], values[rows], minlength=np.prod(shape)).reshape(shape)

    n, events = frame["n"].to_numpy(float), frame["voluntary"].to_numpy(float)
    at_risk, left = summed(n, known), summed(events, known)
    rows = exits.model.sample.rows & known
    expected = np.zeros(len(frame))
    expected[exits.model.sample.rows] = exits.expected() * n[exits.model.sample.rows]
    fitted, behind = summed(expected, rows), summed(n, rows)
    county = (
        unit_months.drop_duplicates("unit_code").set_index("unit_code")["county_code"].reindex(grid.units)
    )
    codes = pd.factorize(county)[0]
    shrunken = np.stack(
        [projection.shrunken(left[..., g].sum(axis=1), at_risk[..., g].sum(axis=1), codes) for g in (0, 1)],
        -1,
    )
    hazard = np.where(behind > 0, fitted / np.where(behind > 0, behind, 1), shrunken[:, None])
    headcount = np.nan_to_num(grid.fill(unit_months["headcount"].to_numpy(float)))
    year = at_risk[:, -projection.YEAR :], left[:, -projection.YEAR :]
    net = (year[0][:, -1] - year[0][:, 0] + year[1][:, :-1].sum(axis=1)) / (projection.YEAR - 1)
    return projection.Staff(at_risk, hazard, headcount, net)


def exit_effects(exits: Predictor, indices: list[str], dummy: str, coefficients: np.ndarray) -> np.ndarray:
    """Effects (draws, groups, indices) on the log hazard of others and of the cohort of ``dummy``, per SD."""
    effects = np.zeros((len(coefficients), 2, len(indices)))
    for name, values in zip(exits.names, coefficients.T, strict=True):
        index, _, own = name.partition(":")
        effects[:, 1:, indices.index(index)] += values[:, None]
        if not own:
            effects[:, 0, indices.index(index)] += values
    return effects


def drawn_changes(
    before: Burden,
    after: Burden,
    models: Models,
    drawn: projection.Drawn | None,
    seed: int,
    *,
    draws: int = DRAWS,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Exits avoided by group per 1,000 person-years, and changes of the survey outcomes: arrays (1 + draws,), the first
    value at the coefficients, the others at draws of them; no exits where there is no model of them.

    drawn: of :func:`drawn_exits`, with the same draws.
    """
    exits, raised = {}, np.zeros(before.built.cube.grid.valid.shape)
    if drawn is not None:
        path = projection.through_window(before, after, models.staff, drawn)
        raised, time = path.raised, models.staff.at_risk.sum(axis=(0, 1))
        for group, own in _groups(models).items():
            exits[group] = path.avoided[:, own].sum(axis=1) / time[own].sum() * PER_YEARS
    levels = after.levels + after.slopes * raised[..., None]
    moved = after.exposures(levels, survey=True) - before.exposures(before.levels, survey=True)
    outcomes = {}
    for name, found in models.predictors.items():
        if name != "exits":
            own = _at_fieldwork(moved, before, models.tables[found.model.spec.data], found)
            coefficients = np.vstack([found.coefficients, found.draws(draws, seed)])
            outcomes[name] = coefficients @ own[[before.indices.index(index) for index in found.names]]
    return exits, outcomes


def drawn_exits(before: Burden, models: Models, seed: int, draws: int = DRAWS) -> projection.Drawn | None:
    """Coefficients and risks of exits, first as estimated, then ``draws`` of them; None without a model of exits."""
    exits = models.predictors.get("exits")
    if exits is None:
        return None
    coefficients = np.vstack([exits.coefficients, exits.draws(draws, seed)])
    return projection.Drawn(
        exit_effects(exits, before.indices, models.focus[1], coefficients),
        projection.drawn_risks(models.staff, len(coefficients) - 1, seed),
    )


def _groups(models):
    return {ALL: [0, 1], models.focus[0]: [1], OTHERS: [0]}


def projected(
    before: Burden,
    after: Burden,
    models: Models,
    seed: int,
    *,
    ahead: Sequence[int] = AHEAD,
    draws: int = DRAWS,
) -> list[tuple]:
    """Rows (quantity, group, estimate, low, high, behind) of one scenario; the estimate is that at the coefficients.

    ahead: months after the window at whose end the headcount is projected; draws: of the coefficients.
    """
    drawn = drawn_exits(before, models, seed, draws)
    exits, outcomes = drawn_changes(before, after, models, drawn, seed, draws=draws)
    rows = []
    if exits:
        model, focus = models.predictors["exits"].model, models.focus[0]
        focal = (model.used["cohort"] == focus).to_numpy()
        behind = {
            ALL: model.events.sum(),
            focus: model.events[focal].sum(),
            OTHERS: model.events[~focal].sum(),
        }
        rows += [(EXITS, group, *interval(values), behind[group]) for group, values in exits.items()]
        for months, (stayed, present) in projection.ahead(before, after, models.staff, drawn, ahead).items():
            values = 100 * stayed[:, 1] / present[1]
            rows.append((f"{HEADCOUNT}_{months}", focus, *interval(values), behind[focus]))
    for name, values in outcomes.items():
        rows.append((name, ALL, *interval(values), len(models.predictors[name].model.used)))
    return rows


def _at_fieldwork(moved, before, table, found):
    """Mean change (indices,) of the exposures over the respondents of a model."""
    frame, grid = table.frame[found.model.sample.rows], before.built.cube.grid
    unit = grid.units.get_indexer(frame["unit"].astype(object))
    month = grid.months.get_indexer(frame["fieldwork_month"].astype(object))
    return np.nan_to_num(moved[unit, month]).mean(axis=0)


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """The first value, and the 2.5th and 97.5th percentile of the others."""
    return float(values[0]), *map(float, np.quantile(values[1:], (0.025, 0.975)))


def measured(before: Burden, after: Burden, logged: np.ndarray) -> list[tuple]:
    """Mean change of every index and member over the unit-months ``logged`` (mask): rows as in :func:`projected`."""
    rows, n = [], int(logged.sum())
    for j, index in enumerate(before.indices):
        rows.append((INDEX, index, _mean((after.levels - before.levels)[..., j][logged]), np.nan, np.nan, n))
    values = after.built.cube.screened - before.built.cube.screened
    for j, code in enumerate(before.built.cube.codes):
        rows.append((INDICATOR, code, _mean(values[..., j][logged]), np.nan, np.nan, n))
    return rows


def changes(
    stored: pd.DataFrame, edited: pd.DataFrame, burden: Burden, unit_months: pd.DataFrame
) -> list[tuple]:
    """Mean change of the indicators of the long frames that are in no index, as in :func:`measured`."""
    grid, logged = burden.built.cube.grid, logged_months(burden, unit_months)
    codes = sorted(set(stored["indicator"].unique()) - set(burden.spec.codes))
    after, before = (grid.spread(rows[rows["indicator"].isin(codes)], codes) for rows in (edited, stored))
    values = (after - before)[logged]
    return [
        (INDICATOR, code, _mean(values[:, j]), np.nan, np.nan, int(logged.sum()))
        for j, code in enumerate(codes)
    ]


def _mean(values):
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan


def scenario_rows(
    name: str,
    before: Burden,
    after: Burden,
    models: Models,
    unit_months: pd.DataFrame,
    seed: int,
    *,
    told: Sequence[tuple] = (),
) -> pd.DataFrame:
    """All rows (:data:`COLUMNS`) of one scenario; ``told``: of :func:`changes`.

    Nothing is projected without models, far outside what was seen, or where no index of a model changes: ``reasons`` of
    the row that measures the support says so.
    """
    logged = logged_months(before, unit_months)
    models = applied(models, before, after, logged)
    outside = projection.outside_support(before, after, logged)
    rows, why = [*measured(before, after, logged), *told], refusal(before, after, models, outside, logged)
    if why is None:
        rows += projected(before, after, models, seed)
    support = support_row(outside, int(logged.sum()), [why] if why else [])
    return frame_of(name, [*((*row, []) for row in rows), support])


def refusal(
    before: Burden, after: Burden, models: Models, outside: float, logged: np.ndarray
) -> Reason | None:
    """Why nothing is projected from a change with this share of unit-months ``outside`` what was seen; None = it is."""
    if not models.indices:
        return because("no_projection_model")
    if outside > MOST_OUTSIDE:
        return because("outside_support", share=outside, most=MOST_OUTSIDE)
    if not moves(before, after, models.indices, logged):
        return because("touches_no_term", indices=sorted(models.indices))
    return None


def logged_months(burden: Burden, unit_months: pd.DataFrame) -> np.ndarray:
    """Mask (units, months) of the unit-months whose task log was kept."""
    return burden.built.cube.grid.fill(unit_months["tasks_logged"].to_numpy(float)) == 1


def moves(before: Burden, after: Burden, indices: Iterable[str], logged: np.ndarray) -> bool:
    """Whether the mean of any of the ``indices`` changes over the unit-months ``logged``."""
    own = [before.indices.index(index) for index in sorted(indices)]
    change = (after.levels - before.levels)[..., own][logged]
    return any(np.nan_to_num(_mean(values)) != 0 for values in change.T)


def support_row(share: float, n: int, why: list[Reason]) -> tuple:
    """The row that says how far a scenario goes beyond what was seen, and ``why`` it projects nothing (else)."""
    return SUPPORT, ALL, share, np.nan, np.nan, n, why


def frame_of(name: str, rows: list[tuple]) -> pd.DataFrame:
    """Rows of one scenario as frame (:data:`COLUMNS`)."""
    frame = pd.DataFrame([(name, *row[:-1], write_reasons(row[-1])) for row in rows], columns=COLUMNS)
    return frame.round({"estimate": DECIMALS, "ci_low": DECIMALS, "ci_high": DECIMALS})


def focus_of(terms: Iterable[str], categories: Mapping) -> tuple[str, str]:
    """(level, dummy) of the cohort whose products stand among the ``terms`` of the model of exits."""
    dummy = next(term.partition(":")[2] for term in terms if ":" in term)
    return next((level, name) for level, name in categories["cohort"].items() if name == dummy)
