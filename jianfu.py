"""jianfu: from the raw exports of a province to a report. All commands: python jianfu.py --help

Needs nothing but Python 3.11 or newer: what else it takes is installed into the folder .venv beside this file.
"""

import csv
import os
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
NEEDED = (3, 11)


def too_old():
    """The sentence for a Python that cannot read the program itself, in both languages."""
    with open(os.path.join(ROOT, "config", "plan", "messages.csv"), encoding="utf-8-sig", newline="") as file:
        words = {row["code"]: row for row in csv.DictReader(file)}["start_python"]
    values = {"needed": "{}.{}".format(*NEEDED), "found": "{}.{}".format(*sys.version_info)}
    return "\n".join(words[language].format(**values) for language in ("zh", "en"))


def main():
    sys.path.insert(0, os.path.join(ROOT, "scripts"))
    from jianfu.commands import start
    from jianfu.core.messages import words

    try:
        options, others = start.read_arguments(sys.argv[1:])
        if not start.ready(options, ROOT):
            return start.hand_over(options, ROOT, sys.argv)
        from jianfu.commands.dispatch import dispatch

        return dispatch(options, others, ROOT)
    except KeyboardInterrupt:
        return "\n" + words("run_interrupted") + "\n"


if __name__ == "__main__":
    if sys.version_info < NEEDED:
        sys.exit(too_old())
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # a console that lacks a character shows another, and goes on
    sys.exit(main())
