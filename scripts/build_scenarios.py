"""Ask what would have been: edit rows as each scenario says, make the burden anew, and project with fitted models.

1. Open the canonical tables; leave out scenarios whose columns the province lacks, with a row that says so.
2. Fit the models that predict (exits by cohort; burnout, meaning, innovation, hours) once.
3. Per scenario: edited rows -> indicators -> indices and exposures with the stored anchors -> changes and projections;
   or caps on a trait of persons, units ranked in another way, what goes with workload.
4. Score the issuing departments, levels and topics, and what of the indices each makes up.
5. Look whether the burden of a county rose again after its first relief rule.
6. Write scenario_effects, evaluation_ranks, issuer_scorecard, issuer_contributions and relief_monitor, which still have
   to pass the gate.

The stored tables are only read. Fails where an expression of a scenario cannot be evaluated.
"""

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.indicators.views import Means
from jianfu.scenarios.asking import answers
from jianfu.scenarios.departments import departments
from jianfu.scenarios.monitoring import first_rules, monitored
from jianfu.scenarios.opening import open_province
from jianfu.scenarios.plan import chosen, read_scenarios

MONITORED = ("D3_rest_eve_share", "A6_share", "B8_total", "B5_all")  # beside the indices


def main(inputs, selected, seed, outputs, **settings):
    plan, declared = read_yaml(inputs["scenarios"]), read_yaml(inputs["models"])
    scenarios = chosen(read_scenarios(plan), selected)
    opened = open_province(plan, declared, inputs, seed, **settings)
    before, units = opened.before, opened.units
    grid, every = before.built.cube.grid, frames.load(inputs["indicators"])
    attribution = pd.read_csv(inputs["attribution"], encoding="utf-8-sig")
    card, lines = departments(opened.rows.con, before, attribution, units["heads"], seed)
    frames.store(card, outputs["issuer_scorecard"])
    frames.store(lines, outputs["issuer_contributions"])
    measures = {index: before.levels[..., j] for j, index in enumerate(before.indices)}
    known = [code for code in MONITORED if (every["indicator"] == code).any()]
    measures |= {code: grid.spread(every, [code])[..., 0] for code in known}
    relief = declared["policies"]["relief"]
    start = first_rules(units, frames.load(inputs["policies"]), relief, grid.months)
    frames.store(monitored(measures, units, start, grid.months), outputs["relief_monitor"])
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
