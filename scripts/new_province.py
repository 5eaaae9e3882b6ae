"""Draft the settings of a province from a folder of raw exports (make new-province).

Where the draft can be run as it is, says what can be answered with it, before anything is fitted. Fails with one
sentence when the folder is missing, empty or holds nothing that can be used, or when the province file exists already.
"""

import argparse
import logging
import sys
from pathlib import Path

from jianfu.commands.new_province import draft_province
from jianfu.commands.run import run
from jianfu.core.errors import JianfuError
from jianfu.core.messages import words

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slug", default="")
    parser.add_argument("--data", default="")
    parser.add_argument("--language", default="", choices=("", "zh", "en"))
    parser.add_argument("--force", action="store_true")
    parser.add_argument("--cores", type=int, default=2)
    options = vars(parser.parse_args())
    cores = options.pop("cores")
    logging.getLogger("jianfu").addHandler(logging.NullHandler())
    try:
        slug, root = options.pop("slug"), Path(__file__).resolve().parents[1]
        if draft_province(slug, options.pop("data"), root=root, **options):
            print("\n" + words("np_answers"))
            sys.exit(not run("answers", provinces=slug, cores=cores, root=root))
    except JianfuError as error:
        sys.exit(f"\n{error}\n")
