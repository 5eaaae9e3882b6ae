"""From a bare Python to the program: the command line in two languages, the environment, the offline bundle."""

import ast
import base64
import ensurepip
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from ingest_cases import ROOT

from jianfu.commands import bundle, dispatch, run, start
from jianfu.commands.interpreters import PLATFORMS
from jianfu.commands.settings import asked_scenarios, load_command
from jianfu.core import messages
from jianfu.core.content import file_digest
from jianfu.core.errors import ConfigError, one_sentence
from jianfu.core.messages import speak, words
from jianfu.core.spreadsheets import write_csv

PACKAGE = "tiny-1.0-py3-none-any.whl"


def test_the_start_file_can_be_read_by_any_python():
    ast.parse((ROOT / "jianfu.py").read_text(encoding="utf-8"), feature_version=(3, 5))


@pytest.mark.parametrize(
    ("language", "sentence"), [("zh_CN.UTF-8", "全部命令"), ("en_GB.UTF-8", "All commands")]
)
def test_the_command_line_speaks_the_language_of_the_system(monkeypatch, language, sentence):
    monkeypatch.setenv("LC_ALL", language)
    wrong = (
        ["frobnicate"],
        ["clean"],
        ["clean", "a", "--further"],
        ["run", "--cores", "x"],
        ["run", "--cores", "0"],
        ["check", "a", "--cores", "-1"],
        ["compare", "a"],
    )
    for arguments in wrong:
        with pytest.raises(SystemExit, match=sentence) as said:
            start.read_arguments(arguments)
        assert not re.search("argument|invalid|required", str(said.value))
    with pytest.raises(SystemExit, match="cmd|jianfu.py"):
        start.read_arguments([])


def test_every_command_is_explained_and_done(monkeypatch, capsys):
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    with pytest.raises(SystemExit):
        start.read_arguments(["--help"])
    shown = capsys.readouterr().out
    for name in start.COMMANDS:
        assert f"  {name}" in shown
        assert [name in each for each in (start.WORKFLOW, start.SCRIPTS, dispatch.COMMANDS)].count(True) == 1
    assert all((ROOT / "scripts" / name).is_file() for name, _ in start.SCRIPTS.values())
    monkeypatch.setattr(dispatch.subprocess, "call", lambda command: told.extend(map(str, command)) or 0)
    told, (options, _) = [], start.read_arguments(["update", "a", "--until", "2026-07"])
    assert dispatch.dispatch(options, [], ROOT) == 0
    assert told[2:] == ["--province", "a", "--until", "2026-07", "--cores", str(options.cores)]


def test_options_of_snakemake_are_handed_on():
    options, others = start.read_arguments(["run", "sample", "--cores", "1", "--forcerun", "ingest_table"])
    assert (options.command, options.province, options.cores) == ("run", "sample", 1)
    assert others == ["--forcerun", "ingest_table"]


def test_scenarios_that_a_command_names_are_handed_on(monkeypatch):
    monkeypatch.setattr(dispatch, "run", lambda goal, **told: asked.append((goal, told["told"])) or True)
    asked, (options, _) = [], start.read_arguments(["scenarios", "sample", "--scenarios", "S4, own,S4"])
    assert dispatch.dispatch(options, [], ROOT) == 0
    assert asked[0][0] == "scenarios" and asked_scenarios(asked[0][1]) == ["S4", "own"]
    assert asked_scenarios({}) == []


