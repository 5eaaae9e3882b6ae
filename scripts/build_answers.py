"""Say what the data can answer before anything is fitted, and which column would unlock most.

1. Assemble the analysis tables and, for every hypothesis, the rows and the design of its model.
2. Find the smallest effect that each design detects; outcomes and exposures are not compared.
3. Rank the columns that are lacking by the indices and indicators that each would bring, with the office that keeps it.
4. Write answers.csv and answers.txt; both stay in the building, as they tell numbers of exits.
"""

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core import logs
from jianfu.core.files import write_text_file
from jianfu.core.frames import read_csv
from jianfu.core.labels import Labels
from jianfu.core.reasons import write_reasons
from jianfu.core.spreadsheets import write_csv
from jianfu.indicators.plan import read_plan, source_of
from jianfu.models.answerable import answers, lacking_columns, page, unlocking
from jianfu.models.estimators.common import Settings
from jianfu.models.spec import specs_of
from jianfu.models.tables.reading import read_tables
from jianfu.models.tiers import coded_columns


def main(inputs, outputs, reference, exposure, inference, language):
    def read(name):
        return read_csv(inputs[name])

    plan, tiers = read_yaml(inputs["plan"]), read("tiers")
    tables, _ = read_tables(inputs, plan, reference, exposure)
    settings = Settings(inference["confidence"], 0, inference["seed"])
    found = answers(specs_of(plan), read("hypotheses"), tables, plan["categories"], settings, tiers)
    indicators = read_plan(inputs["indicator_plan"])
    sources = {source: source_of(source)[0] for source in indicators["source"]}
    coded = coded_columns(inputs["tasks"])
    lacking = lacking_columns(indicators, read("notices"), sources, coded)
    wanted = unlocking(lacking, read("members"), tiers, read("keepers"))
    headings = read("headings").drop_duplicates(["table", "column"]).set_index(["table", "column"])["heading"]
    lines = page(found, wanted, headings.to_dict(), Labels(language, inputs["labels"]))
    write_text_file("\n".join(lines) + "\n", outputs["text"])
    rows = [vars(answer) | {"reasons": write_reasons(answer.reasons)} for answer in found]
    write_csv(pd.DataFrame(rows), outputs["answers"])


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        outputs=dict(snakemake.output.items()),
        reference=snakemake.params.reference,
        exposure=snakemake.params.exposure,
        inference=snakemake.params.inference,
        language=snakemake.params.language,
    )
