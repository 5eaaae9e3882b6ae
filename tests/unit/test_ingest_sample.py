"""Everything that tests/data/sample/expected.json and expected_rejects.csv say holds for the sample province."""

from collections import Counter

import pandas as pd
import pytest
from ingest_cases import expected, expected_rejects, sample_results

pytestmark = pytest.mark.filterwarnings("error::DeprecationWarning")


@pytest.fixture(scope="module")
def counts():
    return pd.concat([result.counts for result in sample_results().values()])


def _sheets():
    return [(file, sheet) for file, entry in expected()["files"].items() for sheet in entry["sheets"]]


@pytest.mark.parametrize(("file", "sheet"), _sheets())
def test_counts_of_every_sheet(counts, file, sheet):
    rows = counts[(counts["file"] == file) & (counts["sheet"] == sheet)]

    def total(outcome, by=None):
        part = rows[rows["outcome"] == outcome]
        return int(part["rows"].sum()) if by is None else part.groupby(by)["rows"].sum().to_dict()

    found = {
        "kept": total("kept"),
        "duplicate": total("duplicate"),
        "rejected": total("rejected", "reason"),
        "rejected_total": total("rejected"),
        "nondata": total("nondata"),
        "bad_optional": total("bad_optional_value", "column"),
        "bad_optional_total": total("bad_optional_value"),
        "null_token_cells": total("null_token"),
    }
    found["rows_read"] = sum(found[k] for k in ("kept", "duplicate", "rejected_total", "nondata"))
    assert found == expected()["files"][file]["sheets"][sheet]


def test_no_sheet_more_than_expected(counts):
    assert {(f, s) for f, s in zip(counts["file"], counts["sheet"], strict=True)} == set(_sheets())


def test_totals_of_all_files(counts):
    totals = counts.groupby("outcome")["rows"].sum()
    found = {name: int(totals[name]) for name in ("kept", "duplicate", "rejected", "nondata")}
    assert found | {"rows_read": sum(found.values())} == expected()["totals_all_files"]


def test_every_rejected_row():
    found = [
        row
        for result in sample_results().values()
        for row in result.quarantine[["file", "sheet", "row", "column", "reason"]].itertuples(
            index=False, name=None
        )
    ]
    assert sorted(found) == sorted(expected_rejects())


def _frame(table):
    return sample_results()[table].canonical.to_pandas()


def _sums(frame, columns):
    return {column: float(frame[column].sum()) for column in columns}


def _cohort(birth_ym):
    year = int(birth_ym[:4])
    return "70后及以前" if year < 1980 else f"{year % 100 // 10}0后"


def test_checksums_of_tasks():
    checks, tasks = expected()["checksums_of_kept_rows"], _frame("tasks")
    month = tasks["issue_at"].dt.strftime("%Y-%m")
    only_tasks = tasks["event_label"] == "任务"
    assert month[only_tasks].value_counts().to_dict() == checks["tasks_per_month"]["任务"]
    assert month.value_counts().to_dict() == checks["tasks_per_month"]["all_events"]
    assert tasks["event_label"].value_counts().to_dict() == checks["events_by_label"]
    assert tasks["issue_precision"].value_counts().to_dict() == checks["issue_precision"]
    assert _sums(tasks, checks["artefact_sums"]) == checks["artefact_sums"]
    assert tasks["n_indicator"].sum() == checks["sum_n_indicator"]
    assert tasks["indicator_weight"].sum() == checks["sum_indicator_weight"]
    assert tasks["target_value"].sum() == checks["sum_target_value"]
    assert tasks["parent_task_id"].notna().sum() == checks["n_parent_links"]
    made, happened = (pd.to_datetime(tasks[name]) for name in ("created_at", "event_date"))
    assert ((made - happened).dt.days > 7).sum() == checks["records_made_late"]


def test_checksums_of_small_tables():
    checks = expected()["checksums_of_kept_rows"]
    apps, documents, units, years = (_frame(t) for t in ("app_activity", "documents", "units", "unit_year"))
    assert apps.groupby("action_type")["count"].sum().to_dict() == checks["app_count_by_action"]
    assert len(apps) == checks["app_rows"]
    assert apps["rest_day_count"].sum() == checks["app_rest_day_count"]
    days = _frame("app_days")
    assert days["actions"].sum() == checks["app_days_actions"]
    counted = apps.loc[apps["action_type"] != "在线时长", "count"].sum()
    assert days["actions"].sum() == counted  # the same actions, by day
    assert documents.groupby("channel")["n_docs"].sum().to_dict() == checks["documents"]
    assert (units["unit_code"].nunique(), len(units)) == (checks["units_distinct"], checks["units_rows"])
    assert (len(years), years["n_letters"].sum()) == (checks["unit_year_rows"], checks["sum_n_letters"])
    assert _sums(years, checks["unit_year_sums"]) == pytest.approx(checks["unit_year_sums"])
    assert len(_frame("policies")) == checks["policies_rows"]


