"""Several provinces: exchange packages that are refused, what deviates, what is pooled, indices on one scale."""

import dataclasses
import io
import json
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from miniature import CALENDAR, tables, task, unit_months
from scipy.stats import norm

import write_exchange
from jianfu.core.content import mapping_digest
from jianfu.core.errors import DataError
from jianfu.core.labels import Labels
from jianfu.indicators.evaluation import NOTHING_EXCLUDED, build_indicators
from jianfu.indicators.plan import read_plan as read_indicators
from jianfu.indices.common_scale import (
    contributions,
    member_anchors,
    on_anchors,
    pooled_anchors,
    side_by_side,
)
from jianfu.indices.construction import build_indices, fit_anchors
from jianfu.indices.specification import index_spec, read_members
from jianfu.models.estimates import RELEASED_COLUMNS
from jianfu.provinces.dependencies import dependencies, differing
from jianfu.provinces.package import TABLES, read_package, table_bytes, write_package
from jianfu.provinces.page import write_page
from jianfu.provinces.pooling import COUNTY, nearest_first, plans_side_by_side, pool
from jianfu.release.vintage import AS_BEFORE

CONFIG = Path(__file__).parents[2] / "config" / "plan"
NO_COUNTIES = pd.DataFrame(
    columns=["province", "model", *COUNTY, "estimate", "ci_low", "ci_high", "confidence"]
)
COUNTERPARTS = {"OD": "OD-C", "TR": "TR-C", "RG": ""}
MODELS = {
    "H1_burnout": {
        "name": "H1_burnout",
        "role": "primary",
        "estimator": "ols",
        "data": "survey_scores",
        "outcome": "burnout",
        "terms": ["OD"],
        "controls": ["cohort"],
        "effects": ["unit"],
    },
    "H12_outcome": {
        "name": "H12_outcome",
        "role": "primary",
        "estimator": "ols",
        "data": "unit_years",
        "outcome": "outcome",
        "terms": ["ln_hours_trace"],
    },
}
TWIN = MODELS["H1_burnout"] | {"name": "H1_burnout_common", "role": "robustness", "terms": ["OD-C"]}
SETTINGS = {
    "indices": {"normalisation": "z", "frozen": None, "anchors": None},
    "exposure": {"lags": [1, 3]},
    "survey": {"min_answered": 0.8},
    "exclude": {"topics": []},
    "inference": {"confidence": 0.95},
    "window": ["2024-01", "2025-06"],
}


def record(**changes):
    """Plan of a province, with other rows of single tables."""
    tables = {
        "indices": {("OD", "A1_tasks"): "1", ("OD", "A3_veto"): "1", ("OD-C", "A1_tasks"): "1"},
        "indicators": {
            ("A1_tasks",): {"expression": "count", "label_zh": "任务"},
            ("A3_veto",): {"expression": "veto"},
        },
        "scales": {("burnout",): {"items": ["EE1"]}},
        "variables": {("unit_years", "outcome"): {"mean": ["outcome_hotline"]}},
        "policies": {("relief",): ["减负"]},
        "cohorts": {("80后",): 1980, ("90后",): 1990},
        "focus": {(): "90后"},
        "tenure_bands": {("<1",): 12},
        **{name: {(): []} for name in ("events", "exits", "secondment", "upward", "nowhere")},
    }
    tables = {name: rows | changes.get(name, {}) for name, rows in tables.items()}
    tables = {name: [[list(names), value] for names, value in rows.items()] for name, rows in tables.items()}
    return {"settings": SETTINGS, "tables": tables}


def row(model, term, estimate, error, **more):
    """One released estimate of 200 clusters."""
    known = {
        "province": "a", "hypothesis": model.split("_")[0], "model": model, "role": "primary", "outcome": "burnout",
        "exposure": f"{term}_6m", "term": term, "scale": "sd_per_sd", "estimate": estimate, "std_error": error,
        "ci_low": estimate - 2 * error, "ci_high": estimate + 2 * error,
        "p_value": 2 * norm.sf(abs(estimate) / error), "n_read": 1000, "n_used": 990,
        "n_dropped": 10, "dropped_by_reason": '{"straightliner": 10}', "n_units": 40, "n_clusters": 40,
        "converged": True, "vcov": "cluster_G",
    }  # fmt: skip
    return known | more


