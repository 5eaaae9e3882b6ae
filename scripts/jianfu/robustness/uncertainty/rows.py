"""Rows of estimates: primary models with the interval of the whole pipeline, and corrected for errors in variables."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jianfu.core.errors import DataError, NotEstimable
from jianfu.core.reasons import write_reasons
from jianfu.indices import construction
from jianfu.models.estimates import tidy
from jianfu.models.reasons import because, unestimable
from jianfu.models.sample import prepare
from jianfu.models.spec import spec_of
from jianfu.models.terms import columns_of
from jianfu.robustness.curve.fits import Base, mapped
from jianfu.robustness.curve.province import clusters_of
from jianfu.robustness.uncertainty import bootstrap, coding, reliability
from jianfu.statistics import inference

BOOTSTRAP, CORRECTED = "bootstrap_pipeline", "errors_in_variables"
AT_ONCE = 100  # replicates per job
LEAST_SHARE = 0.9  # of the replicates must have an estimate, else there is no interval


def hazard_model(spec, table, grid, categories, months):
    """:class:`~jianfu.robustness.uncertainty.bootstrap.Hazard` of a declared hazard whose terms are an exposure and
    its products with levels of a variable, on the rows that the declared model uses."""
    model = prepare(spec, table, categories)
    base = Base(model, spec, grid)
    rows = np.arange(len(base.n))
    levels = [term.removeprefix(spec.terms[0]).removeprefix(":") for term in spec.terms]
    columns = columns_of(model.used, [level for level in levels if level], categories)
    factors = [columns[level] if level else np.ones(len(rows)) for level in levels]
    return bootstrap.Hazard(base, base.cells(rows, spec.estimator), rows, np.column_stack(factors), months)


def survey_model(spec, table, grid, categories, months):
    """:class:`~jianfu.robustness.uncertainty.bootstrap.Survey` of a declared least-squares model of one exposure."""
    model = prepare(spec, table, categories)
    frame, columns = table.frame[model.sample.rows], model.of_controls()
    waves = pd.get_dummies(frame["wave"].astype(str), drop_first=True).to_numpy(float)
    return bootstrap.Survey(
        frame[spec.outcome].to_numpy(float),
        np.column_stack([*columns, waves]) if columns else waves,
        grid.units.get_indexer(frame["unit"].astype(object)),
        grid.months.get_indexer(frame["fieldwork_month"].astype(object)),
        months,
    )


def _job(job):
    return bootstrap.draws(*job)


def replicates(cube, spec, models, clusters, seed, n, processes) -> tuple[dict, dict]:
    """``n`` replicates of all models in so many processes; they do not depend on the number of processes."""
    jobs = [
        (cube, spec, models, clusters, seed, first, min(AT_ONCE, n - first)) for first in range(0, n, AT_ONCE)
    ]
    parts = mapped(_job, jobs, processes)
    found = {name: np.concatenate([part[0][name] for part in parts]) for name in models}
    return found, {months: np.concatenate([part[1][months] for part in parts]) for months in parts[0][1]}


@dataclass(frozen=True)
class Source:
    """Where a reliability comes from: its ``name``, ``value`` {months: lambda}, ``replicates`` {months: one or one per
    replicate} and its ``origin`` {months: Reason}."""

    name: object
    value: Mapping
    replicates: Mapping
    origin: Mapping


def rows(estimates, models, terms, found, sources, confidence) -> pd.DataFrame:
    """Robustness rows with the columns of ``estimates``: one and one per :class:`Source`, by model and term.

    The first has the declared estimate with error and interval of the bootstrap of the whole pipeline; the others are
    divided by the reliability, with the interval of replicates that each divide by their own.
    """
    result = []
    for name, model in models.items():
        for j, term in enumerate(terms[name]):
            base = estimates[(estimates["model"] == name) & (estimates["term"] == term)]
            if base.empty or base["estimate"].isna().all():
                continue
            row, draws = base.iloc[0].to_dict(), found[name][:, j]
            known = ~np.isnan(draws)
            reason = because("replicates", usable=int(known.sum()), replicates=len(draws))
            result.append(_row(row, BOOTSTRAP, row["estimate"], draws, confidence, reason))
            for source in sources:
                ratio = np.broadcast_to(source.replicates[model.months], len(draws))
                usable = known & (ratio > 0)
                reliable, origin = source.value[model.months], source.origin[model.months]
                counts = {"usable": int(usable.sum()), "replicates": len(draws)}
                reason = because("calibrated", reliability=reliable, origin=origin, **counts)
                corrected = row["estimate"] / reliable if reliable > 0 else np.nan
                ratios = np.where(usable, draws / np.where(usable, ratio, 1.0), np.nan)
                result.append(_row(row, f"{CORRECTED}_{source.name}", corrected, ratios, confidence, reason))
    return tidy(pd.DataFrame(result, columns=estimates.columns))


def _row(row, kind, estimate, draws, confidence, reason):
    reasons = [reason]
    low, high, p_value, error = (np.nan,) * 4
    usable = draws[np.isfinite(draws)]
    if len(usable) < LEAST_SHARE * len(draws):
        estimate, reasons = np.nan, [unestimable(NotEstimable("too_few_replicates")), reason]
    elif np.isfinite(estimate):
        draws = usable
        low, high, p_value = inference.percentile_interval(draws, confidence)
        error = float(draws.std(ddof=1))
    return row | {
        "model": f"{row['model']}_{kind}",
        "role": "robustness",
        "specification": f"{row['specification']}; {kind}",
        "estimate": estimate,
        "std_error": error,
        "ci_low": low,
        "ci_high": high,
        "p_value": p_value,
        "p_adjusted": np.nan,
        "vcov": BOOTSTRAP,
        "converged": bool(np.isfinite(estimate)),
        "reasons": write_reasons(reasons),
    }


def build(cube, spec, tables, plan, models, inference, estimates, coded, processes) -> pd.DataFrame:
    """Rows of all models that ``plan`` (config/plan/uncertainty.yaml) names and that were fitted.

    cube, spec: of the index of the plan; inference: the group of that name; coded: the tasks by label
    (:class:`~jianfu.robustness.uncertainty.coding.Coded`). Where the data themselves give no exposure, the rows have no
    figures and say why.
    """
    fitted = set(estimates.loc[estimates["estimate"].notna(), "model"])
    chosen, terms = {}, {}
    for name in plan["models"]:
        model = spec_of(models, name)
        if name not in fitted:
            continue
        make, months = (
            (hazard_model, spec.before) if model.data == "hazard_cells" else (survey_model, spec.survey)
        )
        chosen[name] = make(model, tables[model.data], cube.grid, models["categories"], months)
        terms[name] = model.terms
    frame, confidence = tables["hazard_cells"].frame, inference["confidence"]
    clusters = clusters_of(frame, cube.grid.units, [plan["resample"]])[plan["resample"]]
    try:
        found, lambdas = replicates(
            cube, spec, chosen, clusters, inference["seed"], plan["replicates"], processes
        )
        built = construction.build(cube, spec, construction.fit(cube, spec))
    except DataError:
        lacking = unestimable(NotEstimable("no_variation", column=plan["index"]))
        refused = [
            _row(row, BOOTSTRAP, np.nan, np.empty(0), confidence, lacking)
            for row in estimates.to_dict("records")
            if row["term"] in terms.get(row["model"], ())
        ]
        return tidy(pd.DataFrame(refused, columns=estimates.columns))
    windows = list(dict.fromkeys(model.months for model in chosen.values()))
    whole = {months: reliability.within(bootstrap.member_exposures(built, months)) for months in windows}
    sources = [*(_declared(value, windows) for value in plan["reliability"]), _of_members(whole, lambdas)]
    if plan["coding"]["members"].keys() & set(cube.codes) and coded.coded.any():
        sources.append(_of_coding(cube, spec, coded, plan["coding"], windows, inference["seed"]))
    return rows(estimates, chosen, terms, found, sources, confidence)


def _declared(value, windows):
    given = dict.fromkeys(windows, value)
    return Source(value, given, given, dict.fromkeys(windows, because("reliability_declared")))


def _of_members(whole, lambdas):
    """The reliability by the agreement of the members, of the data (``whole``) and of every replicate."""
    origin = {months: because("reliability_of_members", members=own.members) for months, own in whole.items()}
    return Source("members", {months: own.value for months, own in whole.items()}, lambdas, origin)


def _of_coding(cube, spec, coded, plan, windows, seed):
    """The reliability by the errors of labels that were read from titles."""
    found = coding.reliability(cube, spec, coded, plan["members"], windows, draws=plan["draws"], seed=seed)
    why = because("reliability_of_coding", share=coded.share, agreement=coded.agreement)
    return Source("coding", found, found, dict.fromkeys(windows, why))
