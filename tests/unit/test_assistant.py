"""The page of the start program: it asks for a folder, runs commands and opens what they made."""

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest
from ingest_cases import ROOT

from jianfu.commands import assistant
from jianfu.core.messages import speak


@pytest.fixture
def opened():
    return []


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose start program only says what it was asked for."""
    monkeypatch.setattr(assistant, "KEY_FILE", tmp_path / "home" / "jianfu-key.txt")
    root = tmp_path / "项目 一"
    (tmp_path / "home").mkdir()
    (root / "workflow" / "report").mkdir(parents=True)
    page = (ROOT / "workflow/report/assistant.html").read_text(encoding="utf-8")
    (root / "workflow/report/assistant.html").write_text(page, encoding="utf-8")
    program = "import os, sys\nprint('asked', *sys.argv[1:])\nprint('key', os.environ['JIANFU_KEY_FILE'])\n"
    (root / "jianfu.py").write_text(program, encoding="utf-8")
    (root / "results/anhui/release").mkdir(parents=True)
    (root / "results/anhui/release/report.docx").write_text("x", encoding="utf-8")
    return root


@pytest.fixture
def ask(project, opened):
    server = assistant.make_server(assistant.Assistant(project, opened.append), "secret")
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def get(name, secret="secret", **values):
        query = urllib.parse.urlencode(values)
        with urllib.request.urlopen(
            f"http://127.0.0.1:{server.server_port}/{secret}/{name}?{query}"
        ) as answer:
            return answer.read().decode()

    yield get
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("language", "title"), [("zh", "减负：从原始文件到报告"), ("en", "jianfu: from raw files")]
)
def test_the_page_speaks_the_language_and_fetches_nothing_from_elsewhere(project, language, title):
    speak(language)
    text = assistant.page(project)
    assert title in text and "$as_" not in text and "://" not in text


def test_folders_of_this_computer(ask, tmp_path):
    (tmp_path / "导出").mkdir()
    (tmp_path / "导出" / "台账.csv").write_text("a", encoding="utf-8")
    assert "导出" in json.loads(ask("folders", path=tmp_path))["folders"]
    found = json.loads(ask("folders", path=tmp_path / "导出"))
    assert (found["files"], found["above"]) == (1, str(tmp_path))
    assert "complaint" in json.loads(ask("folders", path=tmp_path / "nowhere"))


def test_a_command_runs_with_a_key_of_this_user_and_its_lines_are_shown(ask, project, tmp_path):
    assert json.loads(ask("state", slug="anhui"))["working"] is False
    ask("run", command="new-province", slug="anhui", folder="/数据 一")
    for _ in range(100):
        state = json.loads(ask("state", slug="anhui", since=0))
        if not state["working"]:
            break
        time.sleep(0.05)
    key = tmp_path / "home" / "jianfu-key.txt"
    assert state["lines"] == ["asked new-province anhui /数据 一 --language en", f"key {key}"]
    assert len(key.read_text().strip()) == 64 and key.stat().st_mode & 0o777 == 0o600
    assert assistant.key_file() == key  # made once
    assert state["pages"] == ["report"]


def test_pages_are_opened_by_name_only(ask, project, opened):
    ask("open", page="report", slug="anhui")
    assert opened == [project / "results/anhui/release/report.docx"]


@pytest.mark.parametrize(
    ("secret", "name"), [("other", "folders"), ("secret", "files"), ("secret", "../state")]
)
def test_nothing_is_answered_without_the_secret_or_to_other_questions(ask, secret, name):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        ask(name, secret=secret)


def test_no_page_outside_the_project_is_opened(ask, opened):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        ask("open", page="report", slug="../../elsewhere")
    assert opened == []


def test_a_file_that_no_program_opens_is_named(project):
    def refuse(path):
        raise FileNotFoundError(2, "no program", "xdg-open")

    helper = assistant.Assistant(project, refuse)
    helper.open("report", "anhui")
    assert "report.docx" in helper.state("anhui", 0)["lines"][0]
