"""Say what became of every raw row, where the gaps are and what to do about it.

1. Collect counts, headings, notices and rejected wordings of all tables.
2. Work out coverage by unit and month, and the indicators that the data do not allow.
3. Write the report as one web page, and its summary for the terminal.

Fails when the books or canonical tables of the province cannot be read.
"""

from pathlib import Path

from jianfu.core import logs
from jianfu.core.labels import Labels
from jianfu.quality.facts import collect_facts
from jianfu.quality.page import write_page
from jianfu.quality.text import write_text


def main(
    counts, columns, notices, titles, quarantine, tables, plans, template, settings, places, report, summary
):
    facts = collect_facts(
        counts=counts,
        columns=columns,
        notices=notices,
        titles=titles,
        quarantine=quarantine,
        tables=tables,
        plan=plans["indicators"],
        sources=settings["sources"],
        window=settings["data"]["window"],
        limit=settings["data"]["max_reject_share"],
        excluded_months=settings["exclude"]["months"],
    )
    labels = Labels(settings["language"], plans["labels"])
    write_page(facts, settings, labels, places, plans["headings"], template, report)
    write_text(facts, settings, labels, places, summary)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        counts=snakemake.input.counts,
        columns=snakemake.input.columns,
        notices=snakemake.input.notices,
        titles=snakemake.input.titles,
        quarantine=snakemake.input.quarantine,
        tables={Path(path).stem: path for path in snakemake.input.tables},
        plans={name: snakemake.input[name] for name in ("indicators", "labels", "headings")},
        template=snakemake.input.template,
        settings=snakemake.params.settings,
        places={
            "report": snakemake.output.report,
            "quarantine": snakemake.params.quarantine,
            "to_label": snakemake.input.to_label,
        },
        report=snakemake.output.report,
        summary=snakemake.output.summary,
    )
