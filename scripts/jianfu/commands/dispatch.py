"""What each command of the start program does, once its environment is there."""

import argparse
import logging
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from jianfu.commands.assistant import assist
from jianfu.commands.bundle import bundle_file, verify_bundle, write_bundle
from jianfu.commands.new_province import draft_province
from jianfu.commands.run import audit, clear_remains, run
from jianfu.commands.start import SCRIPTS, WORKFLOW
from jianfu.config.files import display
from jianfu.core.errors import ConfigError, JianfuError, in_words
from jianfu.core.messages import system_language, words
from jianfu.core.spelling import did_you_mean
from jianfu.province.names import drawn
from jianfu.province.paths import check_slug


def dispatch(options: argparse.Namespace, others: list[str], root: str | Path) -> int:
    """Do what the command line asks for (:func:`jianfu.commands.start.read_arguments`); the exit code.

    ``others``: options for Snakemake. Fails with one sentence when nothing can be written, when another run is at work
    in this folder, or when a step stops.
    """
    logging.getLogger("jianfu").addHandler(logging.NullHandler())
    sys.stdout.reconfigure(line_buffering=True)
    root = Path(root)
    try:
        if options.command in WORKFLOW:
            goal = "all" if options.command == "run" else options.command
            told = {name: getattr(options, name, "") for name in ("packages", "scenarios")}
            if told["packages"]:
                told["packages"] = str(Path(told["packages"]).resolve())
            done = run(
                goal,
                provinces=options.province,
                cores=options.cores,
                root=root,
                options=others,
                told=told,
            )
        elif options.command in SCRIPTS:
            name, taken = SCRIPTS[options.command]
            further = [part for option in taken for part in (f"--{option}", str(getattr(options, option)))]
            script = root / "scripts" / name
            return subprocess.call([sys.executable, script, "--province", options.province, *further])
        else:
            done = COMMANDS[options.command](options, root)
    except (JianfuError, OSError) as error:
        print(f"\n{in_words(error)}\n", file=sys.stderr)
        return 1
    return int(not done)


def _start(options, root):
    return assist(root)


def _setup(options, root):
    print(words("start_ready"))
    return True


def _new_province(options, root):
    """A draft; where it can be run as it is, what can be answered with it, before anything is fitted."""
    drafted = draft_province(
        options.slug,
        options.folder,
        root=root,
        force=options.force,
        language=options.language or system_language(),
    )
    if drafted:
        print("\n" + words("np_answers"))
        return run("answers", provinces=options.slug, cores=options.cores, root=root)
    return True


def _own(options, root):
    """One figure or table in the look that the province file gives it (``own``)."""
    names, ending = drawn(root)[options.command], {"figure": "png", "table": "xlsx"}[options.command]
    if options.name not in names:
        advice = did_you_mean(options.name, sorted(names))
        raise ConfigError("nothing_of_that_name", name=options.name, advice=advice)
    path = f"results/{options.province}/own/{options.name}.{ending}"
    done = run(path, provinces=options.province, cores=options.cores, root=root)
    if done:
        print(path)
    return done


def _exchange(options, root):
    """The exchange package of a province, or with --verify the proof of one that was received."""
    if options.verify:
        return not subprocess.call([sys.executable, root / "scripts" / "verify_exchange.py", options.verify])
    return run("exchange", provinces=options.province, cores=options.cores, root=root)


def _audit(options, root):
    return audit(options.province, root=root)


def _unlock(options, root):
    others = clear_remains(root, print)
    if others:
        raise ConfigError("run_locked", processes=others)
    return True


def _clean(options, root):
    check_slug(options.province)
    folder = root / "results" / options.province
    if not folder.is_dir():
        raise ConfigError("clean_nothing", folder=str(folder))
    shutil.rmtree(folder)
    print(words("clean_done", folder=str(folder)))
    return True


def _bundle(options, root):
    """A new bundle, or with --verify the proof that the one made before is complete."""
    into = root / options.into
    if not options.verify:
        print(words("bundle_done", **write_bundle(options.platform, root=root, into=into)))
        return True
    archive = bundle_file(into, options.platform)
    if not archive.is_file():
        raise ConfigError("bundle_absent", file=display(archive), platform=options.platform)
    with tempfile.TemporaryDirectory(dir=into) as scratch:
        found = verify_bundle(archive, into=Path(scratch))
    print(words("bundle_tried" if found["ran"] else "bundle_resolved", **found))
    return True


COMMANDS = {
    "start": _start,
    "setup": _setup,
    "new-province": _new_province,
    "figure": _own,
    "table": _own,
    "exchange": _exchange,
    "audit": _audit,
    "unlock": _unlock,
    "clean": _clean,
    "bundle": _bundle,
}
