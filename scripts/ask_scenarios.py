"""Ask some scenarios beside what a province publishes (make scenarios SCENARIOS=...).

1. Open the province as for all scenarios.
2. Ask those that are named, in their order.
3. Write scenario_effects and evaluation_ranks, which still have to pass the gate.

Fails where an expression of a scenario cannot be evaluated.
"""

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.indicators.views import Means
from jianfu.scenarios.asking import answers
from jianfu.scenarios.opening import open_province
from jianfu.scenarios.plan import chosen, read_scenarios


def main(inputs, selected, seed, outputs, **settings):
    plan, declared = read_yaml(inputs["scenarios"]), read_yaml(inputs["models"])
    scenarios = chosen(read_scenarios(plan), selected)
    opened = open_province(plan, declared, inputs, seed, **settings)
    for name, table in answers(opened, scenarios).items():
        frames.store(table, outputs[name])


if __name__ == "__main__":
    logs.start(snakemake)
    names = ("window", "reference", "calendar", "exclude", "exposure", "indices", "draws")
    main(
        inputs=dict(snakemake.input.items()),
        selected=snakemake.params.selected,
        seed=snakemake.params.seed,
        outputs=dict(snakemake.output.items()),
        means=Means(snakemake.threads, snakemake.resources.mem_mb // 2),
        **{name: snakemake.params[name] for name in names},
    )
