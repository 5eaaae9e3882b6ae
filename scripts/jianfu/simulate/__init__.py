"""The simulated demonstration province: known truth, unobserved pressure, messy raw exports. All of it SYNTHETIC."""

from jianfu.simulate.draw import Draw, draw
from jianfu.simulate.parameters import read_parameters
from jianfu.simulate.write import write_raw, write_truth

__all__ = ["Draw", "draw", "read_parameters", "write_raw", "write_truth"]
