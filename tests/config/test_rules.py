"""Settings that make no sense together, and files that are not there, stop the run before any job."""

from pathlib import Path

import pytest
from province_cases import FILE, MINIMAL, load_command, province_loader

from jianfu.core.errors import ConfigError


@pytest.fixture
def load(tmp_path, monkeypatch):
    return province_loader(tmp_path, monkeypatch)


def _sentence(load, *arguments, **options):
    with pytest.raises(ConfigError) as caught:
        load(*arguments, **options)
    assert "\n" not in str(caught.value) and str(caught.value).startswith(f"{FILE}: ")
    return str(caught.value).removeprefix(f"{FILE}: ")


TOGETHER = {
    "ranges": (
        "survey: {ranges: {burnout: [6, 0]}}\n",
        "'survey.ranges.burnout' must give the lower code first",
    ),
    "office hours reversed": (
        'calendar: {office_hours: [["12:00", "08:00"]]}\n',
        "'calendar.office_hours' must list periods in order that do not overlap and end after they begin; "
        "[12:00, 08:00] does not fit.",
    ),
    "office hours overlapping": (
        'calendar: {office_hours: [["08:00", "12:00"], ["11:00", "17:00"]]}\n',
        "'calendar.office_hours' must list periods",
    ),
    "no models": (
        "models: []\n",
        "'models' must be all, or a list of at least one model name, not an empty list.",
    ),
    "method of the indices": (
        "indices: {weights: entropie}\n",
        "indices: 'weights' cannot be 'entropie'; did you mean 'entropy'",
    ),
    "geometric mean of burden": (
        "indices: {aggregation: geometric}\n",
        "indices: the geometric mean is taken on the relief scale",
    ),
    "limits without effect": (
        "indices: {limits: {A1_tasks: [0, 9]}}\n",
        "'indices.limits' has no effect with the method none; leave it out.",
    ),
    "limits reversed": (
        "indices: {treatment: limits, limits: {A1_tasks: [9, 0]}}\n",
        "'indices.limits.A1_tasks' must give the lower value first.",
    ),
    "no such indicator": (
        "indices: {treatment: limits, limits: {A1_task: [0, 9]}}\n",
        "'indices.limits' ",
    ),
    "no such anchors": (
        "indices: {anchors: common.json}\n",
        "'indices.anchors' names 'common.json', which does not exist",
    ),
    "share": ("indices: {min_share: 60}\n", "'indices.min_share' must be between 0 and 1, not '60'."),
    "open range": (
        "inference: {confidence: 95}\n",
        "'inference.confidence' must be above 0.5 and below 1, not '95'.",
    ),
    "half a range": ("inference: {bootstrap: 5}\n", "'inference.bootstrap' must be at least 99, not '5'."),
    "number of entries": ("exposure: {lags: [1]}\n", "'exposure.lags' must have at least 2 entries, not 1."),
    "two letters": ("language: cn\n", "'language' cannot be 'cn'; valid are zh, en."),
    "number as a key": ("5: 1\n", "unknown key '5'; valid here are province,"),
}


@pytest.mark.parametrize("extra, sentence", TOGETHER.values(), ids=TOGETHER.keys())
def test_nonsense_gets_its_sentence(load, extra, sentence):
    assert _sentence(load, extra).startswith(sentence)


WINDOW = '["2024-01", "2025-06"]'
CHANGED = {
    "extraction before the window ends": (
        WINDOW + "}",
        WINDOW + ', extraction_date: "2025-05-31"}',
        "'data.extraction_date' (2025-05-31) lies before the last month of 'data.window' (2025-06)",
    ),
    "no name": ("zh: 测试省", 'zh: ""', "'province.name.zh' must be a text that is not empty, not ''."),
    "folder is a file": (
        "folder: raw",
        "folder: raw/tasks.csv",
        "'data.folder' names 'raw/tasks.csv', which is no folder.",
    ),
    "pattern without a match": (
        "[tasks.csv]",
        "[tsaks_*.csv]",
        "'sources[2].files' names 'tsaks_*.csv', but no such file is in config/provinces/raw; "
        "valid are app.csv, ",
    ),
    "two sources on one file": (
        "{table: tasks,",
        "{table: units, files: ['*.xlsx']}\n  - {table: tasks,",
        "units.xlsx: two sources name this file (units and units)",
    ),
    "database file": (
        "files: [tasks.csv]",
        "database: {file: tasks.db, query: select 1}",
        "'sources[2].database.file' names 'tasks.db', but no such file is in config/provinces/raw; "
        "valid are app.csv, ",
    ),
}


