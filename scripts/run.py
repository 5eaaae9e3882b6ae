"""Run the workflow up to a target: all, full, indices, models, scenarios or check (make).

Fails with one sentence when nothing can be written, when another run is at work in this folder, or when a step stops.
Options that it does not know go to Snakemake.
"""

import argparse
import logging
import sys
from pathlib import Path

from jianfu.commands.run import run
from jianfu.core.errors import JianfuError

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("all", "full", "indices", "models", "scenarios", "check"))
    parser.add_argument("--provinces", default="demo")
    parser.add_argument("--cores", type=int, default=2)
    known, options = parser.parse_known_args()
    logging.getLogger("jianfu").addHandler(logging.NullHandler())
    sys.stdout.reconfigure(line_buffering=True)
    try:
        sys.exit(not run(**vars(known), root=Path(__file__).resolve().parents[1], options=options))
    except JianfuError as error:
        sys.exit(f"\n{error}\n")
