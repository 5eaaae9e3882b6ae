"""Calls of pandoc: the Markdown source to Word, typst and HTML, offline and with fixed dates."""

import os
import subprocess

import pypandoc

from jianfu.core.errors import DataError

READER = "markdown-smart-implicit_figures+east_asian_line_breaks"


def pandoc(source, to, report, output, options=()) -> None:
    """Convert the Markdown file ``source`` to the format ``to`` into the file ``output``.

    report: folder with report.lua. Raises :class:`DataError` with pandoc's message.
    """
    command = [pypandoc.get_pandoc_path(), str(source), "--from", READER, "--to", to, "--output", str(output)]
    command += ["--lua-filter", str(report / "report.lua"), "--columns", "20", "--eol", "lf"]
    command += ["--fail-if-warnings", *options]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "946684800"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        raise DataError("report_not_converted", format=to, message=done.stderr.strip())
