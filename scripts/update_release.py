"""Make the release of a province again with what is new in its folder, keep the one before, and say what changed.

1. With --until, move the last month of the window in the province file (and a stated day of extraction to today).
2. Copy the release of before, with what it was made of, to results/<province>/vintages/<day>.
3. Run the province; only what depends on new files or months runs.
4. Lay both side by side as `jianfu compare` does (results/<province>/comparison).

Where the run stops, release and settings are put back as they were. Where nothing is new, no vintage is kept. Meant for
the system's scheduler: ends with 0 where the release is up to date.
Fails with one sentence where there is no release yet, where the window is not on one line, or where the run stops.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

from compare_results import main as compare
from jianfu.config.files import display
from jianfu.core.errors import ConfigError, one_sentence
from jianfu.core.messages import speak, words
from jianfu.province.load import language_of
from jianfu.province.paths import finished_results, province_file
from jianfu.release.manifest import NAME, difference

ROOT = Path(__file__).resolve().parents[1]
KEPT = ("release", "provenance", "plan")  # folders of results that a later comparison reads
WINDOW = re.compile(r"""(\bwindow:\s*\[\s*["']?\d{4}-\d{2}["']?\s*,\s*["']?)(\d{4}-\d{2})""")
EXTRACTED = re.compile(r"""(\bextraction_date:\s*["']?)(\d{4}-\d{2}-\d{2})""")


def main(province, until, today, run):
    """Lines for the screen. until: last month of the window (YYYY-MM) or "" = as it is; run: makes the province and
    says whether it succeeded."""
    folders = [ROOT / "config" / "provinces"]
    file, results = province_file(province, folders), finished_results(province, folders)
    manifest = results / "release" / NAME
    if not all((results / name).is_dir() for name in KEPT):
        raise ConfigError("nothing_finished", province=province)
    before, settings = json.loads(manifest.read_text(encoding="utf-8")), file.read_text(encoding="utf-8")
    if until:
        file.write_text(moved(settings, until, today, display(file)), encoding="utf-8")
    vintage = keep(results, today)
    try:
        done = run()
    except KeyboardInterrupt:
        done = False
    if not done:
        give_back(results, vintage)
        file.write_text(settings, encoding="utf-8")
        raise ConfigError("update_stopped", province=province)
    if not difference(before, json.loads(manifest.read_text(encoding="utf-8"))):
        shutil.rmtree(vintage)
        return [words("update_same", province=province)]
    return [words("update_kept", folder=str(vintage)), *compare(results, vintage)]


def moved(text, until, today, file):
    """The text of a province file with another last month of the window; a stated day of extraction becomes today."""
    text, n = WINDOW.subn(rf"\g<1>{until}", text)
    if n != 1 or not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", until):
        raise ConfigError("update_window", file=file, month=until)
    return EXTRACTED.sub(rf"\g<1>{today:%Y-%m-%d}", text)


def keep(results, today):
    """The folder with a copy of what is compared later: vintages/<day>, with a number where the day has one already."""
    base = results / "vintages" / f"{today:%Y-%m-%d}"
    folder, n = base, 1
    while folder.exists():
        n += 1
        folder = base.with_name(f"{base.name}-{n}")
    for name in KEPT:
        shutil.copytree(results / name, folder / name)
    return folder


def give_back(results, vintage):
    """Put what :func:`keep` copied where it was: a run that stopped may have made a part of it anew."""
    for name in KEPT:
        shutil.rmtree(results / name, ignore_errors=True)
        shutil.move(vintage / name, results / name)
    vintage.rmdir()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--province", required=True)
    parser.add_argument("--until", default="")
    parser.add_argument("--cores", default="2")
    options = parser.parse_args()
    speak(language_of(options.province, ROOT, [ROOT / "config" / "provinces"]))
    command = [sys.executable, ROOT / "jianfu.py", "run", options.province, "--cores", options.cores]
    with one_sentence():
        lines = main(options.province, options.until, date.today(), lambda: not subprocess.call(command))
    print(*lines, sep="\n")
