"""Numbers and months as the data-quality report writes them."""

import pandas as pd


def share(value):
    """A share as percentage with one decimal; a small share is never shown as none, nor a nearly full one as all."""
    if 0 < value < 0.001:
        return "<0.1%"
    if 0.999 < value < 1:
        return ">99.9%"
    return f"{value:.1%}"


def span(months, comma):
    """Months as ranges with ``comma`` between them: 2024-01–2024-03, 2024-07."""
    periods = sorted(pd.Period(month, "M") for month in months)
    runs = []
    for period in periods:
        if runs and runs[-1][1] + 1 == period:
            runs[-1][1] = period
        else:
            runs.append([period, period])
    return comma.join(str(first) if first == last else f"{first}–{last}" for first, last in runs)
