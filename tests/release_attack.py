"""An attack on a release: what a reader of its files can work out about groups of fewer than ten persons.

    python tests/release_attack.py results/sample/release [the release before]

The reader knows how releases are made: which counts are rounded, which sums hold, how figures follow from counts.
Six attacks, each a function from the folder of a release to :class:`Leak`:

``margins``       linear programmes over all published sums bound every withheld cell and every dropped group
``digits``        means of whole numbers, weights, rates and intervals are searched for the counts they can come from
``coefficients``  rate ratios of the levels of a variable, with its person-months and the total, give events by level
``groups``        units, clusters and months that each have an event bound the events of a model that are withheld
``embedded``      cells of a page or a slide that the released file it names lacks, so that no other attack saw them
``successive``    what two releases differ by, and cells of the later one as its new totals tell them
"""

import json
import sys
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
from openpyxl import load_workbook
from pptx import Presentation
from scipy import stats
from scipy.optimize import brentq, linprog

LEAST = 10  # a group of fewer persons or events must not be told
OF_HOURS = ("visible_share",)  # means of ratios, whose digits tell no count
ITEMS = 15  # items of the longest scale whose mean is published
PERSON_TABLES = ("roster", "ledger", "spells", "survey", "punches")  # source tables whose rows are persons
ROW_OUTCOMES = ("kept", "duplicate", "rejected", "nondata")
LIMITS = {"rmsea_low": 0.95, "rmsea_high": 0.05}  # probability of a smaller chi-square at the limits of 90 %
COHORTS = {"70后及以前": "cohort_70s", "80后": "cohort_80s", "90后": "cohort_90s", "00后": "cohort_00s"}


@dataclass(frozen=True)
class Leak:
    """What was found: the attack, the group, and the smallest and largest number of persons that it can have."""

    attack: str
    group: str
    low: float
    high: float


def attack(release: Path, before: Path | None = None) -> list[Leak]:
    """Everything that the attacks recover from a release, and from it and the one before."""
    found = [
        *margins(release),
        *digits(release),
        *coefficients(release),
        *groups(release),
        *embedded(release),
    ]
    return found + (successive(release, before) if before else [])


def read(release: Path, name: str) -> pd.DataFrame:
    """A CSV file of a release; empty where it has none."""
    path = next(iter(release.rglob(f"{name}.csv")), None)
    return pd.DataFrame() if path is None else pd.read_csv(path, encoding="utf-8-sig")


def window(value: float, coarse: bool) -> tuple[float, float]:
    """What a published count stands for: from the first number (included) to the second, which no rounded one is."""
    if pd.isna(value):
        return 0.0, np.inf
    return (value - LEAST / 2, value + LEAST / 2) if coarse else (value, value)


def numbers(value: float) -> np.ndarray:
    """The whole numbers that a rounded count stands for."""
    return np.arange(*window(value, True))


# ------------------------------------------------------------------------------------------------ margins


@dataclass
class Book:
    """Counts and the sums between them: ``known`` {count: (low, high)}, ``sums`` [(parts, whole)], counts withheld."""

    known: dict
    sums: list
    hidden: set

    def bounds(self, target) -> tuple[float, float]:
        """Smallest and largest value of a count that agrees with everything published."""
        names = sorted({target, *(name for parts, whole in self.sums for name in (*parts, whole))}, key=str)
        place = {name: i for i, name in enumerate(names)}
        matrix = np.zeros((len(self.sums), len(names)))
        for row, (parts, whole) in enumerate(self.sums):
            matrix[row, [place[part] for part in parts]] = 1
            matrix[row, place[whole]] = -1
        aim = np.eye(len(names))[place[target]]
        system = {"A_eq": matrix, "b_eq": np.zeros(len(matrix))} if len(matrix) else {}
        system["bounds"] = [self.known.get(name, (0, np.inf)) for name in names]
        low, high = (linprog(sign * aim, **system, method="highs") for sign in (1, -1))
        return (low.fun if low.success else 0.0), (-high.fun if high.success else np.inf)

    def part_of(self, target) -> "Book":
        """The sums that are linked with a count, and what is known of their counts."""
        reached, linked = {target}, []
        while more := [sum_ for sum_ in self.sums if sum_ not in linked and reached & {*sum_[0], sum_[1]}]:
            linked += more
            reached |= {name for parts, whole in more for name in (*parts, whole)}
        return Book({name: self.known[name] for name in reached if name in self.known}, linked, self.hidden)


