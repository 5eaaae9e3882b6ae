"""Spells -> person-months -> hazard cells, against counts made by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from miniature import DEFINITIONS, SCHEMA, table

from jianfu.core.errors import ConfigError, DataError
from jianfu.core.labels import Labels
from jianfu.exits import cells
from jianfu.exits.definitions import read_definitions
from jianfu.exits.person_months import person_months

EXITS = Path(__file__).parents[2] / "config" / "plan" / "exits.yaml"
WINDOW = ("2024-01", "2024-06")
PERSON = {"unit_code": "390121001", "birth_ym": "1992-05", "sex": "男", "on_post": True}


def spell(key, start, end=None, **more):
    return PERSON | {"person_key": key, "spell_start": start, "spell_end": end} | more


def months_of(*rows):
    frame, flow = person_months(table("spells", rows), WINDOW, DEFINITIONS)
    return frame, flow.set_index(["step", "reason"])


def test_at_risk_from_the_month_after_entry_to_the_month_of_exit():
    frame, _ = months_of(
        spell("a", "2020-03-15", "2024-03-10", exit_type="遴选", destination_level="市"),
        spell("b", "2024-02-10"),
    )
    assert frame.loc[frame["person_key"] == "a", "month"].tolist() == ["2024-01", "2024-02", "2024-03"]
    assert frame.loc[frame["person_key"] == "b", "month"].tolist() == [
        "2024-03",
        "2024-04",
        "2024-05",
        "2024-06",
    ]
    assert frame.loc[frame["cause"] != "", ["month", "cause"]].to_numpy().tolist() == [["2024-03", "select"]]


def test_secondment_is_a_state_one_returns_from():
    frame, flow = months_of(
        spell("a", "2021-06-01", "2024-02-05", exit_type="借调", destination_level="县"),
        spell("a", "2024-02-06", "2024-04-20", on_post=False),
        spell("a", "2024-04-21"),
    )
    assert frame["month"].tolist() == ["2024-01", "2024-02", "2024-05", "2024-06"]
    assert frame["cause"].tolist() == ["", "secondment", "", ""]
    assert frame["tenure_months"].tolist() == [31, 32, 35, 36]  # not begun anew by the return
    assert flow.loc[("dropped", "off_post"), "person_months"] == 2
    assert flow.loc[("read", ""), "person_months"] == 6


TWO_YEARS = ("2023-01", "2026-06")


def seconded(*rows, window=TWO_YEARS):
    """Events of persons who leave on secondment on 2023-05-10, by person: [month, cause], and the flow."""
    left = [
        spell(key, "2020-01-01", "2023-05-10", exit_type="借调", destination_level="县")
        for key in dict.fromkeys(row["person_key"] for row in rows)
    ]
    frame, flow = person_months(table("spells", [*left, *rows]), window, DEFINITIONS, details=True)
    events = frame[frame["cause"] != ""]
    return events.set_index("person_key")[["month", "cause", "upward"]], flow.set_index(["step", "reason"])


def away(key, end, **more):
    return spell(key, "2023-05-11", end, on_post=False, **more)


def test_a_secondment_that_ends_in_a_transfer_is_an_exit_at_leaving_the_post():
    found, flow = seconded(
        away("transfer", "2024-08-01", exit_type="调出", destination_level="市"),
        away("exam", "2023-06-01", exit_type="考录", destination_level="省"),
        away("last day", "2025-05-31", exit_type="遴选", destination_level="县"),
        away("too late", "2025-06-01", exit_type="遴选", destination_level="县"),
        away("retired", "2024-08-01", exit_type="退休"),
    )
    assert set(found["month"]) == {"2023-05"}  # months off the post hold no event
    assert found["cause"].to_dict() == {
        "transfer": "via_secondment",
        "exam": "via_secondment",
        "last day": "via_secondment",
        "too late": "secondment_long",
        "retired": "secondment_long",
    }
    assert found.loc["exam", "upward"] == 1
    assert ("censored", "secondment_open") not in flow.index
    read, lost, kept = (
        flow.loc[key, "events"] for key in [("read", ""), ("dropped", "off_post"), ("at_risk", "")]
    )
    assert (read, lost, kept) == (7, 2, 5)  # the two that did not become an exit of the post


def test_a_secondment_in_two_parts_is_one_and_a_return_makes_it_none():
    found, _ = seconded(
        away("parts", "2023-12-31"),
        spell("parts", "2024-01-01", "2024-03-01", on_post=False, exit_type="调出", destination_level="省"),
        away("back", "2023-07-31"),
        spell("back", "2023-08-01", "2024-02-01", exit_type="调出", destination_level="市"),
        away("long", "2023-12-31"),
        spell("long", "2024-01-01"),
    )
    assert found.loc[["parts", "long"], "cause"].tolist() == ["via_secondment", "secondment_long"]
    assert found.loc["back", ["month", "cause"]].to_numpy().tolist() == [
        ["2023-05", "secondment"],
        ["2024-02", "transfer"],
    ]


def test_an_open_secondment_is_censored_and_counted_until_the_transfer_comes():
    transfer = away("a", "2024-08-01", exit_type="调出", destination_level="市")
    found, flow = seconded(transfer, window=("2023-01", "2024-07"))  # the next month's data will say it
    assert found["cause"].tolist() == ["secondment_long"]
    assert flow.loc[("censored", "secondment_open"), "events"] == 1
    found, flow = seconded(transfer, window=("2023-01", "2024-08"))
    assert found["cause"].tolist() == ["via_secondment"]
    assert ("censored", "secondment_open") not in flow.index
    found, flow = seconded(away("b", None), window=("2023-01", "2023-09"))
    assert (found["cause"].tolist(), flow.loc[("censored", "secondment_open"), "events"]) == (
        ["secondment"],
        1,
    )


@pytest.mark.parametrize(
    "exit_type, destination, cause",
    [
        ("辞职", None, "resign"),
        ("遴选", "乡", "select"),
        ("考录", "其他", "exam"),
        ("调出", "县", "transfer"),
        ("调出", None, "transfer"),
        ("调出", "乡", "sideways"),
        ("退休", None, "retire"),
        ("借调", "县", "secondment"),
        ("死亡", None, "other"),
        ("开除", None, "other"),
        ("组织选派", "省", "other"),
        ("乡镇间调动", "乡", "sideways"),
        (None, None, ""),
    ],
)
def test_cause_of_exit(exit_type, destination, cause):
    assert DEFINITIONS.event([exit_type], [destination]).tolist() == [cause]


def test_voluntary_exits_are_the_sum_of_their_causes():
    rows = [
        spell(str(i), "2020-01-01", "2024-03-01", exit_type=kind, destination_level=level)
        for i, (kind, level) in enumerate(
            [("辞职", None), ("遴选", "市"), ("考录", "县"), ("调出", None), ("调出", "乡"), ("退休", None)]
        )
    ]
    table_of_cells = cells.hazard_cells(months_of(*rows)[0])
    total = table_of_cells[["voluntary", *DEFINITIONS.events]].sum()
    assert total["voluntary"] == 4 == total[["resign", "select", "exam", "transfer"]].sum()
    assert (total["retire"], total["sideways"], total["other"]) == (1, 1, 0)


def test_nothing_is_lost_without_a_count():
    frame, flow = months_of(
        spell("a", "2020-01-01"),
        spell("b", "2020-01-01", birth_ym=None),
        spell("c", "2023-11-01", "2024-02-10", exit_type="乡镇间调动", destination_level="乡"),
        spell("c", "2024-01-20", unit_code="390121002"),  # overlaps with the old post by three weeks
        spell("d", "2024-03-02", "2024-03-20", exit_type="辞职"),
        spell("e", "2020-01-01", "2023-12-31", exit_type="辞职"),
        spell("f", "2024-06-30"),
    )
    assert flow.loc["dropped", "person_months"].to_dict() == {"missing_birth": 6, "overlapping_post": 1}
    assert flow.loc[("never_at_risk", "exit_in_entry_month"), "events"] == 1
    lost = flow.loc["dropped", "person_months"].sum()
    assert (
        flow.loc[("read", ""), "person_months"] - lost
        == flow.loc[("at_risk", ""), "person_months"]
        == len(frame)
    )
    assert not frame.duplicated(["person_key", "month"]).any()
    assert (
        frame.loc[(frame["person_key"] == "c") & (frame["month"] == "2024-02"), "unit_code"].item()
        == "390121001"
    )


def test_bands_cohorts_and_lock():
    frame, _ = months_of(
        spell("a", "2023-03-20", lock_until="2024-03-31", birth_ym="1974-02"),
        spell("b", "2009-12-01", birth_ym="2000-01", sex=None),
    )
    a, b = (frame[frame["person_key"] == key] for key in "ab")
    assert a["tenure_band"].tolist() == ["<1", "<1", "1-3", "1-3", "1-3", "1-3"]
    assert a["lock"].tolist() == [True, True, True, False, False, False]
    assert a["aged50"].tolist() == [False, True, True, True, True, True]
    assert set(a["cohort"]) == {"70后及以前"}
    assert set(b["cohort"]) == {"00后"}
    assert set(b["tenure_band"]) == {"10+"}
    assert set(b["sex"]) == {"不详"}


def test_cohort_limits():
    years = [1950, 1979, 1980, 1989, 1990, 1999, 2000, np.nan]
    expected = ["70后及以前"] * 2 + ["80后"] * 2 + ["90后"] * 2 + ["00后", None]
    assert DEFINITIONS.cohort(years).tolist() == expected


def test_cells_hold_every_person_month_once_in_any_row_order():
    rng = np.random.default_rng(1)
    rows = []
    for i in range(200):
        end = f"2024-0{rng.integers(1, 7)}-15" if rng.random() < 0.5 else None
        rows.append(
            spell(
                f"p{i:03d}",
                f"20{rng.integers(10, 24)}-0{rng.integers(1, 10)}-10",
                end,
                unit_code=f"39012100{rng.integers(1, 5)}",
                birth_ym=f"19{rng.integers(70, 99)}-03",
                exit_type="辞职" if end else None,
            )
        )
    frame, _ = person_months(table("spells", rows), WINDOW, DEFINITIONS)
    one = cells.hazard_cells(frame)
    assert one["n"].sum() == len(frame)
    assert one["resign"].sum() == (frame["cause"] == "resign").sum()
    assert not one.duplicated(list(cells.KEYS)).any()
    shuffled = [rows[i] for i in rng.permutation(len(rows))]
    pd.testing.assert_frame_equal(
        one, cells.hazard_cells(person_months(table("spells", shuffled), WINDOW, DEFINITIONS)[0])
    )


def test_finest_cells_know_the_age_limit_and_what_the_roster_says_of_a_post():
    rows = [
        spell("a", "2020-01-01", birth_ym="1988-04", bianzhi="行政", rank="一级科员"),
        spell("b", "2020-01-01", birth_ym="1988-04", bianzhi="行政"),
        spell("c", "2020-01-01", birth_ym="1988-04", bianzhi="行政"),
    ]
    frame, _ = person_months(table("spells", rows), WINDOW, DEFINITIONS, details=True)
    finest = cells.tenure_cells(frame)
    assert "education" not in finest  # no roster says it: a model that names it has no estimate
    assert finest[finest["within_35"]]["month"].astype(str).unique().tolist() == [
        "2024-01",
        "2024-02",
        "2024-03",
    ]
    counts = finest.groupby("rank", observed=True)["n"].agg(["size", "sum"])
    assert counts.loc["一级科员"].tolist() == [6, 6]
    assert counts.loc["不详"].tolist() == [6, 12]  # alike in all: one cell for both


def test_sums_and_persons_behind_cells():
    frame, _ = months_of(spell("a", "2020-01-01"), spell("b", "2020-01-01", sex="女"))
    table_of_cells = cells.hazard_cells(frame.assign(p=0.5), sums=["p"])
    assert (table_of_cells["p"] == table_of_cells["n"] / 2).all()
    assert cells.persons_used(frame, (table_of_cells["sex"] == "女").to_numpy()) == 1
    assert cells.person_counts(frame)[["persons", "person_months", "exits"]].to_numpy().tolist() == [
        [2, 12, 0]
    ]


def test_no_spell_in_the_window():
    frame, flow = months_of(spell("a", "2020-01-01", "2021-01-01", exit_type="辞职"))
    assert frame.empty
    assert cells.hazard_cells(frame).empty
    assert flow.loc[("at_risk", ""), "person_months"] == 0


def test_a_missing_column_is_named():
    with pytest.raises(DataError, match="birth_ym"):
        person_months(
            table("spells", [spell("a", "2020-01-01")]).drop(columns="birth_ym"), WINDOW, DEFINITIONS
        )


CHANGES = {
    "调出 inside the county": ({"exit_type": "调出", "destination": ["县"], "event": None}, ["", "transfer"])
}


@pytest.mark.parametrize("row, events", CHANGES.values(), ids=CHANGES.keys())
def test_one_row_of_the_plan_changes_what_counts_as_an_exit(tmp_path, row, events):
    """A transfer inside the county censors: nobody leaves, the person-months stay, and the flow says how many."""
    plan = yaml.safe_load(EXITS.read_text(encoding="utf-8"))
    plan["exits"].insert(0, row)
    (tmp_path / "exits.yaml").write_text(
        yaml.safe_dump(plan, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )
    own = read_definitions(tmp_path / "exits.yaml")
    assert own.event(["调出", "调出"], ["县", "市"]).tolist() == events
    rows = [
        spell(level, "2020-01-01", "2024-03-01", exit_type="调出", destination_level=level)
        for level in "县市"
    ]
    frame, flow = person_months(table("spells", rows), WINDOW, own)
    assert len(frame) == 6 and frame["kind"].tolist().count("voluntary") == 1
    flow = flow.set_index(["step", "reason"])
    assert flow.loc[("censored", "counted_as_no_exit"), "events"] == 1
    assert flow.loc[("at_risk", ""), "events"] == 1


def test_the_kind_of_an_event_decides_where_it_is_counted(tmp_path):
    plan = yaml.safe_load(EXITS.read_text(encoding="utf-8"))
    plan["events"]["transfer"] = "competing"
    (tmp_path / "exits.yaml").write_text(
        yaml.safe_dump(plan, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )
    rows = [spell("a", "2020-01-01", "2024-03-01", exit_type="调出", destination_level="市")]
    frame, _ = person_months(table("spells", rows), WINDOW, read_definitions(tmp_path / "exits.yaml"))
    total = cells.hazard_cells(frame)[["voluntary", "transfer"]].sum()
    assert total.tolist() == [0, 1] and (frame["kind"] == "competing").sum() == 1


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"cohorts": {"80后": None, "90后": 1990, "00后": 1985}}, "the limits of 'cohorts' must be in order"),
        ({"tenure_bands": {"<1": 12, "1-3": 36}}, "the limits of 'tenure_bands' must be in order"),
        ({"focus": "10后"}, "'focus' names '10后'; valid are 70后及以前, 80后, 90后, 00后."),
        ({"nowhere": ["resigned"]}, "'nowhere' names 'resigned'"),
        ({"exits": [{"exit_type": "辞职", "event": "leave"}]}, "'exits' names 'leave'; valid are resign, "),
        ({"upwards": []}, "the keys must be exactly cohorts, events, exits, focus"),
    ],
)
def test_definitions_that_cannot_be(tmp_path, change, sentence):
    plan = yaml.safe_load(EXITS.read_text(encoding="utf-8")) | change
    (tmp_path / "exits.yaml").write_text(
        yaml.safe_dump(plan, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )
    with pytest.raises(ConfigError) as caught:
        read_definitions(tmp_path / "exits.yaml")
    assert sentence in str(caught.value)


def test_the_plan_speaks_of_the_same_cohorts_and_events_everywhere():
    """Dummies of the models, answers of a survey, words and outcomes fit the definitions."""
    models = yaml.safe_load((EXITS.parent / "models.yaml").read_text(encoding="utf-8"))
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["tables"]
    assert set(models["categories"]["cohort"]) == set(DEFINITIONS.cohorts)
    assert set(models["categories"]["tenure_band"]) == {*DEFINITIONS.tenure_bands, "不详"}
    assert schema["survey"]["columns"]["cohort"]["values"] == list(DEFINITIONS.cohorts)
    labels = Labels("zh", str(EXITS.parent / "labels.csv"))
    assert all(labels(f"value_{name}") for name in DEFINITIONS.cohorts)
    spells = schema["spells"]["columns"]
    for exit_type, places, _ in DEFINITIONS.exits:
        assert exit_type in (None, *spells["exit_type"]["values"])
        assert set(places or ()) <= set(spells["destination_level"]["values"])
    assert set(DEFINITIONS.upward) <= set(spells["destination_level"]["values"])
