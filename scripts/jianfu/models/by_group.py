"""One declared model in every group of units by itself: what a hierarchical model over groups starts from."""

from dataclasses import replace

import numpy as np
import pandas as pd

from jianfu.core.reasons import read_reasons
from jianfu.models import engine
from jianfu.models.estimates import missing
from jianfu.models.estimators.common import Settings
from jianfu.models.reasons import degrees
from jianfu.models.sample import prepare
from jianfu.models.spec import ModelSpec
from jianfu.models.tables.table import AnalysisTable

COLUMNS = ["group", "estimate", "std_error", "df", "behind", "residual_df"]


def fits_by(
    spec: ModelSpec, table: AnalysisTable, categories: dict, column: str, settings: Settings
) -> pd.DataFrame:
    """The first term of ``spec`` estimated in every level of ``column`` alone: :data:`COLUMNS`.

    df: degrees of freedom of its t distribution (inf = normal); behind: the fewer of observations and events; groups in
    which it cannot be estimated are left out. Effects and errors are those of the model, without any bootstrap;
    outcomes are standardised over all groups. Raises :class:`NotEstimable` where the whole has no sample.
    """
    rows = table.frame[prepare(spec, table, categories).sample.rows]
    scales = {name: (float(rows[name].mean()), float(rows[name].std(ddof=1))) for name in spec.standardise}
    plain = replace(spec, report=spec.terms[:1], standardise=scales)
    rows = []
    for group, own in table.frame.groupby(column, observed=True, sort=True):
        alone = replace(table, frame=own.reset_index(drop=True), dropped={})
        alone = replace(alone, n_read=int(alone.weights(np.ones(len(own), dtype=bool)).sum()))
        found = engine.fit_model(plain, alone, categories, replace(settings, bootstrap=0)).iloc[0]
        if missing(found["estimate"]) or missing(found["std_error"]):
            continue
        df = degrees(read_reasons(found["reasons"]))
        counts = [found["n_used"], *([] if missing(found["n_events"]) else [found["n_events"]])]
        rows.append((group, found["estimate"], found["std_error"], df, min(counts), found["residual_df"]))
    return pd.DataFrame(rows, columns=COLUMNS)