@pytest.fixture
def office(tmp_path):
    """A project in a folder with Chinese characters and a space, with wheels as in a bundle: pip and a package."""
    root = tmp_path / "减负 试装"
    wheels = root / start.WHEELS
    wheels.mkdir(parents=True)
    pip = next((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
    shutil.copy(pip, wheels)
    _wheel(wheels / PACKAGE, "word = 'here'\n")
    _lock(wheels)
    shutil.copy(wheels / "requirements.txt", root)
    return root


def _wheel(file, text):
    info = {
        "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\nLicense: MIT\n",
        "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files = {"tiny.py": text, **info}
    digests = {
        name: base64.urlsafe_b64encode(hashlib.sha256(each.encode()).digest()) for name, each in files.items()
    }
    record = "".join(f"{name},sha256={value.decode().rstrip('=')},\n" for name, value in digests.items())
    with zipfile.ZipFile(file, "w") as archive:
        for name, each in {**files, "tiny-1.0.dist-info/RECORD": record}.items():
            archive.writestr(name, each)


def _lock(wheels):
    line = f"tiny==1.0 --hash=sha256:{file_digest(wheels / PACKAGE)}\n"
    (wheels / "requirements.txt").write_text(line, encoding="utf-8")


def test_an_environment_is_filled_without_network(office, monkeypatch, capsys):
    monkeypatch.setenv("PIP_INDEX_URL", "https://nowhere.invalid")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    python = start.set_up(office, "runtime")
    told = capsys.readouterr().out
    assert told.endswith(words("start_installed", done=1, packages=1) + "\r")
    says = [python, "-c", "import tiny; print(tiny.word)"]
    assert subprocess.run(says, capture_output=True, text=True).stdout == "here\n" and ".venv" in told
    assert start.set_up(office, "runtime") == python and capsys.readouterr().out == ""
    (office / "requirements.txt").open("a").write("# another lock\n")
    assert start.set_up(office, "runtime") == python and ".venv" in capsys.readouterr().out


def test_an_environment_that_was_cut_off_is_made_anew(office):
    half = office / ".venv" / "lib" / "tiny-1.0.dist-info"
    half.mkdir(parents=True)
    (office / start.UNFINISHED).touch()
    start.set_up(office, "runtime")
    assert not half.exists() and not (office / start.UNFINISHED).exists()


def test_an_environment_of_a_moved_folder_is_mended(office):
    python = start.set_up(office, "runtime")
    settings = office / ".venv" / "pyvenv.cfg"
    kept = settings.read_text(encoding="utf-8")
    settings.write_text(re.sub("(?m)^home = .*", "home = /moved/away", kept), encoding="utf-8")
    assert start.set_up(office, "runtime") == python
    assert settings.read_text(encoding="utf-8") == kept
    assert subprocess.run([python, "-c", "import tiny"]).returncode == 0


def test_an_environment_that_leads_nowhere_is_one_sentence(office):
    (office / start.ENVIRONMENT).symlink_to(office / "elsewhere")
    with pytest.raises(ConfigError) as error:
        start.set_up(office, "runtime")
    assert start.ENVIRONMENT in str(error.value) and "\n" not in str(error.value)


def test_two_windows_do_not_install_at_the_same_time(office):
    with open(office / start.UNFINISHED, "w") as file:
        start._hold(file)
        with pytest.raises(ConfigError, match="Another window is installing"):
            start.set_up(office, "runtime")
    assert not (office / ".venv").exists()


@pytest.mark.parametrize(
    ("complaint", "sentence"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n",
            "The disk",
        ),
        (
            "WARNING: retrying\nERROR: No matching distribution found for tiny==1.0\n",
            "No matching distribution",
        ),
    ],
)
def test_what_pip_complains_of_is_one_sentence(office, monkeypatch, complaint, sentence):
    complains = [sys.executable, "-c", f"raise SystemExit({complaint!r})"]
    pip = functools.partial(subprocess.Popen, complains)
    monkeypatch.setattr(start.subprocess, "Popen", lambda _, **told: pip(**told))
    monkeypatch.setattr(start.venv, "create", lambda *_, **__: None)
    with pytest.raises(ConfigError) as error:
        start.set_up(office, "runtime")
    assert sentence in str(error.value) and "\n" not in str(error.value) and "Command" not in str(error.value)


def test_a_package_other_than_the_locked_one_is_refused(office):
    _wheel(office / start.WHEELS / PACKAGE, "word = 'changed'\n")
    speak("zh")
    with pytest.raises(ConfigError, match="软件包没有装好"):
        start.set_up(office, "runtime")


def test_a_process_is_ready_where_its_own_environment_has_the_lock(tmp_path, monkeypatch):
    options, _ = start.read_arguments(["run"])
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "environment"))
    for name, value in start.SETTINGS.items():
        monkeypatch.setenv(name, value)
    shutil.copy(ROOT / "requirements.txt", tmp_path)
    assert not start.ready(options, tmp_path)
    (tmp_path / "environment").mkdir()
    shutil.copy(ROOT / "requirements.txt", tmp_path / "environment" / "runtime")
    assert start.ready(options, tmp_path)
    monkeypatch.delenv("PYTHONUTF8")
    assert not start.ready(options, tmp_path)


