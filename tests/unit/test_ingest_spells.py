"""Roster and ledger joined into spells: exits, secondments, returns, transfers, conflicts, both kinds of stock."""

from datetime import date

import pyarrow as pa
import pytest
from ingest_cases import ingest_rows, write_csv

from jianfu.core.errors import DataError
from jianfu.core.keys import SYNTHETIC_KEY, person_key
from jianfu.ingest.build import level_of
from jianfu.ingest.people import normal_id
from jianfu.ingest.spells import assemble

ROSTER = ["身份证号", "性别", "工作单位", "学历", "到现单位时间"]
LEDGER = ["身份证号", "增减类别", "单位", "变动时间", "变动原因", "去向层级", "到本单位时间"]


def _number(serial, born="19920304"):
    """A valid ID number of an invented person (unassigned prefix 39)."""
    first = f"390101{born}{serial:03d}"
    return next(first + digit for digit in "0123456789X" if normal_id(first + digit))


A, B, C = (_number(n) for n in (1, 2, 3))
KEYS = {person_key(number, SYNTHETIC_KEY): name for name, number in (("A", A), ("B", B), ("C", C))}


def _spells(tmp_path, roster, ledger, stock="opening"):
    write_csv(tmp_path / "增减.csv", [LEDGER, *ledger])
    sources = [{"table": "ledger", "files": ["增减.csv"]}] if ledger else []
    return ingest_rows(
        tmp_path, "spells", [ROSTER, *roster], "花名册.csv", sources=sources, data={"roster": stock}
    )


def _brief(result):
    """(person, last three digits of unit, on post, start, end, exit, destination) of every spell."""
    found = [
        (
            KEYS[s["person_key"]],
            s["unit_code"][-3:],
            s["on_post"],
            *(None if s[n] is None else str(s[n]) for n in ("spell_start", "spell_end")),
            s["exit_type"],
            s["destination_level"],
        )
        for s in result.canonical.to_pylist()
    ]
    return sorted(found, key=lambda row: tuple(map(str, row)))


def _notices(result):
    return {
        kind: rows for kind, rows in zip(result.notices["kind"], result.notices["rows"], strict=True) if rows
    }


def test_roster_alone_gives_open_posts(tmp_path):
    result = _spells(tmp_path, [[A, "女", "河口镇", "本科", "2015-03-01"]], [])
    assert _brief(result) == [("A", "101", True, "2015-03-01", None, None, None)]
    spell = result.canonical.to_pylist()[0]
    assert (spell["birth_ym"], spell["sex"], spell["education"]) == ("1992-03", "男", "本科")
    # the ID says male; the column says otherwise and is counted
    assert ("contradiction", "sex", 1) in set(
        zip(*(result.notices[c] for c in ("kind", "column", "rows")), strict=True)
    )


def test_a_movement_that_is_neither_in_nor_out_is_no_departure():
    row = {
        "person_key": "p",
        "unit_code": "u",
        "src": 0,
        "row": 1,
        "spell_start": None,
        "date": date(2024, 1, 1),
    }
    ledger = pa.Table.from_pylist([{**row, "movement": "增员"}])
    with pytest.raises(DataError, match="movement '增员', which is neither in nor out"):
        assemble(ledger.slice(0, 0), ledger, pa.schema([("person_key", pa.string())]), date(2025, 1, 1))


def test_own_wording_that_leads_to_a_known_wording(tmp_path):
    roster = [[A, "男", "河口镇", "本科", "2015-03-01"]]
    ledger = [LEDGER, [C, "进来", "河口镇", "2024-04-01", "新录用", "", ""]]
    write_csv(tmp_path / "增减.csv", ledger)
    source = {"table": "ledger", "files": ["增减.csv"], "values": {"movement": {"进来": "增员"}}}
    result = ingest_rows(tmp_path, "spells", [ROSTER, *roster], "花名册.csv", sources=[source])
    assert ("C", "101", True, "2024-04-01", None, None, None) in _brief(result)


