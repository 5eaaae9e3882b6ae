"""Write the models and hypotheses of the plan as they are applied in the province.

1. Name the exposures of the tier of measurement on which the province stands (tiers.csv).
2. Put a model with the common index beside every confirmatory one where both tiers are there.
3. Write models.yaml, with the province's smallest number of persons or events behind a level and its cohorts and bands
   of tenure in their order, and hypotheses.csv.
"""

import pandas as pd

from jianfu.config.files import read_yaml, write_yaml
from jianfu.core import logs
from jianfu.core.spreadsheets import write_csv
from jianfu.exits.definitions import read_definitions
from jianfu.models.tiers import renamed, replacements, settled


def main(inputs, outputs, min_cell):
    codes = pd.read_csv(inputs["members"], encoding="utf-8-sig")["index"].unique()
    tiers = pd.read_csv(inputs["tiers"], keep_default_na=False, encoding="utf-8-sig")
    tiers["share_common"] = pd.to_numeric(tiers["share_common"])
    hypotheses = pd.read_csv(inputs["hypotheses"], dtype=str, keep_default_na=False, encoding="utf-8-sig")
    models = settled(read_yaml(inputs["models"]), hypotheses, tiers, codes)
    definitions = read_definitions(inputs["definitions"])
    orders = {"cohort": list(definitions.cohorts), "tenure_band": list(definitions.tenure_bands)}
    models["merging"]["least"] = min_cell
    models["merging"]["orders"] |= orders
    write_yaml(models, outputs["models"])
    terms = [renamed(term, replacements(tiers), codes) for term in hypotheses["term"]]
    write_csv(hypotheses.assign(term=terms), outputs["hypotheses"])


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        outputs=dict(snakemake.output.items()),
        min_cell=snakemake.params.min_cell,
    )