HYPOTHESES = pd.DataFrame(
    [
        ("H1", "倦怠", "burnout", "H1_burnout", "OD", "+", "0.05", "confirmatory"),
        ("H12", "成效", "outcome", "H12_outcome", "ln_hours_trace", "=", "3.6", "exploratory"),
    ],
    columns=TABLES["hypotheses.csv"],
)


def packed(
    path,
    slug,
    *,
    estimates=None,
    plan=None,
    models=None,
    codes="x",
    tier=None,
    anchors=None,
    covariances=(),
    reasons=(),
):
    """An exchange package of a fictional province; the path."""
    estimates = estimates or [
        row("H1_burnout", "OD", 0.3, 0.03),
        row("H12_outcome", "ln_hours_trace", 0.1, 0.5),
    ]
    frame = pd.DataFrame(estimates).reindex(columns=RELEASED_COLUMNS).assign(province=slug, note="")
    reasons = [
        (n, r["model"], r["outcome"], r["term"], code, values)
        for n, r in enumerate(estimates, 1)
        for code, values in (("t", '{"df": 39}'), ("rounded", '{"n": 10}'), *reasons)
    ]
    tables = {
        "estimates.csv": frame,
        "reasons.csv": pd.DataFrame(reasons, columns=TABLES["reasons.csv"]),
        "hypotheses.csv": HYPOTHESES,
        "covariances.csv": pd.DataFrame(covariances, columns=TABLES["covariances.csv"]),
        "common_tier.csv": pd.DataFrame(tier or [], columns=TABLES["common_tier.csv"]),
        "anchors.csv": pd.DataFrame(anchors or [], columns=TABLES["anchors.csv"]),
    }
    said = {
        "province": slug, "name": {"zh": slug, "en": slug}, "synthetic": True, "min_cell": 10,
        "window": SETTINGS["window"], "common": {}, "release": {}, "tier": [],
    }  # fmt: skip
    write_package(
        path / f"{slug}.zip",
        said=said,
        files={name: table_bytes(table, name, "SYNTHETIC") for name, table in tables.items()},
        record=plan or record(),
        models=(models or MODELS) | {"H1_burnout_common": TWIN},
        codes={"ols": codes},
        readme="",
        mark="SYNTHETIC",
    )
    return path / f"{slug}.zip"


def rewritten(path, name, change, *, sealed=False):
    """The package with the text of one part changed, or without it where that is None; ``sealed``: by somebody who
    makes new digests and a new seal."""
    with zipfile.ZipFile(path) as archive:
        content = {part: archive.read(part) for part in archive.namelist()}
    text = change(content.pop(name, b"").decode("utf-8-sig"))
    if text is not None:
        content[name] = text.encode("utf-8-sig" if name.endswith("csv") else "utf-8")
    if sealed:
        manifest = json.loads(content["manifest.json"])
        manifest["files"] = {
            part: sha256(content[part]).hexdigest() for part in content if part != "manifest.json"
        }
        manifest["seal"] = mapping_digest({key: value for key, value in manifest.items() if key != "seal"})
        content["manifest.json"] = json.dumps(manifest).encode()
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        for part, text in content.items():
            archive.writestr(part, text)
    path.write_bytes(other.getvalue())
    return path


def refused(path):
    with pytest.raises(DataError) as error:
        read_package(path, 10)
    assert "\n" not in str(error.value)
    return error.value.reason.code


# ------------------------------------------------------------------------------------------------ the package


