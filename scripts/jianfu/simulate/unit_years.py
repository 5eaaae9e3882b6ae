"""Yearly reference values of the units: duties, powers, letters, accountability, score, outcomes."""

import numpy as np
import pandas as pd

from jianfu.simulate.counts import all_artefacts

HOTLINE = (
    1.5  # points by which the hotline rate lies above the mean of both outcomes, and satisfaction below it
)
CITIZENS, HOURS_A_YEAR = 0.1, 2000  # share of the citizens in the score; hours of one person
APPROVAL_HOURS = 240  # of the leaders of a unit in a year without a case
EFFORT_LOG_SD = 0.10  # log hours of substantive work per standard deviation of effort


def years_of(months):
    """Years with reference values: from the year before the window to the last full year."""
    return np.arange(months.year[0] - 1, months.year[-1] + (months.month[-1] == 12))


def build_substantive(months, n_units, streams):
    """Effort that goes into real work, standardised: units x years of :func:`years_of` and the year after."""
    rng = streams("substantive effort")
    years = len(years_of(months)) + 1
    return 0.8 * rng.standard_normal((n_units, 1)) + 0.6 * rng.standard_normal((n_units, years))


def build_unit_years(parameters, structure, months, counts, burden, substantive, points, streams):
    """Canonical ``unit_year``, ordered by unit and year, and the expected values of what depends on something.

    Outcomes follow substantive effort, and ``points`` (units x years, or 0) are added to them; the score follows
    outcomes and the volume of material of the year; cases of accountability follow the number of tasks and of errors.
    """
    own = parameters["unit_year"]
    rng = streams("unit years")
    years = years_of(months)
    n = len(structure.codes)
    shape = (n, len(years))
    common = _year_means(burden.common, months, years)
    log_tasks = _centred(np.log(_year_means(counts.tasks, months, years)))
    log_material = _centred(np.log(_year_means(all_artefacts(counts), months, years)))

    def member(share=1.0):
        unit = rng.standard_normal((n, 1))
        year = rng.standard_normal(shape)
        return share * common + 0.45 * unit + 0.35 * year

    # Reported duties and powers change little from year to year.
    traces = parameters["burden"]["share_in_traces"]
    low, high = own["powers_range"]
    powers = np.clip(own["powers"] * np.exp(own["powers_log_sd"] * rng.standard_normal((n, 1))), low, high)
    powers = np.rint(powers + rng.normal(0, 1, shape)).clip(low, high)
    enforcement, finance = np.rint(powers * 0.56), np.rint(powers * 0.22)
    errors = rng.poisson(own["errors"], shape)
    cases = own["accountability"]
    relative_errors = np.log((1 + errors) / (1 + own["errors"]))
    expected_cases = cases["mean"] * np.exp(cases["tasks"] * log_tasks + cases["errors"] * relative_errors)
    accountability = rng.poisson(expected_cases)
    result, score = own["outcome"], own["score"]
    outcome = result["mean"] + result["substantive"] * EFFORT_LOG_SD * substantive[:, :-1] + points
    hotline, satisfaction = (
        np.clip(outcome + shift + result["sd"] * rng.standard_normal(shape), 55, 100)
        for shift in (HOTLINE, -HOTLINE)
    )
    scored = score["mean"] + score["outcome"] * (hotline + satisfaction - 2 * result["mean"])
    expected_score = scored + score["material"] * log_material
    scored = expected_score + score["sd"] * rng.standard_normal(shape)
    columns = {
        "n_basic_duty": rng.poisson(own["basic_duty"], (n, 1)) + rng.integers(-2, 3, shape),
        "n_coop_duty": rng.poisson(own["coop_duty"], (n, 1)) + rng.integers(-2, 3, shape),
        "n_power_enforcement": enforcement,
        "n_power_finance": finance,
        "n_power_personnel": np.maximum(powers - enforcement - finance, 0),
        "n_accountability": accountability,
        "n_clauses": rng.poisson(own["clauses"], shape),
        "n_tolerance": rng.binomial(accountability, own["tolerance"]),
        "n_errors": errors,
        "n_letters": np.maximum(
            rng.poisson(own["letters"]["mean"] * np.exp(own["letters"]["load"] * member())), 1
        ),
        "n_wall": rng.poisson(own["walls"]["mean"] * np.exp(own["walls"]["load"] * member(traces))),
        "n_innovation": rng.poisson(own["innovation"], shape),
        "score": np.round(np.clip(scored, 50, 100), 1),
        "outcome_hotline": np.round(hotline, 1),
        "outcome_satisfaction": np.round(satisfaction, 1),
    }
    columns["leader_approval_hours"] = _approval_hours(accountability, streams("approval hours"))
    columns |= _evaluation(structure, outcome, streams("evaluation"))
    expected = {
        "n_accountability": expected_cases,
        "score": expected_score,
        "outcome_hotline": outcome + HOTLINE,
        "outcome_satisfaction": outcome - HOTLINE,
    }
    keys = {"unit_code": np.repeat(structure.codes, len(years)), "year": np.tile(years, n)}

    def frame(values):
        return pd.DataFrame(keys | {name: array.ravel().astype(float) for name, array in values.items()})

    return frame(columns), frame(expected)


