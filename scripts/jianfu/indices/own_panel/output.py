"""A user's own indicator panel through every step: what is written to release/panel."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from jianfu.core.messages import message
from jianfu.core.numbers import significant
from jianfu.core.reasons import Reason
from jianfu.core.spreadsheets import write_csv, write_long_csv
from jianfu.indices.engine import anchors as stored
from jianfu.indices.engine import diagnostics, pipeline
from jianfu.indices.engine.treat import kurtosis, skewness
from jianfu.indices.own_panel.reading import read_anchors, read_panel, read_recipe

DIGITS = 13  # significant digits of written values: beyond, processors may differ
STEPS = ("raw", "denominated", "screened", "treated", "normalised")  # of indicators; then come the aggregates


@dataclass(frozen=True)
class Result:
    """units and labels of the periods (N,); ``steps`` {step: (codes, values (N, codes))}; imputed (N, k) bool; weights
    and diagnostics as frames; the anchors."""

    units: np.ndarray
    labels: np.ndarray
    steps: dict
    imputed: np.ndarray
    weights: pd.DataFrame
    diagnostics: pd.DataFrame
    anchors: dict


def build_panel(settings, null_tokens=()):
    """The :class:`Result` of a panel with the settings ``indicators`` of a province file."""
    recipe = read_recipe(settings)
    structure = recipe.structure
    panel = read_panel(settings, structure, null_tokens)
    denominated, screened, imputed = panel.screened(recipe)
    anchors = read_anchors(settings, structure) or stored.seal(recipe.fit(screened, panel.reference))
    steps = pipeline.apply(screened, anchors)
    indicators = (panel.raw, denominated, screened, steps.treated, steps.normalised)
    written = {name: (structure.codes, x) for name, x in zip(STEPS, indicators, strict=True)}
    written["aggregated"] = (list(anchors["groups"]), steps.aggregated)
    rows = _indicator_rows(anchors, denominated, imputed, steps) + _group_rows(structure, anchors, steps)
    return Result(
        panel.units,
        panel.labels,
        written,
        imputed,
        _weights(panel, anchors, steps),
        diagnostics.frame(rows),
        anchors,
    )


def empty_indices(result: Result) -> list[Reason]:
    """Why each aggregate that no row has came out empty: its components, those dropped with the reason."""
    found, anchors = [], result.anchors
    codes, scores = result.steps["aggregated"]
    for j, code in enumerate(codes):
        if not np.isnan(scores[:, j]).all():
            continue
        children = anchors["groups"][code]["children"]
        dropped = {c: anchors["indicators"].get(c, {}).get("dropped") for c in children}
        why = [Reason("about", name=c, what=Reason(f"dropped_{r}")) for c, r in dropped.items() if r]
        found.append(Reason("index_empty", index=code, why=why or [Reason("index_without_value")]))
    return found


def write(result, folder):
    """Every step (unit, period, code, value; missing values empty), weights and diagnostics as CSV for people."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    periods = pa.array([label or None for label in result.labels], pa.string())
    for name, (codes, values) in result.steps.items():
        n, k = values.shape
        columns = {
            "unit": pa.array(result.units, pa.string()).take(np.repeat(np.arange(n), k)),
            "period": periods.take(np.repeat(np.arange(n), k)),
            "code": pa.array(codes, pa.string()).take(np.tile(np.arange(k), n)),
            "value": pa.array(significant(values.ravel(), DIGITS), from_pandas=True),
        }
        if name == "screened":
            columns["imputed"] = pa.array(result.imputed.ravel().astype(np.int8))
        write_long_csv(pa.table(columns), Path(folder) / f"{name}.csv")
    for name in ("weights", "diagnostics"):
        frame = getattr(result, name)
        write_csv(frame, Path(folder) / f"{name}.csv", digits=DIGITS)


def _weights(panel, anchors, steps):
    """code, parent, level, weight, effective_weight, and unit, period where each row has weights of its own."""
    effective, frames = diagnostics.effective_weights(anchors), []
    levels = {code: group["level"] for code, group in anchors["groups"].items()}
    for parent, group in anchors["groups"].items():
        children, used = group["children"], steps.weights[parent]
        common, k = used.ndim == 1, len(group["children"])
        n = 1 if common else len(panel.units)
        frames.append(
            pd.DataFrame(
                {
                    "code": np.tile(np.array(children, dtype=object), n),
                    "parent": parent,
                    "level": [levels.get(code, 1) for code in children] * n,
                    "weight": used.ravel(),
                    "effective_weight": [effective[code] for code in children] * n,
                    "unit": "" if common else np.repeat(panel.units, k),
                    "period": "" if common else np.repeat(panel.labels, k),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _indicator_rows(anchors, denominated, imputed, steps):
    """What each indicator went through, as rows of diagnostics."""
    rows = []
    for j, (code, entry) in enumerate(anchors["indicators"].items()):
        x, treated = denominated[:, j], steps.treated[:, j]
        n = int((~np.isnan(x)).sum())
        scored = max(int((~np.isnan(steps.normalised[:, j])).sum()), 1)
        measures = {
            "missing_share": 1 - n / len(x),
            "imputed": int(imputed[:, j].sum()),
            "reference_n": entry["n"],
            "skewness": skewness(x),
            "kurtosis": kurtosis(x),
            "skewness_treated": skewness(treated),
            "kurtosis_treated": kurtosis(treated),
            "winsorised": entry.get("winsorised", 0),
            "clipped_share_low": float((steps.clipped[:, j] < 0).sum() / scored),
            "clipped_share_high": float((steps.clipped[:, j] > 0).sum() / scored),
        }
        rows += [(name, "", code, "", value, n, "") for name, value in measures.items()]
        if entry["dropped"]:
            why = message(Reason(f"dropped_{entry['dropped']}"))
            rows.append(("dropped", "", code, "", 1, n, why))
    return rows


def _group_rows(structure, anchors, steps):
    """What holds each group together and what its weights rest on, as rows of diagnostics."""
    columns = dict(zip(structure.codes, steps.normalised.T, strict=True))
    columns |= dict(zip(anchors["groups"], steps.aggregated.T, strict=True))
    rows = []
    for code, group in anchors["groups"].items():
        children, score = group["children"], columns[code]
        values = np.stack([columns[child] for child in children], axis=1)
        weights = None if group["weights"] is None else np.array(group["weights"])
        rows += diagnostics.group_rows(code, children, values, score, weights, group["aggregation"])
        if "cr" in group:
            note = "above 0.1: revise the comparisons" if (group["cr"] or 0) > 0.1 else ""
            for name in ("eigenvalue", "ci", "cr"):
                rows.append(
                    (f"ahp_{name}", code, "", "", group[name], len(children), note if name == "cr" else "")
                )
        for child, n in zip(children, group.get("rows") or [], strict="rows" in group):
            rows.append(("weight_rows", code, child, "", n, n, ""))
        if "explained" in group:
            rows.append(("pc1_explained_share", code, "", "", group["explained"], len(score), ""))
        missing = float(np.isnan(score).mean())
        note = message(Reason("index_without_value")) if missing == 1 else ""
        rows.append(("missing_share", code, code, "", missing, len(score), note))
    return rows + diagnostics.index_rows(anchors, steps)