def test_a_package_is_read_as_it_was_written_and_the_same_content_is_the_same_file(tmp_path):
    first = packed(tmp_path, "a", covariances=[("H12_outcome", "ln_hours_trace", "ln_hours_trace", 0.25)])
    found = read_package(first, 10)
    assert found.province == "a" and list(found.estimates["estimate"]) == [0.3, 0.1]
    assert found.estimates["reasons"][0][0].data() == {"code": "t", "df": 39}
    (tmp_path / "again").mkdir()
    again = packed(
        tmp_path / "again", "a", covariances=[("H12_outcome", "ln_hours_trace", "ln_hours_trace", 0.25)]
    )
    assert first.read_bytes() == again.read_bytes()


def test_an_interval_of_a_band_may_hold_zero_where_its_own_p_is_small(tmp_path):
    wide = [row("H12_outcome", "event_-5", 0.1, 0.04, ci_low=-0.02, ci_high=0.22)]
    assert refused(packed(tmp_path, "a", estimates=wide)) == "exchange_figures"
    band = [("band", '{"critical": 3.0, "replicates": 999}')]
    assert len(read_package(packed(tmp_path, "b", estimates=wide, reasons=band), 10).estimates) == 1
    missing = [row("H12_outcome", "event_-5", 0.1, 0.04, ci_low=0.02, ci_high=0.18, p_value=0.4)]
    assert refused(packed(tmp_path, "c", estimates=missing, reasons=band)) == "exchange_figures"


def test_no_effect_of_a_ratio_is_one_and_percentiles_need_not_hold_the_estimate(tmp_path):
    ratio = row("H12_outcome", "total_ratio", 1.0, 0.05, p_value=0.9)
    assert len(read_package(packed(tmp_path, "a", estimates=[ratio | {"scale": "ratio"}]), 10).estimates) == 1
    assert refused(packed(tmp_path, "b", estimates=[ratio])) == "exchange_figures"
    share = [row("H12_outcome", "proportion", -505.0, 60.0, ci_low=-63.0, ci_high=40.0, p_value=0.9)]
    assert refused(packed(tmp_path, "c", estimates=share)) == "exchange_figures"
    replicates = [("bootstrap_one_step", '{"replicates": 499}')]
    assert len(read_package(packed(tmp_path, "d", estimates=share, reasons=replicates), 10).estimates) == 1


@pytest.mark.parametrize("part", ["estimates.csv", "plan.json", "digests.csv", "README.txt", "manifest.json"])
def test_a_package_that_was_changed_is_refused(tmp_path, part):
    path = packed(tmp_path, "a")
    assert refused(rewritten(path, part, lambda text: text.replace("a", "b", 1) + " ")) == "exchange_tampered"


@pytest.mark.parametrize(
    ("part", "change", "code"),
    [
        ("estimates.csv", lambda t: t.replace(",990,", ",8,"), "exchange_small"),
        ("estimates.csv", lambda t: t.replace(",990,", ",987,"), "exchange_exact"),
        ("estimates.csv", lambda t: t.replace(": 10}", ": 7}"), "exchange_exact"),
        ("estimates.csv", lambda t: t.replace(",0.3,", ",0.9,", 1), "exchange_figures"),
        (
            "estimates.csv",
            lambda t: t.replace(",0.3,0.03,0.24,0.36,", ",0.3,0.03,0.29,0.31,"),
            "exchange_figures",
        ),
        (
            "estimates.csv",
            lambda t: t.replace(",0.3,0.03,0.24,0.36,", ",0.03,0.03,-0.03,0.09,"),
            "exchange_figures",
        ),
        ("estimates.csv", lambda t: t.replace(",0.3,", ",zero,"), "exchange_no_package"),
        ("estimates.csv", lambda t: t.replace("vcov", "unit_code"), "exchange_columns"),
        ("reasons.csv", lambda t: t.replace("\n2,", "\n99,"), "exchange_no_package"),
        ("digests.csv", lambda t: "model,code,digest\n", "exchange_digest"),
        ("models.json", lambda t: "[]", "exchange_digest"),
        ("plan.json", lambda t: t.replace("1990", "1985"), "exchange_digest"),
        ("covariances.csv", lambda t: t + "H1_burnout,OD,OD,9,SYNTHETIC\n", "exchange_figures"),
        ("anchors.csv", lambda t: t + "390121002,1,100,0,1,SYNTHETIC\n", "exchange_unit"),
        ("common_tier.csv", lambda t: t + "OD-C,2024-01,A1_tasks,1,0,1,SYNTHETIC\n", "exchange_one_unit"),
    ],
)
def test_a_new_seal_hides_nothing(tmp_path, part, change, code):
    assert refused(rewritten(packed(tmp_path, "a"), part, change, sealed=True)) == code


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize(
    ("part", "text"), [("counties.csv", "county_code\n"), ("reasons.csv", None), ("plan.json", None)]
)
def test_a_file_too_many_or_too_few_is_refused(tmp_path, part, text, sealed):
    path = rewritten(packed(tmp_path, "a"), part, lambda _: text, sealed=sealed)
    with pytest.raises(DataError) as error:
        read_package(path, 10)
    assert error.value.reason.code == "exchange_tampered" and part in str(error.value)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text.replace('"format": 1', '"format": 2'), "exchange_format"),
        (lambda text: "[]", "exchange_no_package"),
        (lambda text: "{}", "exchange_format"),
        (lambda text: '{"format": 1}', "exchange_no_package"),
        (lambda text: None, "exchange_no_package"),
    ],
)
def test_another_format_or_no_manifest_is_refused(tmp_path, change, code):
    assert refused(rewritten(packed(tmp_path, "a"), "manifest.json", change)) == code


