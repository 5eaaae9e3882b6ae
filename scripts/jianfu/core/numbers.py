"""Floating-point numbers without the digits in which processors and libraries differ."""

import numpy as np

TIED = 12  # significant digits to which values are equal where their order counts


def significant(values, digits: int = TIED) -> np.ndarray:
    """``values`` with so many significant digits; NaN and infinities stay.

    Ranks are of these: what was computed on two ways, or by another processor, is else before or behind its equal by
    chance.
    """
    values = np.asarray(values, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        places = digits - 1 - np.floor(np.log10(np.abs(values)))
    places = np.where(np.isfinite(places), np.clip(places, -300, 300), 0)
    up, down = 10.0 ** np.maximum(places, 0), 10.0 ** np.maximum(-places, 0)
    return np.round(values * up / down) / up * down
