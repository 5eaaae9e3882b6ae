"""Rows that a province leaves out: which, in which table, and how many."""

import re

import pandas as pd
import pyarrow.parquet as pq
import pytest
from ingest_cases import ROOT, UNITS, settings, write_csv

from jianfu.core.errors import ConfigError
from jianfu.indicators.left_out import counted, without
from jianfu.ingest import excluded
from jianfu.ingest.excluded import check_excluded, check_read
from jianfu.province.rules import leaves_out
from jianfu.survey.scoring import ROSTER_COLUMNS, units_of

NOTHING = {
    "topics": [],
    "months": [],
    "emergency": False,
    "counties": [],
    "unit_types": [],
    "apps": [],
    "sources": [],
}


@pytest.fixture
def paths(tmp_path):
    """Four units of two counties and two types, with tasks, use of apps, and persons."""
    tables = {
        "units": pd.DataFrame(
            {
                "unit_code": ["1", "2", "3", "4"],
                "county_code": ["390101", "390101", "390102", "390102"],
                "county_name": ["甲县", "甲县", "乙县", "乙县"],
                "unit_type": ["镇", "街道", "镇", "街道"],
                "valid_from": pd.to_datetime([None, None, None, None]).date,
            }
        ),
        "tasks": pd.DataFrame(
            {
                "unit_code": ["1", "1", "2", "3", "4"],
                "topic": ["防汛", "党建", None, "防汛", "党建"],
                "emergency": [True, None, False, False, True],
                "issue_at": pd.to_datetime(
                    ["2024-01-02", "2024-02-01", "2024-02-02", "2024-02-03", "2024-03-01"]
                ),
            }
        ),
        "app_activity": pd.DataFrame({"unit_code": ["1", "2", "3"], "app_name": ["办", "督", "办"]}),
        "spells": pd.DataFrame({"person_key": ["a", "b", "c"], "unit_code": ["1", "2", "4"]}),
        "policies": pd.DataFrame({"policy_id": ["p"], "county_code": ["390101"]}),
    }
    for name, frame in tables.items():
        frame.to_parquet(tmp_path / f"{name}.parquet", index=False)
    return {name: str(tmp_path / f"{name}.parquet") for name in tables}


def rows_without(paths, table, folder, **exclude):
    without(
        table, {"units": paths["units"], table: paths[table]}, NOTHING | exclude, str(folder / "kept.parquet")
    )
    return pd.read_parquet(folder / "kept.parquet")


def test_units_of_a_county_or_type_go_with_all_that_is_theirs(paths, tmp_path):
    assert rows_without(paths, "units", tmp_path, counties=["甲县"])["unit_code"].tolist() == ["3", "4"]
    assert rows_without(paths, "units", tmp_path, counties=["390102"])["unit_code"].tolist() == ["1", "2"]
    assert rows_without(paths, "tasks", tmp_path, unit_types=["街道"])["unit_code"].tolist() == [
        "1",
        "1",
        "3",
    ]
    found = rows_without(paths, "spells", tmp_path, counties=["甲县"], unit_types=["镇"])
    assert found["person_key"].tolist() == ["c"]


def test_an_app_goes_from_the_use_of_apps_alone(paths, tmp_path):
    assert rows_without(paths, "app_activity", tmp_path, apps=["办"])["unit_code"].tolist() == ["2"]
    out = NOTHING | {"apps": ["办"]}
    assert leaves_out(out, "app_activity") and not leaves_out(out, "tasks")
    assert not leaves_out(NOTHING | {"counties": ["甲县"]}, "policies")
    assert not leaves_out(NOTHING | {"topics": ["防汛"]}, "tasks")  # left out where the log is measured


def test_answers_are_of_the_unit_of_their_person(tmp_path, paths):
    """On the day of the fieldwork: b has moved from a street to a town since the first wave; d is anonymous, and nobody
    knows e, who stays in the survey to be counted there."""
    day = pd.to_datetime
    spells = pd.DataFrame(
        {"person_key": ["a", "b", "b", "c"], "unit_code": ["1", "2", "3", "4"], "on_post": True}
    ).assign(
        spell_start=day(["2020-01-01", "2020-01-01", "2024-06-01", "2020-01-01"]).date,
        spell_end=day([None, "2024-05-31", None, "2024-01-31"]).date,
        **dict.fromkeys([*ROSTER_COLUMNS, "birth_ym", "sex", "unit_entry", "first_entry"]),
    )
    keys, waves = ["a", "b", "c", None, "e", "b"], ["1", "1", "1", "1", "1", "2"]
    survey = pd.DataFrame(
        {"person_key": keys, "wave": waves, "unit_code": [None, None, None, "4", None, None]}
    )
    survey["fieldwork_date"] = day(["2024-03-01"] * 5 + ["2024-09-01"]).date
    placed = units_of(survey, spells)
    assert placed.fillna("").tolist() == ["1", "2", "4", "4", "", "3"]
    survey.to_parquet(tmp_path / "survey.parquet", index=False)
    paths = {**paths, "survey": str(tmp_path / "survey.parquet")}
    out = NOTHING | {"unit_types": ["街道"]}
    without("survey", paths, out, str(tmp_path / "kept.parquet"), placed)
    kept = pd.read_parquet(tmp_path / "kept.parquet")
    pd.testing.assert_frame_equal(kept, survey.iloc[[0, 4, 5]].reset_index(drop=True))
    found = counted(paths, out, placed).set_index("table")
    assert found.loc["survey", ["rows", "rows_read"]].tolist() == [3, 6]


