"""Declared models (config/plan/models.yaml) -> tidy rows of estimates. One engine for all of them."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd

from jianfu.core.errors import DataError, NotEstimable
from jianfu.core.logs import LOGGER, passing
from jianfu.core.reasons import read_reasons, write_reasons
from jianfu.exits import cells
from jianfu.models import families
from jianfu.models.behind import Support
from jianfu.models.estimates import tidy
from jianfu.models.estimators.common import Effect
from jianfu.models.estimators.vocabulary import ESTIMATORS
from jianfu.models.reasons import because, failure, has, unestimable
from jianfu.models.sample import prepare, select
from jianfu.models.spec import ALL, ModelSpec
from jianfu.models.term import parts_of
from jianfu.models.terms import reference_level

UNCONVERGED = ("unconverged", "singular_matrix")  # codes of models that were fitted without success
BY_CLUSTER = ("cluster", "CR2", "wild")  # beginnings of the kinds of errors that rest on clusters
BY_ROW = ("HC0", "HC1", "HC2", "HC3")
ROUNDING = 1e-12  # share of an estimate below which its standard error is nothing but rounding
NO_ERROR = dict.fromkeys(("std_error", "low", "high", "p_value"), np.nan)


def specification(spec: ModelSpec) -> str:
    """Readable identifier of a specification: estimator(outcome ~ terms | effects), rows and clustering."""
    terms = " + ".join([*spec.terms, *spec.controls]) or "1"
    effects = " + ".join(spec.effects) or "1"
    rows = "".join(f"; {column}={value}" for column, value in spec.where.items())
    through = f"; via {spec.mediator}" if spec.mediator else ""
    columns = "".join(
        f"; {key} {getattr(spec, key)}"
        for key in ("weights", "offset", "entry", "exit")
        if getattr(spec, key)
    )
    options = "".join(f"; {name} {_plain(value)}" for name, value in spec.options.items())
    cluster = f"; cluster {' and '.join(spec.clusters)}" if spec.clusters else ""
    formula = f"{spec.outcome_name or '1'} ~ {terms} | {effects}{through}{columns}{rows}{options}"
    return f"{spec.estimator}({formula}){cluster}"


def _plain(value):
    """An option's value as short text."""
    return (
        json.dumps(value, ensure_ascii=False, sort_keys=True)
        if isinstance(value, dict | list)
        else str(value)
    )


def fit_model(spec, table, categories, settings):
    """Rows of estimates (frame of :data:`~jianfu.models.estimates.RESTRICTED_COLUMNS`) of one declared model.

    A model that the data do not support gives rows without figures and says why in ``reasons``.
    """
    base = _base(spec, table)
    try:
        model = prepare(spec, table, categories)
        sample, used = model.sample, model.used
        base |= _counts(table, sample, used)
        fit = ESTIMATORS[spec.estimator].fit(model, settings)
    except NotEstimable as error:
        if error.sample is not None:
            base |= _counts(table, error.sample, table.frame[error.sample.rows])
        return _without_figures(spec, base, [unestimable(error)])
    except np.linalg.LinAlgError:
        return _without_figures(spec, base, [because("singular_matrix")])
    if not fit.converged:
        return _without_figures(spec, base, [because("unconverged"), *fit.reasons, *sample.remarks])
    for reason, n in fit.dropped.items():
        sample.dropped[reason] = sample.dropped.get(reason, 0) + int(n)
    base |= _accounts(table, sample)
    figures = ("converged", "n_clusters", "n_events", "residual_df")
    base |= {name: getattr(fit, name) for name in figures} | {"reasons": [*fit.reasons, *sample.remarks]}
    if fit.n_units is not None:
        base["n_units"] = fit.n_units
    alone = model.columns.without_columns(model.controls)  # controls of a single level
    compared = [v for v in model.controls if v in categories and v not in alone]
    references = [reference_level(used, v, categories[v]) for v in compared]
    if spec.report == ALL and references:
        base["reasons"].append(because("reference", levels=references))
    reported, single = _reported(spec), model.columns.without_columns(spec.terms)
    effects = [effect for effect in fit.effects if reported is None or effect.term in reported]
    effects = [_of_one_cluster(effect, model) for effect in effects]
    known = {effect.term for effect in fit.effects} | set(single)
    unknown = [term for term in (spec.report or ()) if spec.report != ALL and term not in known]
    effects += [Effect(term, np.nan, reasons=(because("no_such_effect"),)) for term in unknown if effects]
    effects += [Effect(term, np.nan, reasons=(because("single_level", column=term),)) for term in single]
    if not effects:
        return _without_figures(spec, base, [because("nothing_reported")])
    effects, support = (
        [_sound(effect, base["reasons"]) for effect in effects],
        Support(model, table, categories),
    )
    return tidy([_row(base, effect, spec, table) | _behind(effect, support) for effect in effects])


