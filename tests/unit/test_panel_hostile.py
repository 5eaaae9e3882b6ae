"""Hostile panels of indicators: each gives scores that are right, or one sentence that says why not."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from build_panel import main
from jianfu.core.errors import ConfigError, DataError
from jianfu.core.messages import speak
from jianfu.indices.engine import weights
from jianfu.indices.engine.treat import varies
from jianfu.indices.own_panel import output, periods

TOWNS = [f"{name}镇" for name in "甲乙丙丁戊己"]
STRUCTURE = [{"code": code, "parent": "index"} for code in "abc"]
NOISE = [(0.1 * n) / n * 100 for n in (1, 3, 6, 7, 11, 13)]  # 10, but for rounding
VALUES = {"a": [1, 2, 4, 3, 6, 5], "b": [2, 2.5, 1, 3.5, 3, 4.5], "c": [9, 7, 8, 3, 2, 5]}
MONTHS = ["2023-01", "2023-02", "2023-03"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def panel(dates, **columns):
    """Six towns in each of ``dates``, in their order, each value half a point higher than in the one before."""
    values = {code: np.array(column, dtype=float) for code, column in (VALUES | columns).items()}
    parts = [
        pd.DataFrame({"town": TOWNS, "period": label} | {code: x + t / 2 for code, x in values.items()})
        for t, label in enumerate(dates)
    ]
    return pd.concat(parts, ignore_index=True)


def built(frame, **settings):
    """{file: frame} of a panel; without ``period`` the first date alone."""
    frame.to_csv("panel.csv", index=False)
    base = {"data": "panel.csv", "unit": "town", "structure": STRUCTURE, "period": "period"}
    main({k: v for k, v in (base | settings).items() if v is not None}, [], "out")
    return {path.stem: pd.read_csv(path, encoding="utf-8-sig") for path in Path("out").glob("*.csv")}


def scores(found):
    """The scores of the index by period and town."""
    own = found["aggregated"].query("code == 'index'")
    return own.pivot_table(index="period", columns="unit", values="value", dropna=False)[TOWNS]


def same(dates, kind, window=None, reference=None):
    """A case: these labels are periods of this kind, with as many of them in the reference window."""
    return (panel(dates), {"reference_window": window} if window else {}, (kind, reference))


GOAL = [row | {"low": 0, "high": 10} for row in STRUCTURE]
CASES = {
    "years": same(["2020", "2021", "2022"], "year", reference=1),
    "years in words": same(["2020年", "2021年"], "year", reference=1),
    "full width": same(["２０２０", "２０２１"], "year", reference=1),
    "quarters": same(["2020Q1", "2020Q2", "2021Q1"], "quarter", reference=2),
    "quarters in words": same(["2020年第一季度", "2020年第二季度"], "quarter", reference=2),
    "quarters first": same(["Q1 2020", "Q2 2020"], "quarter", reference=2),
    "months": same(MONTHS, "month", reference=3),
    "months with strokes": same(["2023/1", "2023/2", "2023/10"], "month", reference=3),
    "months in words": same(["2023年1月", "2023年10月", "2023年2月"], "month", reference=3),
    "months in one number": same(["202301", "202312", "202401"], "month", reference=2),
    "months before years": same(["01/2023", "02/2023", "01/2024"], "month", reference=2),
    "months by name": same(["Jan 2023", "Feb 2023", "April 2023"], "month", reference=3),
    "months by name, a window": same(
        ["Jan 2023", "Feb 2023", "Apr 2023"], "month", ["2023-02", "2023-04"], 2
    ),
    "ends of months": same(["2023-01-31", "2023-02-28", "2024-02-29"], "month", reference=2),
    "ends of months, a window of dates": same(
        ["2023-01-31", "2023-02-28"], "month", ["2023-01-31", "2023-01-31"], 1
    ),
    "ends of quarters": same(["2023-03-31", "2023-06-30", "2024-03-31"], "month", reference=2),
    "days in the middle": same(["2023-01-15", "2023-02-14"], "month", reference=2),
    "dates with strokes": same(["2023/1/31", "2023/2/28"], "month", reference=2),
    "dates in one number": same(["20230131", "20230228"], "month", reference=2),
    "days": same(["2023-01-01", "2023-01-02", "2023-01-10"], "day", reference=1),
    "numbers": same(["9", "10", "11"], "number", reference=1),
    "words": same(["first", "second"], "text", reference=1),
    "words and numbers": same(["1", "2", "last"], "text", reference=1),
    "two kinds": (panel(["2020", "2020-01"]), {}, "two kinds"),
    "years and quarters": (panel(["2020", "2020Q1"]), {}, "two kinds"),
    "months and days of one month": (panel(["2023-01", "2023-01-15"]), {}, "two kinds"),
    "two digits": (panel(["Jan-23", "Feb-23"]), {}, "two digits"),
    "two digits first": (panel(["23-01", "23-02"]), {}, "two digits"),
    "two digits in quarters": (panel(["Q1 23", "Q2 23"]), {}, "two digits"),
    "two digits around a century": (panel(["98", "99", "00"]), {}, "two digits"),
    "days first": (panel(["31/01/2023", "28/02/2023"]), {}, "two digits"),
    "a thirteenth month": (panel(["2023-12", "2023-13"]), {}, "no period '2023-13'"),
    "a thirtieth of February": (panel(["2023-01-31", "2023-02-30"]), {}, "no period '2023-02-30'"),
    "one month in two writings": (panel(["2023-01", "2023/1"]), {}, "stands twice"),
    "a window of another kind": (panel(MONTHS), {"reference_window": [2023, 2023]}, "holds no row"),
    "a window of nothing": (panel(MONTHS), {"reference_window": ["2022-01", "2022-12"]}, "holds no row"),
    "an empty period": (panel(["2020", ""]), {}, "has no period"),
    "noise": (panel(["2020"], a=NOISE), {}, "a"),
    "noise by min-max": (panel(["2020"], a=NOISE), {"normalisation": "minmax"}, "a"),
    "noise by ampi": (panel(["2020"], a=NOISE), {"normalisation": "ampi"}, "a"),
    "noise of a large number": (panel(["2020"], a=[1e9 * x for x in NOISE]), {}, "a"),
    "noise with entropy": (panel(["2020"], a=NOISE), {"normalisation": "minmax", "weights": "entropy"}, "a"),
    "noise with critic": (panel(["2020"], a=NOISE), {"normalisation": "minmax", "weights": "critic"}, "a"),
    "noise with pc1": (panel(["2020"], a=NOISE, c=[1, 2, 3, 3, 6, 6]), {"weights": "pc1"}, "a"),
    "a constant": (panel(["2020"], a=[3] * 6), {}, "a"),
    "zeros": (panel(["2020"], a=[0] * 6), {}, "a"),
    "nothing": (panel(["2020"], a=[np.nan] * 6), {}, "a"),
    "an infinite value": (panel(["2020"], a=[1, 2, 3, 4, 5, np.inf]), {}, "infinite"),
    "weights of zero": (
        panel(["2020"]),
        {"structure": [row | {"weight": 0} for row in STRUCTURE]},
        "zero for all components of 'index'",
    ),
    "a negative weight": (panel(["2020"]), {"structure": [STRUCTURE[0] | {"weight": -1}]}, "below zero"),
    "a unit twice but for a blank": (
        pd.concat([panel(["2020"]), panel(["2020"]).iloc[:1].assign(town=f"{TOWNS[0]} ")]),
        {},
        "stands twice",
    ),
    "a unit without a name": (panel(["2020"]).assign(town=[None, *TOWNS[1:]]), {}, "has no unit"),
    "a word among numbers": (panel(["2020"]).astype(object).assign(a=[1, 2, "多", 3, 6, 5]), {}, "'多'"),
    "percentages": (
        panel(["2020"]).astype(object).assign(a=[f"{x}%" for x in VALUES["a"]]),
        {},
        ("year", 1),
    ),
    "thousands": (
        panel(["2020"]).astype(object).assign(a=[f"{x},000" for x in VALUES["a"]]),
        {},
        ("year", 1),
    ),
    "parents in a circle": (
        panel(["2020"]),
        {"structure": [{"code": "a", "parent": "b"}, {"code": "b", "parent": "a"}]},
        "run in a circle",
    ),
    "a code twice": (panel(["2020"]), {"structure": [STRUCTURE[0]] * 2}, "stands twice"),
    "goalposts the wrong way round": (
        panel(["2020"]),
        {"normalisation": "goalposts", "structure": [row | {"low": 9, "high": 0} for row in STRUCTURE]},
        "below 'high'",
    ),
    "a window the wrong way round": (
        panel(MONTHS),
        {"reference_window": ["2023-03", "2023-01"]},
        "holds no row",
    ),
    "one value": (panel(["2020"], a=[1, *[np.nan] * 5]), {}, "a"),
    "zeros with both signs": (panel(["2020"], a=[0.0, -0.0] * 3), {}, "a"),
    "a code like a formula": (
        panel(["2020"]).rename(columns={"a": "=a"}),
        {"structure": [{"code": "=a", "parent": "index"}, *STRUCTURE[1:]]},
        ("year", 1),
    ),
    "a geometric mean": (
        panel(MONTHS, c=[9, 7, 8, 3, 2, 5]),
        {"normalisation": {"method": "minmax", "range": [1, 100]}, "aggregation": "geometric"},
        "month",
    ),
    "a geometric mean that later falls": (
        panel(["2020", "2021"]).assign(a=lambda f: f["a"].where(f["period"] == "2020", -20)),
        {"normalisation": {"method": "minmax", "range": [1, 100]}, "aggregation": "geometric"},
        "outside the reference window",
    ),
    "a geometric mean within goalposts": (
        panel(["2020", "2021"]).assign(a=lambda f: f["a"].where(f["period"] == "2020", -20)),
        {
            "normalisation": {"method": "goalposts", "range": [1, 100]},
            "aggregation": "geometric",
            "structure": GOAL,
        },
        "year",
    ),
    "one unit in three years": (panel(["2020", "2021", "2022"]).query("town == '甲镇'"), {}, "nothing"),
    "months in three writings": same(["2023-01", "2023/2", "2023年3月"], "month", reference=3),
    "years as decimals": (panel(["2020.0", "2021.0"]), {}, "year"),
    "blanks about a year": same(["2020 ", "2021"], "year", reference=1),
    "halves of a year": same(["2020H1", "2020H2"], "text", reference=1),
    "a unit twice in a year": (pd.concat([panel(["2020"]), panel(["2020"]).head(1)]), {}, "stands twice"),
    "numbers that cannot be squared": (
        panel(["2020"], a=[1e300, 2e300, 4e300, 3e300, 6e300, 5e300]),
        {},
        "beyond 1e+100",
    ),
    "numbers whose squares are zero": (
        panel(["2020"], a=[1e-300, 2e-300, 4e-300, 3e-300, 0, 0]),
        {},
        "below its inverse",
    ),
    "minus infinity": (panel(["2020"], a=[-np.inf, 2, 4, 3, 6, 5]), {}, "infinite"),
    "nearly constant": (panel(["2020"], a=[10, 10 + 1e-13, 10, 10, 10, 10]), {}, "a"),
    "true and false": (
        panel(["2020"]).astype(object).assign(a=["True", "False", "True", "True", "False", "True"]),
        {},
        ("year", 1),
    ),
    "a formula among numbers": (
        panel(["2020"]).astype(object).assign(a=["=1+1", 2, 4, 3, 6, 5]),
        {},
        "no number",
    ),
    "an infinite weight": (
        panel(["2020"]),
        {"structure": [STRUCTURE[0] | {"weight": float("inf")}, *STRUCTURE[1:]]},
        "is no number",
    ),
    "a weight in words": (
        panel(["2020"]),
        {"structure": [STRUCTURE[0] | {"weight": "二"}, *STRUCTURE[1:]]},
        "is no number",
    ),
    "a direction in words": (
        panel(["2020"]),
        {"structure": [STRUCTURE[0] | {"direction": "负"}, *STRUCTURE[1:]]},
        "is no number",
    ),
    "a code that is its own parent": (
        panel(["2020"]).rename(columns={"a": "index"}),
        {"structure": [{"code": "index", "parent": "index"}, *STRUCTURE[1:]]},
        "run in a circle",
    ),
    "opposite members by principal components": (
        panel(["2020"], b=[-x for x in VALUES["a"]]),
        {"weights": "pc1"},
        "mixed signs",
    ),
    "a geometric mean from zero": (
        panel(["2020"]),
        {"aggregation": "geometric", "normalisation": "minmax"},
        "above zero",
    ),
    "a negative denominator": (
        panel(["2020"]).assign(heads=[-1, 1, 1, 1, 1, 1]),
        {"structure": [STRUCTURE[0] | {"denominator": "heads"}, *STRUCTURE[1:]]},
        "the denominator 'heads' is below zero",
    ),
    "decimal commas": (
        panel(["2020"]).astype(object).assign(a=["0,345", "0,5", "0,7", "0,1", "0,2", "0,9"]),
        {},
        "'0,345' in column 'a', row 2, is no number",
    ),
    "a minus of word processors": (
        panel(["2020"]).astype(object).assign(a=["−1", 2, 4, 3, 6, 5]),
        {},
        ("year", 1),
    ),
    "a geometric mean of z": (panel(["2020"]), {"aggregation": "geometric"}, "above zero"),
}


@pytest.mark.parametrize("case", CASES)
def test_every_panel_gives_scores_or_one_sentence(folder, case):
    frame, settings, wanted = CASES[case]
    if isinstance(wanted, tuple):
        kind, reference = wanted
        found = built(frame, **settings)
        labels = frame["period"].drop_duplicates()
        assert periods.number(labels)[2] == kind
        assert periods.reference_rows(labels, settings.get("reference_window")).sum() == reference
        assert scores(found).notna().all().all()
    elif wanted == "nothing":
        assert built(frame, **settings)["aggregated"].query("code == 'index'")["value"].isna().all()
    elif wanted in ("a", "month", "year"):
        found = built(frame, **settings)
        assert scores(found).notna().all().all()
        if wanted == "a":
            dropped = found["diagnostics"].query("diagnostic == 'dropped'")
            own = found["weights"].set_index("code")["effective_weight"]
            assert dropped["code"].tolist() == ["a"]
            assert own["a"] == 0 and own.sum() == pytest.approx(1)
    else:
        with pytest.raises((ConfigError, DataError), match=re.escape(wanted)) as caught:
            built(frame, **settings)
        assert "\n" not in str(caught.value)


def test_scores_of_copies_and_of_ties_are_those_worked_out_by_hand(folder):
    """A member three times is its own z score whatever weighs it; ranks of ties are the lowest, as in COINr."""
    a = np.array(VALUES["a"], dtype=float)
    for weighing in ("equal", "pc1", "critic"):
        found = scores(built(panel(["2020"], b=a, c=a), weights=weighing))
        np.testing.assert_allclose(found.to_numpy()[0], (a - a.mean()) / a.std(ddof=1))
    ranks = scores(built(panel(["2020"], a=[1, 1, 1, 2, 2, 2]), normalisation="rank")).to_numpy()[0]
    parts = [
        pd.Series(values).rank(method="min").to_numpy()
        for values in ([1, 1, 1, 2, 2, 2], VALUES["b"], VALUES["c"])
    ]
    np.testing.assert_allclose(ranks, np.mean(parts, axis=0))


def test_months_however_written_are_the_same_panel(folder):
    ends, names, plain = (
        ["2023-01-31", "2023-02-28", "2023-03-31"],
        ["Jan 2023", "Feb 2023", "March 2023"],
        MONTHS,
    )
    expected = scores(built(panel(plain), reference_window=["2023-01", "2023-02"]))
    for labels in (ends, names):
        found = scores(built(panel(labels), reference_window=["2023-01", "2023-02"]))
        pd.testing.assert_frame_equal(found, expected)


def test_values_that_differ_by_rounding_do_not_vary():
    noise = np.array(NOISE)
    assert noise.min() < noise.max() and not varies(noise.min(), noise.max())
    assert varies(1.0, 1.0 + 1e-9) and not varies(0.0, 0.0) and not varies(np.nan, np.nan)
    both = np.column_stack([noise, VALUES["b"]])
    np.testing.assert_allclose(weights.entropy(both), [0, 1])
    np.testing.assert_allclose(weights.critic(both), [0, 1])


def test_an_empty_index_says_why_on_the_screen(folder):
    speak("en")
    frame = panel(["2020"], a=[3] * 6, b=[np.nan] * 6)
    frame.to_csv("panel.csv", index=False)
    settings = {"data": "panel.csv", "unit": "town", "structure": STRUCTURE, "period": "period"}
    (reason,) = output.empty_indices(output.build_panel(settings))
    assert reason.code == "index_empty" and dict(reason.values)["index"] == "index"
    assert [dict(part.values)["what"].code for part in dict(reason.values)["why"]] == [
        "dropped_no_spread",
        "dropped_no_value",
    ]


def test_rows_behind_correlations_and_data_driven_weights_are_those_compared(folder):
    frame = panel(["2020"], a=[1, 2, np.nan, 3, 6, 5])
    found = built(
        frame,
        normalisation="minmax",
        weights="entropy",
        aggregation={"method": "arithmetic", "min_share": 0.9},
    )
    rows = found["diagnostics"].set_index(["diagnostic", "code"])
    assert rows.loc[("weight_rows", "a"), "value"] == 5 and rows.loc[("weight_rows", "b"), "value"] == 6
    assert rows.loc[("leave_one_out_rank_correlation", "b"), "n"] == 5
    found = built(frame, normalisation="minmax", weights="critic")
    assert (found["diagnostics"].query("diagnostic == 'weight_rows'")["value"] == 5).all()


def test_powers_and_weights_that_no_double_holds_are_scaled(folder):
    found = built(panel(["2020"]), normalisation={"method": "minmax", "range": [1, 100]},
                  aggregation={"method": "power", "p": 1000}, structure=STRUCTURE)  # fmt: skip
    largest = built(panel(["2020"]), normalisation={"method": "minmax", "range": [1, 100]})["normalised"]
    wanted = largest.groupby("unit")["value"].max()[TOWNS]
    np.testing.assert_allclose(scores(found).iloc[0], wanted, rtol=2e-3)
    equal, huge = (
        scores(built(panel(["2020"]), structure=[row | {"weight": weight} for row in STRUCTURE]))
        for weight in (1, 1e308)
    )
    np.testing.assert_allclose(equal, huge)


@pytest.mark.parametrize("name", ["合计", "全县平均", "平均水平", "Total", "Grand total", "average"])
def test_totals_and_averages_are_no_units(folder, name):
    frame = panel(["2020"])
    wanted = scores(built(frame))
    total = frame.select_dtypes("number").sum().to_dict() | {"town": name, "period": "2020"}
    found = built(pd.concat([frame, pd.DataFrame([total])]))
    assert name not in set(found["aggregated"]["unit"])
    np.testing.assert_allclose(scores(found), wanted)
