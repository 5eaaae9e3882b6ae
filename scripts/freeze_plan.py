"""Register the plan of a province before its outcomes are looked at (make freeze).

1. Resolve its settings and its overlay of the plan; raw files may be still to come.
2. Store the record with the digests of the raw files that are there, and whether outcomes are among them.
3. Write it as a page: Word and PDF.

Fails with one sentence where the province is wrong, or where its last registration says the same.
"""

import argparse
import logging
from datetime import datetime
from pathlib import Path

from jianfu.commands.settings import load_checked, province_folders
from jianfu.config.files import display, read_yaml
from jianfu.core.errors import ConfigError, one_sentence
from jianfu.core.messages import speak, words
from jianfu.province.load import language_of
from jianfu.province.paths import province_file, registration_files
from jianfu.province.plan import deviations, plan_content, plan_version
from jianfu.province.record import plan_record
from jianfu.province.registration import (
    Registration,
    inputs_there,
    outcomes_there,
    read_registration,
    write_registration,
)
from jianfu.province.rules import brings_ready_tables
from jianfu.report.document.registration import write_page

ROOT = Path(__file__).resolve().parents[1]


def main(slug, further, results, now):
    """The files written."""
    folders, plan = province_folders(ROOT, further), ROOT / "config" / "plan"
    speak(language_of(slug, ROOT, folders))
    settings, path = load_checked(slug, ROOT, folders, awaited=True), province_file(slug, folders)
    if brings_ready_tables(settings):
        raise ConfigError("registration_ready_tables", file=display(path))
    content = plan_content(plan, settings["plan"], display(path))
    record = plan_record(plan, content, settings)
    earlier = [read_registration(file) for file in registration_files(path, slug)]
    if earlier and earlier[-1].record == record:
        raise ConfigError("registration_same", file=display(path), made=earlier[-1].made)
    found = Registration(
        made=now.isoformat(timespec="seconds"),
        record=record,
        inputs=inputs_there(settings),
        outcomes=outcomes_there(settings, Path(results, slug)),
    )
    base = path.parent / "registrations" / slug / now.strftime("%Y-%m-%dT%H%M%S")
    base.parent.mkdir(parents=True, exist_ok=True)
    write_page(
        found,
        content,
        settings,
        deviations(plan, settings, read_yaml(ROOT / "config" / "default.yaml")),
        common=plan_version(plan),
        templates=ROOT / "workflow" / "report",
        docx=base.with_suffix(".docx"),
        pdf=base.with_suffix(".pdf"),
    )
    write_registration(found, base.with_suffix(".json"))
    code = "registered_after" if found.after_the_fact else "registered_before"
    return words(code, digest=found.digest), [base.with_suffix(kind) for kind in (".docx", ".pdf", ".json")]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--province", required=True)
    parser.add_argument("--provinces-dir", default=None)
    options = parser.parse_args()
    logging.getLogger("jianfu").addHandler(logging.NullHandler())
    with one_sentence():
        sentence, files = main(options.province, options.provinces_dir, ROOT / "results", datetime.now())
    print(sentence, *map(display, files), sep="\n")
