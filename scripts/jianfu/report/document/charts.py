"""Charts of the slides as PowerPoint draws them: released cells, which the reader can edit."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.release.outputs import TOTAL
from jianfu.report.reading import read_release
from jianfu.report.tables.scenarios import EXITS

MOST = 10  # bars of a chart


@dataclass(frozen=True)
class Chart:
    """What a chart shows: the released ``file``; form ``column``, ``bar`` or ``points``; categories, or of points the
    places on the horizontal axis; series {name: values, None where one is withheld}; titles of the axes."""

    file: str
    form: str
    categories: tuple
    series: Mapping[str, tuple[float | None, ...]]
    x_title: str
    y_title: str


def charts(release: str | Path, labels: Labels) -> dict[str, Chart]:
    """Every chart that the slides may show, by name; one without a value is not there."""
    files = {file: Path(release, file) for file in MAKERS}
    made = {
        make.__name__: make(file, read_release(files[file]), labels)
        for file, make in MAKERS.items()
        if files[file].exists()
    }
    return {
        name: chart
        for name, chart in made.items()
        if any(value is not None for values in chart.series.values() for value in values)
    }


def _numbers(column):
    return tuple(None if pd.isna(value) else float(value) for value in column)


def exits(file: str, rows: pd.DataFrame, labels: Labels) -> Chart:
    """Rates of leaving by group of burden, a series for each cohort."""
    rows = rows[(rows["bin"] != TOTAL) & (rows["cohort"] != TOTAL)]
    bins = sorted(rows["bin"].unique(), key=lambda name: (len(name), name))
    series = {
        labels(f"value_{cohort}"): _numbers(own.set_index("bin")["rate"].reindex(bins))
        for cohort, own in rows.groupby("cohort", sort=False)
    }
    return Chart(file, "column", tuple(bins), series, labels("slides_groups"), labels("fig_exit_rate"))


def burnout(file: str, rows: pd.DataFrame, labels: Labels) -> Chart:
    """Mean burnout of groups of respondents against their burden."""
    rows = rows.dropna(subset=["exposure_mean", "burnout_mean"])
    series = {labels("fig_burnout"): _numbers(rows["burnout_mean"])}
    titles = labels("fig_exposure_sd_6m"), labels("fig_burnout")
    return Chart(file, "points", _numbers(rows["exposure_mean"]), series, *titles)


def departments(file: str, rows: pd.DataFrame, labels: Labels) -> Chart:
    """Departments that issue most tasks."""
    rows = rows[(rows["dimension"] == "issuer") & rows["tasks"].notna()]
    rows = rows.sort_values("tasks", ascending=False, kind="stable").head(MOST).iloc[::-1]
    series = {labels("explore_tasks"): _numbers(rows["tasks"])}
    return Chart(file, "bar", tuple(map(labels.name, rows["name"])), series, "", labels("explore_tasks"))


def scenarios(file: str, rows: pd.DataFrame, labels: Labels) -> Chart:
    """Exits that scenarios avoid, the largest above."""
    rows = rows[(rows["quantity"] == EXITS) & (rows["group"] == TOTAL) & rows["estimate"].notna()]
    rows = rows.sort_values("estimate", kind="stable").tail(MOST)
    names = tuple(labels(f"scenario_{name}") for name in rows["scenario"])
    title = labels("explore_quantity_exits_avoided")
    return Chart(file, "bar", names, {title: _numbers(rows["estimate"])}, "", title)


MAKERS = {
    "figures/dose_response.csv": exits,
    "figures/burnout_by_overload.csv": burnout,
    "tables/issuer_scorecard.csv": departments,
    "tables/scenario_effects.csv": scenarios,
}
