"""Parameters of the simulated province (config/simulation.yaml)."""

from jianfu.config import merge, read_yaml
from jianfu.errors import ConfigError


def read_parameters(path, small: bool = False) -> dict:
    """All parameters as a nested dictionary; ``small`` merges the overlay for tests over the full-size ones."""
    parameters = read_yaml(path)
    overlay = parameters.pop("small", {})
    if small:
        parameters = merge(parameters, overlay)
    units = parameters["units"]
    if units["counties"] % units["prefectures"]:
        raise ConfigError(
            f"{path}: units.counties ({units['counties']}) must be a multiple of units.prefectures "
            f"({units['prefectures']})."
        )
    return parameters
