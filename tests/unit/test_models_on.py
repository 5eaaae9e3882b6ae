"""Models on a ready table: refusals in one sentence, categorical columns, and honesty about every row."""

import json
import re

import numpy as np
import pandas as pd
import pytest
import yaml
from province_cases import ROOT, load_command
from told import told

from jianfu.core.errors import ConfigError, DataError
from jianfu.ingest.user_tables import numbers, read_analysis_table, read_table
from jianfu.models import own_tables
from jianfu.models.estimates import RESTRICTED_COLUMNS
from jianfu.models.estimators.common import Settings
from jianfu.models.estimators.vocabulary import ESTIMATORS
from jianfu.models.spec import ModelSpec
from jianfu.models.terms import columns_of
from jianfu.release.outputs import Limits
from jianfu.release.own_tables import released

LIMITS = Limits(min_cell=10, min_residual_df=10, dominance=0.9)

MANUAL = (ROOT / "config" / "own-tables.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"\n### (\w+)\n.*?```yaml\n(.*?)```", MANUAL, re.S))
SETTINGS = Settings(bootstrap=19)


def small(n=80, seed=1):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"unit": np.arange(n) % 20, "x": rng.normal(size=n), "sex": rng.choice(["女", "男"], n)}
    )
    frame["y"] = frame["x"] + rng.normal(size=n)
    frame["left"] = (rng.random(n) < 0.3).astype(int)
    return frame


def fit(frame, folder, *entries, **keys):
    frame.to_csv(folder / "own.csv", index=False)
    settings = {
        "data": str(folder / "own.csv"),
        "list": [{"name": f"m{i}", **e} for i, e in enumerate(entries)],
        **keys,
    }
    own_tables.check(settings, "own.yaml")
    return own_tables.estimates(settings, SETTINGS, "own")


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"estimator": "olss"}, "'olss', which does not exist; did you mean 'ols'?"),
        ({"estimator": "ols", "outcome": "y"}, "entry 'm0': the estimator ols needs the key 'terms'"),
        ({"estimator": "ols", "outcome": "y", "terms": ["x"], "entry": "x"}, "has no key 'entry'"),
        ({"estimator": "ols", "outcome": "z", "terms": ["x"]}, "names the column 'z'"),
        ({"estimator": "ols", "outcome": "y", "terms": ["sexx"]}, "did you mean 'sex'?"),
        (
            {"estimator": "ols", "outcome": "y", "terms": ["log(xx)"]},
            "the term 'log(xx)' names the column 'xx'",
        ),
        ({"estimator": "ols", "outcome": "y", "terms": ["lgo(x)"]}, "did you mean 'log(x)'?"),
        ({"estimator": "ols", "outcome": "y", "terms": ["bs(x, 2)"]}, "degrees of freedom of at least 3"),
        (
            {"estimator": "ols", "outcome": "y", "terms": ["x"], "options": {"vcvo": "iid"}},
            "did you mean 'vcov'?",
        ),
        ({"estimator": "ols", "outcome": "y", "terms": ["x"], "options": {"vcov": "HC4"}}, "cannot be 'HC4'"),
        ({"estimator": "p_adjust", "outcome": "y"}, "needs the option 'method'"),
        (
            {"estimator": "aalen_johansen", "exit": "x", "event": "y", "options": {"group": "sx"}},
            "did you mean 'sex'?",
        ),
    ],
)
def test_what_does_not_exist_is_one_sentence_with_the_nearest_name(entry, sentence, tmp_path):
    with pytest.raises(ConfigError, match=re.escape(sentence)) as caught:
        fit(small(), tmp_path, entry)
    assert "\n" not in str(caught.value)


