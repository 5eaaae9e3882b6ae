"""What a head asks, in absolute numbers: who leaves, how burnout moves, what the load is, and what would change it.

Every number comes from :class:`jianfu.report.document.quotes.Quotes`; what a province cannot say is None or empty.
"""

from collections.abc import Mapping, Sequence

from jianfu.core.labels import Labels
from jianfu.models.estimates import CHECK
from jianfu.models.reasons import has
from jianfu.models.term import Term
from jianfu.models.verdicts import FAILED, NONE, PASSED, VERDICTS, WEAK, Decided, headlines, summary
from jianfu.models.words import LACKING, label_of_tests, term_label, text_of, verdict_label
from jianfu.release.outputs import TOTAL
from jianfu.release.vintage import AS_BEFORE
from jianfu.report.document.quotes import Cell, Quotes
from jianfu.report.tables.effects import is_log
from jianfu.report.tables.scenarios import EXITS, SUPPORT
from jianfu.report.tables.table import NOTHING, Table, number, ratio

CONFIRMATORY = "confirmatory"
SUPPORTED = "supported"
SAID = (SUPPORTED, "contrary", "negligible", "inconclusive", "not_tested")  # the surest answers first
TOLD = (PASSED, FAILED, WEAK, NONE)  # results of tests in the order in which answers say them
# Directions of change that the article names, and the hypotheses a result of which bears them (theory, section 7).
DIRECTIONS = {
    "substance": ("H1", "H2", "H6"),
    "empowerment": ("H10",),
    "motivation": ("H7", "H8", "H9", "H23"),
}
SHOWN = 3  # departments and scenarios that the brief names
NEARLY = 0.9  # of what the first department issues
HAZARD = "log_hazard"
BOOTSTRAPPED = "wild"  # errors of a model with few clusters
RATIOS = (HAZARD, "log_rate")
ARROW = " → "  # from a level that was merged to the one that it counts as


def findings(
    results, tested: Sequence[Decided], quotes: Quotes, labels: Labels, *, focus: str, burden: str
) -> dict:
    """Values of the templates by name.

    results: as :func:`jianfu.report.tables.write.read_results` gives them; tested: the lines of the plan with what
    decides them; focus: the cohort in question; burden: the term of the burden in models of exits.
    """
    lines = {line.plan["hypothesis"]: line for line in tested if line.plan["family"] == CONFIRMATORY}
    words = {name: line_words(line, labels) for name, line in lines.items()}
    return {
        "lines": words,
        "alike": answered_alike(words),
        "open_questions": open_questions(tested),
        "own": own_ratio(quotes, lines.get("H3")),
        "eve": rest_eve(quotes),
        "rates": exit_rates(quotes, focus),
        "groups": exposure_groups(quotes, focus),
        "joined": joined_levels(lines.get("H3"), labels),
        "yearly": yearly_excess(quotes, lines.get("H3"), focus=focus, burden=burden),
        "points": burnout_points(quotes, lines.get("H1")),
        "detectable": {name: detectable(quotes, line) for name, line in lines.items()},
        "departments": departments(results.released.get("issuer_scorecard"), quotes),
        "projections": projections(results.released["scenario_effects"], quotes),
        "directions": directions(tested, labels),
        "answers": answers_table(lines, quotes, labels),
        **other_lines(tested, results.models, labels),
    }


def line_words(line: Decided, labels: Labels) -> dict[str, str | bool]:
    """Verdict of a line of the plan and what its tests say: the codes, and both in words; ``kept``: whether the figure
    is that of the release before."""
    return {
        "kept": line.row is not None and has(line.row["reasons"], AS_BEFORE),
        "code": line.verdict.code,
        "verdict_words": verdict_label(line.verdict, labels),
        "tests": summary(line.tests)[0],
        "tests_words": label_of_tests(line.tests, labels),
    }


def answered_alike(lines: Mapping[str, Mapping]) -> list[list[str]]:
    """Names of the lines that one sentence answers, the surest first: those with the same verdict and, where it claims
    something, the same result of their tests, or what they lack where it says nothing; lines: :func:`line_words`."""
    groups = {}
    for name, line in lines.items():
        code = line["code"]
        tests = TOLD.index(line["tests"]) if code in (SUPPORTED, "contrary") else 0
        lacks = line["verdict_words"] if code == "not_tested" else ""
        groups.setdefault((SAID.index(code), tests, lacks), []).append(name)
    return [groups[key] for key in sorted(groups)]