def is_rounded(values) -> bool:
    """Whether a reader takes counts for rounded ones: all of them are multiples."""
    known = pd.to_numeric(pd.Series(values)).dropna()
    return bool(len(known)) and bool((known % LEAST == 0).all())


def _grid(book, kind, table, count, dimensions, adds_over):
    """Enter one count of a table; ``adds_over``: dimensions over which it adds up to the rows with ``all``."""
    if table.empty:
        return
    coarse = is_rounded(table[count])
    values = {
        (kind, *map(str, key)): value for *key, value in table[[*dimensions, count]].itertuples(index=False)
    }
    for name, value in values.items():
        book.known[name] = window(value, coarse)
        if pd.isna(value):
            book.hidden.add(name)
    for dimension in adds_over:
        at = 1 + dimensions.index(dimension)
        for whole in [name for name in values if name[at] == "all"]:
            parts = [
                name
                for name in values
                if name != whole and name[:at] + name[at + 1 :] == whole[:at] + whole[at + 1 :]
            ]
            if parts:
                book.sums.append((tuple(parts), whole))


def book_of(release: Path) -> Book:
    """All counts of persons, answers, exits and person-months of a release with the sums between them."""
    book = Book({}, [], set())
    dose, response = read(release, "dose_response"), read(release, "survey_response")
    _grid(book, "exits", dose, "exits", ["cohort", "bin"], ["cohort", "bin"])
    _grid(book, "months", dose, "person_months", ["cohort", "bin"], ["cohort", "bin"])
    _grid(book, "persons", dose, "persons", ["cohort", "bin"], ["cohort"])
    described = read(release, "descriptives")
    for row in ("exits", "persons"):
        own = (
            described[(described["block"] == "persons") & (described["row"] == row)]
            if len(described)
            else described
        )
        if row == "exits" and len(own):  # the same exits as in the figure
            coarse = is_rounded(own["n"])
            for cohort, n in own[["cohort", "n"]].dropna().itertuples(index=False):
                book.known["exits", cohort, "all"] = window(n, coarse)
                book.hidden.discard(("exits", cohort, "all"))
        _grid(book, f"all {row}", own, "n", ["cohort"], ["cohort"])
    for count in ("roster", "respondents"):
        _grid(book, count, response, count, ["wave", "variable", "level"], ["level"])
    for name in [name for name in book.known if name[0] == "respondents"]:
        silent = ("silent", *name[1:])
        book.sums.append(((name, silent), ("roster", *name[1:])))
        book.hidden.add(silent)
    _groups(book, read(release, "sample_by_group"))
    _sources(book, read(release, "data_quality"))
    _flows(book, read(release, "sample_flow"))
    _models(book, read(release, "estimates"))
    return book


def _groups(book, groups):
    """Enter the sample by group: the groups of a level add up to its total, the levels of a variable to the group."""
    if groups.empty:
        return
    rows = groups[groups["mean"].isna()].fillna({"level": ""})
    dimensions = ["grouping", "variable", "level", "group"]
    _grid(book, "groups", rows, "n", dimensions, ["group"])
    counted = rows[rows["variable"] != "persons"]
    for (grouping, variable, group), own in counted.groupby(["grouping", "variable", "group"]):
        whole = ("groups", grouping, "persons", "", group)
        if whole in book.known:
            levels = tuple(("groups", grouping, variable, level, group) for level in own["level"].astype(str))
            book.sums.append((levels, whole))


def _sources(book, quality):
    """Enter the rows of source tables that are persons: outcomes add up to the rows read."""
    if quality.empty:
        return
    for row in quality[quality["table"].isin(PERSON_TABLES)].to_dict("records"):
        names = {name: ("rows", row["table"], name) for name in (*ROW_OUTCOMES, "rows_read")}
        coarse = is_rounded([row[name] for name in ROW_OUTCOMES if name != "nondata"])
        for name, key in names.items():
            book.known[key] = window(row[name], coarse and name != "nondata")
            if pd.isna(row[name]):
                book.hidden.add(key)
        book.sums.append((tuple(names[name] for name in ROW_OUTCOMES), names["rows_read"]))