def test_exit_entry_and_transfer(tmp_path):
    roster = [[A, "男", "河口镇", "本科", "2015-03-01"], [B, "男", "河口镇", "本科", "2016-03-01"]]
    ledger = [
        [A, "减员", "河口镇", "2024-02-10", "公开遴选", "市直", "2015-03-01"],
        [B, "减员", "河口镇", "2024-03-10", "乡镇间调动", "乡镇", "2016-03-01"],
        [B, "增员", "甲县城关镇", "2024-03-11", "乡镇间调入", "", ""],
        [C, "增员", "河口镇", "2024-04-01", "新录用", "", ""],
    ]
    result = _spells(tmp_path, roster, ledger)
    assert _brief(result) == [
        ("A", "101", True, "2015-03-01", "2024-02-10", "遴选", "市"),
        ("B", "100", True, "2024-03-11", None, None, None),
        ("B", "101", True, "2016-03-01", "2024-03-10", "乡镇间调动", "乡"),
        ("C", "101", True, "2024-04-01", None, None, None),
    ]
    moved = next(s for s in result.canonical.to_pylist() if s["unit_code"] == "390101100")
    assert moved["education"] == "本科"
    assert result.counts.groupby("outcome")["rows"].sum()["kept"] == 6


def test_secondment_and_return(tmp_path):
    roster = [[A, "男", "河口镇", "本科", "2015-03-01"]]
    ledger = [
        [A, "减员", "河口镇", "2024-02-10", "借调", "县直", "2015-03-01"],
        [A, "增员", "河口镇", "2024-08-01", "借调返回", "", ""],
    ]
    assert _brief(_spells(tmp_path, roster, ledger)) == [
        ("A", "101", False, "2024-02-11", "2024-07-31", None, None),
        ("A", "101", True, "2015-03-01", "2024-02-10", "借调", "县"),
        ("A", "101", True, "2024-08-01", None, None, None),
    ]


def test_leaving_while_seconded(tmp_path):
    roster = [[A, "男", "河口镇", "本科", "2015-03-01"]]
    ledger = [
        [A, "减员", "河口镇", "2024-02-10", "借调", "县直", "2015-03-01"],
        [A, "减员", "河口镇", "2024-08-01", "调出", "", "2015-03-01"],
    ]
    result = _spells(tmp_path, roster, ledger)
    assert _brief(result) == [
        ("A", "101", False, "2024-02-11", "2024-08-01", "调出", None),
        ("A", "101", True, "2015-03-01", "2024-02-10", "借调", "县"),
    ]
    assert _notices(result)["missing_destination"] == 1


@pytest.mark.parametrize("stated", ["2023-10-19", ""])
def test_exit_before_entry_rejects_the_ledger_row_only(tmp_path, stated):
    roster = [[A, "男", "河口镇", "本科", "2023-10-19"]]
    ledger = [[A, "减员", "河口镇", "2023-04-05", "借调", "县直", stated]]
    result = _spells(tmp_path, roster, ledger)
    assert _brief(result) == [("A", "101", True, "2023-10-19", None, None, None)]
    assert result.quarantine[["file", "row", "column", "reason"]].to_numpy().tolist() == [
        ["增减.csv", 2, "spell_end", "exit_before_entry"]
    ]


def test_two_posts_at_a_time_are_both_rejected(tmp_path):
    roster = [
        [A, "男", "河口镇", "本科", "2015-03-01"],
        [A, "男", "甲县城关镇", "本科", "2019-03-01"],
        [B, "男", "河口镇", "本科", "2015-03-01"],
    ]
    ledger = [[B, "增员", "甲县城关镇", "2024-05-01", "调入", "", ""]]
    result = _spells(tmp_path, roster, ledger)
    assert _brief(result) == []
    assert result.quarantine[["file", "row", "reason"]].to_numpy().tolist() == [
        ["花名册.csv", 2, "overlapping_spell"],
        ["花名册.csv", 3, "overlapping_spell"],
        ["花名册.csv", 4, "overlapping_spell"],
        ["增减.csv", 2, "overlapping_spell"],
    ]


def test_overlap_of_a_month_is_no_conflict(tmp_path):
    roster = [[A, "男", "河口镇", "本科", "2015-03-01"]]
    ledger = [
        [A, "增员", "甲县城关镇", "2024-05-01", "调入", "", ""],
        [A, "减员", "河口镇", "2024-05-31", "乡镇间调动", "乡镇", "2015-03-01"],
    ]
    result = _spells(tmp_path, roster, ledger)
    assert [spell[3:5] for spell in _brief(result)] == [("2024-05-01", None), ("2015-03-01", "2024-05-31")]