def test_other_files_are_no_packages(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"no zip")
    assert refused(tmp_path / "x.zip") == "exchange_no_package"
    assert refused(tmp_path / "y.zip") == "exchange_absent"


def test_a_count_below_the_limit_of_the_reader_is_refused(tmp_path):
    path = packed(tmp_path, "a", estimates=[row("H1_burnout", "OD", 0.3, 0.03, n_used=20, n_read=20, n_dropped=0,
                                                dropped_by_reason="{}")])  # fmt: skip
    assert read_package(path, 20).province == "a"
    with pytest.raises(DataError) as error:
        read_package(path, 30)
    assert error.value.reason.code == "exchange_small"


# ------------------------------------------------------------------------------------------------ what deviates


def test_an_estimate_rests_on_its_own_part_of_the_plan():
    one = dependencies(MODELS["H1_burnout"], record(), "x")
    assert {
        "indices.OD.A3_veto",
        "indicators.A3_veto",
        "cohorts.90后",
        "scales.burnout",
        "settings.survey",
    } <= set(one)
    assert "indices.OD-C.A1_tasks" not in one and "events" not in one
    changed = [
        ({"cohorts": {("90后",): 1985}}, ["cohorts.90后"]),
        ({"indicators": {("A1_tasks",): {"expression": "other"}}}, ["indicators.A1_tasks"]),
        ({"indicators": {("A1_tasks",): {"expression": "count", "label_zh": "别的字"}}}, []),
        ({"indices": {("OD", "A9_tolerance"): "1"}}, ["indices.OD.A9_tolerance"]),
        ({"policies": {("relief",): ["别的"]}}, []),
    ]
    for change, names in changed:
        assert differing(one, dependencies(MODELS["H1_burnout"], record(**change), "x")) == names
    assert differing(one, dependencies(MODELS["H1_burnout"], record(), "y")) == ["code"]


def three(tmp_path, **third):
    """Packages of a, b and c; ``third``: what is other in c."""

    def both(b):
        return [row("H1_burnout", "OD", b, 0.03), row("H12_outcome", "ln_hours_trace", b, 1.0)]

    files = [packed(tmp_path, name, estimates=both(b)) for name, b in (("a", 0.2), ("b", 0.3))]
    files.append(packed(tmp_path, "c", **{"estimates": both(0.4)} | third))
    return [read_package(path, 10) for path in files]