def _of_one_cluster(effect, model):
    """The effect, with a caution where its column is other than elsewhere in a single cluster, or row: errors from the
    residuals of it are then far too small (MacKinnon and Webb 2018)."""
    if effect.term not in model.columns or not effect.vcov.startswith((*BY_CLUSTER, *BY_ROW)):
        return effect
    values = model.columns[effect.term]
    other = values != np.median(values)
    groups = model.clusters[other] if effect.vcov.startswith(BY_CLUSTER) else np.flatnonzero(other)
    if len(np.unique(groups)) != 1:
        return effect
    code = "of_one_cluster" if effect.vcov.startswith(BY_CLUSTER) else "of_one_row"
    return replace(effect, reasons=(*effect.reasons, because(code, column=effect.term)))


def _sound(effect, remarks):
    """The effect, without figures that are none: an estimate that is not finite, an error that is zero or rounding."""
    if not np.isfinite(effect.estimate):
        why = () if failure([*remarks, *effect.reasons]) else (because("not_finite"),)
        return replace(effect, estimate=np.nan, reasons=(*effect.reasons, *why), **NO_ERROR)
    if effect.std_error <= ROUNDING * abs(effect.estimate) or np.isinf(effect.std_error):
        return replace(effect, reasons=(*effect.reasons, because("error_vanishes")), **NO_ERROR)
    return effect


def _behind(effect, support):
    """Persons and events behind an effect, as the gate reads them."""
    found = support.behind(effect)
    return {"behind_persons": found.persons, "behind_events": found.events, "behind_of": found.of}


def _reported(spec):
    """Terms that become rows; None = every one."""
    if spec.report == ALL or ESTIMATORS[spec.estimator].reports_all:
        return None
    return spec.terms if spec.report is None else spec.report


def _base(spec, table):
    """What is known before a model is fitted: all observations count as lost until its sample is chosen."""
    left = table.n_read - sum(table.dropped.values())
    dropped = table.dropped | ({"not_estimable": left} if left else {})
    return {
        "province": "",
        "hypothesis": spec.hypothesis,
        "model": spec.name,
        "role": spec.role,
        "specification": specification(spec),
        "p_adjusted": np.nan,
        "n_read": table.n_read,
        "n_used": 0,
        "n_dropped": table.n_read,
        "dropped_by_reason": json.dumps(dict(sorted(dropped.items())), ensure_ascii=False),
        "n_units": 0,
        "n_clusters": 0,
        "n_events": np.nan,
        "residual_df": np.nan,
        "persons": table.persons,
        "converged": False,
        "reasons": [],
    }


def _counts(table, sample, used):
    units = used["unit"].nunique() if "unit" in used else len(used)
    return _accounts(table, sample) | {"n_units": int(units)}


def _accounts(table, sample):
    """Observations read, dropped by reason and used; they add up by construction."""
    n_dropped = sum(sample.dropped.values())
    return {
        "n_used": table.n_read - n_dropped,
        "n_dropped": n_dropped,
        "dropped_by_reason": json.dumps(dict(sorted(sample.dropped.items())), ensure_ascii=False),
    }


def _without_figures(spec, base, reasons):
    """Rows of a model that could not be fitted: one per term of interest, without figures."""
    LOGGER.warning("%s: no estimate: %s", spec.name, failure(reasons).data())
    terms = spec.terms or ("",)
    if not (spec.report == ALL or spec.estimator == "mediation"):
        terms = _reported(spec) or terms
    if spec.estimator == "mediation":
        terms = [f"{term}_indirect" for term in terms]
    base |= {"outcome": spec.outcome_name, "vcov": "", "reasons": write_reasons(reasons)}
    base |= {"scale": "", "exposure": "+".join(spec.terms)}
    return tidy([base | {"term": term} for term in terms])


