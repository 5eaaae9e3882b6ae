"""Months: written 'YYYY-MM' in every table, counted as year * 12 + month - 1 where months are added and subtracted."""

import numpy as np
import pandas as pd


def month_range(first: str, last: str) -> list[str]:
    """Months from ``first`` to ``last``, both included, as 'YYYY-MM'."""
    return [str(month) for month in pd.period_range(first, last, freq="M")]


def month_ends(months) -> pd.DatetimeIndex:
    """Last day of each month."""
    return pd.PeriodIndex(months, freq="M").end_time.normalize()


def month_number(months) -> np.ndarray:
    """Months 'YYYY-MM' as float array year * 12 + month - 1; missing gives NaN."""
    months = pd.Series(months, dtype="object")
    text = months.dropna().astype(str)
    number = text.str[:4].astype(int) * 12 + text.str[5:7].astype(int) - 1
    return number.reindex(months.index).to_numpy(dtype=float, na_value=np.nan)


def date_month(dates) -> np.ndarray:
    """Months of dates as float array year * 12 + month - 1; missing gives NaN."""
    dates = pd.to_datetime(pd.Series(dates))
    return (dates.dt.year * 12 + dates.dt.month - 1).to_numpy(dtype=float, na_value=np.nan)


def month_text(numbers) -> np.ndarray:
    """Month numbers as array of text 'YYYY-MM'; missing gives None."""
    numbers = np.asarray(numbers, dtype=float)
    known = ~np.isnan(numbers)
    levels, codes = np.unique(numbers[known].astype(int), return_inverse=True)
    text = np.full(numbers.shape, None, dtype=object)
    text[known] = np.array([f"{n // 12:04d}-{n % 12 + 1:02d}" for n in levels], dtype=object)[codes]
    return text
