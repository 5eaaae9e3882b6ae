"""Names in a province file that do not exist, and wordings that lead nowhere, stop the run before any job."""

import pytest
from ingest_cases import PLAN, SCHEMA
from province_cases import FILE, FURTHER, MINIMAL, ROOT, province_loader

from jianfu.core.errors import ConfigError
from jianfu.ingest.schema import load_tables
from jianfu.province.names import plan_names

BASE = MINIMAL + FURTHER


@pytest.fixture
def load(tmp_path, monkeypatch):
    loader = province_loader(tmp_path, monkeypatch)
    return lambda extra="", base=BASE: loader(extra, base)


ACCEPTED = {
    "known wording of a value": "values: {movement: {进来: 增员, 走了: out}}\n",
    "value": "values: {exit_type: {选走了: 遴选}}\n",
    "yes and no": "values: {boolean: {红: true, 绿: 否}, is_veto: {一票: 1}}\n",
    "scale and item": "values: {burnout: {从不: 0, 每天: 6}, MW1: {正是如此: 5}}\n",
    "scale with a range of the province": "values: {burnout: {每天: 7}}\nsurvey: {ranges: {burnout: [1, 7]}}\n",
    "unit": "values: {unit_code: {县城那个镇: 甲县城关镇}}\n",
}


