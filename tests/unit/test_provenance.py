"""The code digest follows the modules a script uses, and no others."""

import ast
from pathlib import Path

import pytest
from ingest_cases import ROOT

from jianfu.core import environment, files, provenance


@pytest.fixture
def scripts(tmp_path):
    files = {
        "build_a.py": "from jianfu import logs\nfrom jianfu.stage import run\n",
        "jianfu/__init__.py": "",
        "jianfu/logs.py": "",
        "jianfu/stage.py": "from jianfu.deep.formula import f\n",
        "jianfu/deep/__init__.py": "",
        "jianfu/deep/formula.py": "def f(): return 1\n",
        "jianfu/other.py": "x = 1\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_modules_are_followed_through_imports(scripts):
    used = {file.relative_to(scripts).as_posix() for file in provenance.modules_used("build_a", scripts)}
    assert used == {
        "build_a.py",
        "jianfu/__init__.py",
        "jianfu/logs.py",
        "jianfu/stage.py",
        "jianfu/deep/__init__.py",
        "jianfu/deep/formula.py",
    }


def test_imports_are_found_as_python_finds_them():
    """In every file of the project, and in forms that it does not use."""
    odd = "def f():\n    from jianfu.deep import (\n        a,\n        b as c,\n    )\n    import jianfu.x as o\n"
    odd += "try:\n    from . import near\nexcept ImportError:\n    from ..above import x; import os\nimport json\n"
    texts = [odd, *(file.read_text(encoding="utf-8") for file in (ROOT / "scripts").rglob("*.py"))]
    for text in texts:
        everything = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import | ast.ImportFrom)]
        found = ast.parse("\n".join(provenance.IMPORT.findall(text))).body
        assert {ast.dump(node) for node in found} >= {ast.dump(n) for n in everything if _own(n)}, text


def _own(node):
    if isinstance(node, ast.Import):
        return any(alias.name.split(".")[0] == "jianfu" for alias in node.names)
    return bool(node.level) or node.module.split(".")[0] == "jianfu"


def _digest(scripts, modules=()):
    return provenance.files_digest(provenance.modules_used("build_a", scripts, modules), scripts)


def test_digest_changes_with_a_used_module_only(scripts):
    before = _digest(scripts)
    (scripts / "jianfu/other.py").write_text("x = 2\n")
    assert _digest(scripts) == before
    (scripts / "jianfu/deep/formula.py").write_text("def f(): return 2\n")
    assert _digest(scripts) != before


def test_modules_that_data_name_are_followed_too(scripts):
    (scripts / "jianfu/named.py").write_text("from jianfu.other import x\n")
    before, plain = _digest(scripts, ["jianfu.named"]), _digest(scripts)
    (scripts / "jianfu/other.py").write_text("x = 2\n")
    assert _digest(scripts, ["jianfu.named"]) != before and _digest(scripts) == plain


def test_run_record_lists_the_digest_of_every_input(tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "b.csv").write_text("b")
    (tmp_path / "a.csv").write_text("a")
    database = {"url_env": "U", "query": "select 1"}
    sources = [{"table": "units", "files": ["a.csv"]}, {"table": "tasks", "database": database}]
    settings = {
        "province": {"synthetic": True},
        "data": {"folder": None},
        "inference": {"seed": 7},
        "sources": sources,
    }
    record = provenance.run_record("demo", settings, [tmp_path / "a.csv", tmp_path / "raw"], "abc")
    assert record["code"] == "abc"
    assert list(record["inputs"]) == ["a.csv", "b.csv"]
    assert record["queries"] == {"U/tasks": "select 1"}
    assert record["inputs"]["a.csv"] == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    assert record["seed"] == 7 and Path(tmp_path / "raw").is_dir()


def test_files_of_one_name_in_two_folders_are_both_recorded(tmp_path):
    for part in ("甲县", "乙县"):
        (tmp_path / "raw" / part).mkdir(parents=True)
        (tmp_path / "raw" / part / "台账.csv").write_text(part)
    paths = sorted((tmp_path / "raw").rglob("*.csv"))
    names = ["乙县/台账.csv", "甲县/台账.csv"]
    assert list(files.input_files(paths, tmp_path / "raw")) == names
    assert list(files.input_files([tmp_path / "raw"])) == names
    assert list(files.input_files(paths, tmp_path / "raw" / "甲县")) == ["../乙县/台账.csv", "台账.csv"]


def test_a_file_on_another_drive_has_its_whole_path_as_name(tmp_path, monkeypatch):
    def another_drive(path, start):
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(files.os.path, "relpath", another_drive)
    assert list(files.input_files([tmp_path / "a.csv"], tmp_path / "raw")) == [
        (tmp_path / "a.csv").as_posix()
    ]


def test_digest_covers_names_and_bytes_in_any_order(tmp_path):
    files = [tmp_path / name for name in ("b.py", "a.csv")]
    for file in files:
        file.write_text("1")
    digests = {provenance.files_digest(files, tmp_path), provenance.files_digest(files[::-1], tmp_path)}
    assert len(digests) == 1
    files[0].write_text("2")
    files[1].rename(tmp_path / "c.csv")
    digests |= {
        provenance.files_digest(files[:1], tmp_path),
        provenance.files_digest([tmp_path / "c.csv"], tmp_path),
    }
    assert len(digests) == 3


def test_the_environment_changes_with_lock_and_installed_versions(tmp_path, monkeypatch):
    lock = tmp_path / "requirements.txt"
    lock.write_text("pandas==1.0 \\\n    --hash=sha256:ab\nabsent-here==1.0\n", encoding="utf-8")
    before = environment.environment_digest(lock)
    assert environment.environment_digest(lock) == before
    versions = {"pandas": "9.9"}
    with monkeypatch.context() as patch:
        patch.setattr(environment, "version", versions.__getitem__)
        patch.setattr(environment, "PackageNotFoundError", KeyError)
        assert environment.environment_digest(lock) != before
    lock.write_text(lock.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")
    assert environment.environment_digest(lock) != before
