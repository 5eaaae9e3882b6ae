"""What the page to explore shows: each view is a released file, the columns that are drawn, and what can be chosen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from jianfu.core.lines import BASE
from jianfu.indices.roles import BURDEN, LEADING
from jianfu.models.estimates import is_check
from jianfu.release.outputs import TOTAL
from jianfu.report.tables.estimates import of_interest

ONE, ANY, MANY = "one", "any", "many"  # a choice is one value, one or all, or as many as wanted
LINES, ROWS, GRID = "lines", "rows", "grid"
FOCUS = "focus"  # the cohort in question


@dataclass(frozen=True)
class Choice:
    """What can be chosen among the values of a column; ``first``: chosen when the page opens, values or a name of what
    the plan says (:data:`LEADING` ...; nothing named: the first value of :data:`ONE`, all of the others)."""

    column: str
    kind: str = ONE
    first: tuple[str, ...] | str = ()


@dataclass(frozen=True)
class View:
    """One view.

    name: its labels are ``explore_<name>`` and ``explore_<name>_note``; part: heading under which it stands; file:
    below ``release/``; forms: how it can be drawn, of :data:`LINES`, :data:`ROWS` and :data:`GRID`; measures: {column:
    key of its label}, of which one is drawn at a time; low, high: ends of the interval of the first measure; x: column
    of the horizontal axis (rows have none); label: columns that name a row; series: columns that name a colour; more:
    columns shown on hovering; percent: measures that are shares; joined: ``line`` joins the points, ``steps`` where a
    value holds until the next point; origin: value to compare with; sort: rows by their value; least: rows with a value
    without which there is no view; keep: the rows that are shown, of the file as texts and the models of the plan.
    """

    name: str
    part: str
    file: str
    forms: tuple[str, ...]
    measures: Mapping[str, str]
    x: str = ""
    x_label: str = ""
    low: str = ""
    high: str = ""
    label: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    more: tuple[str, ...] = ()
    percent: tuple[str, ...] = ()
    joined: str = "line"
    origin: float | None = None
    sort: bool = False
    least: int = 2
    keep: Callable[[pd.DataFrame, Mapping], pd.DataFrame] = lambda frame, models: frame

    @property
    def columns(self) -> list[str]:
        """The columns that the view needs of its file, each once."""
        named = [
            *(self.x, *self.label, *self.series, *self.measures, self.low, self.high, *self.more),
            *(choice.column for choice in self.choices),
        ]
        return [column for column in dict.fromkeys(named) if column]


ESTIMATE = {"estimate": "column_estimate"}
OF_ESTIMATES = ("p_value", "p_adjusted", "n_used", "n_events", "n_clusters")
INTERVAL = {"low": "ci_low", "high": "ci_high"}
HYPOTHESIS, SCALE = Choice("hypothesis", first=("H2",)), Choice("scale")

SPECIFICATIONS = View(
    "specifications",
    "hypotheses",
    "estimates.csv",
    (ROWS,),
    ESTIMATE,
    label=("model", "term"),
    series=("role",),
    choices=(HYPOTHESIS, SCALE, Choice("role", MANY)),
    more=OF_ESTIMATES,
    origin=0,
    sort=True,
    keep=lambda frame, models: of_interest(frame[~is_check(frame)], models),
    **INTERVAL,
)
VIEWS = (
    View(
        "index_over_time",
        "burden",
        "figures/index_over_time.csv",
        (LINES,),
        {"mean": "fig_index_value"},
        x="month",
        x_label="column_month",
        low="q25",
        high="q75",
        series=("index",),
        choices=(Choice("index", MANY, BURDEN),),
        more=("units",),
        origin=50,
    ),
    View(
        "issue_clock",
        "burden",
        "figures/issue_clock.csv",
        (GRID,),
        {
            "share": "explore_share_of_tasks",
            "rest_eve_share": "explore_rest_eve_share",
            "tasks": "explore_tasks",
        },
        x="hour",
        x_label="fig_hour",
        label=("weekday",),
        percent=("share", "rest_eve_share"),
        choices=(Choice("weekday", MANY),),
    ),
    View(
        "counties",
        "burden",
        "figures/county_indices.csv",
        (GRID, LINES),
        {"mean": "fig_index_value"},
        x="month",
        x_label="column_month",
        label=("county_name",),
        series=("county_name",),
        choices=(Choice("index", first=LEADING), Choice("city_name", ANY), Choice("county_name", MANY)),
        more=("units", "units_logged"),
        origin=50,
    ),
    View(
        "members",
        "burden",
        "figures/members_over_time.csv",
        (LINES,),
        {"mean": "column_mean"},
        x="month",
        x_label="column_month",
        series=("code",),
        choices=(Choice("index", first=LEADING), Choice("code")),
        more=("units",),
    ),
    View(
        "county_ranks",
        "burden",
        "figures/county_ranks.csv",
        (ROWS,),
        {"rank": "fig_rank_axis"},
        low="rank_low",
        high="rank_high",
        label=("county_name",),
        choices=(Choice("index", first=LEADING), Choice("city_name", ANY)),
        more=("drawn_low", "drawn_high", "units"),
        sort=True,
    ),
    View(
        "departments",
        "departments",
        "tables/issuer_scorecard.csv",
        (ROWS,),
        {"tasks": "explore_tasks"}
        | {
            key: f"column_{key}"
            for key in ("short", "rest_eve", "disguised", "artefacts", "template", "format")
        },
        label=("name",),
        series=("level",),
        choices=(Choice("dimension"), Choice("level", ANY)),
        more=("units",),
        percent=("short", "rest_eve", "disguised", "template", "format"),
        origin=0,
        sort=True,
    ),
    View(
        "contributions",
        "departments",
        "tables/issuer_contributions.csv",
        (ROWS,),
        {"points": "explore_points", "change": "explore_points_change"},
        label=("name",),
        choices=(Choice("dimension"), Choice("index", first=LEADING)),
        more=("rank", "rank_low", "rank_high"),
        origin=0,
        sort=True,
        keep=lambda frame, models: frame[frame["name"] != BASE],
    ),
    View(
        "exits",
        "outcomes",
        "figures/dose_response.csv",
        (LINES,),
        {"rate": "fig_exit_rate"},
        x="exposure_mean",
        x_label="fig_exposure_sd",
        series=("cohort",),
        choices=(Choice("cohort", MANY),),
        more=("persons", "exits", "person_months"),
        keep=lambda frame, models: frame[frame["bin"] != TOTAL],
        **INTERVAL,
    ),
    View(
        "incidence",
        "outcomes",
        "figures/cumulative_incidence.csv",
        (LINES,),
        {"cumulative_incidence": "fig_cumulative_incidence"},
        x="time_months",
        x_label="fig_incidence_time",
        series=("cohort", "tertile"),
        choices=(Choice("cohort", MANY, FOCUS), Choice("tertile", MANY)),
        percent=("cumulative_incidence",),
        joined="steps",
        least=4,
        **INTERVAL,
    ),
    View(
        "burnout",
        "outcomes",
        "figures/burnout_by_overload.csv",
        (LINES,),
        {"burnout_mean": "fig_burnout"},
        x="exposure_mean",
        x_label="fig_exposure_sd_6m",
        more=("n_respondents", "fitted"),
        joined="",
        origin=0,
        **INTERVAL,
    ),
    View(
        "hypotheses",
        "hypotheses",
        "figures/forest_all.csv",
        (ROWS,),
        {"x": "column_estimate"},
        low="x_low",
        high="x_high",
        label=("model", "term"),
        series=("verdict",),
        choices=(Choice("panel"), Choice("verdict", MANY), Choice("tests", MANY)),
        more=("hypothesis", "tests", *OF_ESTIMATES),
        origin=0,
    ),
    SPECIFICATIONS,
    replace(SPECIFICATIONS, name="checks", sort=False, keep=lambda frame, models: frame[is_check(frame)]),
    View(
        "specification_curve",
        "hypotheses",
        "full/tables/specification_curve.csv",
        (LINES,),
        {"estimate": "fig_log_hazard_sd"},
        x="rank",
        x_label="fig_specification",
        choices=tuple(
            Choice(name, ANY) for name in ("index", "lag", "link", "controls", "sample", "cluster")
        ),
        more=("p_value", "n_events"),
        joined="",
        origin=0,
        **INTERVAL,
    ),
    View(
        "scenarios",
        "scenarios",
        "tables/scenario_effects.csv",
        (ROWS,),
        {"estimate": "column_change"},
        label=("scenario",),
        choices=(Choice("quantity", first=("exits_avoided",)), Choice("group")),
        origin=0,
        **INTERVAL,
    ),
)
