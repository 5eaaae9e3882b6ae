"""What the declared models do not assume: the group ``disturbances`` of the parameters, all off in the demonstration.

The simulation study switches these on one by one, to see where the models bend and which falsification test says so.
"""

from dataclasses import dataclass

import numpy as np

from jianfu.simulate.exposure import anchor, window_mean
from jianfu.simulate.streams import autoregressive, shifted

COUNTED = ("A1_tasks", "A2_checks", "A3_veto")  # indicators that fewer recorded rows make smaller


@dataclass(frozen=True)
class Unobserved:
    """What no file shows, units x months: ``burden`` is added to the common burden factor, ``exits`` to the log hazard
    of a voluntary exit and ``exits_90s`` once more to that of the 90后."""

    burden: np.ndarray
    exits: np.ndarray
    exits_90s: np.ndarray


def build_unobserved(parameters: dict, structure, months, streams) -> Unobserved:
    """Constant pressure of the units, and shocks of unit or county that last some months."""
    own = parameters["disturbances"]
    pressure = structure.pressure[:, None] * np.ones(len(months))
    shocks = {
        "unit_shock": autoregressive(
            streams("unit shocks"), pressure.shape, own["unit_shock"]["correlation"]
        ),
        "county_shock": autoregressive(
            streams("county shocks"),
            (len(structure.county_codes), len(months)),
            own["county_shock"]["correlation"],
        )[structure.county],
    }

    def acting(on):
        return sum(own[name][on] * shock for name, shock in shocks.items())

    return Unobserved(
        burden=acting("on_burden"),
        exits=parameters["pressure"]["on_exit"] * pressure + acting("on_exit"),
        exits_90s=own["pressure_90s"] * pressure,
    )


class ActingExposure:
    """The exposure that acts on exits, month by month: that of the models unless the disturbances say otherwise.

    ``latent``: the burden itself, of which the members of the index are noisy signs, over the same three months.
    ``decided``: [first, last], the months before an exit in which it was decided: the mean exposure of the months
    m - last to m - first; average where the window has not begun.
    """

    def __init__(self, own: dict, measured, burden: np.ndarray):
        self.measured, self.decided, self.past = measured, own["decided"], []  # newest last
        self.latent = None
        if own["latent"]:
            mean = window_mean(burden, 3, 1, 2)
            centre, spread = anchor(mean)
            self.latent = np.nan_to_num((mean - centre) / spread)

    def __call__(self, t: int, headcount: np.ndarray) -> np.ndarray:
        """Exposure of month ``t`` by unit; the headcount is that of the end of month t - 1."""
        now = self.measured(t, headcount)
        self.past.append(now if self.latent is None else self.latent[:, t])
        first, last = self.decided
        deciding = self.past[max(t - last, 0) : t - first + 1] if t >= first else []
        return np.mean(deciding, axis=0) if deciding else np.zeros(len(now))


def kept_logs(own: dict, burden: np.ndarray, streams) -> np.ndarray:
    """Units x months whose task log survives: it is lost more often the higher the burden (``lost`` at the average)."""
    share = shifted(own["lost"], own["lost_load"] * burden) if own["lost"] else np.zeros(burden.shape)
    return streams("lost logs").random(burden.shape) >= share


def drifted(own: dict, measures: dict, burden: np.ndarray) -> dict:
    """Indicators {code: units x months} of a log in which the share of rows recorded drifts with the burden."""
    if not own["drift"]:
        return measures
    recorded = np.exp(own["drift"] * burden)
    return {code: value * recorded if code in COUNTED else value for code, value in measures.items()}
