"""Check the finished documents of a province (make report-check): text, codes, pages, the source of every number.

1. Read brief, report and appendix as Word and PDF files, the slides, and the table of the numbers of the brief.
2. Look for gaps, doubled marks and codes, for numbers of brief and slides that no released cell gives, for pages that
   are blank or too many, for tables whose columns do not add up and titles that may be parted from their objects.
3. The same of the pages of the Word files where LibreOffice is installed, which sets them; else say that nobody looked.
4. Print every complaint.

Fails where there is one, or where the documents are not there.
"""

import argparse
import sys
from pathlib import Path

import yaml

from jianfu.core.errors import one_sentence
from jianfu.core.labels import Labels
from jianfu.core.messages import speak
from jianfu.province.load import language_of
from jianfu.province.paths import finished_results
from jianfu.report.document.lint import check_documents
from jianfu.report.document.pages import office

ROOT = Path(__file__).resolve().parents[1]


def main(folder):
    """Lines for the screen; ``folder``: finished results of a province."""
    settings = yaml.safe_load((folder / "provenance" / "config.yaml").read_text(encoding="utf-8"))
    labels = Labels(settings["language"], str(ROOT / "config" / "plan" / "labels.csv"))
    program = office()
    if not program:
        print(labels("report_word_unseen"))
    found = check_documents(folder / "release", labels, program)
    return [labels("report_complaint", **{**c._asdict(), "rule": labels(f"rule_{c.rule}")}) for c in found]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--province", required=True)
    options = parser.parse_args()
    folders = [ROOT / "config" / "provinces"]
    speak(language_of(options.province, ROOT, folders))
    with one_sentence():
        lines = main(finished_results(options.province, folders))
    sys.exit("\n".join(lines) if lines else 0)