def _flows(book, flow):
    for (chain, unit), rows in flow.fillna({"reason": ""}).groupby(["chain", "unit"]) if len(flow) else ():
        coarse = is_rounded(rows["n"])
        left = rows[rows["reason"] == ""].sort_values("position")
        for (_, first), (_, second) in zip(left.iloc[:-1].iterrows(), left.iloc[1:].iterrows(), strict=True):
            drops = rows[(rows["reason"] != "") & (rows["position"] == second["position"])]
            names = [("flow", chain, unit, second["position"], reason) for reason in drops["reason"]]
            ends = [("flow", chain, unit, row["position"], "") for row in (first, second)]
            values = [*drops["n"], first["n"], second["n"]]
            book.known |= {name: window(n, coarse) for name, n in zip([*names, *ends], values, strict=True)}
            book.sums.append(((*names, ends[1]), ends[0]))
            if not names:
                rest = ("flow", chain, unit, second["position"], "dropped")
                book.sums[-1] = ((rest, ends[1]), ends[0])
                book.hidden.add(rest)


def _models(book, estimates):
    """Observations read, used and dropped by reason of the models whose observations are counted in tens."""
    for model, rows in estimates.groupby("model") if len(estimates) else ():
        row = rows.iloc[0]
        counts = [row["n_read"], row["n_used"], *json.loads(row["dropped_by_reason"] or "{}").values()]
        if pd.isna(counts[0]) or not is_rounded(counts):
            continue
        names = [("model", model, reason) for reason in json.loads(row["dropped_by_reason"])]
        read_, used = ("model", model, "read"), ("model", model, "used")
        book.known |= {name: window(n, True) for name, n in zip([read_, used, *names], counts, strict=True)}
        book.sums.append(((*names, used), read_))


def margins(release: Path) -> list[Leak]:
    """Withheld cells and complements that the published sums bound to fewer than ten possible numbers of persons."""
    book, found = book_of(release), []
    for target in sorted(book.hidden, key=str):
        own = book.part_of(target)
        if not own.sums:
            continue
        low, high = own.bounds(target)
        if high - low < LEAST - 1e-6 and low < LEAST:
            found.append(Leak("margins", "/".join(map(str, target)), low, high))
    return found


# ------------------------------------------------------------------------------------------------ digits


def half_unit(value: float) -> float:
    """Half a unit of the last printed digit."""
    text = f"{value:.10g}".split("e")
    digits_ = len(text[0].partition(".")[2])
    return 0.5 * 10.0 ** (-digits_ + (int(text[1]) if len(text) > 1 else 0))


def _told(group, candidates, every) -> list[Leak]:
    """A leak where few of the numbers that a rounded count may stand for are left."""
    few = 0 < len(candidates) < min(len(every), LEAST / 2)
    return [Leak("digits", group, min(candidates), max(candidates))] if few else []


def digits(release: Path) -> list[Leak]:
    """Rounded counts that the digits of the figures beside them tell."""
    found = []
    described, response = read(release, "descriptives"), read(release, "survey_response")
    for row in (
        described[described["block"] == "scores"].dropna(subset="mean").itertuples() if len(described) else ()
    ):
        every = numbers(row.n) if is_rounded(described["n"][described["block"] == "scores"]) else []
        every = [] if row.row in OF_HOURS else every
        for items in range(1, ITEMS + 1):
            totals = every * items * row.mean if len(every) else np.array([])
            fits = [
                n
                for n, total in zip(every, totals, strict=True)
                if abs(total - round(total)) <= n * items * half_unit(row.mean)
            ]
            found += _told(f"answers to {row.row}", fits, every)[
                : not any(row.row in leak.group for leak in found)
            ]
    for (wave, variable), rows in response.groupby(["wave", "variable"]) if len(response) else ():
        parts = rows[rows["level"] != "all"].dropna(subset=["respondents", "weight"])
        if len(parts) == 2 and is_rounded(parts["respondents"]):
            found += _of_weights(f"wave {wave} {variable}", parts)
        whole = rows[rows["level"] == "all"].dropna(subset=["effective_n"])
        if len(whole) and is_rounded(whole["respondents"]):  # no more than the answers
            every = numbers(whole["respondents"].iloc[0])
            effective = whole["effective_n"].iloc[0]
            least = effective - max(half_unit(effective), LEAST / 2 if effective % LEAST == 0 else 0)
            found += _told(f"answers of wave {wave}", every[every >= least], every)
    found += _rates(read(release, "dose_response"))
    for name in ("scale_structure", "measurement_invariance"):
        found += _fits(read(release, name))
    found += _likelihoods(read(release, "stepwise_fit"))
    if len(described) and len(response):
        units = described.loc[(described["block"] == "units") & (described["row"] == "units"), "n"].max()
        found += _group_sizes(read(release, "scale_reliability"), units * response["wave"].nunique())
    estimates = read(release, "estimates")
    found += _excess(estimates) if len(estimates) else []
    return [*found, *_intervals(estimates)]


