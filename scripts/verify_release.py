"""Make a release again in a clean folder and say in one sentence whether it is the same (jianfu verify).

1. Compare the release with its own manifest.
2. Copy the project to a clean folder and compare raw files, settings, plan, code and lock with those of then.
3. Run the province there, and compare the two manifests.

Fails with one sentence where something differs, where the release has no manifest, or where the run stops.
"""

import argparse
import json
import logging
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from jianfu.commands.bundle import copy_project
from jianfu.core.errors import ConfigError, DataError, one_sentence
from jianfu.core.messages import speak, words
from jianfu.province.load import language_of
from jianfu.province.paths import finished_results, province_file
from jianfu.release.manifest import NAME, difference, digest, made_of, make_manifest

ROOT = Path(__file__).resolve().parents[1]


def main(province, cores, scratch):
    """A sentence that says that the release came out the same; raises where it did not."""
    folders = [ROOT / "config" / "provinces"]
    speak(language_of(province, ROOT, folders))
    file, results = province_file(province, folders), finished_results(province, folders, ROOT / "results")
    kept = json.loads((results / "release" / NAME).read_text(encoding="utf-8"))
    _same(kept, make_manifest(results, ROOT), "verify_changed")
    copy_project(ROOT, scratch)
    shutil.copy(file, scratch / "config" / "provinces")
    made = scratch / "results" / province
    record = [f"results/{province}/provenance/run.json", "--cores", "1", "--config", f"provinces={province}"]
    _run(["-m", "snakemake", *record], scratch)
    _same(made_of(results), made_of(made), "verify_changed")
    _run(["jianfu.py", "run", province, "--cores", str(cores)], scratch)
    again = json.loads((made / "release" / NAME).read_text(encoding="utf-8"))
    _same(kept, again, "verify_other")
    return words("verify_same", province=province, files=len(kept["files"]), digest=digest(kept))


def _run(command, folder):
    log = folder / "run.log"
    with open(log, "w", encoding="utf-8") as output:
        code = subprocess.call([sys.executable, *command], cwd=folder, stdout=output, stderr=output)
    if code:
        raise ConfigError("verify_stopped", what=log.read_text(encoding="utf-8").strip().splitlines()[-1])


def _same(kept, found, code):
    moved = difference(kept, found)
    if moved:
        raise DataError(code, what=moved)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--province", required=True)
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    logging.getLogger("jianfu").addHandler(logging.NullHandler())
    with one_sentence(), tempfile.TemporaryDirectory() as clean:
        print(main(options.province, options.cores, Path(clean) / "jianfu"))
