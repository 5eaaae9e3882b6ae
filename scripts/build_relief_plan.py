"""Combine scenarios within a budget of relief, and find the frontier of what they avoid (make planner).

1. Open the province as for the scenarios.
2. Project every combination of at most so many scenarios, edited together.
3. Write relief_plan, which still has to pass the gate.

Descriptive. Fails where an expression of a scenario cannot be evaluated.
"""

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.indicators.views import Means
from jianfu.scenarios.opening import open_province
from jianfu.scenarios.plan import chosen, read_scenarios
from jianfu.scenarios.planner import relief_plan


def main(inputs, selected, seed, output, measures, fewer, **settings):
    plan, declared = read_yaml(inputs["scenarios"]), read_yaml(inputs["models"])
    scenarios = chosen(read_scenarios(plan), selected)
    opened = open_province(plan, declared, inputs, seed, **settings)
    frames.store(relief_plan(opened, scenarios, measures=measures, fewer=fewer), output)


if __name__ == "__main__":
    logs.start(snakemake)
    names = ("window", "reference", "calendar", "exclude", "exposure", "indices", "draws")
    main(
        inputs=dict(snakemake.input.items()),
        selected=snakemake.params.selected,
        seed=snakemake.params.seed,
        output=snakemake.output.relief_plan,
        measures=snakemake.params.measures,
        fewer=snakemake.params.fewer,
        means=Means(snakemake.threads, snakemake.resources.mem_mb // 2),
        **{name: snakemake.params[name] for name in names},
    )
