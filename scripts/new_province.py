"""Draft the settings of a province from a folder of raw exports (make new-province).

Fails with one sentence when the folder is missing, empty or holds nothing that can be used, or when the province file
exists already.
"""

import argparse
import logging
import sys
from pathlib import Path

from jianfu.commands.new_province import draft_province
from jianfu.core.errors import JianfuError

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slug", default="")
    parser.add_argument("--data", default="")
    parser.add_argument("--language", default="", choices=("", "zh", "en"))
    parser.add_argument("--force", action="store_true")
    options = vars(parser.parse_args())
    logging.getLogger("jianfu").addHandler(logging.NullHandler())
    try:
        draft_province(options.pop("slug"), options.pop("data"), root=Path(__file__).parents[1], **options)
    except JianfuError as error:
        sys.exit(f"\n{error}\n")