def open_questions(tested: Sequence[Decided]) -> dict[str, bool]:
    """Whether any line of the plan is inconclusive or not tested, and whether one lacks a column or table."""
    verdicts = [line.verdict for line in tested if line.verdict.code in ("inconclusive", "not_tested")]
    return {"any": bool(verdicts), "lacking": any(has(one.reasons, *LACKING) for one in verdicts)}


def rest_eve(quotes: Quotes) -> dict | None:
    """Tasks with a clock time, and how many per cent are issued on the eve of a rest and due after it."""
    tasks, share = (Cell("figures/issue_clock.csv", {}, column) for column in ("tasks", "rest_eve_share"))
    percent = quotes("weighted_percent", tasks, share)
    return None if percent is None else {"tasks": quotes("total", tasks, digits=0), "percent": percent}


def _estimate(model, term, column):
    return Cell("estimates.csv", {"model": model, "term": term}, column)


def with_interval(quotes: Quotes, formula: str, model: str, term: str, *more: Cell, digits=1) -> dict | None:
    """An estimate of a model and its interval under a formula: size, low, high, positive; None where there is none."""
    made = {
        key: quotes(formula, _estimate(model, term, column), *more, digits=digits)
        for key, column in (("estimate", "estimate"), ("low", "ci_low"), ("high", "ci_high"))
    }
    if made["estimate"] is None or made["low"] is None:
        return None
    size = quotes(formula, _estimate(model, term, "estimate"), *more, digits=digits, size=True)
    return made | {"size": size, "positive": not made["estimate"].startswith("−")}


EXCESS = {  # exits per 1,000 persons and year that go with one standard deviation more of the burden
    "all": ("H2_exits", "excess_per_1000({burden})"),
    "young": ("H3_within_cohorts", "excess_per_1000({burden}; {focus})"),
    "rest": ("H3_within_cohorts", "excess_per_1000({burden}; not {focus})"),
    "difference": ("H3_within_cohorts", "excess_per_1000({burden}; {focus} - others)"),
}


def yearly_excess(quotes: Quotes, line: Decided | None, *, focus: str, burden: str) -> dict[str, dict | None]:
    """Those of :data:`EXCESS`; of one cohort only where the model that tells it from the others is estimated."""
    apart = line is not None and line.verdict.code != "not_tested"
    names = {"focus": focus, "burden": burden}
    return {
        key: _excess(quotes, model, term.format_map(names), burden) if apart or key == "all" else None
        for key, (model, term) in EXCESS.items()
    }


def joined_levels(line: Decided | None, labels: Labels) -> list[str]:
    """Cohorts that were too small and count as the one in question in the model of a line, in words."""
    if line is None or line.verdict.code == "not_tested":
        return []
    told = [one.data()["levels"] for one in line.row["reasons"] if one.code == "levels_merged"]
    pairs = [level.split(ARROW) for levels in told for level in levels]
    own = Term(line.plan["term"]).names[-1]
    return [term_label(small, labels) for small, large in pairs if large == own]


def _excess(quotes, model, term, burden):
    """An excess and its interval. With few clusters, where the bootstrap makes the interval of the model, that of the
    excess (which takes errors for right) is not said: of a model of all persons the ``ratio`` with its interval is."""
    found = with_interval(quotes, "per_year", f"{model}{CHECK}additive", term)
    rows = quotes.frame("estimates.csv")
    if found is None or not ((rows["model"] == model) & (rows["vcov"] == BOOTSTRAPPED)).any():
        return found and found | {"ratio": None}
    alone = model == EXCESS["all"][0]
    ratio = with_interval(quotes, "ratio", model, burden, digits=2) if alone else None
    return found | {"low": None, "high": None, "ratio": ratio}


def exit_rates(quotes: Quotes, focus: str) -> dict | None:
    """Voluntary exits per 1,000 persons and year: of all, of the cohort ``focus``, of the others."""

    def cell(cohort, column):
        return Cell("figures/dose_response.csv", {"cohort": cohort, "bin": TOTAL}, column)

    everybody = quotes("per_year", cell(TOTAL, "rate"), digits=0)
    young = quotes("per_year", cell(focus, "rate"), digits=0)
    if everybody is None:
        return None
    counts = [cell(cohort, column) for column in ("exits", "person_months") for cohort in (TOTAL, focus)]
    others = None if young is None else quotes("rest_per_year", *counts, digits=0)
    return {"all": everybody, "young": young, "others": others}


