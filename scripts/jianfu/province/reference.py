"""The reference window of a province: the months from which all anchors come."""

from collections.abc import Mapping, Sequence

from jianfu.core.months import month_range


def reference_window(window: Sequence[str], indices: Mapping) -> tuple[str, str]:
    """First and last month of the reference window.

    ``window`` is that of the data; ``indices`` the group of that name: its ``reference_window`` where it is declared,
    else the first ``reference_months`` of the window.
    """
    if indices["reference_window"]:
        first, last = indices["reference_window"]
        return first, last
    return window[0], month_range(*window)[: indices["reference_months"]][-1]
