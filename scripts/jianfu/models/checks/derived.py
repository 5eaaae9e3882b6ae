"""Declared checks -> models derived from the primary ones -> rows of estimates.

A check is an entry of config/plan/checks.yaml: changes to a primary model. The derived model is called
``<model>.<check>`` and fitted by the engine of all models.
"""

import json
from dataclasses import replace

import numpy as np
import pandas as pd

from jianfu.core.logs import passing
from jianfu.core.reasons import read_reasons, write_reasons
from jianfu.models import engine
from jianfu.models.estimates import CHECK, tidy
from jianfu.models.estimators.vocabulary import ESTIMATORS
from jianfu.models.reasons import because
from jianfu.models.spec import ModelSpec
from jianfu.models.term import Term, figure_of, names_of
from jianfu.statistics import inference, power
from jianfu.statistics.sensitivity import COMMON

BLANK = dict.fromkeys(("std_error", "ci_low", "ci_high", "p_value", "p_adjusted"), np.nan)
EXPOSURE = "{exposure}"
BY_ERROR = ("mediation", "segmented", "tost")  # what they detect follows from the errors that they report
EFFECTS = ("probability", "excess_per_1000")  # scales of effects other than that of the model itself


def derive(check, spec: ModelSpec, table) -> ModelSpec | None:
    """The model that ``check`` makes of the primary model ``spec`` on ``table``; None where it does not apply."""
    exposures = _exposures(spec, table)
    fits = (
        spec.terms
        and spec.estimator in check.get("estimators", ESTIMATORS)
        and spec.data in check.get("data", [spec.data])
        and spec.outcome_name in check.get("outcomes", [spec.outcome_name])
        and set(check.get("needs", [])) <= {*names_of(spec.effects)}
        and (exposures or not check.get("exposures"))
    )
    if not fits:
        return None
    changes = {"name": f"{spec.name}{CHECK}{check['name']}", "role": check["role"]}
    words = {"{estimator}": spec.estimator, "{common}": _common(spec, table)}
    changes |= {key: _filled(value, words, exposures) for key, value in check.get("set", {}).items()}
    if "replace" in check:
        changes["terms"] = [_replaced(term, exposures, check["replace"]) for term in spec.terms]
    if "mirror" in check:
        added = [_replaced(term, exposures, check["mirror"]) for term in spec.terms]
        added = [term for term, old in zip(added, spec.terms, strict=True) if term != old]
        changes["terms"] = [*spec.terms, *added]
        if check.get("report") == "mirror":
            changes["report"] = added
    changes["controls"] = [*changes.get("controls", spec.controls), *check.get("controls", [])]
    if check.get("drop_effects"):
        changes["effects"] = [
            name for name in spec.effects if not set(Term(name).names) & set(check["drop_effects"])
        ]
    derived = replace(spec, report=None, options={}).changed(changes)
    if "county" in derived.options.values() and "county" not in table.frame:
        return None
    return derived


def _exposures(spec, table):
    """Exposure indices among the terms of a model, as they stand in its terms."""
    return [part for part in names_of(spec.terms) if part in table.exposures and not part.endswith("_z")]


def _replaced(term, exposures, pattern):
    """``term`` with each exposure in it replaced by ``pattern``."""
    names = Term(term).names
    return Term.product(pattern.replace(EXPOSURE, part) if part in exposures else part for part in names)


def _filled(value, words, exposures):
    """A value of the plan with its placeholders filled in; a list entry with an exposure becomes one entry each."""
    if isinstance(value, dict):
        return {key: _filled(inner, words, exposures) for key, inner in value.items()}
    if isinstance(value, list):
        lists = [
            [inner.replace(EXPOSURE, name) for name in exposures]
            if isinstance(inner, str) and EXPOSURE in inner
            else [_filled(inner, words, exposures)]
            for inner in value
        ]
        return [inner for part in lists for inner in part]
    return words.get(value, value) if isinstance(value, str) else value


def _common(spec, table):
    """Whether the events of a hazard befall more than 15 % over the months of the table, at a constant rate."""
    if not ESTIMATORS[spec.estimator].counts or "month" not in table.frame:
        return False
    frame = table.frame
    if not all(name in frame for name in spec.outcomes) or table.weight is None:
        return False
    rate = frame[list(spec.outcomes)].to_numpy(dtype=float).sum() / max(frame[table.weight].sum(), 1)
    return bool(1 - np.exp(-rate * frame["month"].nunique()) > COMMON)


# ------------------------------------------------------------------------------------------------ rows of estimates


