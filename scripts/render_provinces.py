"""Draw what all provinces say together and write the national brief (make provinces).

1. Read the tables of results/provinces.
2. Draw the forest of the confirmatory lines and the levels of the common tier.
3. Write the brief as Word, PDF and HTML.
"""

from pathlib import Path

import pandas as pd

from jianfu.core import logs
from jianfu.core.labels import Labels
from jianfu.provinces.page import write_page

KINDS = ("png", "pdf", "svg")


def main(tables, labels, language, templates, outputs):
    found = {Path(path).stem: pd.read_csv(path, encoding="utf-8-sig") for path in tables}
    write_page(
        found,
        labels=Labels(language, labels),
        synthetic="data" in found["provinces"],
        templates=Path(templates),
        pictures={name: {kind: outputs[f"{name}_{kind}"] for kind in KINDS} for name in ("forest", "levels")},
        outputs={kind: outputs[f"brief_{kind}"] for kind in ("docx", "pdf", "html")},
    )


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        tables=snakemake.input.tables,
        labels=snakemake.input.labels,
        language=snakemake.params.language,
        templates=snakemake.params.templates,
        outputs=dict(snakemake.output.items()),
    )