def test_movement_without_a_post_is_an_orphan(tmp_path):
    roster = [[A, "男", "河口镇", "本科", "2015-03-01"]]
    ledger = [
        [B, "减员", "河口镇", "2024-05-01", "辞职", "体制外", ""],
        [A, "减员", "河口镇", "2024-05-01", "辞职", "体制外", "2015-03-01"],
        [A, "减员", "河口镇", "2024-09-01", "退休", "", "2015-03-01"],
    ]
    result = _spells(tmp_path, roster, ledger)
    assert _brief(result) == [
        ("A", "101", True, "2015-03-01", "2024-05-01", "辞职", "其他"),
        ("A", "101", True, None, "2024-09-01", "退休", None),
        ("B", "101", True, None, "2024-05-01", "辞职", "其他"),
    ]
    assert _notices(result)["orphan_movement"] == 2


def test_return_to_work(tmp_path):
    ledger = [
        [A, "增员", "河口镇", "2024-01-05", "新录用", "", ""],
        [A, "减员", "河口镇", "2024-05-01", "辞职", "体制外", "2024-01-05"],
        [A, "增员", "甲县城关镇", "2024-09-01", "新录用", "", ""],
    ]
    result = _spells(tmp_path, [[B, "男", "河口镇", "本科", "2015-03-01"]], ledger)
    assert [s[:5] for s in _brief(result)][:2] == [
        ("A", "100", True, "2024-09-01", None),
        ("A", "101", True, "2024-01-05", "2024-05-01"),
    ]


def test_closing_stock(tmp_path):
    roster = [
        [A, "男", "河口镇", "本科", "2015-03-01"],
        [B, "男", "河口镇", "本科", "2024-03-01"],
    ]
    ledger = [
        [A, "减员", "河口镇", "2024-02-10", "借调", "县直", ""],
        [B, "增员", "河口镇", "2024-03-01", "新录用", "", ""],
        [C, "减员", "河口镇", "2024-06-30", "退休", "", "1999-07-01"],
    ]
    result = _spells(tmp_path, roster, ledger, "closing")
    assert _brief(result) == [
        ("A", "101", False, "2024-02-11", None, None, None),
        ("A", "101", True, "2015-03-01", "2024-02-10", "借调", "县"),
        ("B", "101", True, "2024-03-01", None, None, None),
        ("C", "101", True, "1999-07-01", "2024-06-30", "退休", None),
    ]
    assert result.canonical.to_pylist()[0]["education"] in ("本科", None)


def test_employee_number_instead_of_id(tmp_path):
    rows = [
        ["工号", "出生年月", "性别", "工作单位", "到现单位时间"],
        ["0017", "1992年3月", "女", "河口镇", "2015-03-01"],
    ]
    spell = ingest_rows(tmp_path, "spells", rows).canonical.to_pylist()[0]
    assert (spell["birth_ym"], spell["sex"], spell["spell_start"]) == ("1992-03", "女", date(2015, 3, 1))
    assert len(spell["person_key"]) == 64


LEAVERS = ["身份证号", "性别", "工作单位", "到现单位时间"]
FIRST = ["河口镇", "2015-03-01"]


def _roster(folder, columns, *cells, ledger=(), stock="opening", name="花名册.csv", head=LEAVERS):
    """Spells of a roster of one man after the other with further ``columns``, one list of ``cells`` each."""
    rows = [[_number(n), "男", *FIRST, *own] for n, own in enumerate(cells, 1)]
    sources = [{"table": "ledger", "files": ["增减.csv"]}] if ledger else []
    if ledger:
        write_csv(folder / "增减.csv", [LEDGER, *ledger])
    return ingest_rows(
        folder, "spells", [[*head, *columns], *rows], name, sources=sources, data={"roster": stock}
    )


def _ends(result):
    """(end, exit, destination, on post) of every spell, in order of the rows of the roster."""
    rows = zip(result.origins["row"].to_pylist(), result.canonical.to_pylist(), strict=True)
    return [
        (s["spell_end"] and str(s["spell_end"]), s["exit_type"], s["destination_level"], s["on_post"])
        for _, s in sorted(rows, key=lambda row: row[0])
    ]