def test_what_matches_is_pooled_and_the_rest_is_listed(tmp_path):
    plan = record(cohorts={("90后",): 1985})
    pools = pool(three(tmp_path, plan=plan), COUNTERPARTS, 0.95, 2, NO_COUNTIES)
    by_line = pools.pooled.set_index("model")
    assert by_line.loc["H1_burnout", ["provinces", "deviating"]].tolist() == [2, 1]
    assert by_line.loc["H12_outcome", ["provinces", "deviating"]].tolist() == [3, 0]  # names no cohort
    assert pools.deviating[["province", "why"]].to_numpy().tolist() == [["c", "cohorts.90后"]]
    assert by_line.loc["H1_burnout", "estimate"] == pytest.approx(0.25)
    matrix = pools.matrix.query("model == 'H1_burnout'")
    assert matrix["pooled"].tolist() == [True, True, False] and set(matrix["verdict"]) == {"supported"}


def test_of_two_plans_the_one_nearer_to_the_common_plan_is_pooled(tmp_path):
    plan = record(cohorts={("90后",): 1985})
    own, common = (
        read_package(packed(tmp_path, name, plan=other), 10) for name, other in (("a", plan), ("b", None))
    )

    def departures(found):
        return [{}] if found == own.record else []

    assert [one.province for one in nearest_first([own, common], departures)] == ["b", "a"]
    for order in ([own, common], [common, own]):
        pools = pool(nearest_first(order, departures), COUNTERPARTS, 0.95, 2, NO_COUNTIES)
        assert set(pools.deviating["province"]) == {"a"}


def test_a_pool_is_that_of_its_formulas(tmp_path):
    pools = pool(three(tmp_path), COUNTERPARTS, 0.95, 2, NO_COUNTIES)
    line = pools.pooled.set_index("model").loc["H1_burnout"]
    assert line["estimate"] == pytest.approx(0.3) and line["std_error"] == pytest.approx(0.1 / np.sqrt(3))
    assert line["tau2"] == pytest.approx(
        0.01 - (2 * 0.03 / norm.ppf(0.975)) ** 2
    )  # REML with equal variances: their spread less them
    assert line["n_used"] == 2970
    alone = pools.leave_one_out.query("model == 'H1_burnout'").set_index("without")["estimate"]
    assert alone.to_dict() == pytest.approx({"a": 0.35, "b": 0.3, "c": 0.25})
    drawn = pools.shrunken.query("model == 'H1_burnout'")
    assert (drawn["shrunken"] - 0.3).abs().lt((drawn["estimate"] - 0.3).abs() + 1e-9).all()


def test_a_province_on_the_common_tier_is_pooled_with_the_twins_of_the_others(tmp_path):
    def both(b):
        return [
            row("H1_burnout", "OD", b, 0.03),
            row("H1_burnout_common", "OD-C", b + 1, 0.03, role="robustness"),
        ]

    files = [packed(tmp_path, name, estimates=both(b)) for name, b in (("a", 0.2), ("b", 0.3))]
    found = [read_package(path, 10) for path in files]
    settled = HYPOTHESES.assign(term=HYPOTHESES["term"].replace("OD", "OD-C"))
    poor = packed(tmp_path, "c", estimates=[row("H1_burnout", "OD-C", 1.4, 0.03)],
                  models=MODELS | {"H1_burnout": MODELS["H1_burnout"] | {"terms": ["OD-C"]}})  # fmt: skip
    poor = read_package(poor, 10)
    poor = dataclasses.replace(poor, tables={**poor.tables, "hypotheses": settled})
    pooled = (
        pool([*found, poor], COUNTERPARTS, 0.95, 2, NO_COUNTIES)
        .pooled.query("hypothesis == 'H1'")
        .set_index("tier")
    )
    assert pooled["provinces"].to_dict() == {"full": 2, "common": 3}
    assert pooled.loc["common", "estimate"] == pytest.approx(1.3)