def test_columns_stay_as_they_were(paths, tmp_path):
    rows_without(paths, "tasks", tmp_path, counties=["甲县"])
    kept, before = pq.read_table(tmp_path / "kept.parquet"), pq.read_table(paths["tasks"])
    assert kept.schema == before.schema and kept.equals(before.slice(3))


def test_every_row_that_is_left_out_is_counted_beside_all_rows(paths):
    out = {"counties": ["甲县"], "apps": ["督"], "topics": ["防汛"], "months": ["2024-02"], "emergency": True}
    found = counted(paths, NOTHING | out)
    assert list(found.itertuples(index=False, name=None)) == [
        ("counties", "甲县", "units", 2, 4),
        ("counties", "甲县", "tasks", 3, 5),
        ("counties", "甲县", "app_activity", 2, 3),
        ("counties", "甲县", "spells", 2, 3),
        ("apps", "督", "app_activity", 1, 3),
        ("topics", "防汛", "tasks", 2, 5),
        ("months", "2024-02", "tasks", 3, 5),
        ("emergency", "", "tasks", 2, 5),
    ]
    assert len(counted(paths, NOTHING)) == 0


@pytest.mark.parametrize(
    "kind, names, advice",
    [
        ("counties", ["乙县", "甲乡"], "valid are 乙县, 甲县."),
        ("unit_types", ["镇", "其他"], "valid are 街道, 镇."),
        ("apps", ["办", "办办"], "did you mean '办'?"),
        ("topics", ["防汛", "防汛抗旱"], "did you mean '防汛'?"),
    ],
)
def test_what_does_not_occur_is_refused_with_the_nearest_name(paths, kind, names, advice):
    check_read(NOTHING | {kind: names[:1]}, paths, "省.yaml")
    with pytest.raises(ConfigError) as caught:
        check_read(NOTHING | {kind: names}, paths, "省.yaml")
    sentence = f"省.yaml: 'exclude.{kind}[2]' names '{names[1]}', which the data do not have; {advice}"
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    "out, keys",
    [
        ({"counties": ["甲县", "390102"]}, "exclude.counties"),
        ({"counties": ["甲县"], "unit_types": ["镇", "街道"]}, "exclude.counties and exclude.unit_types"),
        ({"apps": ["办", "督"]}, "exclude.apps"),
    ],
)
def test_leaving_out_everything_is_refused(paths, out, keys):
    some = {"counties": ["甲县"], "unit_types": ["镇"], "apps": ["办"], "topics": ["防汛", "党建"]}
    check_read(NOTHING | some, paths, "省.yaml")  # a task has no topic
    with pytest.raises(ConfigError, match=f"省.yaml: {keys}: nothing would be left"):
        check_read(NOTHING | out, paths, "省.yaml")


def test_a_county_that_no_unit_has_is_refused_before_any_job(tmp_path):
    write_csv(tmp_path / "单位.csv", UNITS)
    province = settings(
        sources=[{"table": "units", "files": ["单位.csv"]}],
        data={"folder": str(tmp_path), "window": ["2024-01", "2024-12"], "extraction_date": "2025-01-10"},
    )
    check_excluded(province | {"exclude": NOTHING | {"counties": ["390102"]}}, ROOT, "省.yaml", tmp_path)
    with pytest.raises(ConfigError) as caught:
        check_excluded(
            province | {"exclude": NOTHING | {"counties": ["乙县", "甲县城"]}}, ROOT, "省.yaml", tmp_path
        )
    assert str(caught.value).startswith("省.yaml: 'exclude.counties[2]' names '甲县城'")
    assert "did you mean '甲县'?" in str(caught.value)


def test_a_topic_that_no_task_has_is_refused_before_any_job(tmp_path, monkeypatch):
    """A table that was read before decides where it has the name; where not, the files may be newer. Large files that
    no job has read are left to the job that counts what is left out."""
    head = ["任务编号", "责任单位", "任务类型", "专题", "交办时间"]
    rows = [["1", "河口镇", "任务", "防汛抗旱", "2024-03-01"], ["2", "河口镇", "任务", "党建", "2024-03-02"]]
    write_csv(tmp_path / "单位.csv", UNITS)
    write_csv(tmp_path / "台账.csv", [head, *rows])
    province = settings(
        sources=[{"table": "units", "files": ["单位.csv"]}, {"table": "tasks", "files": ["台账.csv"]}],
        data={"folder": str(tmp_path), "window": ["2024-01", "2024-12"], "extraction_date": "2025-01-10"},
    )

    def check(topic):
        check_excluded(province | {"exclude": NOTHING | {"topics": [topic]}}, ROOT, "省.yaml", tmp_path)

    misspelt = "'exclude.topics[1]' names '防汛抗早', which the data do not have; did you mean '防汛抗旱'?"
    with pytest.raises(ConfigError, match=re.escape(misspelt)):
        check("防汛抗早")
    monkeypatch.setattr(excluded, "QUICK_BYTES", 100)
    check("防汛抗早")
    pd.DataFrame({"topic": ["信访", None]}).to_parquet(tmp_path / "tasks.parquet")
    check("信访")
    check("党建")  # in a file that came later
    with pytest.raises(ConfigError, match=re.escape(misspelt)):
        check("防汛抗早")