def test_checksums_of_survey():
    checks, survey = expected()["checksums_of_kept_rows"], _frame("survey")
    assert {str(k): v for k, v in survey["wave"].value_counts().items()} == checks["survey_rows_by_wave"]
    assert _sums(survey, checks["survey_item_sums"]) == checks["survey_item_sums"]
    assert survey["hours_visible"].sum() == checks["sum_hours_visible"]
    items = survey[list(checks["survey_item_sums"])]
    burnout, others = items.iloc[:, :15], items.iloc[:, 15:]
    one_answer = [part.min(axis=1) == part.max(axis=1) for part in (burnout, others)]
    assert (one_answer[0] & one_answer[1]).sum() == expected()["straightliners_kept"]


def test_checksums_of_spells():
    checks, spells = expected()["checksums_of_kept_rows"], _frame("spells")
    posts = spells[spells["on_post"]]
    persons = spells.drop_duplicates("person_key")
    assert persons["birth_ym"].map(_cohort).value_counts().to_dict() == checks["persons_by_cohort"]
    assert len(persons) == checks["persons"]
    assert (len(posts), posts["spell_end"].isna().sum()) == (checks["spells"], checks["open_spells"])
    assert spells["exit_type"].value_counts().to_dict() == checks["exits_by_type"]
    first, last = (pd.Timestamp(month) for month in expected()["window"])
    left = pd.to_datetime(posts["spell_end"])
    assert (
        spells.loc[~spells["on_post"], "exit_type"].notna().sum() == 5
    )  # secondments that ended in a transfer
    inside = (left >= first) & (left < last + pd.offsets.MonthBegin(1))
    voluntary = posts["exit_type"].isin(["辞职", "遴选", "考录", "调出"]) & inside
    by_cohort = posts.loc[voluntary, "birth_ym"].map(_cohort).value_counts().to_dict()
    assert by_cohort == checks["voluntary_exits_in_window_by_cohort"]


def test_unlogged_unit_months():
    tasks, units = _frame("tasks"), _frame("units")
    files = sample_results()["tasks"].origins["file"].to_pylist()
    log = tasks[[file.startswith("督查督办台账") for file in files]]
    logged = set(zip(log["unit_code"], log["issue_at"].dt.strftime("%Y-%m"), strict=True))
    months = pd.period_range(*expected()["window"], freq="M").astype(str)
    every = {(unit, month) for unit in units["unit_code"] for month in months}
    assert every - logged == {tuple(pair) for pair in expected()["unlogged_unit_months"]}


def _canonical_row(spot):
    """The canonical row (as a dict) that a raw row became."""
    table = spot["table"].split()[0]
    result = sample_results()[table]
    if spot["table"] == "spells (ledger part)":
        spells, want = result.canonical.to_pandas(), spot["canonical"]
        rows = spells[(spells["unit_code"] == want["unit_code"]) & (spells["birth_ym"] == want["birth_ym"])]
        rows = rows[rows["spell_end"].astype(str) == want["spell_end"]]
        assert len(rows) == 1
        return rows.iloc[0].to_dict()
    places = result.origins.to_pandas()
    here = (
        (places["file"] == spot["file"]) & (places["sheet"] == spot["sheet"]) & (places["row"] == spot["row"])
    )
    rows = result.canonical.filter(here.to_numpy()).to_pylist()
    if table == "spells":
        rows = [row for row in rows if row["on_post"]]
    assert len(rows) == 1
    return rows[0]


def _as_text(value):
    """Dates and times as the sample writes them: with a clock time only where there is one."""
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    if hasattr(value, "hour"):
        return f"{value:%Y-%m-%d}" if (value.hour, value.minute) == (0, 0) else f"{value:%Y-%m-%d %H:%M}"
    return value.isoformat() if hasattr(value, "isoformat") else value


@pytest.mark.parametrize("spot", expected()["spot_checks"], ids=lambda spot: spot["name"])
def test_spot_check(spot):
    row = _canonical_row(spot)
    row["cohort"] = _cohort(row["birth_ym"]) if row.get("birth_ym") else None
    assert {name: _as_text(row[name]) for name in spot["canonical"]} == spot["canonical"]


def test_every_canonical_table_has_the_contract_columns():
    for result in sample_results().values():
        assert result.canonical.num_rows == result.origins.num_rows
    kinds = Counter(sample_results()["app_days"].notices["kind"])
    assert kinds == {"absent_column": 1}  # off-hours actions of a day