COUNTIES = pd.DataFrame(
    [
        *(
            (name, "H1_burnout", f"{n}", f"{name}{n}", "", mean, mean - 0.2, mean + 0.2, 0.95)
            for name, level in (("a", 0.1), ("b", 0.4), ("c", 0.9))
            for n, mean in enumerate(level + 0.05 * np.arange(4))
        ),
        ("a", "H1_burnout", "9", "a9", "", *[np.nan] * 3, 0.95),
    ],
    columns=NO_COUNTIES.columns,
)


def test_counties_of_provinces_on_one_machine_are_drawn_to_their_province_and_provinces_to_the_nation(
    tmp_path,
):
    """c was asked something else, so its counties stay outside; a withheld county is left out."""
    packages = three(tmp_path, plan=record(cohorts={("90后",): 1985}))
    pools = pool(packages, COUNTERPARTS, 0.95, 2, COUNTIES)
    (line,) = pools.nested.to_dict("records")
    assert (line["model"], line["provinces"], line["counties"]) == ("H1_burnout", 2, 8)
    assert line["estimate"] == pytest.approx((0.175 + 0.475) / 2)  # all variances are equal
    drawn = pools.counties.set_index("county_name")
    assert set(drawn["province"]) == {"a", "b"} and len(drawn) == 8
    own = drawn["province"].map({"a": 0.175, "b": 0.475})
    assert (drawn["shrunken"] - own).abs().groupby(drawn["province"]).mean().lt(0.05).all()
    width = drawn["shrunken_high"] - drawn["shrunken_low"]
    assert (width < 0.4).all() and drawn["estimate"].between(drawn["ci_low"], drawn["ci_high"]).all()


def test_one_province_pools_nothing_and_says_so(tmp_path):
    pools = pool([read_package(packed(tmp_path, "a"), 10)], COUNTERPARTS, 0.95, 2, NO_COUNTIES)
    assert pools.pooled["estimate"].isna().all() and set(pools.pooled["verdict"]) == {"not_tested"}


def test_plans_stand_side_by_side(tmp_path):
    packages = three(tmp_path, plan=record(cohorts={("90后",): 1985}))

    def departures(own):
        value = {tuple(k): v for k, v in own["tables"]["cohorts"]}[("90后",)]
        changed = {"table": "cohorts", "row": "90后", "field": "", "common": 1990, "own": value}
        return [changed] if value != 1990 else []

    found = plans_side_by_side(packages, departures)
    assert found.to_dict("records") == [
        {"table": "cohorts", "row": "90后", "field": "", "common": "1990", "a": "", "b": "", "c": "1985"}
    ]


# ------------------------------------------------------------------------------------------------ one scale


def province(seed, level, missing=0.2):
    """Raw members of 12 units and 6 months, some missing, with anchors of their own: (frames, raw)."""
    rng = np.random.default_rng(seed)
    raw = pd.DataFrame(rng.normal(level, 1 + seed, (72, 2)), columns=["A", "B"])
    raw = raw.mask(rng.random(raw.shape) < missing)
    raw.loc[raw.isna().all(axis=1), "A"] = level
    units = pd.DataFrame(
        {
            "unit_code": np.repeat([f"u{i}" for i in range(12)], 6),
            "month": [f"2024-0{m + 1}" for m in range(6)] * 12,
        }
    )
    entries = {
        code: {
            "direction": 1,
            "n": int(raw[code].count()),
            "centre": raw[code].mean(),
            "scale": raw[code].std(),
            "dropped": None,
        }
        for code in raw
    }
    anchors = {
        "methods": {"normalisation": {"method": "z"}, "aggregation": {"default": {"method": "arithmetic"}}},
        "normalisation": {"shift": 50.0, "stretch": 10.0},
        "indicators": entries,
        "indices": {"OD-C": {"group": {"children": ["A", "B"], "weights": [0.5, 0.5]}}},
    }
    z = 50 + 10 * (raw - raw.mean()) / raw.std()
    indices = units.assign(index="OD-C", value=z.mean(axis=1))
    return units, raw, z, indices, anchors


