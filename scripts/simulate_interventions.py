"""Draw provinces with and without each intervention and compare what scenarios project with what it does.

1. Draw a province and fit the models of config/plan/scenarios.yaml to it.
2. Per intervention: the same province under it; its rows give the changed burden, its persons and answers the truth.
3. Write results/intervention_study/<world>/<first draw>.parquet.

Fails when a world is not declared.
"""

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.indices.construction import fit_anchors
from jianfu.models.spec import ModelSpec
from jianfu.scenarios.asking import fitted
from jianfu.scenarios.burden import burden, completed
from jianfu.scenarios.effects import Models, focus_of, projected, staff_of
from jianfu.simulate.draw import draw
from jianfu.simulate.interventions import record_of, world
from jianfu.simulate.measures import long_indicators
from jianfu.study import design, draws, interventions

DRAWS = 500  # of the coefficients


def one_draw(setup, specs, levers, seed):
    """Rows intervention, quantity, group, estimate, ci_low, ci_high, truth of one province."""
    drawn = draw(setup.parameters, seed, identities=False)
    tables = draws.sources(drawn)
    frame, spec = draws.measured(tables, setup)
    stored = drawn.indicators[drawn.indicators["indicator"].isin(spec.codes)]
    before = burden(stored, frame, spec, fit_anchors(stored, frame, spec))
    focus = focus_of(specs["exits"].terms, setup.categories)
    analysed = draws.analysis_tables(tables, setup)
    predictors, _ = fitted(specs, analysed, setup.categories)
    staff = staff_of(predictors["exits"], analysed["hazard_cells"], frame, before, focus[0])
    models = Models(predictors, analysed, focus, staff)
    record = record_of(drawn)
    natural, parts = world(drawn, record, setup.parameters, ()), []
    for name, own in levers.items():
        changed = world(drawn, record, setup.parameters, own)
        edited = long_indicators(
            {code: changed.measures[code] for code in spec.codes}, drawn.detail.structure, drawn.detail.months
        )
        after = burden(completed(edited, stored), frame, spec, before.anchors)
        rows = projected(before, after, models, seed, ahead=(), draws=DRAWS)
        known = interventions.truth(drawn, natural, changed, focus[0])
        parts.append(interventions.with_truth(rows, known).assign(intervention=name))
    return pd.concat(parts, ignore_index=True).assign(seed=seed)


def main(inputs, name, first, output):
    study, plan = read_yaml(inputs.pop("design")), read_yaml(inputs.pop("scenarios"))
    setup = design.setup(**inputs)
    setup = setup.of(parameters=interventions.parameters_of(setup.parameters, study, name))
    setup = setup.of(settings=setup.settings | {"data": {"window": setup.parameters["window"]}})
    specs = {outcome: ModelSpec.of(entry) for outcome, entry in plan["projection"].items()}
    indices = {term.partition(":")[0] for spec in specs.values() for term in spec.terms}
    setup = setup.of(members=setup.members[setup.members["index"].isin(indices)])
    numbers = range(first, min(first + study["chunk"], study["draws"][name]))
    parts = [
        one_draw(setup, specs, study["interventions"], interventions.seed_of(study, name, j)) for j in numbers
    ]
    frames.store(pd.concat(parts, ignore_index=True).assign(world=name), output)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        name=snakemake.wildcards.world,
        first=int(snakemake.wildcards.first),
        output=snakemake.output.draws,
    )