def test_a_roster_says_who_has_left(tmp_path):
    columns = ["员工状态", "离职日期", "离职原因", "调往单位"]
    result = _roster(
        tmp_path,
        columns,
        ["在职", "", "", ""],
        ["离职", "2023-06-30", "辞去公职", ""],
        ["调离", "2023-05-31", "", "丙市甲县某局"],
        ["已退休", "", "", ""],
        ["在岗", "2026-01-01", "", ""],
        ["离职", "2014-01-01", "辞职", ""],
        ["", "2023-07-01", "", "省某厅"],
        ["", "", "死亡", ""],
    )
    assert _ends(result) == [
        (None, None, None, True),
        ("2023-06-30", "辞职", None, True),
        ("2023-05-31", "调出", "县", True),
        (None, "退休", None, False),
        (None, None, None, True),
        ("2023-07-01", None, "省", True),
        (None, "死亡", None, False),
    ]
    assert result.quarantine[["row", "column", "reason"]].to_numpy().tolist() == [
        [7, "leave_date", "exit_before_entry"]
    ]
    assert _notices(result)["roster_leavers"] == 3 and _notices(result)["leaver_without_date"] == 2


def test_the_column_of_the_day_says_how_somebody_left(tmp_path):
    columns = ["退休时间", "调出时间", "去向"]
    cells = [["2020-03", "", ""], ["", "2022-05-31", "市直"], ["2031-12", "", ""], ["", "", ""]]
    assert _ends(_roster(tmp_path, columns, *cells)) == [
        ("2020-03-01", "退休", None, True),
        ("2022-05-31", "调出", "市", True),
        (None, None, None, True),
        (None, None, None, True),
    ]


@pytest.mark.parametrize("stock", ["opening", "closing"])
def test_a_departure_in_roster_and_ledger_is_one(tmp_path, stock):
    ledger = [[_number(1), "减员", "河口镇", "2023-06-15", "遴选", "市", ""]]
    result = _roster(
        tmp_path,
        ["离职日期", "离职原因"],
        ["2023-06-30", ""],
        ["", ""],
        ["2022-01-31", "辞职"],
        ledger=ledger,
        stock=stock,
    )
    found = sorted(_ends(result), key=str)
    assert found == [
        ("2022-01-31", "辞职", None, True),
        ("2023-06-15", "遴选", "市", True),
        (None, None, None, True),
    ]


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("退休人员名册.csv", "退休"),
        ("调出人员.csv", "调出"),
        ("在职人员.csv", None),
        ("在职和退休人员.csv", None),
    ],
)
def test_the_name_of_a_file_says_how_its_people_left(tmp_path, name, left):
    (found,) = _ends(_roster(tmp_path, [], [], name=name))
    assert found == (None, left, None, left is None)


@pytest.mark.parametrize(
    ("office", "level"),
    [
        ("河口镇", "乡"),
        ("丙市甲县某局", "县"),
        ("市某局", "市"),
        ("某省某厅", "省"),
        ("国家某局", "国家"),
        ("某集团", "其他"),
    ],
)
def test_level_of_an_office(office, level):
    assert level_of(office) == level


@pytest.mark.parametrize(
    ("name", "movement"),
    [
        ("增员", "in"),
        ("2024年减少人员", "out"),
        ("调入", "in"),
        ("退休", "out"),
        ("增减员", None),
        ("变动表", None),
    ],
)
def test_a_file_that_holds_one_kind_of_movement_says_so_by_its_name(tmp_path, name, movement):
    """Files and sheets 增员 and 减员 need no column; a name of both says nothing, then the reason does."""
    (tmp_path / "花名册.csv").write_text("")
    write_csv(tmp_path / "花名册.csv", [ROSTER, [A, "男", "河口镇", "本科", "2019-01-01"]])
    rows = [["身份证号", "单位", "变动时间"], [B if movement == "in" else A, "河口镇", "2024-05-06"]]
    write_csv(tmp_path / f"{name}.csv", rows)
    sources = [{"table": "ledger", "files": [f"{name}.csv"]}]
    if movement is None:
        with pytest.raises(DataError):
            ingest_rows(tmp_path, "spells", None, "花名册.csv", sources=sources)
        return
    spells = ingest_rows(tmp_path, "spells", None, "花名册.csv", sources=sources).canonical.to_pylist()
    ends = {KEYS[s["person_key"]]: s["spell_end"] for s in spells}
    assert (ends["A"] is not None) == (movement == "out")
