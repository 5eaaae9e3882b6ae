"""Own columns of common tables, from the raw file to the tables of the models."""

import numpy as np
import pandas as pd
import pytest
from ingest_cases import ingest_rows
from miniature import DEFINITIONS

from jianfu.core.errors import DataError
from jianfu.core.tables import with_own
from jianfu.exits import cells
from jianfu.exits.person_months import own_level, person_months
from jianfu.models.tables.table import with_traits
from jianfu.survey.scoring import _plain

WINDOW = ("2024-01", "2024-06")


def spells(**own):
    """Three persons at one unit for the whole window, with own columns."""
    return pd.DataFrame(
        {
            "person_key": ["a", "b", "c"],
            "unit_code": "U1",
            "birth_ym": "1992-05",
            "sex": "男",
            "on_post": True,
            "spell_start": pd.Timestamp("2020-01-01"),
            "spell_end": pd.NaT,
            "lock_until": pd.NaT,
            "exit_type": None,
            "destination_level": None,
            **own,
        }
    )


def test_the_types_of_a_source_become_columns_of_its_table_and_a_rosters_of_the_spells():
    tables = {"roster": {"columns": {"unit_code": {}}}, "spells": {"columns": {}}, "units": {"columns": {}}}
    found = with_own(tables, [{"table": "roster", "types": {"own_resident": "boolean"}}])
    assert found["roster"]["columns"]["own_resident"] == found["spells"]["columns"]["own_resident"]
    assert found["units"] == tables["units"] and "own_resident" not in tables["spells"]["columns"]


OWN_TYPES = {"own_resident": "boolean", "own_kind": "text", "own_hours": "number"}
STAFF = {"own_resident": "是否驻村", "own_kind": "岗位种类", "own_hours": "周工时"}


@pytest.mark.parametrize(
    ("cells", "wanted", "disputed"),
    [
        ([("是", "甲", "40"), ("否", "乙", "")], (None, None, 40), {"own_resident", "own_kind"}),
        ([("", "甲", "38"), ("是", "甲", "38.0"), ("是", "", "38")], (True, "甲", 38), set()),
        ([("是", "甲", "40")], (True, "甲", 40), set()),
    ],
)
def test_an_own_column_decides_over_no_row_of_a_common_table(tmp_path, cells, wanted, disputed):
    """Rows of a person that differ in it alone are one; where they contradict each other the cell has no value."""
    head = ["工号", "出生年月", "单位", "到现单位时间", *STAFF.values()]
    rows = [["G1", "1992-03", "河口镇", "2015-03-01", *own] for own in cells]
    rows.insert(1, ["G2", "1990-01", "河口镇", "2016-03-01", "否", "丙", "45"])
    source = {"columns": {"工号": "employee_id"} | {h: c for c, h in STAFF.items()}, "types": OWN_TYPES}
    found = ingest_rows(tmp_path, "spells", [head, *rows], "花名册.csv", source=source)
    persons = {row["birth_ym"]: tuple(row[name] for name in OWN_TYPES) for row in found.canonical.to_pylist()}
    assert persons == {"1992-03": wanted, "1990-01": (False, "丙", 45)} and found.quarantine.empty
    outcomes = found.counts.groupby("outcome")["rows"].sum()
    assert (outcomes["kept"], outcomes["duplicate"]) == (2, len(cells) - 1)
    told = found.notices[found.notices["kind"] == "disputed_own"]
    assert set(told["column"]) == disputed and (told["rows"] == 1).all()


def test_the_columns_of_an_own_table_are_its_content(tmp_path):
    """Two counts of one unit and month: neither is known to be right."""
    rows = [["单位", "月份", "消息数"], ["河口镇", "2024-03", "5"], ["河口镇", "2024-03", "6"]]
    source = {"table": "own_messages", "columns": {"消息数": "own_n"}, "types": {"own_n": "count"}}
    found = ingest_rows(tmp_path, "own_messages", rows, source=source)
    assert found.canonical.num_rows == 0 and set(found.quarantine["reason"]) == {"conflicting_duplicate"}


def test_an_own_table_has_a_row_per_unit_and_month_or_day():
    monthly = {"table": "own_m", "types": {"n": "count"}}
    daily = {"table": "own_d", "types": {"n": "count"}, "columns": {"日期": "date"}}
    found = with_own({}, [monthly, daily])
    assert found["own_m"]["key"] == ["unit_code", "month"] and found["own_d"]["key"] == ["unit_code", "date"]


def test_own_columns_of_the_roster_part_the_cells_and_numbers_stay_numbers():
    own = {"own_resident": [True, False, None], "own_kind": ["甲", None, "乙"]}
    months, _ = person_months(spells(**own), WINDOW, DEFINITIONS, details=True)
    found = cells.own_cells(months)
    assert found["n"].sum() == len(months) == 18
    by_value = found.groupby("own_resident", dropna=False)["n"].sum()
    assert by_value[1.0] == by_value[0.0] == by_value[np.nan] == 6
    assert set(found["own_kind"].dropna()) == {"甲", "乙"}
    common = cells.hazard_cells(months)
    assert common["n"].sum() == 18 and "own_resident" not in common


def test_without_own_columns_there_are_no_own_cells():
    months, _ = person_months(spells(), WINDOW, DEFINITIONS, details=True)
    assert len(cells.own_cells(months)) == 0


def test_levels_and_answers_of_own_columns():
    assert [own_level(value) for value in (True, 2, "甲", None, np.nan)] == ["1.0", "2.0", "甲", "", ""]
    assert _plain(pd.Series([True, None, False], dtype=object)).tolist()[::2] == [1.0, 0.0]
    assert _plain(pd.Series(["甲", None], dtype=object)).iloc[0] == "甲"


def test_own_columns_of_the_unit_table_are_traits():
    units = pd.DataFrame(
        {
            "unit_code": ["U1", "U2"],
            "valid_from": pd.NaT,
            "own_border": [True, False],
            "own_zone": ["北", "南"],
        }
    )
    found = with_traits(pd.DataFrame({"unit_code": ["U2", "U1", "U1"]}), units)
    assert found["own_border"].tolist() == [0.0, 1.0, 1.0] and list(found["own_zone"]) == ["南", "北", "北"]


def test_a_heading_of_an_own_column_that_no_file_has_stops_with_the_nearest_one(tmp_path):
    head = ["工号", "出生年月", "单位", "到现单位时间", "是否驻村"]
    rows = [head, ["G1", "1992-03", "河口镇", "2015-03-01", "是"]]
    source = {
        "columns": {"工号": "employee_id", "是否驻镇": "own_resident"},
        "types": {"own_resident": "boolean"},
    }
    with pytest.raises(DataError, match="maps the heading '是否驻镇'.*did you mean '是否驻村'"):
        ingest_rows(tmp_path, "spells", rows, source=source)
    source["columns"]["是否驻村"] = "own_resident"  # the other heading is that of other years
    found = ingest_rows(tmp_path, "spells", rows, source=source)
    assert found.canonical.column("own_resident").to_pylist() == [True]