@pytest.mark.parametrize("old, new, sentence", CHANGED.values(), ids=CHANGED.keys())
def test_change_gets_its_sentence(load, old, new, sentence):
    assert _sentence(load, base=MINIMAL.replace(old, new)).startswith(sentence)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "/data/x.csv",
        "C:/x.csv",
        "**x.csv",
        "x**/a.csv",
        "../x.csv",
        "a/../b",
        ".",
        "./",
        "***",
        "\\\\pc\\x",
    ],
)
def test_patterns_that_cannot_be(load, pattern):
    found = _sentence(load, base=MINIMAL.replace("[tasks.csv]", f"['{pattern}']"))
    assert found.startswith(
        "'sources[2].files[1]' must be the name or pattern of a file inside the data folder"
    )


@pytest.mark.parametrize("pattern", ["**/tasks.csv", "tas*.csv", "./tasks.csv", "t[a]sks.csv"])
def test_patterns_that_can_be(load, pattern):
    load(base=MINIMAL.replace("[tasks.csv]", f"['{pattern}']"))


def test_simulation_beside_a_folder(load):
    Path("config/provinces/p.yaml").write_text("a: 1", encoding="utf-8")
    found = _sentence(load, "simulate: {parameters: p.yaml}\n")
    assert found.startswith("'simulate' makes its own raw exports and 'data.folder' names others")
    load("simulate: {parameters: p.yaml}\n", base=MINIMAL.replace("folder: raw, ", ""))


def test_holidays_without_their_columns(load):
    Path("config/provinces/days.csv").write_text("day,work\n", encoding="utf-8")
    found = _sentence(load, "calendar: {holidays: days.csv}\n")
    assert found.endswith("whose first line lacks the columns date and is_workday.")
    Path("config/provinces/days.csv").write_text("date,is_workday\n", encoding="utf-8")
    load("calendar: {holidays: days.csv}\n")


def test_name_in_one_language_is_the_slug_in_the_other(load):
    settings = load(base=MINIMAL.replace(", en: Test", ""))
    assert settings["province"]["name"] == {"zh": "测试省", "en": "sichuan"}


def test_one_workbook_for_two_tables(load):
    """Sheets that belong to different canonical tables may stand in one file."""
    load(base=MINIMAL.replace("[app.csv]", "[tasks.csv]"))


def _command(**options):
    return load_command({"provinces": "sichuan", "provinces_dir": "config/provinces", **options})


@pytest.mark.parametrize(
    "old, new, sentence",
    [
        (
            WINDOW,
            '["2025-04", "2025-06"]',
            "'data.window' has 3 months; the models need at least 4, one more than the farther month of",
        ),
        (
            WINDOW,
            '["2024-08", "2025-06"]',
            "'indices.reference_months' is 12, but 'data.window' has only 11 months; make it smaller.",
        ),
    ],
)
def test_window_too_short_for_a_run(load, old, new, sentence):
    load(base=MINIMAL.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        _command()
    assert str(caught.value).startswith(f"{FILE}: {sentence}")


def test_real_persons_need_a_key_before_any_job(load, monkeypatch):
    for name in ("JIANFU_KEY", "JIANFU_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    load(base=MINIMAL.replace("synthetic: true", "synthetic: false"))
    with pytest.raises(
        ConfigError, match="^config/provinces/sichuan.yaml: No key for pseudonyms: set JIANFU_KEY_FILE"
    ):
        _command()
    monkeypatch.setenv("JIANFU_KEY", "a key for this test, long enough to be one")
    assert list(_command()) == ["sichuan"]
    monkeypatch.delenv("JIANFU_KEY")
    load()
    assert list(_command()) == ["sichuan"]


@pytest.mark.parametrize("provinces", ["", ",", " , "])
def test_no_province(load, provinces):
    with pytest.raises(ConfigError, match="No province is named"):
        _command(provinces=provinces)


def test_folder_of_provinces_as_a_number(load):
    with pytest.raises(ConfigError, match="--config provinces_dir: the folder '5' does not exist."):
        _command(provinces_dir=5)