def test_indices_on_pooled_anchors_are_those_of_the_raw_values():
    made, raws = {}, {}
    for name, (seed, level) in {"a": (1, 0.0), "b": (2, 3.0)}.items():
        units, raw, z, indices, anchors = province(seed, level)
        parts = contributions(units.join(z), indices, units.assign(headcount=10), anchors, ["OD-C"])
        made[name] = parts, member_anchors(anchors, ["A", "B"])
        raws[name] = units, raw, indices
    found = side_by_side(made, ["OD-C", "TR-C"])
    everything = pd.concat([raw for _, raw, _ in raws.values()])
    for name, (units, raw, indices) in raws.items():
        own = found[found["province"] == name].set_index("month")
        level = 50 + 10 * ((raw - everything.mean()) / everything.std()).mean(axis=1)
        wanted = level.groupby(units["month"]).mean()
        assert own["common_scale"].to_dict() == pytest.approx(wanted.to_dict())
        assert own["own_scale"].to_dict() == pytest.approx(indices.groupby("month")["value"].mean().to_dict())
    assert found.groupby("province")["common_scale"].mean().is_monotonic_increasing


ALL_COLUMNS = {
    "is_veto": True,
    "n_table": 2.0,
    "template_required": True,
    "parent_task_id": "P1",
    "n_return": 1.0,
}


def logs(seed, per_month, **columns):
    """Canonical tasks of four units over six months, ``per_month`` expected, with further ``columns``."""
    rng = np.random.default_rng(seed)
    rows = []
    for unit in range(4):
        for month in range(1, 7):
            for _ in range(rng.poisson(per_month)):
                day, length = rng.integers(1, 20), rng.integers(1, 9)
                rows.append(
                    task(
                        f"{'ab'[seed]}{unit}",
                        f"2024-{month:02d}-{day:02d} 09:00",
                        f"2024-{month:02d}-{day + length:02d} 18:00",
                        label=["任务", "检查", "任务", "会议"][rng.integers(4)],
                        done_at=f"2024-{month:02d}-{day + length:02d} 17:00",
                        issuer=["县委办", "县应急局", "县民政局"][rng.integers(3)],
                        task_id=f"{'ab'[seed]}{len(rows)}",
                        **columns,
                    )
                )
    return rows


def built(rows, members, plan, reference=("2024-01", "2024-06")):
    """(unit_months, steps, indices, anchors) of one province from its canonical tasks."""
    units = sorted({row["unit_code"] for row in rows})
    frame = unit_months(units, [f"2024-{month:02d}" for month in range(1, 7)], headcount=10)
    found, _ = build_indicators(
        tables(tasks=rows), frame, plan, CALENDAR, reference, reference, NOTHING_EXCLUDED
    )
    spec = index_spec(members, reference, settings={"min_share": 0.6})
    anchors = fit_anchors(found, frame, spec)
    made = build_indices(found, frame, spec, anchors)
    return frame, made.frames()["normalised"], made.indices(), anchors


def test_provinces_with_different_columns_are_compared_on_the_common_tier_as_one_province_would_be():
    """One keeps flags, artefacts and parents, the other names, issuers and times alone and gets half as much again.

    What must come out is known: the index of both together, read as one province, on its own anchors.
    """
    plan = read_indicators(CONFIG / "indicators.csv")
    members = read_members(CONFIG / "indices.csv", plan)
    logged = {"a": logs(0, 12, **ALL_COLUMNS), "b": logs(1, 18)}
    of_full = {"A3_veto", "B1_artefacts", "C1_template"}
    made, full = {}, {}
    for name, rows in logged.items():
        frame, normalised, indices, anchors = built(rows, members, plan)
        parts = contributions(normalised, indices, frame, anchors, ["OD-C"])
        made[name] = parts, member_anchors(anchors, parts["member"])
        full[name] = {code for code in of_full if normalised[code].notna().any()}
    assert full["a"] and not full["b"]
    found = side_by_side(made, ["OD-C"]).set_index(["province", "month"])
    own = members[members["index"] == "OD-C"]
    _, _, together, _ = built([*logged["a"], *logged["b"]], own, plan)
    wanted = together.groupby([together["unit_code"].str[0], "month"])["value"].mean()
    assert found["common_scale"].to_dict() == pytest.approx(wanted.to_dict())
    means = found.groupby("province")[["own_scale", "common_scale"]].mean()
    assert means.loc["b", "common_scale"] - means.loc["a", "common_scale"] > 5
    assert means["own_scale"].to_numpy() == pytest.approx(50)  # on its own anchors nobody stands out


