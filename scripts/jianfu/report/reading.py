"""The released files as figures, tables and report read them."""

from pathlib import Path

import pandas as pd

from jianfu.release.reasons_file import reasons_of

TRUTH = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}
TEXT = ("county_code", "month", "policy_id", "start_date", "cohort", "tertile", "bin")


def read_release(path: str | Path) -> pd.DataFrame:
    """A released CSV; codes, months and categories stay text."""
    return pd.read_csv(path, encoding="utf-8-sig", dtype=dict.fromkeys(TEXT, str))


def read_estimates(release: str | Path) -> pd.DataFrame:
    """The estimates of a release folder: ``converged`` is True, False or None, ``reasons`` a list of reasons."""
    return with_reasons(*(read_release(Path(release, name)) for name in ("estimates.csv", "reasons.csv")))


def with_reasons(estimates: pd.DataFrame, reasons: pd.DataFrame) -> pd.DataFrame:
    """The same from the content of estimates.csv and reasons.csv."""
    converged = [TRUTH.get(str(value).lower()) for value in estimates["converged"]]
    found = reasons_of(reasons, len(estimates))
    return estimates.assign(
        converged=pd.Series(converged, index=estimates.index, dtype=object),
        reasons=pd.Series(found, index=estimates.index, dtype=object),
    )