def _row(base, effect, spec, table):
    outcome = effect.outcome or spec.outcome_name
    stem = effect.term
    for suffix in ("_pure", "_total", "_a", "_direct", "_indirect"):
        stem = stem.removesuffix(suffix)
    sums = spec.options.get("contrasts", {})
    own = _exposures_in(sums.get(stem, [stem]), table)
    general = _exposures_in(spec.terms, table)
    usual = "sd" if outcome in spec.standardise else ESTIMATORS[spec.estimator].scale
    scale = effect.scale or usual
    through = spec.mediator and stem.startswith(f"{spec.mediator}_")
    return base | {
        "outcome": outcome,
        "exposure": next(iter([*own, *general]), ""),
        "term": effect.term,
        "scale": f"{scale}_per_sd" if own or through else scale,
        "estimate": effect.estimate,
        "std_error": effect.std_error,
        "ci_low": effect.low,
        "ci_high": effect.high,
        "p_value": effect.p_value,
        "p_adjusted": effect.p_adjusted,
        "vcov": effect.vcov,
        "reasons": write_reasons([*base["reasons"], *effect.reasons]),
    }


def _exposures_in(terms, table):
    """Exposures behind terms, functions of them included."""
    columns = [part.column for part in parts_of(terms)]
    return [table.exposures[column] for column in columns if column in table.exposures]


def fit_models(specs, tables, categories, settings, province):
    """Estimates of ``specs`` (list of ModelSpec) on ``tables`` ({name of data: AnalysisTable}), in their order."""
    parts = []
    for spec in specs:
        passing("fitting_model", name=spec.name)
        parts.append(fit_model(spec, tables[spec.data], categories, settings))
    return pd.concat(parts, ignore_index=True).assign(province=province)


def selected(specs, names):
    """Models that the province wants: all, or those in ``names``, in the order of the plan."""
    return specs if names == "all" else [spec for spec in specs if spec.name in names]


def check_converged(estimates, allowed):
    """Raise :class:`DataError` if a model did not converge and the settings do not allow it."""
    unconverged = estimates["reasons"].map(lambda text: has(read_reasons(text), *UNCONVERGED))
    failed = estimates.loc[estimates["estimate"].isna() & unconverged, "model"].unique()
    if len(failed) and not allowed:
        raise DataError("models_unconverged", models=list(failed))


def adjusted(estimates, hypotheses):
    """Estimates with the p-values of tested hypotheses adjusted; models that were not fitted do not count as tests."""
    fitted = hypotheses["model"].isin(estimates["model"])
    return families.adjust_families(estimates, hypotheses[fitted])


FLOW_MODELS = {"hazard_cells": ("exits", "H2_exits"), "survey_scores": ("survey", "H1_burnout")}


def sample_flow(specs, tables, categories, flows, person_months):
    """What became of the sample up to the main models.

    Columns: chain, step, reason, persons, person_months, events, respondents. In each chain (exits, survey) the
    observations of the rows 'dropped' subtracted from 'read' give 'at_risk' or 'scored', and those less the rows
    'dropped_<model>' give 'used_<model>'. A person may stand in several rows. person_months: those behind the cells.
    """
    parts = []
    for data, (chain, name) in FLOW_MODELS.items():
        parts.append(flows[data].assign(chain=chain))
        spec = next((spec for spec in specs if spec.name == name), None)
        if spec is None:
            continue
        table = tables[data]
        try:
            sample, _ = select(spec, table, categories)
        except NotEstimable as error:
            sample = error.sample
        if sample is None:
            continue
        unit = "person_months" if data == "hazard_cells" else "respondents"
        new = {reason: n for reason, n in sample.dropped.items() if n != table.dropped.get(reason)}
        rows = [{"step": f"dropped_{name}", "reason": reason, unit: n} for reason, n in new.items()]
        used = {"step": f"used_{name}", "reason": "", unit: int(table.weights(sample.rows).sum())}
        if data == "hazard_cells":
            used["persons"] = cells.persons_used(person_months, sample.rows)
            used["events"] = int(table.frame[list(spec.outcomes)][sample.rows].sum().sum())
        else:
            used["persons"] = int(table.frame["person"][sample.rows].nunique())
        parts.append(pd.DataFrame([*rows, used]).assign(chain=chain))
    columns = ["chain", "step", "reason", "persons", "person_months", "events", "respondents"]
    counts = columns[3:]
    flow = pd.concat(parts, ignore_index=True).reindex(columns=columns)
    return flow.astype(dict.fromkeys(counts, "Int64"))
