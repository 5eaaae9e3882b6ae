"""A user's own indicator panel: examples of the manual, formats, outputs, and mistakes in one sentence."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from province_cases import ROOT, load_command

from build_panel import main
from jianfu.core.errors import ConfigError, DataError
from jianfu.core.numbers import significant
from jianfu.indices.own_panel import output, periods
from jianfu.province.panel_files import files_of

MANUAL = (ROOT / "config" / "own-panel.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", MANUAL, re.S)
STEPS = ["raw", "denominated", "screened", "treated", "normalised", "aggregated"]
KEYS = ["unit", "period", "code"]
CELLS = """town,year,roads,clinics,people
甲镇,2020,1.5,4,100
甲镇,2021,,6,100
乙镇,2020,3,5,50
乙镇,2021,4.5,,50
"""
STRUCTURE = "code,parent,direction,weight,denominator\nroads,index,1,1,\nclinics,index,-1,3,people\n"
BASE = {"data": "panel.csv", "unit": "town", "period": "year", "structure": "structure.csv"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "panel.csv").write_text(CELLS, encoding="utf-8")
    (tmp_path / "structure.csv").write_text(STRUCTURE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def built(**settings):
    """{file: frame} of a panel with the settings ``BASE`` and these."""
    main({**BASE, **settings}, ["—"], "out")
    return {
        path.stem: pd.read_csv(path, encoding="utf-8-sig", dtype={"unit": str})
        for path in Path("out").glob("*.csv")
    }


def wide(frame):
    """One row per unit and period, one column per code, in the order of the file."""
    return frame.pivot_table(
        index=["unit", "period"], columns="code", values="value", sort=False, dropna=False
    )


def load(text, folder):
    """Settings of a province file with this text."""
    (folder / "own.yaml").write_text(text.replace("../../tests", str(ROOT / "tests")), encoding="utf-8")
    return load_command({"provinces": "own", "provinces_dir": str(folder)})["own"]


@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_of_the_manual_runs(text, tmp_path):
    settings = load(text, tmp_path)
    main(settings["indicators"], settings["data"]["null_tokens"], tmp_path / "panel")
    assert sorted(path.name for path in (tmp_path / "panel").iterdir()) == sorted(
        [*(f"{name}.csv" for name in (*STEPS, "weights", "diagnostics")), "anchors.json"]
    )
    for name in STEPS:
        frame = pd.read_csv(tmp_path / "panel" / f"{name}.csv", encoding="utf-8-sig")
        assert list(frame.columns) == KEYS + ["value"] + ["imputed"] * (name == "screened")
        assert not frame.duplicated(KEYS).any() and frame["value"].notna().mean() > 0.8
    weights = pd.read_csv(tmp_path / "panel" / "weights.csv", encoding="utf-8-sig")
    np.testing.assert_allclose(weights.groupby("parent")["weight"].sum(), 1)


YEARBOOK = ROOT / "tests" / "data" / "cases" / "panel-with-title-rows"


@pytest.mark.parametrize("kind", ["xlsx", "xls", "csv", "htm.xls"])
def test_titles_totals_and_notes_of_a_yearbook_are_no_units(folder, kind):
    """Title rows above the headings, 合计 and 数据来源 below; numbers as people type them; a web page called xls."""
    data = YEARBOOK / f"指标.{kind}"
    if kind in ("csv", "htm.xls"):
        cells = pd.read_excel(
            YEARBOOK / "指标.xlsx", engine="calamine", header=None, dtype=str, keep_default_na=False
        )
        rows = cells.to_numpy().tolist()
        lines = [[cell for cell in row if cell] if n < 2 else row for n, row in enumerate(rows)]
        text = "\n".join(",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in lines)
        if kind == "htm.xls":
            cells = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
            text = "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"
        data = folder / f"指标.{kind}"
        data.write_text(text + "\n", encoding="utf-8")
    text = (YEARBOOK / "panel.yaml").read_text(encoding="utf-8").replace("指标.xlsx", str(data))
    settings = load(text, folder)
    main(settings["indicators"], settings["data"]["null_tokens"], "out")
    raw = pd.read_csv("out/raw.csv", encoding="utf-8-sig").set_index(["code", "unit"])["value"]
    assert raw["财政收入"].to_dict() == pytest.approx(
        {"甲县": 1234, "乙县": 2345, "丙县": np.nan, "丁县": 3000, "戊县": 2800}, nan_ok=True
    )
    assert raw["满意度"].to_dict() == {"甲县": 0.952, "乙县": 0.88, "丙县": 0.91, "丁县": 0.85, "戊县": 0.9}


def test_a_misspelt_parent_makes_no_second_index(folder):
    (folder / "structure.csv").write_text(
        "code,parent\nroads,index\npeople,index\nclinics,indx\n", encoding="utf-8"
    )
    with pytest.raises(ConfigError, match="'indx' is named by clinics alone; did you mean 'index'"):
        built()
    (folder / "structure.csv").write_text(
        "code,parent\nroads,index\npeople,index\nclinics,indx\nindx,\n", encoding="utf-8"
    )
    assert set(built()["weights"]["parent"]) == {"index", "indx"}


def test_rows_below_titles_are_called_as_a_spreadsheet_shows_them(folder):
    (folder / "panel.csv").write_text("某市年鉴\n\n" + CELLS + "丙镇,2020,a lot,1,1\n", encoding="utf-8")
    with pytest.raises(DataError, match="'a lot' in column 'roads', row 8"):
        built()


def test_the_steps_of_a_small_panel_by_hand(folder):
    found = built(
        normalisation="minmax",
        reference_window=[2020, 2021],
        aggregation={"method": "arithmetic", "min_share": 0.5},
    )
    clinics = np.array([0.04, 0.06, 0.1, np.nan])
    np.testing.assert_array_equal(wide(found["raw"])["clinics"], [4, 6, 5, np.nan])
    np.testing.assert_allclose(wide(found["denominated"])["clinics"], clinics)
    roads = np.array([0, np.nan, 0.5, 1])
    np.testing.assert_allclose(wide(found["normalised"])["roads"], roads)
    np.testing.assert_allclose(wide(found["normalised"])["clinics"], (0.1 - clinics) / 0.06)
    np.testing.assert_allclose(wide(found["aggregated"])["index"], [0.75, 2 / 3, 0.125, 1])
    assert found["weights"].set_index("code")["weight"].to_dict() == {"roads": 0.25, "clinics": 0.75}
    rows = found["diagnostics"].set_index(["diagnostic", "code"])["value"]
    assert rows["missing_share", "roads"] == 0.25 and rows["effective_weight", "clinics"] == 0.75


def test_the_reference_is_the_first_year_unless_it_is_declared(folder):
    base = wide(built(normalisation="minmax")["normalised"])
    assert base.loc[("甲镇", 2020), "roads"] == 0 and base.loc[("乙镇", 2021), "roads"] == 2
    months = np.array([f"2024-{month:02d}" for month in range(1, 13)] + ["2025-01"])
    assert periods.reference_rows(months, None).sum() == 12
    assert periods.reference_rows(months, ["2024-03", "2024-05"]).sum() == 3
    assert periods.reference_rows(np.array(["2020Q1", "2020Q4", "2021Q1"]), None).tolist() == [
        True,
        True,
        False,
    ]
    assert periods.reference_rows(np.array(["9", "10", "8"]), [8, 9]).tolist() == [True, False, True]
    assert periods.reference_rows(np.array(["a", "c", "b"]), ["b", "c"]).tolist() == [False, True, True]
    assert periods.number(np.array(["2023-12", "2024-02"]))[1].tolist() == [24288, 24290]


def test_gaps_are_filled_from_the_past_of_the_same_unit_and_flagged(folder):
    found = built(imputation={"method": "last", "limit": 1}, normalisation="rank")
    np.testing.assert_array_equal(wide(found["screened"])["roads"], [1.5, 1.5, 3, 4.5])
    np.testing.assert_allclose(wide(found["screened"])["clinics"], [0.04, 0.06, 0.1, 0.1])
    assert found["screened"]["imputed"].sum() == 2
    assert not built(normalisation="rank")["screened"]["imputed"].any()


@pytest.mark.parametrize("kind", ["xlsx", "parquet", "dta", "sav", "gb18030", "semicolon"])
def test_every_format_gives_the_same(folder, kind):
    expected = wide(built(normalisation="minmax")["aggregated"])
    frame = pd.read_csv("panel.csv")
    path = f"panel.{kind if kind in ('xlsx', 'parquet', 'dta', 'sav') else 'csv'}"
    if kind == "xlsx":
        frame.to_excel(path, index=False, engine="xlsxwriter")
    elif kind == "parquet":
        frame.to_parquet(path)
    elif kind == "dta":
        frame.to_stata(path, write_index=False, version=118)
    elif kind == "sav":
        pyreadstat.write_sav(frame, path)
    else:
        text = CELLS.replace(",", ";") if kind == "semicolon" else CELLS
        Path(path).write_bytes(text.encode("gb18030"))
    pd.testing.assert_frame_equal(wide(built(normalisation="minmax", data=path)["aggregated"]), expected)


def test_numbers_as_people_type_them_and_codes_with_zeros(folder):
    text = 'town,year,roads,clinics,people\n001,2020,"1,500",12.5%,1\n002,2020,—,3万,1\nNA,2020,７,NA,1\n'
    Path("panel.csv").write_text(text, encoding="utf-8")
    raw = pd.read_csv
    main({**BASE, "normalisation": "rank"}, ["—"], "out")
    found = raw("out/raw.csv", encoding="utf-8-sig", dtype={"unit": str}, keep_default_na=False)
    assert found["unit"].tolist() == ["001", "001", "002", "002", "NA", "NA"]
    assert found["value"].tolist() == ["1500", "0.125", "", "30000", "7", ""]


MISTAKES = [
    ("甲镇,2020,1,1,1\n", {}, "'甲镇' stands twice in 2020"),
    ("丙镇,2020,a lot,1,1\n", {}, "panel.csv: 'a lot' in column 'roads', row 6, is no number"),
    (",2020,1,1,1\n", {}, "row 6 has no unit"),
    ("丙镇,,1,1,1\n", {}, "row 6 has no period"),
    ("", {"period": None}, "'甲镇' stands twice; keep one row per unit, or name the column of the period"),
    ("", {"unit": "twon"}, "'unit' names 'twon', which is no column of panel.csv; did you mean 'town'"),
    ("", {"reference_window": [2019, 2019]}, "holds no row of panel.csv; its periods run from 2020 to 2021"),
    ("", {"reference_window": ["2020-01", "2020-12"]}, "holds no row of panel.csv"),
    ("", {"period": None, "reference_window": [2020, 2020]}, "'reference_window' needs 'period'"),
    ("", {"weights": "equall"}, "'weights' cannot be 'equall'; did you mean 'equal'"),
    (
        "",
        {"structure": [{"code": "raods", "parent": "i"}]},
        "'structure' names 'raods', .* did you mean 'roads'",
    ),
    ("", {"aggregation": "geometric"}, "roads, clinics: geometric aggregation needs values above zero"),
    ("", {"data": "panel.txt"}, "must end in .csv"),
]


@pytest.mark.parametrize("row, options, sentence", MISTAKES)
def test_mistakes_give_one_sentence(folder, row, options, sentence):
    Path("panel.csv").write_text(CELLS + row, encoding="utf-8")
    with pytest.raises((ConfigError, DataError), match=sentence) as caught:
        built(**options)
    assert "\n" not in str(caught.value)


def test_a_column_that_stands_twice_is_refused(folder):
    Path("panel.csv").write_text("town,year,roads,roads\nA,2020,1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="the column 'roads' stands twice"):
        built()


PROVINCE = "indicators: {data: panel.csv, unit: town, period: year, structure: structure.csv%s}\n"
SETTINGS = [
    (", wieghts: equal", "unknown key 'indicators.wieghts'; did you mean 'indicators.weights'"),
    (", weights: [equal]", "'indicators.weights' must be a method, or {method: ..., options}"),
    (", normalisation: zz", "'indicators.normalisation' cannot be 'zz'"),
    (
        ", aggregation: {method: arithmetic, p: 3}",
        "'indicators.aggregation.p' is no option of the method arithmetic",
    ),
    (", imputation: {limit: 0, method: last}", "'indicators.imputation.limit' must be at least 1, not '0'"),
    (
        ", weights: {method: ahp, matrix: m.csv}",
        "'indicators.weights.matrix' names 'm.csv', which does not exist",
    ),
    (", reference_window: [2020]", "'indicators.reference_window' must"),
]


@pytest.mark.parametrize("extra, sentence", SETTINGS)
def test_settings_are_checked_before_any_job(folder, extra, sentence):
    with pytest.raises(ConfigError, match=re.escape(sentence)) as caught:
        load(PROVINCE % extra, folder)
    assert str(caught.value).startswith("own.yaml: ") and "\n" not in str(caught.value)


def test_a_province_needs_nothing_but_its_panel_and_paths_are_relative_to_its_file(folder, monkeypatch):
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    settings = load("province: {name: {en: Own}}\n" + PROVINCE % "", folder)
    assert settings["sources"] == []
    files = files_of(settings["indicators"])
    assert [Path(file).resolve() for file in files] == [folder / "panel.csv", folder / "structure.csv"]
    main(settings["indicators"], [], folder / "out")


def test_the_same_input_gives_the_same_bytes(folder):
    built(weights="entropy", normalisation="minmax")
    first = {path.name: path.read_bytes() for path in Path("out").iterdir()}
    built(weights="entropy", normalisation="minmax")
    assert {path.name: path.read_bytes() for path in Path("out").iterdir()} == first


def test_written_values_have_thirteen_digits_whatever_their_size():
    x = np.array([1 / 3, -2e9 / 3, 1e-20 / 3, 1e20 / 3, 0.0, np.nan, 12345.0])
    found = significant(x, output.DIGITS)
    np.testing.assert_array_equal(found, [float(f"{value:.13g}") for value in x])


def test_single_precision_numbers_keep_their_own_digits(folder):
    frame = pd.read_csv("panel.csv").astype({"roads": np.float32})
    frame.loc[0, "roads"] = np.float32(0.1)
    frame.to_parquet("panel.parquet")
    assert built(data="panel.parquet", normalisation="rank")["raw"]["value"].iloc[0] == 0.1


def test_text_far_down_a_column_of_numbers_is_found(folder):
    rows = "".join(f"T{i},2020,{i}.5,1,1\n" for i in range(200_000))
    Path("panel.csv").write_text(
        "town,year,roads,clinics,people\n" + rows + "U,2020,many,1,1\n", encoding="utf-8"
    )
    with pytest.raises(DataError, match="'many' in column 'roads', row 200002, is no number"):
        built()


def test_a_long_table_gives_the_same_as_a_wide_one(folder):
    expected = built(normalisation="minmax")
    frame = pd.read_csv("panel.csv").melt(["town", "year"], var_name="code")
    frame["value"] = frame["value"].astype(object).where(frame["value"].notna(), "—")
    frame.sort_values(["code", "town"]).to_csv("long.csv", index=False)
    found = built(normalisation="minmax", data="long.csv")
    for name in ("raw", "denominated", "aggregated"):
        sides = [table[name].sort_values(KEYS, ignore_index=True) for table in (expected, found)]
        pd.testing.assert_frame_equal(*sides)


@pytest.mark.parametrize(
    "rows, sentence",
    [
        ("甲镇,2020,roads,2\n", "'roads' of '甲镇' stands twice in 2020"),
        ("甲镇,2020,,2\n", "row 4 has no code"),
        (",2020,roads,2\n", "row 4 has no unit"),
        ("乙镇,2020,roads,many\n", "'many' in column 'value', row 4, is no number"),
        ("", "the column 'code' never says 'people'"),
    ],
)
def test_mistakes_in_a_long_table_give_one_sentence(folder, rows, sentence):
    people = "甲镇,2021,people,5\n" if rows else ""
    text = f"town,year,code,value\n甲镇,2020,roads,1\n甲镇,2020,clinics,3\n{rows}{people}"
    Path("panel.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=sentence):
        built()


def test_anchors_of_an_earlier_run_hold_for_later_periods_and_other_units(folder):
    given = {
        "normalisation": "minmax",
        "weights": {"parents": {"index": "equal"}},
        "reference_window": [2020, 2020],
    }
    steps = built(**given)
    Path("out").rename("first")
    later = pd.read_csv("panel.csv").query("year == 2021 and town == '甲镇'")
    pd.concat([later, later.assign(town="丙镇", roads=9.0)]).to_csv("later.csv", index=False)
    found = built(data="later.csv", anchors="first/anchors.json")
    for name in ("normalised", "aggregated"):
        same = [wide(table[name]).loc["甲镇"].loc[2021] for table in (steps, found)]
        pd.testing.assert_series_equal(*same)
    assert found["normalised"].query("unit == '丙镇' and code == 'roads'")["value"].item() == 5
    assert Path("out/anchors.json").read_bytes() == Path("first/anchors.json").read_bytes()


@pytest.mark.parametrize(
    "options, sentence",
    [
        ({"weights": "equal"}, "'weights' cannot stand beside 'anchors'"),
        ({"reference_window": [2020, 2020]}, "'reference_window' cannot stand beside 'anchors'"),
        (
            {"structure": [{"code": "roads", "parent": "index"}]},
            "anchors.json: the anchors are those of roads, clinics; 'structure' must name the same",
        ),
        (
            {"structure": [{"code": "roads", "parent": "index"}, {"code": "clinics", "parent": "index"}]},
            "the anchors of 'clinics' have direction -1, not 1",
        ),
        (
            {
                "structure": [
                    {"code": "roads", "parent": "a"},
                    {"code": "clinics", "parent": "b", "direction": -1},
                ]
            },
            "the anchors aggregate other components",
        ),
        ({"anchors": "panel.csv"}, "panel.csv: the file is no JSON with anchors"),
    ],
)
def test_anchors_that_do_not_fit_are_refused(folder, options, sentence):
    built()
    with pytest.raises((ConfigError, DataError), match=sentence):
        built(**{"anchors": "out/anchors.json", **options})


def test_changed_anchors_are_refused_before_any_job(folder):
    built()
    text = Path("out/anchors.json").read_text(encoding="utf-8")
    Path("anchors.json").write_text(text.replace('"shift": 0.0', '"shift": 1.0'), encoding="utf-8")
    with pytest.raises(ConfigError, match="do not match their own check sum"):
        load(PROVINCE % ", anchors: anchors.json", folder)


def test_indicator_tables_as_r_writes_them(folder):
    expected = built()
    text = "code,parent,direction,weight,denominator\nroads,index,+,1,NA\nclinics,index,-,3,people\nindex,NA,+,NA,NA\n"
    Path("structure.csv").write_text(text, encoding="utf-8")
    found = built()
    for name in expected:
        pd.testing.assert_frame_equal(found[name], expected[name])


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
@pytest.mark.parametrize(
    "labels, written",
    [
        (["2020-03-01", "2020-04-01"], ["2020-03", "2020-04"]),
        (["2020-03-01", "2020-03-02"], ["2020-03-01", "2020-03-02"]),
        ([2020.0, 2021.0], ["2020", "2021"]),
    ],
)
def test_periods_are_written_alike_whatever_the_format(folder, kind, labels, written):
    frame = pd.read_csv("panel.csv")
    column = labels if isinstance(labels[0], float) else list(pd.to_datetime(labels))
    frame["year"] = column * 2
    if kind == "csv":
        frame.assign(year=[str(x) for x in labels] * 2).to_csv("panel.csv", index=False)
    elif kind == "xlsx":
        frame.to_excel("panel.xlsx", index=False, engine="xlsxwriter")
    else:
        frame.to_parquet("panel.parquet")
    built(data=f"panel.{kind}", normalisation="rank", reference_window=written)
    raw = pd.read_csv("out/raw.csv", encoding="utf-8-sig", dtype=str)
    assert raw["period"].drop_duplicates().tolist() == written


def test_an_index_that_no_row_has_is_noted(folder):
    Path("panel.csv").write_text(CELLS.replace(",4,", ",,").replace(",5,", ",,"), encoding="utf-8")
    rows = built()["diagnostics"].query("diagnostic == 'missing_share' and code == 'index'")
    assert rows["value"].item() == 1 and rows["note"].item() == "no row has enough components"


def test_distance_takes_zeros_but_not_as_divisor(folder):
    text = CELLS.replace("1.5,4", "0,4")
    Path("panel.csv").write_text(text, encoding="utf-8")
    found = wide(built(normalisation="distance")["normalised"])["roads"]
    assert found.iloc[0] == 0 and found.iloc[2] == 1
    Path("panel.csv").write_text(text.replace("5,50", "0,50"), encoding="utf-8")
    with pytest.raises(DataError, match="clinics: the normalisation 'distance' is a ratio"):
        built(normalisation="distance")


def test_tables_as_pandas_and_other_programs_leave_them(folder):
    frame = pd.read_csv("panel.csv").query("year == 2020").assign(roads=[True, False])
    frame.set_index("town").to_parquet("panel.parquet")
    found = built(data="panel.parquet", normalisation="rank")["raw"].query("code == 'roads'")
    assert found["unit"].tolist() == ["甲镇", "乙镇"] and found["value"].tolist() == [1, 0]
    Path("panel.csv").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="panel.csv: the file is empty"):
        built()
