"""Small invented release tables for the figures, with the columns that the gate writes."""

import itertools

import numpy as np
import pandas as pd

from jianfu.models.term import Term

COHORTS = ("70后及以前", "80后", "90后", "00后")


def months(n, first="2023-07"):
    return [str(m) for m in pd.period_range(first, periods=n, freq="M")]


def index_over_time(n=36):
    rng = np.random.default_rng(1)
    rows = []
    for name in ("OD", "TR", "RG", "GAP"):
        for i, month in enumerate(months(n)):
            if i in (7, 8):
                continue
            mean = 50 + 1.5 * np.sin(i / 2) + 0.05 * i + rng.normal(0, 0.3)
            rows.append((name, month, mean, mean - 2.8, mean + 3.1, 200, "shown"))
    return pd.DataFrame(rows, columns=["index", "month", "mean", "q25", "q75", "units", "status"])


def policy_dates(n=36):
    last = months(n)
    rows = [
        ("P1", "关于解决形式主义突出问题为基层减负的若干规定", f"{last[5]}-06", None),
        ("P2", "整治“指尖上的形式主义”实施意见", f"{last[6]}-01", None),
        ("P3", "乡镇履职事项清单（试点县）", f"{last[6]}-15", 3),
        ("P4", "精简督查检查考核", f"{last[13]}-01", None),
    ]
    return pd.DataFrame(rows, columns=["policy_id", "name", "start_date", "counties"])


