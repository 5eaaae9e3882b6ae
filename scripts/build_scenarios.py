"""Ask what would have been: edit rows as each scenario says, make the burden anew, and project with fitted models.

1. Open the canonical tables; leave out scenarios whose columns the province lacks, with a row that says so.
2. Fit the models that predict (exits by cohort; burnout, meaning, innovation) once.
3. Per scenario: edited rows -> indicators -> indices and exposures with the stored anchors -> changes and projections.
4. Score the issuing departments, levels and topics, and what of the indices each makes up.
5. Look whether the burden of a county rose again after its first relief rule.
6. Write scenario_effects, issuer_scorecard, issuer_contributions and relief_monitor, which still have to pass the gate.

The stored tables are only read. Fails where an expression of a scenario cannot be evaluated.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.core.calendar import calendar_of
from jianfu.core.tables import MEASURED
from jianfu.core.units import latest_units
from jianfu.indicators.evaluation import build_indicators
from jianfu.indicators.plan import read_plan as read_indicators
from jianfu.indices.construction import read_anchors
from jianfu.indices.specification import index_spec, read_members
from jianfu.models.spec import ModelSpec
from jianfu.models.tables.reading import read_hazard, read_survey
from jianfu.scenarios.burden import burden, completed
from jianfu.scenarios.departments import departments
from jianfu.scenarios.edits import Rows
from jianfu.scenarios.effects import fitted, focus_of, not_asked, scenario_rows, staff_of, terms_present
from jianfu.scenarios.monitoring import first_rules, monitored
from jianfu.scenarios.plan import chosen, read_scenarios

MONITORED = ("D3_rest_eve_share", "A6_share", "B8_total", "B5_all")  # beside the indices


def main(inputs, window, reference, calendar, exclude, exposure, indices, selected, seed, threads, outputs):
    plan = read_yaml(inputs["scenarios"])
    scenarios = chosen(read_scenarios(plan), selected)
    indicator_plan = read_indicators(inputs["indicator_plan"])
    used = set(pd.read_csv(inputs["tiers"], encoding="utf-8-sig", keep_default_na=False)["used"]) - {""}
    specs = {
        name: ModelSpec.of(entry | {"terms": terms_present(entry["terms"], used)})
        for name, entry in plan["projection"].items()
    }
    named = used | {term.partition(":")[0] for spec in specs.values() for term in spec.terms}
    members = read_members(inputs["members"], indicator_plan)
    spec = index_spec(members, reference, settings=indices, exposure=exposure).only(*sorted(named))
    declared = read_yaml(inputs["models"])
    tables = {
        "hazard_cells": read_hazard(inputs, declared)[0],
        "survey_scores": read_survey(inputs, declared)[0],
    }
    categories = declared["categories"]
    focus = focus_of(plan["projection"]["exits"]["terms"], categories)
    models, lacking = fitted(specs, tables, categories, focus)
    for name, reason in lacking.items():
        logs.LOGGER.warning("%s: %s", name, reason.data())

    frame, anchors = frames.load(inputs["unit_months"]), read_anchors(inputs["anchors"])
    every = frames.load(inputs["indicators"])
    stored = every[every["indicator"].isin(spec.codes)]
    own = indicator_plan[indicator_plan["code"].isin(spec.codes)].reset_index(drop=True)
    before = burden(stored, frame, spec, anchors)
    if "exits" in models.predictors:
        exits = models.predictors["exits"], tables["hazard_cells"]
        models = replace(models, staff=staff_of(*exits, frame, before, focus[0]))
    measure = (calendar_of(calendar), window, reference, exclude)
    rows = Rows(
        {table: inputs[table] for table in MEASURED} | {Path(path).stem: path for path in inputs["own"]},
        frame,
        *measure,
        threads=threads,
    )
    attribution = pd.read_csv(inputs["attribution"], encoding="utf-8-sig")
    grid = before.built.cube.grid
    measures = {index: before.levels[..., j] for j, index in enumerate(before.indices)}
    measures |= {
        code: grid.spread(every, [code])[..., 0] for code in MONITORED if (every["indicator"] == code).any()
    }
    heads = frame.groupby("unit_code")["headcount"].mean()
    card, lines = departments(rows.con, before, attribution, heads, seed)
    units = latest_units(frames.load(inputs["units"])).set_index("unit_code").reindex(grid.units)
    policies, relief = frames.load(inputs["policies"]), declared["policies"]["relief"]
    start = first_rules(units, policies, relief, grid.months)
    alarms = monitored(measures, units.assign(heads=heads), start, grid.months)
    frames.store(alarms, outputs["relief_monitor"])
    frames.store(card, outputs["issuer_scorecard"])
    frames.store(lines, outputs["issuer_contributions"])
    parts = []
    for scenario in scenarios:
        logs.passing("asking_scenario", name=scenario.id)
        absent = rows.lacking(scenario)
        if absent:
            parts.append(not_asked(scenario.id, absent))
            continue
        with tempfile.TemporaryDirectory() as folder:
            tables = rows.edited(scenario, Path(folder))
            edited, _ = build_indicators(tables, frame, own, *measure, threads)
        after = burden(completed(edited, stored), frame, spec, anchors)
        parts.append(scenario_rows(scenario.id, before, after, models, frame, seed))
    frames.store(pd.concat(parts, ignore_index=True), outputs["scenario_effects"])


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        window=snakemake.params.window,
        reference=snakemake.params.reference,
        calendar=snakemake.params.calendar,
        exclude=snakemake.params.exclude,
        exposure=snakemake.params.exposure,
        indices=snakemake.params.indices,
        selected=snakemake.params.selected,
        seed=snakemake.params.seed,
        threads=snakemake.threads,
        outputs=dict(snakemake.output.items()),
    )
