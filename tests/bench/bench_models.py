"""Time of the specification curve and of the bootstrap of the whole pipeline at the size of the demonstration; run with
`make bench`.

One simulated province of 200 units and 36 months. Other load on the machine meets everything alike, so that each time
stands beside that of the primary hazard fitted once by the general code in the same run:

    hazard      the primary hazard, unit and month effects, clustered errors: once (median of several)
    curve       every specification of config/plan/specifications.yaml, two processes, with its joint test
    bootstrap   999 replicates of the primary hazard, units drawn, anchors, index and exposure made anew, two processes

The limits are 60 seconds each for a curve of 500 specifications and for the bootstrap, on two quiet cores.
"""

import os
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

from jianfu import estimators, indices, models, panel  # noqa: E402
from jianfu.config import read_yaml  # noqa: E402
from jianfu.curve import province  # noqa: E402
from jianfu.curve.variants import members_of  # noqa: E402
from jianfu.simulate import draw  # noqa: E402
from jianfu.study import design, draws  # noqa: E402
from jianfu.uncertainty import rows  # noqa: E402

PLAN = ROOT / "config" / "plan"
PROCESSES, REPEATS = 2, 5


def demonstration():
    """Setup, analysis tables and members of the overload index of one simulated province."""
    files = [PLAN / name for name in ("models.yaml", "indicators.csv", "indices.csv", "scales.yaml")]
    setup = design.setup(ROOT / "config" / "simulation.yaml", ROOT / "config" / "default.yaml", *files)
    setup = setup.only(["H1_burnout", "H2_exits", "H3_exits_by_cohort"])
    needed = set(setup.members["indicator"])
    tables = draws.sources(draw(setup.parameters, 1, identities=False, indicators=needed))
    window = tuple(setup.settings["data"]["window"])
    frame = panel.build_unit_months(
        *(tables[name] for name in ("units", "spells", "tasks_months", "app_months")), window, setup.calendar
    )
    reference = indices.reference_window(window)
    members = members_of(tables["indicators"], frame, setup.members, "OD", reference)
    return setup, draws.analysis_tables(tables, setup), members


def seconds(work):
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def main():
    models.LOGGER.setLevel("WARNING")
    setup, tables, members = demonstration()
    settings = estimators.Settings(bootstrap=0)
    own = setup.only(["H2_exits"])
    plan, models_plan = read_yaml(PLAN / "specifications.yaml"), read_yaml(PLAN / "models.yaml")
    wanted = read_yaml(PLAN / "uncertainty.yaml") | {"models": ["H2_exits"]}
    fits = [
        seconds(lambda: models.fit_models(own.specs, tables, own.categories, settings, ""))
        for _ in range(REPEATS)
    ]
    once, estimates = statistics.median(time for time, _ in fits), fits[0][1]
    curve, (found, _) = seconds(
        lambda: province.curve(tables["hazard_cells"], members, plan, models_plan, 0.95, 1, PROCESSES)
    )
    inference = setup.settings["inference"]
    bootstrap, _ = seconds(
        lambda: rows.build(
            members, tables, wanted, models_plan, setup.settings, inference, estimates, PROCESSES
        )
    )
    print(f"{'':34}{'seconds':>9}{'per fit, of one hazard':>26}")
    print(f"{'hazard, once':34}{once:9.2f}{1:26.2f}")
    fitted = len(found) / len(plan["clusters"])
    print(f"{f'curve, {len(found)} specifications':34}{curve:9.1f}{curve / fitted / once:26.2f}")
    n = wanted["replicates"]
    print(f"{f'bootstrap, {n} replicates':34}{bootstrap:9.1f}{bootstrap / n / once:26.2f}")


if __name__ == "__main__":
    main()