def _fits(table):
    """Answers that agree with the chi-square and the RMSEA of a factor model, its square groups × (χ² − df) over df ×
    answers, and with the limits of it, which have the noncentrality of a limit instead of χ² − df."""
    for row in table.dropna(subset=["chi2"]).to_dict("records") if len(table) else ():
        if not is_rounded([row["respondents"]]):
            continue
        every, groups = numbers(row["respondents"]), row["groups"] if row.get("groups", 0) > 0 else 1
        around = row["chi2"] + np.array([-1, 1]) * half_unit(row["chi2"])
        excess = {"rmsea": around - row["df"]}
        excess |= {name: [_noncentrality(x, row["df"], p) for x in around] for name, p in LIMITS.items()}
        fits = every
        for name in [name for name in excess if row.get(name, 0) > 0]:
            squares = (row[name] + np.array([1, -1]) * half_unit(row[name])) ** 2
            low, high = groups * np.array(excess[name]) / row["df"] / squares
            fits = fits[(fits >= low - groups) & (fits <= high + groups)]
        where = "/".join(str(row[key]) for key in ("scale", "grouping", "level") if key in row)
        yield from _told(f"answers to {where}", fits, every)


def _noncentrality(chi2, df, probability):
    """Noncentrality at which a chi-square is at most ``chi2`` with this probability, on which the limits of the RMSEA
    rest."""

    def excess(value):
        return (stats.ncx2.cdf(chi2, df, value) if value else stats.chi2.cdf(chi2, df)) - probability

    return brentq(excess, 0, 10 * chi2 + 100) if excess(0) > 0 else 0.0


def _likelihoods(table):
    """Answers, or events, that agree with a log-likelihood and the share explained: -n/2 (log(2 pi (1 - R2)) + 1) of an
    outcome in standard deviations, and events by log rate plus the others of a constant alone."""
    for row in table.to_dict("records") if "log_likelihood" in table else ():
        around = row["log_likelihood"] + np.array([-1, 1]) * half_unit(row["log_likelihood"])
        n = numbers(row["n_used"])
        if row["r2"] == row["r2"]:
            per_row = (np.log(2 * np.pi * (1 - row["r2"])) + 1) / 2
            fits = n[(-n * per_row >= around[0] - 1) & (-n * per_row <= around[1] + 1)]
            yield from _told(f"answers of {row['model']} {row['step']}", fits, n)
        else:
            events = np.arange(1, min(row["n_used"], 3000))
            rate = events / row["n_used"]
            alone = events * np.log(rate) + (row["n_used"] - events) * np.log1p(-rate)
            slack = half_unit(row["pseudo_r2"]) * abs(row["log_likelihood"])
            low, high = np.sort(around / (1 - row["pseudo_r2"])) + np.array([-slack, slack])
            yield from _told(
                f"events of {row['model']} {row['step']}", events[(alone >= low) & (alone <= high)], events
            )