def points_after(own, causes, months):
    """Points of the outcomes (units x years of :func:`years_of`) that the year before brought, 0 before the window.

    own: points per standard deviation; causes: {the same names: units x months}.
    """
    inside = np.unique(months.year)
    followed = np.isin(years_of(months) - 1, inside)
    points = 0.0
    for name, values in causes.items():
        yearly_means = _year_means(values, months, inside)
        apart = (yearly_means - yearly_means.mean()) / yearly_means.std()
        before = np.zeros((len(values), len(followed)))
        before[:, followed] = apart[:, np.isin(inside + 1, years_of(months))]
        points = points + own[name] * before
    return points


def signing(own, unit_year, structure, months):
    """Units x months: factor of the signatures per document after cases of accountability of the year before."""
    n_units = len(structure.codes)
    cases = np.nan_to_num(yearly(unit_year, "n_accountability", months, n_units))
    members = np.bincount(structure.county)[structure.county][:, None]
    county = np.zeros((structure.county.max() + 1, len(months)))
    np.add.at(county, structure.county, cases)
    others = (county[structure.county] - cases) / np.maximum(members - 1, 1)
    return np.exp(own["own"] * cases + own["elsewhere"] * others)


def _approval_hours(cases, rng):
    """Hours that the leaders of a unit spend on approving in a year, more where there were cases of accountability."""
    return np.rint(APPROVAL_HOURS * np.exp(0.05 * cases + 0.2 * rng.standard_normal(cases.shape)))


def _evaluation(structure, outcome, rng):
    """What a two-way evaluation adds: weight and score of the citizens, hours put in, risk (0 to 1)."""
    shape = outcome.shape
    return {
        "w_citizen": np.full(shape, CITIZENS),
        "score_citizen": np.round(np.clip(outcome + 3 * rng.standard_normal(shape), 50, 100), 1),
        "input_hours": np.rint(
            structure.staff[:, None] * HOURS_A_YEAR * np.exp(0.08 * rng.standard_normal(shape))
        ),
        "risk_index": np.round(np.clip(0.2 + 0.1 * rng.standard_normal(shape), 0, 0.9), 2),
    }


def _year_means(values, months, years):
    """Units x years: means over the months of each year; a year before the window takes its first twelve months."""
    inside = np.stack([months.year == year for year in years])
    before = ~inside.any(axis=1)
    inside[before, :12] = True
    return values @ inside.T / inside.sum(axis=1)


def _centred(values):
    return values - values.mean()


def yearly(frame, column, months, n_units):
    """Units x months: the value of the year before each month's year."""
    years = np.unique(frame["year"])
    unit = frame["unit_code"].factorize(sort=True)[0]
    table = np.full((n_units, len(years) + 1), np.nan)
    table[unit, np.searchsorted(years, frame["year"])] = frame[column]
    wanted = months.year - 1
    position = np.searchsorted(years, wanted)
    known = np.isin(wanted, years)
    return table[:, np.where(known, position, len(years))]
