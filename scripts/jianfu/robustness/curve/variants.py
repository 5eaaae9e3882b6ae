"""The same index in other ways: changes to the specification of the province."""

from collections.abc import Mapping

import numpy as np

from jianfu.core.errors import ConfigError, DataError
from jianfu.core.logs import LOGGER
from jianfu.core.reasons import Reason
from jianfu.indices import construction
from jianfu.indices.construction import Cube
from jianfu.indices.specification import IndexSpec, Months


def ways(plan: Mapping, spec: IndexSpec) -> dict[str, IndexSpec]:
    """The ways to make the index that ``plan`` (config/plan/specifications.yaml) declares, by name.

    The first is that of the province; each of the others names the methods that it replaces. A way that changes nothing
    in this province is left out; ``drop_one`` adds the declared way without each member.
    """
    found = {name: spec.varied(**changes) for name, changes in plan["indices"].items()}
    first = next(iter(found))
    found = {name: way for name, way in found.items() if name == first or way.settings != spec.settings}
    if plan["drop_one"]:
        found |= {f"without {code}": spec.without(code) for code in spec.codes}
    return found


def windows(plan: Mapping, spec: IndexSpec) -> list[Months]:
    """Months of the exposures: those of the models first, then the others that ``plan`` declares."""
    declared = [
        Months(first, last, int(np.ceil(plan["min_share"] * (last - first + 1) - 1e-9)))
        for first, last in plan["lags"]
    ]
    return [spec.before, *(months for months in declared if months.name != spec.before.name)]


def exposures_of(
    cube: Cube, spec: IndexSpec, plan: Mapping
) -> tuple[dict[tuple[str, str], np.ndarray], dict[str, Reason]]:
    """Exposures of every declared way and window {(way, months): (U, T)}, and {way: reason} of those refused.

    ``spec``: of one index. What was refused is a warning in the log.
    """
    found, refused = {}, {}
    for name, way in ways(plan, spec).items():
        try:
            level = construction.levels(cube, way)[way.indices[0]]
            for months in windows(plan, spec):
                found[name, months.name] = construction.exposure(level, cube.grid, months, way.reference)
        except (ConfigError, DataError) as error:
            refused[name] = error.reason
            LOGGER.warning("%s: %s", name, error)
    return found, refused