def test_packages_of_a_bundle_are_those_of_its_system():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    of = {name: dict(bundle.locked(text, platform)) for name, platform in PLATFORMS.items()}
    names = {name: {entry.split("==")[0] for entry in packages} for name, packages in of.items()}
    assert names["windows"] - names["linux-x86_64"] == {"pyreadline3"}
    assert names["linux-x86_64"] == names["linux-aarch64"] < names["windows"]
    assert not {"pyfixest", "ipython"} & names["windows"]  # tests alone need them
    for packages in of.values():
        assert [entry for entry in packages if entry.startswith("numpy==")] == ["numpy==2.5.5"]
        assert all(
            hashes and all(each.startswith("sha256:") for each in hashes) for hashes in packages.values()
        )


def test_a_bundle_for_an_unknown_system_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="did you mean 'windows'"):
        bundle.write_bundle("vindows", root=ROOT, into=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_project_without_a_repository_is_copied_without_results(tmp_path):
    root = tmp_path / "from"
    for name in ("jianfu.py", "results/a/x.csv", ".venv/x", "config/a.yaml", "scripts/__pycache__/a.pyc"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name, encoding="utf-8")
    bundle.copy_project(root, tmp_path / "to")
    copied = {
        file.relative_to(tmp_path / "to").as_posix()
        for file in (tmp_path / "to").rglob("*")
        if file.is_file()
    }
    assert copied == {"jianfu.py", "config/a.yaml"}


def test_a_bundle_holds_the_sample_and_no_tests(tmp_path):
    left = (
        "jianfu.py",
        "requirements.txt",
        "tests/data/sample/a.csv",
        "environment.yml",
        "scripts/jianfu/a.py",
        "开始.bat",
    )
    for name in (*left, "tests/unit/test_a.py", "tests/data/cases/a.csv", "requirements-dev.txt", "Makefile"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    bundle._leave_out_development(tmp_path)
    assert sorted(left) == sorted(
        file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*") if file.is_file()
    )


@pytest.mark.parametrize("name", ["..", ".", "", "a/../..", "/tmp"])
def test_nothing_is_cleaned_outside_the_results_of_a_province(tmp_path, name, capsys):
    (tmp_path / "results" / "a").mkdir(parents=True)
    options, others = start.read_arguments(["clean", name])
    assert dispatch.dispatch(options, others, tmp_path) == 1
    assert (tmp_path / "results" / "a").is_dir() and len(capsys.readouterr().err.splitlines()) == 3


@pytest.mark.parametrize(
    ("refused", "sentence"),
    [
        (FileNotFoundError(2, "No such file or directory", "x.csv"), "The system refuses x.csv"),
        (PermissionError(13, "Permission denied", "report.docx"), "report.docx cannot be written"),
        (OSError(28, "No space left on device"), "The disk is full"),
        (ConfigError("no_province_named"), "No province is named"),
    ],
)
def test_what_the_system_refuses_is_one_sentence(monkeypatch, tmp_path, capsys, refused, sentence):
    def refuses(options, root):
        raise refused

    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    monkeypatch.setitem(dispatch.COMMANDS, "clean", refuses)
    options, others = start.read_arguments(["clean", "a"])
    assert dispatch.dispatch(options, others, tmp_path) == 1
    assert sentence in capsys.readouterr().err
    with pytest.raises(SystemExit, match=sentence), one_sentence():  # of a script of its own
        raise refused


def test_a_bundle_that_was_never_made_is_named(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    options, others = start.read_arguments(["bundle", "windows", "--verify"])
    assert dispatch.dispatch(options, others, tmp_path) == 1
    assert "There is no bundle" in capsys.readouterr().err


def test_an_account_of_results_that_are_not_there_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for province, code in (
        ("samle", "no_province_file"),
        ("sample", "nothing_finished"),
        ("..", "invalid_province_name"),
    ):
        (tmp_path / "config" / "provinces").mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "config" / "provinces" / "sample.yaml", tmp_path / "config" / "provinces")
        shutil.copy(ROOT / "config" / "default.yaml", tmp_path / "config")
        with pytest.raises(ConfigError) as said:
            run.audit(province, root=tmp_path)
        assert said.value.reason.code == code


def test_settings_of_the_workflow_are_refused_beside_a_province():
    with pytest.raises(ConfigError) as said:
        run._snakemake(["--cores", "1", "--config", "provinces=sample"], ["--config", "window=2025"])
    assert said.value.reason.code == "run_options_refused"
    with pytest.raises(ConfigError) as said:
        load_command({"provinces": None}, ROOT)  # as Snakemake reads what is written `provinces=`
    assert said.value.reason.code == "no_province_named"


def test_commands_are_told_as_they_are_typed_here(tmp_path, monkeypatch):
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    assert messages.program() == "python3 jianfu.py"
    (tmp_path / messages.WHEELS).mkdir()  # a bundle, where there may be no Python
    assert messages.program() == "sh 开始.sh"
    messages.sentences.cache_clear()
    try:
        assert "sh 开始.sh check anhui" in words("np_no_preview", slug="anhui")
        for language in ("zh", "en"):
            told = " ".join(sentence for sentence in messages.sentences(language).values())
            assert "{jianfu}" not in told and "jianfu.py" not in told
            assert not re.search(r"make (PROVINCE|[a-z-]+ (PROVINCE|SLUG)|check|freeze|new-province)", told)
    finally:
        messages.sentences.cache_clear()


def test_a_double_click_within_the_zip_is_answered():
    """Windows unpacks the clicked file alone: it says so itself, in the words of the messages."""
    text = (ROOT / "开始.bat").read_bytes().decode("utf-8")
    assert text.count("\r\n") == text.count("\n")
    for language in ("zh", "en"):
        speak(language)
        assert f"echo {words('start_packed')}\r\n" in text


def test_a_damaged_bundle_is_named(tmp_path):
    folder = tmp_path / bundle.PROJECT
    folder.mkdir()
    (folder / "a.txt").write_text("as listed", encoding="utf-8")
    rows = [("a.txt", 9, file_digest(folder / "a.txt")), ("b.txt", 1, "0" * 64)]
    write_csv(pd.DataFrame(rows, columns=["file", "bytes", "sha256"]), folder / bundle.CONTENTS)
    archive = bundle.bundle_file(tmp_path, "windows")
    bundle.zip_folder(folder, archive)
    with pytest.raises(ConfigError, match=r"b\.txt is missing or differs"):
        bundle.verify_bundle(archive, into=tmp_path / "trial")


def test_programs_stay_programs_in_the_zip(tmp_path):
    folder = tmp_path / "jianfu"
    folder.mkdir()
    (folder / "start").write_text("#!/bin/sh\n", encoding="utf-8")
    (folder / "start").chmod(0o755)
    (folder / "text").write_text("text", encoding="utf-8")
    for name in ("one.zip", "two.zip"):
        bundle.zip_folder(folder, tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
    assert modes == {"jianfu/start": 0o755, "jianfu/text": 0o644}


def test_clean_removes_the_results_of_one_province(tmp_path, capsys):
    for name in ("a", "b"):
        (tmp_path / "results" / name).mkdir(parents=True)
    options, others = start.read_arguments(["clean", "a"])
    speak("en")
    assert dispatch.dispatch(options, others, tmp_path) == 0
    assert os.listdir(tmp_path / "results") == ["b"]
    assert dispatch.dispatch(options, others, tmp_path) == 1
    assert "nothing was deleted" in capsys.readouterr().err
