"""Notes of estimates tell no counts of persons that the columns beside them withhold or round."""

import re

# A note says so where a model could not be fitted ("7 events for 22 coefficients") or what stands behind a figure.
COUNTED = re.compile(r"\b(\d+)(?= (?:events|observations|at risk)\b)")
# Events over a known number of slopes or units tell the events; that they are few is said without.
RATIOS = re.compile(r"\b(few events): [\d.]+ per [^;]*|(?:^|; )events: [\d.]+ per [^;]*")
RATE_TERM = "events_per_unit"


def coarse_notes(notes, min_cell):
    """Notes with counts of persons to the nearest multiple of ``min_cell`` (``~60``), or as ``<10`` if below it."""

    def told(found):
        number = int(found[1])
        return f"<{min_cell}" if number < min_cell else f"~{int(number / min_cell + 0.5) * min_cell}"

    def coarse(note):
        return COUNTED.sub(told, RATIOS.sub(lambda found: found[1] or "", note)).removeprefix("; ")

    return notes.map(coarse, na_action="ignore")


def rates_of_released(estimates):
    """Estimates whose events per unit are those of the released numbers of events and units."""
    rows = estimates["term"].eq(RATE_TERM) & estimates["estimate"].notna()
    estimates = estimates.copy()
    estimates.loc[rows, "estimate"] = estimates.loc[rows, "n_events"] / estimates.loc[rows, "n_units"]
    return estimates
