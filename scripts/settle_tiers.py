"""Settle which tier of measurement the province stands on, and write what follows from it alone.

1. Take the full index where at least half of the logged unit-months have enough of its members, and enough of them rest
   on given columns instead of columns coded from titles; else the common one.
2. Write tiers.csv: for every index the tier, the index used, and how often each of the two is there.
3. Write index_roles.csv, specifications.yaml, uncertainty.yaml and scenarios.yaml with the exposures of that tier.
"""

import pandas as pd

from jianfu.config.files import read_yaml, write_yaml
from jianfu.core import frames, logs
from jianfu.core.spreadsheets import write_csv
from jianfu.indicators.plan import read_plan as read_indicators
from jianfu.indices.roles import read_roles
from jianfu.models.tiers import coded_columns, given_share, read_tiers, renamed, replacements, tiers_of


def main(inputs, outputs):
    members = pd.read_csv(inputs["members"], encoding="utf-8-sig")
    needs = read_indicators(inputs["indicator_plan"]).set_index("code")["needs"].to_dict()
    values = frames.load(inputs["indicators"])
    present = values.loc[values["value"].notna(), "indicator"].unique()
    tiers = tiers_of(
        read_tiers(inputs["tiers"]),
        frames.load(inputs["indices"]),
        frames.load(inputs["unit_months"]),
        given_share(members, needs, present, coded_columns(inputs["tasks"])),
    )
    names, codes = replacements(tiers), members["index"].unique()
    for name in ("specifications", "uncertainty"):
        write_yaml(renamed(read_yaml(inputs[name]), names, codes), outputs[name])
    scenarios = read_yaml(inputs["scenarios"])
    models = {key: renamed(scenarios[key], names, codes) for key in ("projection", "further", "personal")}
    write_yaml(scenarios | models, outputs["scenarios"])
    roles = read_roles(inputs["index_roles"])
    roles = roles.assign(index=[renamed(index, names, codes) for index in roles["index"]])
    for name, frame in (("index_roles", roles), ("tiers", tiers)):
        write_csv(frame, outputs[name])


if __name__ == "__main__":
    logs.start(snakemake)
    main(inputs=dict(snakemake.input.items()), outputs=dict(snakemake.output.items()))