def _group_sizes(table, groups):
    """Answers that agree with ICC(1) and ICC(2), whose step from one to the other is the mean size of ``groups``."""
    for row in table.dropna(subset=["icc1", "icc2"]).to_dict("records") if len(table) else ():
        one, two = (row[name] + np.array([-1, 1]) * half_unit(row[name]) for name in ("icc1", "icc2"))
        size = [b * (1 - a) / (a * (1 - b)) for a in one for b in two]
        every = numbers(row["respondents"]) if is_rounded([row["respondents"]]) else []
        fits = [n for n in every if min(size) * groups <= n <= max(size) * groups]
        if row["respondents"] not in np.round(fits):
            yield from _told(f"answers to {row['scale']} in groups", fits, every)


def _of_weights(group, parts):
    """Numbers of answers of two groups whose weights have the mean 1."""
    counts = [numbers(n) for n in parts["respondents"]]
    (a, b), (slack_a, slack_b) = parts["weight"], map(half_unit, parts["weight"])
    pairs = [
        (x, y)
        for x in counts[0]
        for y in counts[1]
        if abs(x * (a - 1) + y * (b - 1)) <= x * slack_a + y * slack_b
    ]
    return _told(group, sorted({x + y for x, y in pairs}), np.arange(20))


def _rates(dose):
    """Exits that agree with a rate and the rounded person-months."""
    shown = dose.dropna(subset=["rate"]) if len(dose) else dose
    for row in shown.itertuples() if len(shown) and is_rounded(shown["exits"]) else ():
        every = numbers(row.exits)
        months = window(row.person_months, row.person_months % LEAST == 0)
        slack = half_unit(row.rate)
        fits = [
            n
            for n in every
            if months[0] * (row.rate - slack) / 1000 <= n <= months[1] * (row.rate + slack) / 1000
        ]
        if row.exits not in np.round(fits):
            yield from _told(f"exits {row.cohort} {row.bin}", fits, every)


def _intervals(estimates):
    """Degrees of freedom, hence observations, that agree with intervals whose errors count observations."""
    if estimates.empty:
        return
    rows = estimates[
        estimates["vcov"].isin(["iid", "hetero"])
        & estimates["std_error"].gt(0)
        & estimates["ci_high"].notna()
    ]
    df = np.arange(5, 3000)
    quantiles = stats.t.ppf(0.975, df)
    for row in rows.drop_duplicates("model").itertuples():
        if not is_rounded([row.n_used, row.n_read]):
            continue
        half, slack = row.ci_high - row.estimate, half_unit(row.ci_high) + half_unit(row.estimate)
        error = half_unit(row.std_error)
        fits = df[
            (quantiles >= (half - slack) / (row.std_error + error))
            & (quantiles <= (half + slack) / (row.std_error - error))
        ]
        yield from _told(f"observations of {row.model}", fits, df)


# ------------------------------------------------------------------------------------------------ coefficients


def coefficients(release: Path) -> list[Leak]:
    """Withheld exits of a cohort as its rate ratio, its person-months and the total of a model tell them."""
    estimates, described = read(release, "estimates"), read(release, "descriptives")
    if estimates.empty or described.empty:
        return []
    persons = described[described["block"] == "persons"]
    months = persons[persons["row"] == "person_months"].set_index("cohort")["n"].drop("all", errors="ignore")
    exits = persons[persons["row"] == "exits"].set_index("cohort")["n"]
    rows = estimates[estimates["n_events"].notna() & estimates["outcome"].eq("voluntary")]
    return [leak for model, own in rows.groupby("model") for leak in _cohorts(model, own, months, exits)]