def exposure_groups(quotes: Quotes, focus: str) -> dict | None:
    """Exits per 1,000 person-months in the lowest and the highest group of burden: of the cohort ``focus`` (``young``),
    of all persons where those of the cohort are withheld."""
    file = "figures/dose_response.csv"
    rows = quotes.frame(file)
    rows = rows[(rows["bin"] != TOTAL) & rows["rate"].notna()]
    for cohort in (focus, TOTAL):
        bins = rows[rows["cohort"] == cohort].sort_values("exposure_mean", kind="stable")["bin"]
        if len(bins) > 1:
            cells = [Cell(file, {"cohort": cohort, "bin": bins.iloc[end]}, "rate") for end in (0, -1)]
            low, high = (quotes("value", cell, digits=2) for cell in cells)
            return {"low": low, "high": high, "young": cohort == focus}
    return None


def burnout_points(quotes: Quotes, line: Decided | None) -> dict | None:
    """Burnout in points of its scale of 0 to 6: the mean, and what goes with one standard deviation of the burden."""
    where = {"block": "scores", "row": "burnout", "cohort": TOTAL}
    spread = Cell("tables/descriptives.csv", where, "sd")
    mean = quotes("value", Cell("tables/descriptives.csv", where, "mean"), digits=2)
    if line is None or mean is None:
        return None
    moved = with_interval(quotes, "product", line.plan["model"], line.plan["term"], spread, digits=2)
    return None if moved is None else moved | {"mean": mean}


def own_ratio(quotes: Quotes, line: Decided | None) -> str | None:
    """The hazard ratio of the cohort in question itself: that of the others times the ratio of the two."""
    if line is None or line.verdict.code == "not_tested" or not _is_hazard(line.row):
        return None
    model, term = line.plan["model"], line.plan["term"]
    cells = [_estimate(model, name, "estimate") for name in (Term(term).first, term)]
    return quotes("ratio_of_sum", *cells, digits=2)


def other_lines(tested: Sequence[Decided], models: Mapping, labels: Labels) -> dict:
    """The exploratory lines of the plan: how many have each verdict, the statements that go the other way, and the
    table of those that are supported."""
    lines = [line for line in tested if line.plan["family"] != CONFIRMATORY]
    codes = [line.verdict.code for line in lines]
    statement = f"statement_{labels.language}"
    rows = [
        (line.plan[statement], *_answer(line.row, models, labels), label_of_tests(line.tests, labels))
        for line in lines
        if line.verdict.code == SUPPORTED
    ]
    header = tuple(labels(f"column_{key}") for key in ("statement", "estimate", "interval", "tests"))
    table = Table(
        "supported", labels("table_supported"), header, tuple(rows), notes=(labels("note_supported"),)
    )
    return {
        "opposed": [line.plan[statement] for line in lines if line.verdict.code == "contrary"],
        "counts": {code: codes.count(code) for code in VERDICTS},
        "supported": table,
    }


def _answer(row, models, labels):
    """Estimate with what it is counted in, and interval: ratios for hazards and rates, else as estimated."""
    scale = str(row["scale"])
    is_ratio = scale.startswith(RATIOS)
    kind = "ratio" if is_ratio else "difference" if scale.startswith("sd") else "log"
    ends = [row[key] for key in ("estimate", "ci_low", "ci_high")]
    estimate, low, high = (ratio(end) if is_ratio else number(end) for end in ends)
    bare = kind == "log" and not is_log(row["model"], models)
    return (estimate if bare else labels(f"answer_{kind}", value=estimate)), f"[{low}, {high}]"


def detectable(quotes: Quotes, line: Decided) -> str | None:
    """The smallest effect that the data would show with power 80 %: a ratio for hazards, else as estimated."""
    term = f"detectable({line.plan['term']})"
    formula = "ratio" if line.row is not None and _is_hazard(line.row) else "value"
    return quotes(formula, _estimate(f"{line.plan['model']}{CHECK}power", term, "estimate"), digits=2)


def _is_hazard(row):
    return str(row["scale"]).startswith(HAZARD)