def county_heatmap(counties=20, n=36):
    rng = np.random.default_rng(2)
    rows = []
    for c in range(counties):
        level = rng.normal(50, 2)
        for i, month in enumerate(months(n)):
            gap, held = (c == 3 and i < 5) or (c == 1 and i == 9), c == 2 and i == 4
            mean = None if gap or held else level + np.sin(i / 2) + rng.normal(0, 0.6)
            name = (
                "城关区"
                if c in (0, 2)
                else f"{'岚白云清安宁河石林东'[c % 10]}{'岭鹭溪'[c % 3]}{'县市区'[c % 3]}"
            )
            city = ("云溪市", "临江市")[c % 4 // 2]
            status = "withheld" if held else "shown"
            rows.append((f"3901{c + 21:02d}", name, city, month, mean, 10, 0 if gap else 10, status))
    columns = ["county_code", "county_name", "city_name", "month", "mean", "units", "units_logged", "status"]
    return pd.DataFrame(rows, columns=columns)


def issue_clock(scale=100_000):
    hours = np.arange(24)
    day_shape = np.exp(-((hours - 10) ** 2) / 5) + 0.9 * np.exp(-((hours - 16) ** 2) / 4) + 0.01
    rows = []
    for weekday in range(7):
        for hour in hours:
            weight = day_shape[hour] * (1 if weekday < 5 else 0.08)
            tasks = int(weight * scale / 30)
            if not tasks:
                continue
            eve = 0.35 if weekday == 4 and hour >= 14 else 0.3 if weekday > 4 else 0.02 if hour >= 14 else 0.0
            rows.append((weekday, hour, tasks, tasks, eve))
    frame = pd.DataFrame(rows, columns=["weekday", "hour", "tasks", "share", "rest_eve_share"])
    frame["share"] = frame["tasks"] / frame["tasks"].sum()
    return frame


def dose_response(bins=5, small=True):
    rows = []
    for c, cohort in enumerate(("all", *COHORTS)):
        for b in range(bins):
            months_at_risk = 3000.0 * (1 if cohort != "00后" else 0.2)
            exits = int(months_at_risk * (0.0015 + 0.0012 * (c in (3, 4)) + 0.0004 * b * (1 + (c == 3))))
            held = small and cohort == "00后" and b < 3
            rate = 1000 * exits / months_at_risk
            half = 1.96 * rate / max(exits, 1) ** 0.5
            x = -1.3 + 2.6 * b / (bins - 1)
            values = [None] * 5 if held else [x, months_at_risk, rate, max(rate - half, 0), rate + half]
            persons, exits = (None, None) if held else (900, exits)
            rows.append((cohort, str(b + 1), persons, exits, *values, "withheld" if held else "shown"))
    columns = [
        "cohort",
        "bin",
        "persons",
        "exits",
        "exposure_mean",
        "person_months",
        "rate",
        "ci_low",
        "ci_high",
        "status",
    ]
    return pd.DataFrame(rows, columns=columns)


def cumulative_incidence(cohorts=COHORTS):
    """Curves over different ranges of tenure; those of the 00后 are withheld."""
    curves, at_risk = [], []
    for c, cohort in enumerate(cohorts):
        start, end, step = ((59, 300, 60), (23, 180, 36), (0, 120, 24), (0, 36, 6))[c % 4]
        for t, tertile in enumerate(("low", "middle", "high")):
            level = (0.02, 0.03, 0.07, 0.06)[c % 4] * (1 + 0.35 * t)
            if cohort != "00后":
                for time in range(start + 5 + t, end, 7):
                    value = level * (time - start) / 24
                    curves.append((cohort, tertile, time, value, value * 0.8, value * 1.2, start, "shown"))
            for time in range(start + (start % 2), end + 1, step):
                n = int((1200 if cohort != "00后" else 60) * (1 - 0.9 * (time - start) / (end - start)))
                at_risk.append(
                    (cohort, tertile, time, n if n >= 10 else None, "shown" if n >= 10 else "withheld")
                )
    columns = [
        "cohort",
        "tertile",
        "time_months",
        "cumulative_incidence",
        "ci_low",
        "ci_high",
        "from_months",
        "status",
    ]
    return (
        pd.DataFrame(curves, columns=columns),
        pd.DataFrame(at_risk, columns=["cohort", "tertile", "time_months", "n_at_risk", "status"]),
    )


def burnout_by_overload(bins=20):
    rng = np.random.default_rng(3)
    x = np.linspace(-1.8, 1.9, bins)
    y = 0.2 * x + rng.normal(0, 0.06, bins)
    frame = pd.DataFrame({"bin": range(1, bins + 1), "exposure_mean": x, "burnout_mean": y})
    frame["ci_low"], frame["ci_high"], frame["fitted"] = y - 0.1, y + 0.1, 0.2 * x
    frame["n_persons"], frame["n_respondents"] = 280, 320
    frame["status"] = "shown"
    return frame


def sample_flow():
    rows = [
        ("exits", 1, "read_exits", None, "person_months", 352_110),
        ("exits", 1, "read_exits", None, "persons", 10_104),
        ("exits", 2, "at_risk", "off_post", "person_months", 9_804),
        ("exits", 2, "at_risk", "missing_birth", "person_months", 312),
        ("exits", 2, "at_risk", None, "person_months", 341_994),
        ("exits", 2, "at_risk", None, "persons", 10_002),
        ("exits", 3, "used_exits", "missing_exposure", "person_months", 14_800),
        ("exits", 3, "used_exits", "separated_unit", "person_months", 2_106),
        ("exits", 3, "used_exits", None, "person_months", 325_088),
        ("exits", 3, "used_exits", None, "events", 912),
        ("survey", 1, "read_survey", None, "respondents", 7_020),
        ("survey", 2, "scored", "straightliner", "respondents", 120),
        ("survey", 2, "scored", "other", "respondents", 31),
        ("survey", 2, "scored", None, "respondents", 6_869),
        ("survey", 3, "used_survey", "missing_exposure", "respondents", 400),
        ("survey", 3, "used_survey", None, "respondents", 6_469),
    ]
    frame = pd.DataFrame(rows, columns=["chain", "position", "step", "reason", "unit", "n"])
    return frame.assign(status="shown")


def data_quality(absent=()):
    given = ("ledger", "survey", "policies")
    rows = [("tasks", 3, 288_120, 287_015, 512, 410, 183, 96, "")]
    rows += [(table, int(table not in absent), 100, 98, 1, 0, 1, 0, "") for table in given]
    rows.append(("all", 6, 295_220, 294_035, 532, 410, 243, 127, ""))
    columns = [
        "table",
        "files",
        "rows_read",
        "kept",
        "duplicate",
        "rejected",
        "nondata",
        "bad_cells",
        "top_reasons",
    ]
    return pd.DataFrame(rows, columns=columns)


def estimates(models):
    """One row per term of interest of the given models (as in config/plan/models.yaml)."""
    rng = np.random.default_rng(4)
    rows = []
    for model in models:
        hazard = model["estimator"] in ("cloglog", "logit", "poisson", "cox")
        terms = model.get("terms", [])
        for term in model.get("report", terms) if model.get("report") != "all" else terms:
            value, error = rng.normal(0.15, 0.1), rng.uniform(0.03, 0.1)
            rows.append(
                {
                    "hypothesis": model["hypothesis"],
                    "model": model["name"],
                    "role": model["role"],
                    "outcome": str(model.get("outcome", "")),
                    "term": term,
                    "scale": "log_hazard_per_sd" if hazard else "sd_per_sd",
                    "estimate": value,
                    "std_error": error,
                    "ci_low": value - 1.96 * error,
                    "ci_high": value + 1.96 * error,
                    "converged": True,
                }
            )
    return pd.DataFrame(rows)


def deciding(models, hypotheses):
    """One row per line of the plan's hypotheses, with the model and term that decide it."""
    rng = np.random.default_rng(9)
    by_name = {model["name"]: model for model in models}
    rows = []
    for plan in hypotheses.to_dict("records"):
        model = by_name[plan["model"]]
        hazard = model["estimator"] in ("cloglog", "logit", "poisson", "cox")
        value, error = rng.normal(0.15, 0.1), rng.uniform(0.03, 0.1)
        rows.append(
            {
                "hypothesis": plan["hypothesis"],
                "model": plan["model"],
                "role": "primary",
                "outcome": str(model.get("outcome", "")),
                "term": plan["term"],
                "scale": "log_hazard_per_sd" if hazard else "sd_per_sd",
                "estimate": value,
                "std_error": error,
                "ci_low": value - 1.96 * error,
                "ci_high": value + 1.96 * error,
                "p_value": 0.01,
                "p_adjusted": 0.03 if value > 0.1 else 0.2,
                "n_clusters": 200,
                "converged": True,
                "vcov": "cluster_G",
                "reasons": [],
            }
        )
    return pd.DataFrame(rows)


def event_studies(models):
    """Rows of every event study among ``models`` ({name: model}): six months before and after the start, and a mean."""
    rng = np.random.default_rng(8)
    rows = []
    for name, model in models.items():
        if model["estimator"] != "event_study":
            continue
        for event in [*range(-6, 6), None]:
            value, error = rng.normal(-1.0 if event is None or event >= 0 else 0, 0.3), 0.4
            rows.append(
                {
                    "model": name,
                    "term": "att" if event is None else f"event_{event}",
                    "estimate": value,
                    "std_error": error,
                    "ci_low": value - 2.6 * error,
                    "ci_high": value + 2.6 * error,
                    "converged": True,
                }
            )
    return pd.DataFrame(rows)


def scenario_effects():
    """Exits avoided by cohort and burnout for four scenarios, and one that is refused."""
    rows = []
    for k in range(4):
        for quantity, group in (
            ("exits_avoided", "all"),
            ("exits_avoided", "90后"),
            ("exits_avoided", "others"),
            ("burnout", "all"),
        ):
            value = (k + 1) * (0.9 if quantity == "exits_avoided" else -0.04)
            rows.append((f"S{k + 1}", quantity, group, value, value - 0.5, value + 0.5))
    rows.append(("S5", "outside_support", "all", 0.4, np.nan, np.nan))
    return pd.DataFrame(rows, columns=["scenario", "quantity", "group", "estimate", "ci_low", "ci_high"])


def issuer_scorecard(departments=20):
    """Tasks and shares of departments, some beyond the limits of chance."""
    rows = []
    for k in range(departments):
        shares = (0.2 + 0.01 * (k % 5), 0.07 + 0.004 * (k % 3), 0.3 - 0.01 * (k % 4))
        rows.append(
            (
                "issuer",
                f"县{'住教水农民医'[k % 6]}{'建育利业政保'[k % 6]}局{k}",
                900 - 30 * k,
                *shares,
                k % 5 == 4,
                0,
            )
        )
    rows.append(("topic", "秸秆禁烧", 500, 0.2, 0.07, np.nan, 0, 0))
    columns = [
        "dimension",
        "name",
        "tasks",
        "short",
        "rest_eve",
        "disguised",
        "short_outside",
        "disguised_outside",
    ]
    return pd.DataFrame(rows, columns=columns)


def issuer_contributions():
    """Points of the departments of :func:`issuer_scorecard`, of levels and of members in OD, and what belongs to none;
    levels and members add up to the same, and so do their changes."""
    names = issuer_scorecard().query("dimension == 'issuer'")["name"]
    rows = [("issuer", "OD", "(base)", 24.0, 0.0), *(("issuer", "OD", name, 0.7, 0.01) for name in names)]
    members = [
        ("A1_tasks", 11.25, 0.31),
        ("A2_checks", 9.5, -0.42),
        ("A4_letters", 5.0, 0.06),
        ("A5_amp", 0.0, None),
    ]
    levels = [("县", 14.0, 0.1), ("市", 5.25, -0.25), ("(rest) 乡", 1.5, 0.04), ("A4_letters", 5.0, 0.06)]
    for dimension, lines in (("member", members), ("issuer_level", levels)):
        rows += [(dimension, "OD", name, *figures) for name, *figures in [("(base)", 24.0, 0.0), *lines]]
    return pd.DataFrame(rows, columns=["dimension", "index", "name", "points", "change"])


def indicator_labels():
    """Codes, labels and unit-months of the members of :func:`issuer_contributions`."""
    codes = ["A1_tasks", "A2_checks", "A4_letters", "A5_amp"]
    labels = ["人均任务数", "正式检查次数", "每编制责任状数", "层层加码幅度"]
    return pd.DataFrame({"code": codes, "label": labels, "unit_months": [7068, 7000, 7200, 900]})


def documents_over_time(n=30):
    """Paper falls and electronic documents rise; one month is withheld."""
    frame = pd.DataFrame(
        {"month": months(n), "paper": 60 - np.arange(n) / 2, "electronic": 70 + np.arange(n) * 1.0}
    )
    frame.loc[4, ["paper", "electronic"]] = np.nan
    return frame.assign(units=[198 + k % 3 for k in range(n)], status="shown")


def cascade(steps=("省→市", "市→县", "县→乡")):
    """Targets and artefacts that grow with every step; of the time less is left further down."""
    rows = []
    for k, step in enumerate(reversed(steps)):
        for part, mean in (("targets", 0.1 + 0.05 * k), ("artefacts", 0.2), ("time", 0.3 - 0.2 * k)):
            rows.append((step, part, mean, mean - 0.03, mean + 0.03, 900 + k, 24))
    return pd.DataFrame(rows, columns=["step", "part", "mean", "ci_low", "ci_high", "n", "units"])


def issuer_levels():
    """Tasks by level, in the form of :func:`issuer_scorecard`."""
    rows = [
        ("issuer_level", level, tasks)
        for level, tasks in (("县", 9000), ("国家", 90), ("省", 1200), ("市", 4000))
    ]
    return pd.DataFrame(rows, columns=["dimension", "name", "tasks"])


def app_rule_audit(apps=14, after=True):
    """Shares against each clause, and of every app, before and after the rule."""
    shares = {
        "check_in": 0.3,
        "points": 0.2,
        "forwarding": 0.1,
        "below_county": 0.0,
        "all": 0.5,
        "installed": 0.9,
    }
    rows = [(clause, "all", share, 0.8 * share if after else None) for clause, share in shares.items()]
    rows += [("all", f"应用{k:02d}", 0.9 - 0.05 * k, 0.9 - 0.06 * k if after else None) for k in range(apps)]
    frame = pd.DataFrame(rows, columns=["clause", "app", "before", "after"])
    return frame.assign(months_before=4000, months_after=500 if after else 0, units=24).astype(
        {"after": float}
    )


def predictions(cohorts=COHORTS):
    """Exits and burnout over the exposure; of the last cohort the exits are withheld."""
    rows = []
    for model, rate in (("H1_burnout", None), ("H3_within_cohorts", 5.0)):
        for k, cohort in enumerate(cohorts):
            for point, exposure in enumerate(np.linspace(-1.7, 2.0, 9), 1):
                value = (
                    exposure * (0.3 + 0.02 * k)
                    if rate is None
                    else rate * np.exp((0.05 + 0.1 * k) * exposure)
                )
                if rate and cohort == cohorts[-1]:
                    value = np.nan
                rows.append((model, cohort, point, exposure, value, value - 0.2, value + 0.2))
    return pd.DataFrame(
        rows, columns=["model", "group", "point", "exposure", "estimate", "ci_low", "ci_high"]
    )


def beside_units(tested):
    """Rows of the check within_between beside every line of the plan that has an estimate."""
    rows = []
    for plan, *_ in tested:
        first, *rest = Term(plan["term"]).names
        between = ":".join([f"between({first}, unit)", *rest])
        for k, term in enumerate((plan["term"], between)):
            shown = {
                "estimate": 0.2 + 0.1 * k,
                "std_error": 0.05,
                "ci_low": 0.1 + 0.1 * k,
                "ci_high": 0.3 + 0.1 * k,
            }
            rows.append(
                {
                    "model": f"{plan['model']}.within_between",
                    "term": term,
                    "converged": True,
                    "n_units": 200,
                    **shown,
                }
            )
    return pd.DataFrame(rows)


def mediation_paths(models):
    """Estimates of every path of the mediation models; of one model the first two paths have no interval."""
    rows = []
    for name, model in models.items():
        if model["estimator"] != "mediation":
            continue
        parts = [(f"{model['mediator']}_b", 0.2)]
        for term in model["terms"]:
            parts += [(f"{term}_{part}", value) for part, value in (("a", -0.3), ("direct", 0.02))]
            parts += [(f"{term}_{part}", value) for part, value in (("indirect", -0.06), ("total", -0.04))]
        for term, value in parts:
            shown = {"estimate": value, "ci_low": value - 0.05, "ci_high": value + 0.05, "p_value": 0.01}
            if "exits" in name and term.endswith(("_a", "_b")):
                shown |= {"ci_low": np.nan, "ci_high": np.nan}
            scale = "risk_difference_per_1000_per_sd" if "exits" in name else "sd_per_sd"
            common = {
                "hypothesis": model["hypothesis"],
                "model": name,
                "outcome": model["outcome"],
                "n_used": 11540,
            }
            rows.append(common | {"term": term, "scale": scale} | shown)
    return pd.DataFrame(rows)


def county_ranks(counties=25):
    """Ranks of counties with both bands, for the index OD."""
    rows = []
    for c in range(counties):
        name = f"{'岚白云清安宁河石林东'[c % 10]}{'岭鹭溪'[c % 3]}{'县市区'[c % 3]}"
        inner, outer = (max(c, 1), min(c + 2, counties)), (max(c - 4, 1), min(c + 7, counties))
        rows.append(("OD", f"3901{c + 21:02d}", name, c + 1, *inner, *outer, "shown"))
    columns = [
        "index",
        "county_code",
        "county_name",
        "rank",
        "rank_low",
        "rank_high",
        "drawn_low",
        "drawn_high",
    ]
    return pd.DataFrame(rows, columns=[*columns, "status"])


def index_shares():
    factors = ("normalisation", "weights", "aggregation", "drop_one", "window")
    frame = pd.DataFrame({"index": "OD", "factor": factors, "first_order": [0.02, 0.5, 0.0, 0.35, 0.0]})
    return frame.assign(total=frame["first_order"] + 0.06)


def specification_curve():
    """Every combination of some choices with an estimate, one of them failed; and the summary."""
    choices = {
        "index": ("z given", "rank entropy"),
        "lag": (1, 3, 6),
        "link": ("cloglog", "poisson"),
        "controls": ("none", "usual"),
        "sample": ("all",),
        "cluster": ("unit", "county"),
    }
    curve = pd.DataFrame(list(itertools.product(*choices.values())), columns=list(choices))
    value = np.linspace(-0.05, 0.3, len(curve))
    curve = curve.assign(
        rank=range(1, len(curve) + 1), estimate=value, ci_low=value - 0.1, ci_high=value + 0.1
    )
    curve["p_value"] = np.where(value > 0.1, 0.01, 0.3)
    curve.loc[4, ["estimate", "ci_low", "ci_high", "p_value"]] = None
    summary = {"specifications": len(curve), "failed": 1, "median": 0.125, "share_positive_significant": 0.57}
    return curve, pd.DataFrame([{**summary, "permutations": 199, "p_median": 0.005}])