def _excess(estimates):
    """Events that the excess per 1,000 over the coefficient tells, which is the rate (of a rare event): of all, and of
    levels, whose shares of the observations follow from the rates."""
    rows = estimates[estimates["term"].astype(str).str.startswith("excess_per_1000(")]
    coefficients = estimates.set_index(["model", "outcome", "term"])["estimate"]
    for (model, outcome), own in rows.groupby(["model", "outcome"]):
        term = own["term"].iloc[0].removeprefix("excess_per_1000(").split(";")[0].rstrip(")")
        slope = coefficients.get((model.removesuffix(".additive"), outcome, term), np.nan)
        terms = estimates.loc[estimates["model"] == model.removesuffix(".additive"), "term"].astype(str)
        rates = own.set_index("term")["estimate"] / slope / 1000
        levels = [name for name in rates.index if ";" in name and " - others" not in name]
        events, drops = own["n_events"].iloc[0], own.get("dropped_by_reason", pd.Series("")).iloc[0]
        drops = json.loads(drops) if isinstance(drops, str) and drops else {}
        still = sum(n for reason, n in drops.items() if reason.startswith("separated") and np.isreal(n))
        used = own["n_used"].iloc[0] + still
        if terms.str.startswith(f"{term}:").any() or np.isnan(slope) or not is_rounded([events]):
            continue
        sizes = {f"excess_per_1000({term})": used}
        if len(levels) == 2:
            one, two = rates[levels]
            share = (rates.iloc[0] - two) / (one - two)
            sizes |= {levels[0]: share * used, levels[1]: (1 - share) * used}
        for name, size in sizes.items():
            guess = size * rates[name]
            every = np.arange(max(guess - LEAST, 0) // 1, guess + LEAST)
            fits = every[(every >= 0.99 * guess) & (every <= 1.02 * guess)]
            if not (np.round(fits) % LEAST == 0).any():
                yield from _told(f"events of {model} {name}", fits, every)


def _cohorts(model, rows, months, exits):
    """Leaks of one model; levels that its note names as merged count as one with those they were merged into."""
    terms = rows.set_index("term")["estimate"].groupby(level=0).first()
    merged = {name for name in COHORTS.values() if any(f"{name} →" in str(note) for note in rows["note"])}
    alone = {cohort: name for cohort, name in COHORTS.items() if name not in merged and cohort in months}
    told = [cohort for cohort, name in alone.items() if pd.notna(terms.get(name))]
    references = [cohort for cohort, name in alone.items() if name not in terms.index]
    if merged or not told or len(references) != 1:
        return
    size = {c: months[c] * np.exp(terms.get(COHORTS[c], 0.0)) for c in (*told, *references)}
    for cohort in size:
        guess = rows["n_events"].iloc[0] * size[cohort] / sum(size.values())
        if len(size) == len(months) and guess < LEAST and pd.isna(exits.get(cohort)):
            yield Leak("coefficients", f"exits {cohort} by {model}", guess, guess)


# ------------------------------------------------------------------------------------------------ groups


def groups(release: Path) -> list[Leak]:
    """Events that are withheld as fewer than ten, of which a model tells how many units or months have one: those
    without any are left out of it, so that there are no fewer events than units, clusters or months that are left."""
    estimates, reasons, months = (read(release, name) for name in ("estimates", "reasons", "index_over_time"))
    if estimates.empty or reasons.empty:
        return []
    reasons = reasons.assign(values=[json.loads(text) for text in reasons["values"]])
    whole = {"unit": estimates["n_units"].max(), "month": months["month"].nunique() if len(months) else 0}
    found = {}
    for place, own in reasons.groupby("row"):
        row, said = estimates.iloc[place - 1], list(zip(own["code"], own["values"], strict=True))
        if pd.notna(row["n_events"]) or not _few(said):
            continue
        least = max(
            _units_left(row, said, whole["unit"]), *(_levels_left(said, *one) for one in whole.items())
        )
        name = f"events of {row['model']}"
        if 1 < least < LEAST and least > found.get(name, 1):
            found[name] = least
    return [Leak("groups", name, least, LEAST - 1) for name, least in found.items()]


def _few(said):
    """Whether reasons say that a model has fewer than ten events: of one that is withheld, or cannot be estimated."""
    codes = {code for code, _ in said}
    whys = [values.get("why", {}) for _, values in said]
    return {"few_events", "not_published"} <= codes or any(
        why.get("code") == "too_few_events" and why.get("events") == f"<{LEAST}" for why in whys
    )


def _units_left(row, said, units):
    """The most of the numbers of units, clusters and degrees of freedom told, and of the units that a share of the
    observations left by those without events makes (units differ in size: three quarters of it)."""
    told = [row[name] for name in ("n_units", "n_clusters") if pd.notna(row[name]) and row[name] < units]
    plus = {"few_clusters": ("clusters", 0), "t": ("df", 1), "degrees": ("df", 1)}
    numbers_ = [(values.get(plus[code][0]), plus[code][1]) for code, values in said if code in plus]
    told += [
        value + more for value, more in numbers_ if isinstance(value, (int, float)) and value + more < units
    ]
    drops = json.loads(row["dropped_by_reason"]) if isinstance(row["dropped_by_reason"], str) else {}
    still = drops.get("separated_unit", 0)
    if still and pd.notna(row["n_used"]):
        told.append(np.floor(0.75 * units * row["n_used"] / (row["n_used"] + still)))
    return max(told, default=0)


def _levels_left(said, column, whole):
    """Levels of a column that have an event, at the least: all of them without the most that may have none."""
    most = [
        _most(values["levels"])
        for code, values in said
        if code == "levels_without_events" and values["column"] == column
    ]
    return whole - min(most) if most else 0


def _most(count):
    """The largest number that a count stands for, as a number or coarse (``<10``, ``~20``)."""
    text = str(count)
    if text.startswith("<"):
        return int(text[1:]) - 1
    return int(text[1:]) + LEAST // 2 - 1 if text.startswith("~") else int(text)


# ------------------------------------------------------------------------------------------------ embedded


def views_of(page: Path) -> list[tuple[str, pd.DataFrame]]:
    """What a page to explore holds: (released file that it names, its rows as texts) of every view."""
    text = page.read_text(encoding="utf-8").partition('id="content">')[2].partition("</script>")[0]
    views = json.loads(text)["views"]
    return [(view["file"], pd.DataFrame(view["rows"], columns=view["columns"], dtype=str)) for view in views]


def charts_of(deck: Path) -> list[tuple[str, list[float]]]:
    """What the charts of slides hold: (released file after which the shape is named, numbers in and behind it)."""
    found = []
    for slide in Presentation(str(deck)).slides:
        for chart in (shape for shape in slide.shapes if shape.has_chart):
            book = load_workbook(BytesIO(chart.chart.part.chart_workbook.xlsx_part.blob))
            cells = [cell for row in book.active.iter_rows(values_only=True) for cell in row]
            drawn = [value for series in chart.chart.plots[0].series for value in series.values]  # noqa: PD011
            numbers_ = [float(value) for value in [*cells, *drawn] if isinstance(value, (int, float))]
            found.append((chart.name, numbers_))
    return found


def embedded(release: Path) -> list[Leak]:
    """Rows of pages below a release, and numbers in charts of its slides, that the released file from which they are
    said to be does not have."""
    found = []
    for deck in sorted(release.rglob("*.pptx")):
        for file, drawn in charts_of(deck):
            source = pd.read_csv(release / file, encoding="utf-8-sig")
            known = source.select_dtypes("number").to_numpy().ravel()
            other = [value for value in drawn if not np.isclose(known, value, rtol=1e-9).any()]
            found += [Leak("embedded", f"{file} {value}", 0, LEAST) for value in other]
    for page in sorted(release.rglob("index.html")):
        for file, rows in views_of(page):
            source = pd.read_csv(release / file, encoding="utf-8-sig", dtype=str, keep_default_na=False)
            known = set(
                source.reindex(columns=rows.columns, fill_value="").itertuples(index=False, name=None)
            )
            other = [row for row in rows.itertuples(index=False, name=None) if row not in known]
            found += [Leak("embedded", f"{file} {'/'.join(row)}", 0, LEAST) for row in other]
    return found


# ------------------------------------------------------------------------------------------------ successive


def successive(release: Path, before: Path) -> list[Leak]:
    """Counts of two releases that differ by fewer than ten, as published or as the new totals tell them."""
    new, old, found = book_of(release), book_of(before), []
    for name in sorted(new.known.keys() & old.known.keys(), key=str):
        if old.known[name][1] == np.inf:
            continue
        others = new.part_of(name)
        others.known = {other: bounds for other, bounds in others.known.items() if other != name}
        for low, high in {new.known[name], others.bounds(name)} if others.sums else {new.known[name]}:
            least, most = low - old.known[name][1], high - old.known[name][0]
            if most - least < LEAST - 1e-6 and max(abs(least), abs(most)) < LEAST and not least <= 0 <= most:
                found.append(Leak("successive", "/".join(map(str, name)), least, most))
    return found


if __name__ == "__main__":
    leaks = attack(*map(Path, sys.argv[1:3]))
    print(*leaks, f"{len(leaks)} groups recovered", sep="\n")
    sys.exit(bool(leaks))
