"""p-values of the tests that the plan declares, adjusted within the family of each."""

import pandas as pd

from jianfu.statistics import inference

METHODS = {"confirmatory": "holm", "exploratory": "fdr_bh"}


def adjust_families(estimates: pd.DataFrame, hypotheses: pd.DataFrame) -> pd.DataFrame:
    """Estimates with ``p_adjusted`` filled for the rows that test a hypothesis.

    ``hypotheses`` names (hypothesis, model, term, family); Holm inside the confirmatory family, Benjamini-Hochberg
    inside the exploratory one. A declared test without a row of estimates counts as p = 1.
    """
    keys = ["hypothesis", "model", "term"]
    tests = hypotheses[hypotheses["model"].notna() & (hypotheses["model"] != "")]
    tests = tests[[*keys, "family"]].drop_duplicates()
    tests = tests.merge(estimates[[*keys, "p_value"]].drop_duplicates(keys), on=keys, how="left")
    for family, rows in tests.groupby("family").groups.items():
        tests.loc[rows, "p_adjusted"] = inference.adjusted(tests.loc[rows, "p_value"], METHODS[family])
    looked_up = estimates[keys].merge(tests[[*keys, "p_adjusted"]], on=keys, how="left")
    return estimates.assign(p_adjusted=pd.to_numeric(looked_up["p_adjusted"]).to_numpy())
