"""Time of the specification curve and of the bootstraps of the whole pipeline at the size of the demonstration (`make
bench`).

One simulated province of 200 units and 36 months. Other load on the machine meets everything alike, so that each time
stands beside that of the primary hazard fitted once by the general code in the same run:

    hazard      the primary hazard, unit and month effects, clustered errors: once (median of several)
    curve       every specification of config/plan/specifications.yaml, two processes, with its joint test
    bootstrap   999 replicates of the primary hazard, units drawn, anchors, index and exposure made anew, two processes
    indices     1,000 replicates of every index with two and more components, one process

The limits are 60 seconds each for a curve of 500 specifications and for the bootstrap of the hazard, and 30 seconds for
that of the indices, on two quiet cores.
"""

import os
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

from jianfu.config.files import read_yaml  # noqa: E402
from jianfu.core.months import month_range  # noqa: E402
from jianfu.indicators import unit_months  # noqa: E402
from jianfu.indices.construction import read_cube  # noqa: E402
from jianfu.indices.specification import index_spec  # noqa: E402
from jianfu.models import engine  # noqa: E402
from jianfu.models.estimators.common import Settings  # noqa: E402
from jianfu.robustness import index_sensitivity  # noqa: E402
from jianfu.robustness.curve import province  # noqa: E402
from jianfu.robustness.uncertainty import rows  # noqa: E402
from jianfu.simulate.draw import draw  # noqa: E402
from jianfu.study import design, draws  # noqa: E402

PLAN = ROOT / "config" / "plan"
PROCESSES, REPEATS, INDEX_REPLICATES = 2, 5, 1000


def demonstration():
    """Setup, analysis tables, members of the overload index and components of all indices of one simulated province."""
    names = (
        "models.yaml checks.yaml hypotheses.csv indicators.csv indices.csv tiers.csv scales.yaml exits.yaml"
    )
    files = [PLAN / name for name in names.split()]
    setup = design.setup(ROOT / "config" / "simulation.yaml", ROOT / "config" / "default.yaml", *files)
    everything = setup.members
    setup = setup.only(["H1_burnout", "H2_exits", "H3_within_cohorts"])
    tables = draws.sources(draw(setup.parameters, 1, identities=False))
    window = tuple(setup.settings["data"]["window"])
    frame = unit_months.build_unit_months(
        *(tables[name] for name in ("units", "spells", "tasks_months", "app_months")), window, setup.calendar
    )
    spec = index_spec(everything, (window[0], month_range(*window)[11]))
    overload = spec.only("OD")
    made = read_cube(tables["indicators"], frame, overload), overload
    found = [index_sensitivity.components(index, tables["indicators"], frame, spec) for index in spec.indices]
    return setup, draws.analysis_tables(tables, setup), made, [data for data in found if data is not None]


def resample(components):
    """Bootstrap the anchors and values of every index."""
    for data in components:
        index_sensitivity.resample(data, INDEX_REPLICATES, 1)


def seconds(work):
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def main():
    engine.LOGGER.setLevel("WARNING")
    setup, tables, made, components = demonstration()
    settings = Settings(bootstrap=0)
    own = setup.only(["H2_exits"])
    plan, models_plan = read_yaml(PLAN / "specifications.yaml"), read_yaml(PLAN / "models.yaml")
    wanted = read_yaml(PLAN / "uncertainty.yaml") | {"models": ["H2_exits"]}
    fits = [
        seconds(lambda: engine.fit_models(own.specs, tables, own.categories, settings, ""))
        for _ in range(REPEATS)
    ]
    once, estimates = statistics.median(time for time, _ in fits), fits[0][1]
    curve, (found, _) = seconds(
        lambda: province.curve(tables["hazard_cells"], *made, plan, models_plan, 0.95, 1, PROCESSES)
    )
    inference = setup.settings["inference"]
    bootstrap, _ = seconds(
        lambda: rows.build(*made, tables, wanted, models_plan, inference, estimates, PROCESSES)
    )
    levels, _ = seconds(lambda: resample(components))
    print(f"{'':34}{'seconds':>9}{'per fit, of one hazard':>26}")
    print(f"{'hazard, once':34}{once:9.2f}{1:26.2f}")
    fitted = len(found) / len(plan["clusters"])
    print(f"{f'curve, {len(found)} specifications':34}{curve:9.1f}{curve / fitted / once:26.2f}")
    n = wanted["replicates"]
    print(f"{f'bootstrap, {n} replicates':34}{bootstrap:9.1f}{bootstrap / n / once:26.2f}")
    print(
        f"{f'indices, {INDEX_REPLICATES} replicates':34}{levels:9.1f}{levels / INDEX_REPLICATES / once:26.3f}"
    )


if __name__ == "__main__":
    main()
