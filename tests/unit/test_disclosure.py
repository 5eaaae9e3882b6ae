"""The disclosure gate: what is refused, what is withheld, and that nothing withheld can be worked out."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jianfu.core.errors import ConfigError, DataError
from jianfu.core.labels import Labels
from jianfu.core.reasons import read_reasons, write_reasons
from jianfu.models.estimates import RESTRICTED_COLUMNS
from jianfu.models.reasons import because
from jianfu.release.estimates import release_estimates
from jianfu.release.gate import LOG_COLUMNS, release_all, release_frame
from jianfu.release.ledger import round_alike
from jianfu.release.outputs import TOTAL, Limits, Output, check_grain, parse_output, read_outputs
from jianfu.release.source_rows import in_words
from jianfu.release.suppression import (
    cell_keys,
    exposed_row,
    lines,
    members,
    merge_small_drops,
    protect_totals,
)

PLAN = Path(__file__).parents[2] / "config" / "plan"
LIMITS = Limits(min_cell=10, min_residual_df=10, dominance=0.9)
LABELS = Labels("zh", str(PLAN / "labels.csv"))
TABLE = Output("t", "tables", "cells", "province", "none", dimensions=("row", "column"), persons=("n",))
BOTH = replace(TABLE, totals={"n": ("row", "column")})


def table(counts, margins=True):
    """Long frame of a two-way table with its margins."""
    counts = np.asarray(counts)
    rows = [(f"r{i}", f"c{j}", counts[i, j]) for i in range(counts.shape[0]) for j in range(counts.shape[1])]
    if margins:
        rows += [(f"r{i}", TOTAL, counts[i].sum()) for i in range(counts.shape[0])]
        rows += [(TOTAL, f"c{j}", counts[:, j].sum()) for j in range(counts.shape[1])]
        rows.append((TOTAL, TOTAL, counts.sum()))
    return pd.DataFrame(rows, columns=["row", "column", "n"])


def withheld(frame, output=BOTH, limits=LIMITS):
    released, _ = release_frame(output, frame, limits)
    return released["status"].to_numpy() == "withheld"


def recoverable(frame, output, hidden):
    """Withheld rows that plain linear algebra determines: their unit vector lies in the row space of the sums."""
    unknown = np.flatnonzero(hidden)
    if not len(unknown):
        return []
    matrix = [
        [(1 if r in line[0] else -1 if r == line[1] else 0) for r in unknown]
        for line in lines(frame, output, "n")
    ]
    matrix = np.array(matrix, dtype=float).reshape(-1, len(unknown))
    rank = np.linalg.matrix_rank(matrix) if matrix.size else 0
    found = []
    for position, row in enumerate(unknown):
        unit = np.eye(len(unknown))[position]
        if rank and np.linalg.matrix_rank(np.vstack([matrix, unit])) == rank:
            found.append(int(row))
    return found


# ------------------------------------------------------------------------------------------------ refusals


def output(**changes):
    return replace(TABLE, name="x", **changes)


@pytest.mark.parametrize(
    ("frame", "declared", "words"),
    [
        ({"unit_code": ["390121101"], "n": [50]}, output(dimensions=("unit_code",)), "persons by township"),
        (
            {"place": ["390121101", "390121102"], "n": [50, 60]},
            output(dimensions=("place",)),
            "persons by township",
        ),
        ({"place": ["390121101000"], "n": [50]}, output(dimensions=("place",)), "persons by township"),
        (
            {"unit_code": ["390121101"], "cohort": ["90后"], "month": ["2024-01"], "mean": [0.1]},
            output(dimensions=("unit_code", "cohort", "month"), persons=(), figures=("mean",), method="open"),
            "township, cohort and month",
        ),
        (
            {"cohort": ["90后"], "month": ["2024-01"], "n": [50]},
            output(dimensions=("cohort", "month"), geography="township"),
            "township, cohort and month",
        ),
        (
            {"county_code": ["390121"], "month": ["2024-01"], "n": [50]},
            output(dimensions=("county_code", "month")),
            "county and month",
        ),
        ({"person_key": ["a"], "n": [50]}, output(dimensions=("person_key",)), "personal column"),
        (
            {"row": ["a"], "n": [50], "age_max": [60]},
            output(dimensions=("row",), figures=("age_max",)),
            "largest",
        ),
        ({"row": ["a"], "n": [50], "extra": [1]}, output(dimensions=("row",)), "declared"),
        ({"row": ["a"]}, output(dimensions=("row",)), "declared"),
    ],
)
def test_outputs_of_a_forbidden_grain_are_refused(frame, declared, words):
    with pytest.raises(DataError, match=words):
        check_grain(declared, pd.DataFrame(frame))


def test_county_and_year_may_be_counted_and_county_and_month_may_show_an_index():
    yearly = output(dimensions=("county_code", "year"))
    check_grain(yearly, pd.DataFrame({"county_code": ["390121"], "year": [2024], "n": [50]}))
    index = output(
        dimensions=("county_code", "month"), persons=(), persons_hidden=("persons",), figures=("mean",)
    )
    frame = {"county_code": ["390121"], "month": ["2024-01"], "mean": [51.0], "persons": [400]}
    check_grain(index, pd.DataFrame(frame))


def test_undeclared_outputs_and_contradictory_declarations_are_refused(tmp_path):
    path = tmp_path / "secret.parquet"
    table([[20, 20]]).to_parquet(path)
    with pytest.raises(DataError, match="'secret' is not declared"):
        release_all(
            published={"secret": path},
            estimates=path,
            plan=PLAN / "outputs.csv",
            settings=asdict(LIMITS),
            labels=LABELS,
            synthetic=False,
            folder=tmp_path,
            vintage=tmp_path / "vintage.parquet",
        )
    row = dict.fromkeys(
        ["name", "rule", "area", "method", "geography", "time", "dominance", "linked", "freedom", "content"],
        "",
    )
    row |= dict.fromkeys(
        ("dimensions", "persons", "persons_hidden", "totals", "complements", "figures", "plain"), ""
    )
    row |= {"name": "t", "dimensions": "row", "persons": "n", "method": "cells"}
    parse_output(row, "outputs.csv")
    for change, words in (
        ({"method": "blind"}, "not one of"),
        ({"method": "open"}, "without persons"),
        ({"totals": "m:row"}, "stands in no column"),
        ({"totals": "n:month"}, "not one of its dimensions"),
        ({"complements": "whole-n"}, "stands in no column"),
    ):
        with pytest.raises(ConfigError, match=words):
            parse_output(row | change, "outputs.csv")


# ------------------------------------------------------------------------------------------------ cells


def test_cells_below_ten_and_zero_cells_are_withheld():
    frame = pd.DataFrame({"row": list("abcd"), "column": "x", "n": [10, 9, 0, 300]})
    assert withheld(frame, TABLE).tolist() == [False, True, True, False]
    missing = frame.assign(n=[10, None, 20, 30])
    assert withheld(missing, TABLE).tolist() == [False, True, False, False]


def test_every_figure_of_a_withheld_row_goes_and_the_reason_is_not_told():
    declared = replace(TABLE, figures=("rate",), plain=("units",), persons_hidden=("behind",))
    frame = pd.DataFrame(
        {
            "row": ["a", "b"],
            "column": "x",
            "n": [50, 60],
            "behind": [9, 70],
            "rate": [1.5, 2.5],
            "units": [3, 4],
        }
    )
    released, counts = release_frame(declared, frame, LIMITS)
    assert list(released.columns) == ["row", "column", "n", "rate", "units", "status"]
    assert released.loc[0, ["n", "rate"]].isna().all()
    assert released["units"].tolist() == [3, 4]
    assert released["status"].tolist() == ["withheld", "shown"]
    assert counts == {"small_cells": 1}


def test_cells_of_one_hundred_per_cent_are_withheld():
    declared = replace(TABLE, persons=("n", "part"), complements=(("n", "part"),))
    frame = pd.DataFrame({"row": ["a", "b", "c"], "column": "x", "n": [50, 50, 50], "part": [50, 41, 40]})
    assert withheld(frame, declared).tolist() == [True, True, False]


def test_dominated_cells_are_withheld():
    declared = replace(TABLE, dominance="top2_share")
    frame = pd.DataFrame({"row": ["a", "b"], "column": "x", "n": [50, 50], "top2_share": [0.91, 0.9]})
    released, counts = release_frame(declared, frame, LIMITS)
    assert released["status"].tolist() == ["withheld", "shown"]
    assert counts == {"small_cells": 0, "dominance": 1}
    assert "top2_share" not in released


def test_a_single_small_cell_takes_the_next_smallest_of_its_row_with_it():
    one_way = replace(TABLE, totals={"n": ("column",)})
    frame = table([[4, 30, 12, 50]], margins=False)
    assert withheld(frame, one_way).tolist() == [True, False, True, False]
    frame = pd.concat([frame, pd.DataFrame({"row": ["r0"], "column": [TOTAL], "n": [96]})], ignore_index=True)
    assert withheld(frame, one_way).tolist() == [True, False, True, False, False]


def test_two_small_cells_whose_sum_is_small_are_not_enough():
    one_way = replace(TABLE, totals={"n": ("column",)})
    assert withheld(table([[2, 3, 40, 60]], margins=False), one_way).tolist() == [True, True, True, False]


def test_a_total_that_holds_more_than_its_cells_does_not_weaken_the_protection():
    one_way = replace(TABLE, totals={"n": ("column",)})
    frame = table([[4, 30, 12, 50]], margins=False)
    total = pd.DataFrame({"row": ["r0"], "column": [TOTAL], "n": [99]})
    frame = pd.concat([frame, total], ignore_index=True)
    assert withheld(frame, one_way).tolist() == [True, False, True, False, False]


def test_nothing_is_withheld_without_need():
    assert not withheld(table([[20, 30], [40, 50]])).any()


def test_a_cell_between_two_rings_of_withheld_cells_is_protected():
    # Every row and column of the withheld cells has two of them, yet the cell (2, 2) follows from the rings.
    counts = np.full((5, 5), 100)
    for cell in ((0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 2), (2, 3), (3, 3), (3, 4), (2, 4)):
        counts[cell] = 5
    frame = table(counts)
    first = frame["n"].to_numpy() < 10
    assert recoverable(frame, BOTH, first)
    assert not recoverable(frame, BOTH, protect_totals(frame, BOTH, first, 10))


@pytest.mark.parametrize("seed", range(12))
def test_no_withheld_count_can_be_recovered_from_margins(seed):
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 60, size=(rng.integers(2, 5), rng.integers(2, 6)))
    frame = table(counts)
    hidden = withheld(frame)
    assert hidden[frame["n"].to_numpy() < 10].all()
    for row in recoverable(frame, BOTH, hidden):
        bearing = [line for line in lines(frame, BOTH, "n") if row in members(line)]
        assert all(hidden[other] for line in bearing for other in members(line)), (
            "recoverable from shown counts"
        )


def test_the_order_of_rows_does_not_matter():
    frame = table([[3, 25, 40], [30, 12, 8], [22, 17, 31]])
    shuffled = frame.sample(frac=1, random_state=5)
    assert dict(zip(frame.index, withheld(frame), strict=True)) == dict(
        zip(shuffled.index, withheld(shuffled), strict=True)
    )


def test_a_dimension_that_a_province_does_not_have_is_missing_in_every_key():
    frame = table([[3, 25, 40], [30, 12, 8]])
    without = frame.assign(city=pd.Series([None] * len(frame), frame.index, dtype="str"))
    declared = replace(BOTH, dimensions=("row", "city", "column"))
    assert (withheld(without, declared) == withheld(frame)).all()


def test_a_row_is_withheld_with_the_same_number_in_another_output(tmp_path):
    dose = pd.DataFrame({"row": ["a", "b", TOTAL], "column": TOTAL, "n": [7, 40, 47]})
    first = replace(TABLE, name="dose", totals={"n": ("row",)})
    released, _ = release_frame(first, dose, LIMITS)
    assert released["status"].tolist() == ["withheld", "withheld", "shown"]
    second = replace(TABLE, linked="cell")
    frame = pd.DataFrame({"row": ["x", "y"], "column": "z", "n": [41, 90], "cell": ["dose|b|all", ""]})
    shown = frozenset(cell_keys(released, first))
    again, _ = release_frame(second, frame, LIMITS, shown)
    assert again["status"].tolist() == ["withheld", "shown"]


# ------------------------------------------------------------------------------------------------ curves and flows


def test_steps_of_curves_are_merged_until_ten_leavers_lie_between_two_points():
    curve = pd.DataFrame(
        {
            "cohort": "90后",
            "time": range(8),
            "n_events": [0, 4, 5, 1, 12, 3, 3, 3],
            "n_at_risk": [200, 200, 180, 160, 140, 120, 9, 8],
            "value": np.linspace(0, 0.2, 8),
        }
    )
    declared = Output("c", "figures", "steps", "province", "none", ("cohort", "time"), figures=("value",))
    declared = replace(declared, persons_hidden=("n_events", "n_at_risk"))
    released, counts = release_frame(declared, curve, LIMITS)
    assert released["time"].tolist() == [3, 4]
    assert "n_events" not in released
    assert counts["steps"] == 5


def flow(*rows):
    return pd.DataFrame(rows, columns=["position", "reason", "n"])


def test_small_dropped_groups_are_merged_and_the_sums_stay():
    frame = flow((1, "", 1000), (2, "a", 4), (2, "b", 3), (2, "c", 60), (2, "d", 90), (2, "", 843))
    merged = merge_small_drops(frame, 10)
    assert merged["reason"].tolist() == ["", "d", "other", ""]
    assert merged["n"].tolist() == [1000, 90, 67, 843]


def test_a_step_that_drops_few_is_merged_with_the_next_and_its_count_is_not_shown():
    frame = flow((1, "", 1000), (2, "a", 4), (2, "", 996), (3, "b", 50), (3, "", 946))
    merged = merge_small_drops(frame, 10)
    assert merged["n"].tolist() == [1000, 54, 946]
    last = flow((1, "", 1000), (2, "b", 50), (2, "", 950), (3, "a", 4), (3, "", 946))
    assert merge_small_drops(last, 10)["n"].tolist() == [1000, 54, 946]
    only = flow((1, "", 1000), (2, "a", 4), (2, "", 996))
    assert merge_small_drops(only, 10)["n"].tolist() == [996]


# ------------------------------------------------------------------------------------------------ estimates


def estimates(**changes):
    row = dict.fromkeys(RESTRICTED_COLUMNS, "") | {"persons": True}
    row |= {
        "estimate": 0.2,
        "std_error": 0.1,
        "ci_low": 0.0,
        "ci_high": 0.4,
        "p_value": 0.05,
        "p_adjusted": 0.1,
    }
    row |= {"n_read": 1000, "n_used": 900, "n_dropped": 100, "n_units": 20, "n_clusters": 20, "n_events": 40}
    row |= {"dropped_by_reason": json.dumps({"missing_exposure": 100}), "residual_df": 800, "converged": True}
    row |= {"behind_persons": np.nan, "behind_events": np.nan}
    return pd.DataFrame([row | changes])


def test_estimates_with_enough_behind_them_pass_unchanged():
    released, counts = release_estimates(estimates(), LIMITS)
    assert list(released.columns) == RESTRICTED_COLUMNS
    assert released.loc[0, "estimate"] == 0.2
    assert counts == {"small_cells": 0, "residual_df": 0, "dropped_groups": 0, "reasons": 0}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"n_events": 9}, "small_cells"),
        ({"n_used": 9, "n_events": np.nan}, "small_cells"),
        ({"residual_df": 9}, "residual_df"),
    ],
)
def test_estimates_with_too_little_behind_them_lose_their_figures(changes, rule):
    released, counts = release_estimates(estimates(**changes), LIMITS)
    assert released.loc[0, ["estimate", "std_error", "ci_low", "ci_high", "p_value", "n_events"]].isna().all()
    assert read_reasons(released.loc[0, "reasons"]) == [because("not_published")]
    assert counts[rule] == 1


def test_event_counts_by_cause_do_not_tell_a_withheld_one():
    rows = [("primary", "voluntary", 40), ("robustness", "resign", 7), ("robustness", "transfer", 33)]
    frame = pd.concat(
        [estimates(hypothesis="H2", role=role, outcome=outcome, n_events=n) for role, outcome, n in rows],
        ignore_index=True,
    )
    released, _ = release_estimates(frame, LIMITS)
    assert released["n_events"].isna().tolist() == [False, True, True]
    assert released["estimate"].isna().tolist() == [False, True, False]


def test_small_dropped_groups_of_respondents_are_merged_in_the_estimates():
    drops = json.dumps({"straightliner": 4, "no_date": 5, "missing_exposure": 91})
    released, counts = release_estimates(estimates(n_events=np.nan, dropped_by_reason=drops), LIMITS)
    assert json.loads(released.loc[0, "dropped_by_reason"]) == {"other": 100}
    assert counts["dropped_groups"] == 1
    few = estimates(n_events=np.nan, n_read=904, n_dropped=4, dropped_by_reason=json.dumps({"no_date": 4}))
    released, _ = release_estimates(few, LIMITS)
    assert released.loc[0, ["n_read", "n_dropped"]].isna().all()
    assert released.loc[0, "n_used"] == 900
    person_months = estimates(dropped_by_reason=json.dumps({"missing_exposure": 4}))
    released, _ = release_estimates(person_months, LIMITS)
    assert json.loads(released.loc[0, "dropped_by_reason"]) == {"missing_exposure": 4}


def test_counts_of_units_are_no_counts_of_persons():
    drops = json.dumps({"missing_outcome": 1})
    units = estimates(
        n_events=np.nan, n_read=48, n_used=47, n_dropped=1, dropped_by_reason=drops, persons=False
    )
    released, counts = release_estimates(units, LIMITS)
    assert released.loc[0, ["n_read", "n_used", "n_dropped"]].tolist() == [48, 47, 1]
    assert released.loc[0, "dropped_by_reason"] == drops and counts["dropped_groups"] == 0
    close = pd.concat([units, estimates(n_events=np.nan, n_used=40, persons=False)], ignore_index=True)
    _, rounded, changed = round_alike({}, close, 10, ~close["persons"].eq(False))
    assert rounded["n_used"].tolist() == [47, 40] and changed["estimates"] == 0


def test_a_small_number_of_persons_used_is_no_difference_of_counts_shown():
    few = estimates(n_events=np.nan, n_used=4, n_dropped=996, dropped_by_reason=json.dumps({"a": 996}))
    released, _ = release_estimates(few, LIMITS)
    assert released.loc[0, ["n_used", "n_dropped"]].isna().all()
    assert released.loc[0, "dropped_by_reason"] == "{}"
    none = estimates(
        n_events=np.nan,
        n_used=0,
        n_dropped=1000,
        dropped_by_reason=json.dumps({"a": 1000}),
        estimate=np.nan,
    )
    released, _ = release_estimates(none, LIMITS)
    assert released.loc[0, ["n_read", "n_used", "n_dropped"]].tolist() == [1000, 0, 1000]


# ------------------------------------------------------------------------------------------------ files


def test_the_gate_writes_the_release_with_a_log_line_per_rule_and_the_synthetic_mark(tmp_path):
    frame = pd.DataFrame(
        {
            "cohort": ["90后"] * 3,
            "tertile": ["low", "middle", "high"],
            "time_months": 0,
            "n_at_risk": [5, 50, 60],
        }
    )
    frame.to_parquet(tmp_path / "at_risk.parquet")
    estimates().to_parquet(tmp_path / "estimates.parquet")
    published = {"cumulative_incidence_at_risk": tmp_path / "at_risk.parquet"}
    for folder in ("one", "two"):
        release_all(
            published=published,
            estimates=tmp_path / "estimates.parquet",
            plan=PLAN / "outputs.csv",
            settings=asdict(LIMITS),
            labels=LABELS,
            synthetic=True,
            folder=tmp_path / folder,
            vintage=tmp_path / "vintage.parquet",
        )
    path = tmp_path / "one" / "figures" / "cumulative_incidence_at_risk.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    released = pd.read_csv(path)
    assert released["n_at_risk"].isna().tolist() == [True, False, False]
    assert released["data"].str.contains("SYNTHETIC").all()
    log = pd.read_csv(tmp_path / "one" / "disclosure_log.csv")
    assert list(log.columns) == [*LOG_COLUMNS, "data"]
    assert log.loc[log["output"] == "cumulative_incidence_at_risk", "cells"].tolist() == [0, 1, 0, 0]
    assert set(log["output"]) == {"cumulative_incidence_at_risk", "estimates"}
    notes = pd.read_csv(tmp_path / "one" / "estimates.csv")["note"]
    assert notes.str.contains("SYNTHETIC").all()
    for file in sorted((tmp_path / "one").rglob("*.csv")):
        assert file.read_bytes() == (tmp_path / "two" / file.relative_to(tmp_path / "one")).read_bytes()


def test_the_declared_outputs_are_consistent_and_complete():
    outputs = read_outputs(PLAN / "outputs.csv")
    figures = {"index_over_time", "county_heatmap", "issue_clock", "dose_response", "cumulative_incidence"}
    assert figures | {"burnout_by_overload", "sample_flow", "descriptives", "data_quality"} <= set(outputs)
    assert not [o.name for o in outputs.values() if o.geography == "township"]
    assert not [
        o.name for o in outputs.values() if o.geography == "county" and o.time == "month" and o.persons
    ]


def test_outputs_without_rows_pass_the_gate():
    """A province without ledger or survey has tables with columns and no rows."""
    declared = read_outputs(PLAN / "outputs.csv")
    for name, declaration in declared.items():
        frame = pd.DataFrame({column: pd.Series(dtype=object) for column in declaration.columns})
        released, _ = release_frame(declaration, frame, LIMITS)
        assert released.empty, name
    assert lines(table([[1]]).iloc[:0], BOTH, "n") == []


def test_no_more_cells_are_withheld_than_one_small_cell_needs():
    counts = [[59, 9, 31, 45], [110, 95, 97, 130], [220, 210, 190, 240], [34, 22, 18, 27]]
    frame = table(counts)
    hidden = withheld(frame)
    assert hidden.sum() == 4
    first = frame["n"].to_numpy() < 10
    for row in np.flatnonzero(hidden & ~first):
        fewer = hidden.copy()
        fewer[row] = False
        sums = lines(frame, BOTH, "n")
        assert exposed_row(frame["n"].to_numpy(dtype=float), fewer, sums, 10) is not None, "not needed"


# ------------------------------------------------------------------------------------------------ source rows


def source_rows(rows):
    columns = ["table", "files", "kept", "duplicate", "rejected", "nondata", "bad_cells", "top_reasons"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["rows_read"] = frame[["kept", "duplicate", "rejected", "nondata"]].sum(axis=1)
    return frame.assign(top_reasons=[json.dumps(reasons) for reasons in frame["top_reasons"]])


def test_few_rows_of_a_table_of_persons_are_left_out_of_every_sum():
    def release(duplicates):
        frame = source_rows(
            [
                ("tasks", 3, 900, 4, 6, 2, 1, {"unknown_unit": 6}),
                ("roster", 1, 500, duplicates, 26, 6, 3, {"damaged_id": 5, "unknown_unit": 21}),
                ("survey", 1, 300, 0, 9, 1, 0, {"damaged_id": 9}),
                ("policies", 0, 0, 0, 0, 0, 0, {}),
                ("all", 5, 1700, 4 + duplicates, 41, 9, 4, {}),
            ]
        )
        return release_frame(read_outputs(PLAN / "outputs.csv")["data_quality"], frame, LIMITS)

    released, counts = release(5)
    by_table = released.set_index("table")
    assert by_table.loc["tasks", ["rows_read", "duplicate", "rejected"]].tolist() == [912, 4, 6]
    assert by_table["duplicate"].isna().tolist() == [False, True, False, False, False]
    assert by_table["rejected"].isna().tolist() == [False, False, True, False, False]
    assert by_table.loc["roster", "rows_read"] == 500 + 26 + 6
    assert by_table.loc["all", ["files", "rows_read", "kept", "duplicate", "rejected"]].tolist() == [
        5, 912 + 532 + 301, 1700, 4, 32,
    ]  # fmt: skip
    assert json.loads(by_table.loc["roster", "top_reasons"]) == {"other": 26}
    assert by_table.loc["survey", "top_reasons"] == "{}"
    assert counts == {"small_rows": 5}
    pd.testing.assert_frame_equal(released, release(9)[0])
    words = in_words(released, LABELS).set_index("table")["top_reasons"]
    assert words["policies"] == "未提供" and words["tasks"] == "单位无法匹配 6"


# ------------------------------------------------------------------------------------------------ linked counts


def test_counts_that_differ_by_few_persons_are_rounded_and_still_add_up():
    drops = json.dumps({"straightliner": 16, "missing_outcome": 12})
    survey = {"n_events": np.nan, "scale": "sd_per_sd", "hypothesis": "H1"}
    rows = [
        estimates(**survey, n_read=618, n_used=590, n_dropped=28, dropped_by_reason=drops),
        estimates(
            **survey, n_read=618, n_used=581, n_dropped=37, dropped_by_reason=json.dumps({"other": 37})
        ),
        estimates(outcome="voluntary", n_events=57),
        estimates(outcome="voluntary", n_events=52),
        estimates(outcome="retire", n_events=33),
    ]
    scores = pd.DataFrame({"block": "scores", "row": ["a", "b"], "cohort": "all", "n": [590, 583]})
    tables, released, changed = round_alike({"descriptives": scores}, pd.concat(rows, ignore_index=True), 10)
    assert released["n_used"].tolist() == [590, 580, 900, 900, 900]
    assert released["n_events"].tolist()[2:] == [60, 50, 30]
    for row in released.to_dict("records"):
        assert row["n_read"] - sum(json.loads(row["dropped_by_reason"]).values()) == row["n_used"]
    assert tables["descriptives"]["n"].tolist() == [590, 580]
    assert scores["n"].tolist() == [590, 583]
    assert changed["estimates"] >= 3 and changed["descriptives"] == 1
    withheld = {"n_used": np.nan, "n_dropped": np.nan, "n_events": np.nan, "dropped_by_reason": "{}"}
    few = round_alike({}, estimates(outcome="resign", n_read=6896, **withheld), 10)[1]
    assert few.loc[0, "n_read"] == 6900  # as beside models whose events are told


def test_counts_that_are_equal_or_far_apart_are_rounded_too():
    frame = pd.concat([estimates(n_events=n, outcome="voluntary") for n in (57, 57, 33)], ignore_index=True)
    _, released, changed = round_alike({}, frame, 10)
    assert released["n_events"].tolist() == [60, 60, 30]
    assert changed == {"estimates": 3}


def test_exits_of_the_figure_and_of_the_models_are_rounded_alike():
    dose = pd.DataFrame({"cohort": ["all"], "bin": ["all"], "exits": [60], "persons": [438]})
    dose["person_months"] = 9001
    persons = pd.DataFrame({"block": "persons", "row": ["persons"], "cohort": ["all"], "n": [443]})
    tables = {"dose_response": dose, "descriptives": persons}
    tables, released, _ = round_alike(tables, estimates(outcome="voluntary", n_events=57), 10)
    assert released["n_events"].tolist() == [60]
    assert tables["dose_response"]["exits"].tolist() == [60]
    assert tables["dose_response"]["persons"].tolist() == [440]
    assert tables["descriptives"]["n"].tolist() == [440]


@pytest.mark.parametrize(
    "few",
    [
        {"n_events": 7},
        {
            "estimate": np.nan,
            "n_events": np.nan,
            "reasons": write_reasons(
                [because("not_estimable", why=because("too_few_events", events=3, coefficients=4))]
            ),
        },
    ],
)
def test_units_with_an_event_do_not_bound_events_that_are_withheld(few):
    """Six units that each have a leaver, and fewer than ten leavers in all, would be six to nine."""
    drops = json.dumps({"missing_exposure": 930, "separated_month": 1930, "separated_unit": 2240})
    frame = estimates(**{"n_units": 6, "n_clusters": 6, "dropped_by_reason": drops} | few)
    released, _ = release_estimates(frame, LIMITS)
    assert released.loc[0, ["n_units", "n_clusters", "n_used", "n_dropped", "n_events"]].isna().all()
    assert released.loc[0, "dropped_by_reason"] == "{}" and released.loc[0, "n_read"] == 1000
    chains, _ = release_estimates(estimates(**{"persons": False} | few), LIMITS)
    assert chains.loc[0, "n_units"] == 20