def test_other_members_or_methods_stand_not_beside_the_others():
    units, _, z, indices, anchors = province(1, 0.0)
    whole = contributions(units.join(z), indices, units.assign(headcount=10), anchors, ["OD-C"])
    fewer = whole[whole["member"] == "A"]
    both = member_anchors(anchors, ["A", "B"])
    found = side_by_side({"a": (whole, both), "b": (fewer, both)}, ["OD-C"])
    assert set(found["province"]) == {"a"}
    other = anchors | {"methods": anchors["methods"] | {"normalisation": {"method": "minmax"}}}
    assert contributions(units.join(z), indices, units.assign(headcount=10), other, ["OD-C"]).empty


def test_a_month_with_a_withheld_member_has_no_level():
    units, _, z, indices, anchors = province(1, 0.0)
    made = contributions(units.join(z), indices, units.assign(headcount=10), anchors, ["OD-C"])
    made.loc[0, ["share", "score"]] = np.nan
    own = member_anchors(anchors, ["A", "B"])
    assert "2024-01" not in set(on_anchors(made, own, pooled_anchors(own))["month"])


# ------------------------------------------------------------------------------------------------ the brief


def test_the_brief_shows_what_was_pooled_and_what_was_not(tmp_path):
    root = Path(__file__).parents[2]
    packages = three(tmp_path, plan=record(cohorts={("90后",): 1985}))
    pools = pool(packages, COUNTERPARTS, 0.95, 2, COUNTIES)
    names = ["甲省", "乙省", "丙省"]
    tables = dataclasses.asdict(pools) | {
        "provinces": pd.DataFrame({"province": ["a", "b", "c"], "name": names}),
        "levels": pd.DataFrame({"index": ["OD-C"] * 3, "month": "2024-01", "province": ["a", "b", "c"],
                                "own_scale": 50.0, "common_scale": [48.0, 50.0, 52.0]}),
    }  # fmt: skip
    pictures = {
        f: {k: str(tmp_path / f"{f}.{k}") for k in ("png", "pdf", "svg")} for f in ("forest", "levels")
    }
    outputs = {kind: str(tmp_path / f"brief.{kind}") for kind in ("docx", "pdf", "html")}
    labels = Labels("zh", str(root / "config" / "plan" / "labels.csv"))
    write_page(tables, labels=labels, synthetic=True, templates=root / "workflow" / "report", pictures=pictures,
               outputs=outputs)  # fmt: skip
    page = Path(outputs["html"]).read_text(encoding="utf-8")
    assert all(
        text in page for text in (*names, "出生年代", "职业倦怠：过密化指数", "合成数据", "0.250", "2/8")
    )
    assert all(Path(path).stat().st_size > 1000 for path in outputs.values())


def test_covariances_of_estimates_of_the_release_before_do_not_stand_beside_them():
    terms = [("A", "x"), ("A", "z"), ("B", "x"), ("B", "z"), ("C", "x")]
    estimates = pd.DataFrame(terms, columns=["model", "term"]).assign(std_error=[0.4, 0.5, 0.4, 0.5, 0.4])
    columns = ["model", "term", "with", "covariance"]
    covariances = pd.DataFrame(
        [("A", "x", "z", 0.1), ("B", "x", "z", 0.3), ("C", "x", "z", 0.1)], columns=columns
    )
    reasons = pd.DataFrame({"row": [1, 4], "code": ["rounded", AS_BEFORE]})
    shown = write_exchange.of_released(covariances, estimates, reasons)
    assert shown["model"].tolist() == ["A"]