@pytest.mark.parametrize("extra", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_wordings_that_lead_somewhere(load, extra):
    load(extra)


GLOBAL = {
    "no value of the column": (
        "values: {exit_type: {选走了: 遴遴选}}\n",
        "'values.exit_type' leads '选走了' to '遴遴选', which is no value of exit_type; did you mean '遴选'?",
    ),
    "value far from all": (
        "values: {movement: {进来: arrived}}\n",
        "'values.movement' leads '进来' to 'arrived', which is no value of movement; valid are in, out.",
    ),
    "column": (
        "values: {exit_typ: {选走了: 遴选}}\n",
        "'values' has wordings for 'exit_typ', which is no column that has wordings; did you mean 'exit_type'?",
    ),
    "name of a unit": (
        "values: {unit_name: {城关: 城关镇}}\n",
        "'values' has wordings for 'unit_name', which is no column that has wordings; did you mean",
    ),
    "neither yes nor no": (
        "values: {is_veto: {一票: 也许}}\n",
        "'values.is_veto' leads '一票' to '也许', which is neither yes nor no; valid are true, false.",
    ),
    "no code": (
        "values: {burnout: {每天: 7}}\n",
        "'values.burnout' leads '每天' to '7', which is no code of burnout; valid are numbers from 0 to 6.",
    ),
    "text for a code": (
        "values: {MW1: {是: 很}}\n",
        "'values.MW1' leads '是' to '很', which is no code of meaning",
    ),
}


@pytest.mark.parametrize("extra, sentence", GLOBAL.values(), ids=GLOBAL.keys())
def test_wordings_that_lead_nowhere(load, extra, sentence):
    with pytest.raises(ConfigError) as caught:
        load(extra)
    assert str(caught.value).startswith(f"{FILE}: {sentence}")


SOURCES = {
    "column in values": (
        "ledger, values: {exit_tpe: {选走了: 遴选}}",
        "'sources[5].values' has wordings for 'exit_tpe', which is no column that has wordings; "
        "did you mean 'exit_type'?",
    ),
    "value in values": (
        "ledger, values: {movement: {进来: 某某}}",
        "'sources[5].values.movement' leads '进来' to '某某', which is no value of movement; valid are in, out.",
    ),
    "column of another table": (
        "ledger, values: {event_label: {查: 检查}}",
        "'sources[5].values' has wordings for 'event_label', which is no column that has wordings",
    ),
    "percent": (
        "unit_year, percent: [nonsense]",
        "'sources[7].percent' names 'nonsense', which is no number of unit_year; valid are n_basic_duty",
    ),
    "percent of a text": (
        "ledger, percent: [exit_type]",
        "'sources[5].percent' names 'exit_type', which is no number of ledger; valid are none.",
    ),
    "fixed": (
        "ledger, fixed: {exit_typ: 遴选}",
        "'sources[5].fixed' names 'exit_typ', which is no column of ledger; did",
    ),
    "fixed to no value": (
        "ledger, fixed: {exit_type: 遴遴选}",
        "'sources[5].fixed' sets exit_type to '遴遴选', which is no value of exit_type; did you mean '遴选'?",
    ),
    "fill": (
        "ledger, fill: {nonsense: sheet}",
        "'sources[5].fill' names 'nonsense', which is no column of ledger; ",
    ),
    "unpivot": (
        "app_activity, unpivot: {次: {app_nam: 政务通}}",
        "'sources[3].unpivot.次' names 'app_nam', which is no column of app_activity; did you mean 'app_name'?",
    ),
    "unpivot to no value": (
        "app_activity, unpivot: {次: {app_name: 政务通, action_type: 打打卡}}",
        "'sources[3].unpivot.次' sets action_type to '打打卡', which is no value of action_type; did you mean '打卡'?",
    ),
    "unpivot of no count": (
        "ledger, unpivot: {次: {movement: in}}",
        "'sources[5].unpivot' does not apply: ledger has no count",
    ),
    "unpivot beside fixed": (
        "app_activity, fixed: {action_type: 打卡}, unpivot: {次: {app_name: 政务通, action_type: 打卡}}",
        "'sources[3].unpivot.次' gives action_type, and so does 'fixed' of this source",
    ),
    "two columns that are one": (
        "app_activity, unpivot: {早: {app_name: 政务通, action_type: 打卡}, 晚: {app_name: 政务通, action_type: 打卡}}",
        "'sources[3].unpivot' says the same of '晚' and '早'",
    ),
    "derived column": (
        "tasks, columns: {精度: issue_precision}",
        "'sources[2].columns' maps '精度' to 'issue_precision', which is no column of tasks; there are",
    ),
}


@pytest.mark.parametrize("entry, sentence", SOURCES.values(), ids=SOURCES.keys())
def test_names_in_sources(load, entry, sentence):
    table = entry.partition(",")[0]
    with pytest.raises(ConfigError) as caught:
        load(base=BASE.replace(f"{{table: {table},", f"{{table: {entry},"))
    assert str(caught.value).startswith(f"{FILE}: {sentence}")


def test_inputs_and_items_are_columns(load):
    entry = "survey, fixed: {county_name: 甲县, wave: 1}, fill: {unit_name: sheet}, columns: {问: EE1}, "
    entry += "values: {meaning: {对: 5}}"
    load(base=BASE.replace("{table: survey,", f"{{table: {entry},"))


def test_fixed_wording_of_the_same_source(load):
    entry = "ledger, fixed: {movement: 走}, values: {movement: {走: 减员}}"
    load(base=BASE.replace("{table: ledger,", f"{{table: {entry},"))


def test_names_are_those_that_ingestion_knows():
    """The columns that settings may name are the columns that ingestion reads."""
    tables = load_tables(SCHEMA, PLAN / "scales.yaml")
    named = plan_names(ROOT)["tables"]
    assert set(named) == set(tables) - {"spells"}
    for name, table in tables.items():
        if name != "spells":
            derived = {column for column, entry in table.columns.items() if entry.derived}
            extra = {"CY5"} if name == "survey" else set()  # of another version of a scale
            assert set(named[name]) == (set(table.known) | extra) - derived


def test_another_scoring_key_brings_its_items_and_range(load):
    found = load("survey: {keys: {burnout: burnout_16}}")
    assert found["survey"]["keys"] == {"burnout": "burnout_16"}
    tables = load_tables(SCHEMA, PLAN / "scales.yaml", {"burnout": [1, 7]}, {"burnout": "burnout_16"})
    items = [name for name, column in tables["survey"].columns.items() if column.type == "item"]
    assert items[5:10] == ["CY1", "CY2", "CY3", "CY4", "CY5"] and len(items) == 43
    assert tables["survey"].columns["CY5"].high == 7


def test_unknown_scoring_key(load):
    with pytest.raises(ConfigError, match="'burnout_61', which .* did you mean 'burnout_16'"):
        load("survey: {keys: {burnout: burnout_61}}")
    with pytest.raises(ConfigError, match="names the scale 'burnot'"):
        load("survey: {keys: {burnot: burnout_16}}")
