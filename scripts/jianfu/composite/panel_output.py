"""A user's own indicator panel through every step: what is written to release/panel."""

import numpy as np
import pandas as pd

from jianfu.composite import diagnostics, pipeline
from jianfu.composite.impute import carry_forward
from jianfu.composite.panel_input import read_panel, read_plan
from jianfu.composite.treat import kurtosis, skewness


def build_panel(settings, null_tokens=()):
    """All outputs of a panel: ({step: long frame}, weights, diagnostics, anchors)."""
    structure, used = read_plan(settings)
    panel = read_panel(settings, structure, null_tokens)
    denominated = pipeline.denominate(panel.values, panel.denominators)
    screened, imputed = denominated, np.zeros(denominated.shape, dtype=bool)
    if used["imputation"]["method"] == "last":
        screened, imputed = carry_forward(denominated, panel.units, panel.period, used["imputation"]["limit"])
    anchors = pipeline.fit(screened, structure, panel.reference, used)
    steps = pipeline.apply(screened, anchors)
    frames = {
        "raw": _long(panel, structure.codes, panel.values),
        "denominated": _long(panel, structure.codes, denominated),
        "screened": _long(panel, structure.codes, screened).assign(imputed=imputed.ravel().astype(int)),
        "treated": _long(panel, structure.codes, steps.treated),
        "normalised": _long(panel, structure.codes, steps.normalised),
        "aggregated": _long(panel, list(anchors["groups"]), steps.aggregated),
    }
    rows = _indicator_rows(anchors, denominated, imputed, steps) + _group_rows(structure, anchors, steps)
    return frames, _weights(panel, anchors, steps), diagnostics.frame(rows), anchors


def _long(panel, codes, values):
    """unit, period, code, value: every cell, missing ones with an empty value."""
    return pd.DataFrame(
        {
            "unit": np.repeat(panel.units, len(codes)),
            "period": np.repeat(panel.labels, len(codes)),
            "code": np.tile(np.array(codes, dtype=object), len(panel.units)),
            "value": values.ravel(),
        }
    )


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
            rows.append(("dropped", "", code, "", 1, n, entry["dropped"]))
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
        if "explained" in group:
            rows.append(("pc1_explained_share", code, "", "", group["explained"], len(score), ""))
        rows.append(("missing_share", code, code, "", float(np.isnan(score).mean()), len(score), ""))
    return rows + diagnostics.index_rows(anchors, steps)