def beside(checks, specs, rows, tables, categories, settings, province):
    """Rows of estimates of all checks beside the primary models among ``specs``.

    checks: entries of config/plan/checks.yaml; rows: estimates of ``specs``; the others as in
    :func:`jianfu.models.engine.fit_models`. Two models that a check makes alike are fitted once.
    """
    parts, known = [], {}
    for spec in specs:
        if spec.role != "primary":
            continue
        table, own = tables[spec.data], rows[rows["model"] == spec.name]
        detected = _detectable(spec, own, settings.confidence)
        passing("checking_model", name=spec.name)
        for check in checks if spec.estimator != "mediation" else []:
            derived = derive(check, spec, table)
            if derived is None:
                continue
            key = repr(derived.changed(dict.fromkeys(_IDENTITY, "")))
            if key not in known:
                known[key] = engine.fit_model(derived, table, categories, settings)
            found = known[key].assign(model=derived.name, hypothesis=spec.hypothesis)
            parts.append(_no_better(_scaled(found, own), detected))
        parts.append(_counted(spec, own))
        if spec.estimator in BY_ERROR:
            parts.append(detected)
    if not parts:
        return pd.DataFrame(columns=rows.columns)
    return tidy(pd.concat(parts, ignore_index=True).assign(province=province))


_IDENTITY = ("name", "hypothesis", "label_zh", "label_en")


def _scaled(found, own):
    """Rows with the scale of the primary estimate where their figures are effects of the same kind."""
    scales = own["scale"][own["scale"].fillna("").str.endswith("_per_sd")]
    if not len(scales):
        return found
    stem = scales.iloc[0].removesuffix("_per_sd")
    per_sd = found["scale"].isin([stem, *EFFECTS])
    return found.assign(scale=found["scale"].mask(per_sd, found["scale"] + "_per_sd"))


def _counted(spec, own):
    """Diagnostic rows of a hazard: events per unit, and the share of observations in levels without any event."""
    row = own.head(1)
    if not len(row) or not ESTIMATORS[spec.estimator].counts or not row["n_events"].item() > 0:
        return own.head(0)
    dropped = json.loads(row["dropped_by_reason"].item())
    separated = {name: n for name, n in dropped.items() if name.startswith("separated")}
    used, units = int(row["n_used"].item()), int(row["n_units"].item())
    figures = {
        "events_per_unit": (row["n_events"].item() / max(units, 1), "count"),
        "separated_share": (
            sum(separated.values()) / max(used + sum(separated.values()), 1),
            "share",
        ),
    }
    rows = [
        row.assign(
            model=f"{spec.name}{CHECK}events",
            role="diagnostic",
            term=term,
            scale=scale,
            estimate=value,
            reasons="",
            vcov="",
            **BLANK,
        )
        for term, (value, scale) in figures.items()
    ]
    return pd.concat(rows, ignore_index=True)


def _detectable(spec, own, confidence):
    """Diagnostic rows: the smallest effect that the reported test detects with power 80 %.

    Its error is that behind the reported interval: half of it over the quantile of t, which counts few clusters in."""
    rows = own[own["std_error"].gt(0) & own["converged"]]
    df = np.maximum(rows["n_clusters"].to_numpy(dtype=float) - 1, 1)
    quantiles = [inference.t_quantile(confidence, one) for one in df]
    errors = ((rows["ci_high"] - rows["ci_low"]) / 2 / quantiles).fillna(rows["std_error"])
    found = [power.minimum_detectable(*pair, confidence) for pair in zip(errors, df, strict=True)]
    return rows.assign(**BLANK).assign(
        model=f"{spec.name}{CHECK}power",
        role="diagnostic",
        term="detectable(" + rows["term"] + ")",
        estimate=np.array(found, dtype=float),
        vcov="",
        reasons=[
            write_reasons([because("detectable_from_error", power=power.POWER, error=error)])
            for error in errors
        ],
    )


def _no_better(found, detected):
    """``found``, where the smallest effects that a design detects are at least those of the reported test."""
    known = detected.drop_duplicates("term").set_index("term")
    reported = found["term"].map(known["estimate"])
    worse = reported.gt(found["estimate"]) & found["role"].eq("diagnostic")
    return found.assign(
        estimate=found["estimate"].mask(worse, reported),
        std_error=found["std_error"].mask(worse),
        reasons=found["reasons"].mask(worse, found["term"].map(known["reasons"])),
    )


def with_detectable(rows, checked, confidence):
    """``rows`` in which every primary estimate that does not differ from zero says what could have been detected."""
    smallest = {}
    for row in checked.itertuples():
        figure, term = figure_of(row.term)
        if figure == "detectable":
            smallest[(row.model.split(CHECK)[0], term)] = row.estimate
    found = []
    for row in rows.itertuples():
        value, reasons = smallest.get((row.model, row.term)), read_reasons(row.reasons)
        if (
            row.role == "primary"
            and row.p_value >= 1 - confidence
            and value is not None
            and np.isfinite(value)
        ):
            reasons.append(because("detectable", power=power.POWER, effect=value))
        found.append(write_reasons(reasons))
    return tidy(rows.assign(reasons=found))