def departments(scorecard, quotes: Quotes) -> dict | None:
    """Departments that issue most of the tasks, their share of all tasks of departments (per cent), and whether the
    next one issues nearly as many (``even``)."""
    if scorecard is None:
        return None
    rows = scorecard[(scorecard["dimension"] == "issuer") & scorecard["tasks"].notna()]
    if len(rows) <= SHOWN:
        return None
    rows = rows.sort_values("tasks", ascending=False, kind="stable")
    names = rows["name"].head(SHOWN).tolist()
    file = "tables/issuer_scorecard.csv"
    cells = [Cell(file, {"dimension": "issuer", "name": name}, "tasks") for name in names]
    return {
        "names": names,
        "n": len(rows),
        "shares": [
            quotes("share_percent", cell, Cell(file, {"dimension": "issuer"}, "tasks")) for cell in cells
        ],
        "even": bool(rows["tasks"].iloc[SHOWN] >= NEARLY * rows["tasks"].iloc[0]),
    }


def projections(effects, quotes: Quotes) -> dict:
    """Scenarios by how many exits per 1,000 persons and year they avoid: those shown, the largest first, how many
    further ones are projected, whether one of these has more exits (``worse``), and for how many no exits are."""
    own = effects[(effects["quantity"] == EXITS) & (effects["group"] == "all") & effects["estimate"].notna()]
    own = own.sort_values("estimate", ascending=False, kind="stable")
    shown = []
    for name in own["scenario"].head(SHOWN):
        where = {"scenario": name, "quantity": EXITS, "group": "all"}
        ends = [
            quotes("value", Cell("tables/scenario_effects.csv", where, column))
            for column in ("estimate", "ci_low", "ci_high")
        ]
        shown.append({"name": name, "estimate": ends[0], "low": ends[1], "high": ends[2]})
    every, projected = (
        Cell("tables/scenario_effects.csv", {"quantity": quantity, "group": "all"}, "estimate")
        for quantity in (SUPPORT, EXITS)  # the first stands once for every scenario
    )
    refused = effects["scenario"].nunique() - len(own)
    return {
        "shown": shown,
        "worse": bool((own["estimate"].iloc[SHOWN:] < 0).any()),
        "further": quotes("after_three", projected, digits=0) if len(own) > SHOWN else None,
        "refused": quotes("without", every, projected, digits=0) if refused else None,
    }


def directions(tested: Sequence[Decided], labels: Labels) -> list[dict]:
    """Each direction of the article with the statements that bear it and those that do not.

    A statement bears where it is supported and no test beside it failed.
    """
    verdicts = headlines(tested)
    found = []
    for name, hypotheses in DIRECTIONS.items():
        lines = [line for line in tested if line.plan["hypothesis"] in hypotheses]
        bearing = [
            line for line in lines if line.verdict.code == SUPPORTED and summary(line.tests)[0] != FAILED
        ]
        found.append(
            {
                "name": name,
                "bearing": [line.plan[f"statement_{labels.language}"] for line in bearing],
                "verdicts": sorted({verdicts[h] for h in hypotheses if h in verdicts}),
            }
        )
    return found


def answers_table(lines: Mapping[str, Decided], quotes: Quotes, labels: Labels) -> Table:
    """One row per confirmatory hypothesis: question, estimate with its interval, verdict and what its tests say.

    Hazards are ratios, to be compared with 1; the others differences, to be compared with 0.
    """
    rows = []
    for name, line in lines.items():
        cells = (NOTHING, NOTHING)
        if line.verdict.code != "not_tested":
            hazard = _is_hazard(line.row)
            fact = with_interval(
                quotes,
                "ratio" if hazard else "value",
                line.plan["model"],
                line.plan["term"],
                digits=2 if hazard else 3,
            )
            if fact is not None:
                unit = labels(f"answer_{'ratio' if hazard else 'difference'}", value=fact["estimate"])
                cells = (unit, f"[{fact['low']}, {fact['high']}]")
        tests = label_of_tests(line.tests, labels) if line.tests else NOTHING
        question = text_of(f"question_{name}", labels, line.plan[f"statement_{labels.language}"])
        rows.append((question, *cells, verdict_label(line.verdict, labels), tests))
    keys = ("question", "estimate", "interval", "verdict", "tests")
    header = tuple(labels(f"column_{key}") for key in keys)
    return Table("answers", labels("table_answers"), header, tuple(rows), notes=(labels("note_answers"),))