def test_a_province_with_a_ready_table_needs_nothing_else(tmp_path):
    small().to_csv(tmp_path / "own.csv", index=False)
    text = "models_on: {data: own.csv, list: [{name: a, estimator: ols, outcome: y, terms: [x]}]}\n"
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    folder = {"provinces": "own", "provinces_dir": str(tmp_path)}
    assert load_command(folder)["own"]["models_on"]["list"][0]["name"] == "a"
    (tmp_path / "own.yaml").write_text(text.replace("own.csv", "other.csv"), encoding="utf-8")
    with pytest.raises(ConfigError, match="'models_on.data' names 'other.csv', which does not exist"):
        load_command(folder)
    (tmp_path / "own.yaml").write_text(text + "simulate: {parameters: p.yaml}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="keep one of the two"):
        load_command(folder)


def test_text_becomes_dummies_with_the_reference_one_wants(tmp_path):
    first, second = (
        fit(small(), tmp_path, {"estimator": "ols", "outcome": "y", "terms": ["sex"], "options": options})
        for options in ({}, {"reference": {"sex": "男"}})
    )
    assert list(first["term"]) == ["(Intercept)", "sex_男"]
    assert list(second["term"]) == ["(Intercept)", "sex_女"]
    assert first["estimate"].iloc[1] == pytest.approx(-second["estimate"].iloc[1])
    with pytest.raises(DataError, match="is no level of 'sex'"):
        fit(
            small(),
            tmp_path,
            {"estimator": "ols", "outcome": "y", "terms": ["sex"], "options": {"reference": {"sex": "m"}}},
        )
    with pytest.raises(DataError, match="the outcome 'sex' holds text"):
        fit(small(), tmp_path, {"estimator": "ols", "outcome": "sex", "terms": ["x"]})


def test_terms_are_what_they_say():
    frame = pd.DataFrame({"x": [1.0, 2.0, 4.0, 8.0], "g": ["a", "a", "b", "b"]})
    columns = columns_of(frame, ["log(x)", "square(x)", "between(x, g)", "within(x, g)", "x:log(x)"], {})
    np.testing.assert_allclose(columns["log(x)"], np.log(frame["x"]))
    np.testing.assert_allclose(columns["between(x, g)"], [1.5, 1.5, 6, 6])
    np.testing.assert_allclose(columns["within(x, g)"], [-0.5, 0.5, -2, 2])
    np.testing.assert_allclose(columns["x:log(x)"], frame["x"] * np.log(frame["x"]))
    weighted = columns_of(frame, ["between(x, g)"], {}, weights=np.array([3, 1, 1, 1]))
    np.testing.assert_allclose(weighted["between(x, g)"], [1.25, 1.25, 6, 6])


def test_splines_of_cells_are_those_of_the_rows_behind_them():
    cells, n = pd.DataFrame({"x": [0.0, 1.0, 2.5, 4.0, 7.0]}), np.array([2, 1, 6, 2, 1])
    rows = cells.loc[cells.index.repeat(n)].reset_index(drop=True)
    for term in ("ns(x, 3)", "bs(x, 4)"):
        own, whole = columns_of(cells, [term], {}, n), columns_of(rows, [term], {})
        for name, values in own.items():
            np.testing.assert_allclose(np.repeat(values, n), whole[name], atol=1e-12)


def test_a_spline_without_enough_values_is_not_estimable(tmp_path):
    frame = small()
    frame["x"] = (frame["x"] > 0).astype(float)
    rows = fit(frame, tmp_path, {"estimator": "ols", "outcome": "y", "terms": ["ns(x, 3)"]})
    assert rows["estimate"].isna().all()
    assert told(rows).str.contains("ns(x, 3) has knots that coincide", regex=False).all()


def test_rows_outside_the_domain_of_a_function_are_counted(tmp_path):
    frame = small()
    frame["x"] = frame["x"].abs()
    frame.loc[:4, "x"] = 0.0
    frame.loc[5:6, "y"] = np.nan
    row = fit(frame, tmp_path, {"estimator": "ols", "outcome": "y", "terms": ["log(x)"]}).iloc[1]
    assert json.loads(row["dropped_by_reason"]) == {"missing_outcome": 2, "outside_log(x)": 5}
    assert (row["n_read"], row["n_used"]) == (80, 73)


def test_contrasts_and_curves_are_combinations_of_the_coefficients(tmp_path):
    entry = {"estimator": "ols", "outcome": "y", "terms": ["x", "square(x)", "left"]}
    options = {"contrasts": {"sum": ["x", "left"], "difference": {"x": 1, "left": -1}}, "curve": {"x": [2]}}
    rows = fit(small(), tmp_path, entry | {"options": options}).set_index("term")["estimate"]
    assert rows["sum"] == pytest.approx(rows["x"] + rows["left"])
    assert rows["difference"] == pytest.approx(rows["x"] - rows["left"])
    assert rows["x=2"] == pytest.approx(2 * rows["x"] + 4 * rows["square(x)"])


@pytest.mark.parametrize("estimator", ["logit", "cloglog", "poisson", "cox", "fine_gray"])
def test_separation_and_collinearity_never_come_as_numbers(estimator, tmp_path):
    frame = small(200)
    frame["always"] = ((frame["left"] == 1) & (frame["x"] > 0)).astype(int)  # left whenever it is 1
    frame["never"] = ((frame["left"] == 0) & (frame["x"] > 0)).astype(int)  # never left when it is 1
    frame["twice"], frame["time"] = 2 * frame["x"], np.arange(200) % 17 + 1
    survival = {"exit": "time", "event": "left"}
    own = survival if estimator in ("cox", "fine_gray") else {"outcome": "left"}
    rows = fit(
        frame,
        tmp_path,
        {"estimator": estimator, "terms": ["never"], **own},
        {"estimator": estimator, "terms": ["x", "twice"], **own},
    )
    separated, collinear = rows[rows["model"] == "m0"], rows[rows["model"] == "m1"].set_index("term")
    assert not separated["converged"].any()
    assert separated["estimate"].isna().all()
    assert told(separated).str.contains("separated").all()
    assert np.isnan(collinear.loc["twice", "estimate"])
    assert told(collinear).str.contains("collinear and left out: twice").all()


def _holes(text, folder):
    """The example with holes in every table, as settings; the columns that a model uses lose some values."""
    settings = yaml.safe_load(text.replace("../../tests", str(ROOT / "tests")))["models_on"]
    paths, rng = {}, np.random.default_rng(5)
    for name, path in own_tables.named_tables(settings["data"]).items():
        frame = read_analysis_table(path)
        for column in frame.columns:
            if len(frame) > 50 and column not in ("unit", "month", "person", "county"):
                frame[column] = frame[column].astype(object).where(rng.random(len(frame)) > 0.01, None)
        paths[name] = str(folder / f"{name}.csv")
        frame.to_csv(paths[name], index=False)
    return settings | {"data": paths if isinstance(settings["data"], dict) else paths["data"]}


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_what_was_read_less_what_was_dropped_is_what_was_used(name, tmp_path):
    settings = _holes(EXAMPLES[name], tmp_path)
    rows = own_tables.estimates(settings, SETTINGS, "own")
    tables = own_tables.named_tables(settings["data"])
    for entry in settings["list"]:
        frame = read_analysis_table(tables[entry.get("data", next(iter(tables)))])
        own = rows[rows["model"] == entry["name"]]
        for row in own.itertuples():
            drops = json.loads(row.dropped_by_reason)
            assert row.n_read == len(frame)
            assert row.n_read - sum(drops.values()) == row.n_used >= 0
            assert all(n > 0 for n in drops.values())
            assert row.converged or np.isnan(row.estimate)
        needed = list(ModelSpec.of(entry).outcomes)
        if ESTIMATORS[name].may_miss == () and needed:
            missing = frame[needed].isna().any(axis=1).sum()
            kept = frame if "where" not in entry else frame[frame[list(entry["where"])[0]].notna()]
            assert len(kept) == 0 or own["n_dropped"].iloc[0] >= missing * (len(kept) == len(frame))


def test_small_tables_are_withheld_unless_they_are_public(tmp_path):
    entry = {"estimator": "ols", "outcome": "y", "terms": ["x"]}
    settings = {"list": [{"name": "m0", **entry}], "data": ""}
    rows = fit(small(11), tmp_path, entry)
    hidden = released(rows, settings, LIMITS)
    shown = released(rows, settings | {"public": True}, LIMITS)
    assert hidden["estimate"].isna().all()
    assert shown["estimate"].notna().all()
    assert list(shown.columns) == RESTRICTED_COLUMNS


def test_a_sheet_that_would_not_be_read_is_no_silence(tmp_path):
    """Two sheets of a year each under the same headings: the second was left out without a word."""
    frame, path = pd.DataFrame({"county": ["甲县", "乙县"], "y": [1.0, 2.0]}), tmp_path / "表.xlsx"

    def read(sheets, hidden=()):
        with pd.ExcelWriter(path, engine="xlsxwriter") as writer:
            for name, table in sheets.items():
                table.to_excel(writer, sheet_name=name, index=False)
            for name in hidden:
                writer.sheets[name].hide()
            writer.sheets[next(name for name in sheets if name not in hidden)].activate()
        return read_analysis_table(path)

    with pytest.raises(DataError, match="'2023年' and '2024年' have the same headings"):
        read({"2023年": frame, "说明": pd.DataFrame(), "2024年": frame})
    other = pd.DataFrame({"变量": ["y"], "说明": ["得分"]})
    pd.testing.assert_frame_equal(read({"数据": frame, "变量说明": other}), frame, check_dtype=False)
    old = frame.assign(y=9.0)
    pd.testing.assert_frame_equal(read({"旧": old, "数据": frame}, hidden=["旧"]), frame, check_dtype=False)


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet", "dta", "sav"])
def test_every_format_gives_the_same_table(ending, tmp_path):
    import pyreadstat

    frame, path = small(), tmp_path / f"own.{ending}"
    labelled = frame.assign(sex=(frame["sex"] == "女").astype(int))
    labels = {"variable_value_labels": {"sex": {0: "男", 1: "女"}}}
    if ending == "csv":
        path.write_bytes(frame.to_csv(index=False, sep=";").encode("gb18030"))
    elif ending == "xlsx":
        frame.to_excel(path, index=False)
    elif ending == "parquet":
        frame.assign(left=frame["left"] == 1).to_parquet(path)
    else:
        getattr(pyreadstat, f"write_{ending}")(labelled, str(path), **labels)
    read = read_analysis_table(path)
    assert list(read_table(path, rows=0).columns) == list(frame.columns)
    assert list(read["sex"].astype(str)) == list(frame["sex"])
    np.testing.assert_allclose(read[["x", "left"]].astype(float), frame[["x", "left"]])


def test_a_column_of_a_csv_is_numbers_only_if_every_cell_is_one(tmp_path):
    """Commas of thousands and full-width digits are numbers, what counts in words is text; both readers agree."""
    frame = pd.DataFrame(
        {
            "a": ["1,500", "７", ".."],
            "rank": ["1级", "2级", "none"],
            "day": ["2024-01-01", "NA", "2024-02-01"],
        }
    )
    for ending, write in (("csv", frame.to_csv), ("xlsx", frame.to_excel)):
        path = tmp_path / f"own.{ending}"
        write(path, index=False)
        read = read_analysis_table(path)
        np.testing.assert_array_equal(read["a"], [1500, 7, np.nan])
        np.testing.assert_array_equal(numbers(read_table(path)["a"], path.name), read["a"])
        assert read["rank"].tolist() == ["1级", "2级", "none"]
        assert read["day"].tolist() == ["2024-01-01", None, "2024-02-01"]


def test_text_far_down_and_headings_of_two_lines_do_not_change_the_other_columns(tmp_path):
    ids, rows = [*range(200_000), "A1"], np.arange(200_001)
    frame = pd.DataFrame({"id": ids, "left\n0/1": rows % 2 == 1, "x": rows / 7, "": None})
    frame.to_csv(tmp_path / "own.csv", index=False)
    read = read_analysis_table(tmp_path / "own.csv")
    assert read["id"].tolist() == [str(name) for name in ids]
    np.testing.assert_array_equal(read["left\n0/1"], rows % 2)
    np.testing.assert_array_equal(read["x"], rows / 7)


def test_two_clusters_add_up_as_declared(tmp_path):
    """V(a) + V(b) - V(a and b), each with its own G / (G - 1)."""
    frame = small(120)
    frame["wave"] = np.arange(120) // 20
    frame["pair"] = frame["unit"].astype(str) + "-" + (frame["wave"] // 3).astype(str)
    frame["half"] = frame["wave"] // 3
    for base in ({"estimator": "ols", "outcome": "y"}, {"estimator": "logit", "outcome": "left"}):
        plain = {**base, "terms": ["x"], "options": {"vcov": "cluster"}}
        models = [{**plain, "cluster": c} for c in ("unit", "wave", ["unit", "wave"])]
        models += [{**plain, "cluster": c} for c in ("half", ["unit", "half"], "pair")]
        rows = fit(frame, tmp_path, *models)
        found = rows[rows["term"] == "x"].set_index("model")
        error = found["std_error"] ** 2
        assert error["m4"] == pytest.approx(error["m0"] + error["m3"] - error["m5"], rel=1e-9)
        assert np.ptp(found["estimate"]) < 1e-9
        assert found.loc["m2", "vcov"] == "cluster_G_two_way" and found.loc["m2", "n_clusters"] == 6
        assert "two-way clustered: 20 x unit, 6 x wave" in told(found.loc["m2"])
        assert "t(5)" in told(found.loc["m2"])


def test_two_clusters_are_refused_where_they_mean_nothing(tmp_path):
    entry = {"estimator": "gee", "outcome": "y", "terms": ["x"], "cluster": ["unit", "sex"]}
    with pytest.raises(ConfigError, match="takes one column as 'cluster'"):
        fit(small(), tmp_path, entry)


def test_few_clusters_with_weights_have_cr2(tmp_path):
    frame = small()
    frame["w"] = 1.0 + frame["unit"] % 3
    weighted = {"estimator": "ols", "outcome": "y", "terms": ["x"], "weights": "w", "cluster": "unit"}
    assert (fit(frame, tmp_path, weighted)["vcov"] == "CR2").all()
