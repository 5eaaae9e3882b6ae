"""The figures: nothing cut, nothing overlapping, no missing glyphs, the same bytes every time."""

import csv
import itertools
import json
import re
from io import BytesIO
from pathlib import Path

import figure_fakes as fakes
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import shapefile
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from PIL import Image

from jianfu.config.files import read_yaml
from jianfu.core.errors import ConfigError
from jianfu.core.labels import Labels
from jianfu.models.verdicts import hypothesis_rows
from jianfu.province.names import WIDE
from jianfu.province.paths import map_files
from jianfu.release.outputs import read_outputs
from jianfu.report import channels
from jianfu.report.figures import (
    app_rule,
    burnout_by_overload,
    cascade,
    contributions,
    county_heatmap,
    county_map,
    cumulative_incidence,
    departments,
    dose_response,
    forest,
    forest_all,
    index_over_time,
    index_sensitivity,
    issue_clock,
    mediation_paths,
    paper_electronic,
    policy_event_study,
    predictions,
    sample_flow,
    scenarios,
    specification_curve,
    within_between,
)
from jianfu.report.figures.boundaries import Boundaries, county_code, read_boundaries, tiles
from jianfu.report.figures.every import EVERY
from jianfu.report.figures.own import TITLE_CM, in_own_look
from jianfu.report.figures.style import (
    SERIES,
    band,
    drawn_for,
    finish,
    fit_words,
    is_narrow,
    new_figure,
    points,
    save,
    text_width,
    wrap,
)
from jianfu.report.tables.table import JOURNAL_CM
from jianfu.study import figure as study_figure

ROOT = Path(__file__).parents[2]
PLAN = ROOT / "config" / "plan"
LABELS = {language: Labels(language, str(PLAN / "labels.csv")) for language in ("zh", "en")}
MODELS = read_yaml(PLAN / "models.yaml")["models"]
BY_NAME = {model["name"]: model for model in MODELS}
ROLES = pd.read_csv(PLAN / "index_roles.csv", encoding="utf-8-sig")
HYPOTHESES = pd.read_csv(PLAN / "hypotheses.csv", dtype=str, keep_default_na=False)


def lines_of(estimates=None):
    """The plan's hypotheses with their verdicts on invented estimates."""
    found = fakes.deciding(MODELS, HYPOTHESES) if estimates is None else estimates
    return hypothesis_rows(found, found.iloc[:0], HYPOTHESES, 0.05)


def draw_forest(labels, synthetic):
    rows = forest.forest_rows(fakes.estimates(MODELS), lines_of(), BY_NAME)
    return forest.draw(rows, lines_of(), BY_NAME, labels, synthetic)


def draw_forest_all(labels, synthetic):
    rows = forest_all.deciding_rows(lines_of(), 0.05)
    return forest_all.draw(rows, BY_NAME, labels, synthetic)


def draw_within_between(labels, synthetic):
    rows = within_between.compared_rows(lines_of(), fakes.beside_units(lines_of()))
    return within_between.draw(rows, BY_NAME, labels, synthetic)


def draw_mediation_paths(labels, synthetic):
    rows = mediation_paths.path_rows(fakes.mediation_paths(BY_NAME), BY_NAME)
    return mediation_paths.draw(rows, BY_NAME, labels, synthetic)


RING = np.array([[110, 30], [110.5, 30], [110.5, 29.6], [110, 29.6], [110, 30]])
MAP = Boundaries({f"3901{c + 21}": [RING + [c % 5 * 0.5, -(c // 5) * 0.4]] for c in range(19)}, "审图号 1")

FIGURES = {
    "index_over_time": lambda *a: index_over_time.draw(
        fakes.index_over_time(), ROLES, fakes.policy_dates(), fakes.data_quality(), *a
    ),
    "index_over_time_short": lambda *a: index_over_time.draw(
        fakes.index_over_time(18), ROLES, fakes.policy_dates(18), fakes.data_quality(), *a
    ),
    "county_heatmap": lambda *a: county_heatmap.draw(fakes.county_heatmap(), ROLES, *a),
    "county_heatmap_small": lambda *a: county_heatmap.draw(fakes.county_heatmap(3, 18), ROLES, *a),
    "county_map": lambda *a: county_map.draw(fakes.county_heatmap(), ROLES, MAP, *a),
    "county_map_short": lambda *a: county_map.draw(fakes.county_heatmap(), ROLES, Boundaries(), *a),
    "county_map_small": lambda *a: county_map.draw(fakes.county_heatmap(1, 2), ROLES, Boundaries(), *a),
    "issue_clock": lambda *a: issue_clock.draw(fakes.issue_clock(), *a),
    "dose_response": lambda *a: dose_response.draw(fakes.dose_response(), fakes.data_quality(), "90后", *a),
    "cumulative_incidence": lambda *a: cumulative_incidence.draw(
        *fakes.cumulative_incidence(), fakes.data_quality(), *a
    ),
    "burnout_by_overload": lambda *a: burnout_by_overload.draw(
        fakes.burnout_by_overload(), fakes.data_quality(), *a
    ),
    "forest": draw_forest,
    "forest_all": draw_forest_all,
    "policy_event_study": lambda *a: policy_event_study.draw(
        policy_event_study.event_rows(fakes.event_studies(BY_NAME), BY_NAME), BY_NAME, *a
    ),
    "index_sensitivity": lambda *a: index_sensitivity.draw(
        fakes.county_ranks(), fakes.index_shares(), ROLES, *a
    ),
    "departments": lambda *a: departments.draw(
        fakes.issuer_scorecard(), fakes.issuer_contributions(), ROLES, *a
    ),
    "departments_small": lambda *a: departments.draw(
        fakes.issuer_scorecard(2), without_rows(fakes.issuer_contributions()), ROLES, *a
    ),
    "contributions": lambda *a: contributions.draw(
        fakes.issuer_contributions(), fakes.indicator_labels(), ROLES, *a
    ),
    "cascade": lambda *a: cascade.draw(fakes.cascade(), fakes.issuer_levels(), *a),
    "cascade_small": lambda *a: cascade.draw(fakes.cascade(["市→县"]), fakes.issuer_levels().head(1), *a),
    "paper_electronic": lambda *a: paper_electronic.draw(fakes.documents_over_time(), *a),
    "paper_electronic_short": lambda *a: paper_electronic.draw(fakes.documents_over_time(7), *a),
    "app_rule": lambda *a: app_rule.draw(fakes.app_rule_audit(), *a),
    "app_rule_small": lambda *a: app_rule.draw(fakes.app_rule_audit(0, after=False), *a),
    "predictions": lambda *a: predictions.draw(fakes.predictions(), "90后", *a),
    "within_between": draw_within_between,
    "mediation_paths": draw_mediation_paths,
    "scenarios": lambda *a: scenarios.draw(fakes.scenario_effects(), *a),
    "specification_curve": lambda *a: specification_curve.draw(*fakes.specification_curve(), *a),
    "sample_flow": lambda *a: sample_flow.draw(fakes.sample_flow(), fakes.data_quality(), *a),
}
NAMES = [name for name in FIGURES if not name.endswith(("_short", "_small"))]


def drawn_texts(figure, monkeypatch):
    """Texts that are really drawn: list of (text, box in pixels)."""
    found = []
    original = Text.draw

    def record(self, renderer, *args, **kwargs):
        if self.get_visible() and self.get_text().strip():
            found.append((self.get_text(), Text.get_window_extent(self, renderer)))  # without arrows
        return original(self, renderer, *args, **kwargs)

    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    with monkeypatch.context() as patch:
        patch.setattr(Text, "draw", record)
        figure.draw_without_rendering()
    return found


def overlap(one, other):
    """Pixels by which two boxes overlap in the narrower direction, not counting the air around letters."""
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return min(width, height)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", list(FIGURES))
def test_texts_lie_inside_the_figure_and_do_not_overlap(name, language, monkeypatch):
    figure = FIGURES[name](LABELS[language], True)
    clear_texts(figure, monkeypatch)


@pytest.mark.parametrize(
    "name, place, language",
    [
        (name, place, language)
        for place, language in (("single", "zh"), ("single", "en"), ("double", "en"))
        for name in NAMES
        if place == "double" or name not in WIDE
    ],
)
def test_a_figure_fits_a_column_and_a_page_of_a_journal_in_type_that_can_be_read(
    name, place, language, monkeypatch
):
    with drawn_for(place):
        figure = FIGURES[name](LABELS[language], True)
        if is_narrow():
            fit_words(figure)
    clear_texts(figure, monkeypatch)
    width, height = figure.get_size_inches() * 2.54
    assert width == pytest.approx(JOURNAL_CM[place]) and height < 24.7
    least = 5 if name in (*WIDE, "county_map") else 6
    assert min(text.get_size() for text in figure.findobj(Text) if text.get_text().strip()) >= least


def clear_texts(figure, monkeypatch):
    """No text is cut by the edge of the figure or lies on another."""
    texts = drawn_texts(figure, monkeypatch)
    assert any("SYNTHETIC" in text for text, _ in texts)
    width, height = figure.bbox.width, figure.bbox.height
    for text, box in texts:
        inside = box.x0 >= -1 and box.x1 <= width + 1 and box.y0 >= -1 and box.y1 <= height + 1
        assert inside, f"cut: {text!r}"
    for (first, one), (second, other) in itertools.combinations(texts, 2):
        assert overlap(one, other) < 3, f"overlap: {first!r} and {second!r}"


@pytest.mark.parametrize("name", ["dose_response", "sample_flow"])
def test_real_data_carry_no_mark(name, monkeypatch):
    texts = drawn_texts(FIGURES[name](LABELS["zh"], False), monkeypatch)
    assert not any("SYNTHETIC" in text or "合成" in text for text, _ in texts)


def test_a_figure_has_the_width_of_the_page_and_the_same_bytes_every_time(tmp_path):
    for folder in ("one", "two"):
        paths = [tmp_path / folder / f"figure.{kind}" for kind in ("png", "pdf", "svg")]
        save(FIGURES["dose_response"](LABELS["zh"], True), paths, dpi=300)
    for kind in ("png", "pdf", "svg"):
        assert (tmp_path / "one" / f"figure.{kind}").read_bytes() == (
            tmp_path / "two" / f"figure.{kind}"
        ).read_bytes()
    with Image.open(tmp_path / "one" / "figure.png") as image:
        assert image.width == 1831, "at least 300 dpi on 15.5 cm"
        assert image.info["dpi"][0] == pytest.approx(300, abs=0.5)
    pdf = (tmp_path / "one" / "figure.pdf").read_bytes()
    assert b"NotoSansSC" in pdf and b"CreationDate" not in pdf and b"/Type3" not in pdf


def test_dollar_signs_in_a_name_are_no_formula(tmp_path):
    figure = new_figure(4)
    figure.subplots().set_title(r"减负 $\input{x}$ 与 $\frac$")
    figure.savefig(tmp_path / "a.png")  # a formula of this kind is an error


def test_a_character_without_glyph_is_an_error(tmp_path):
    figure = new_figure(4)
    figure.text(0.5, 0.5, "\U0001f600")
    with pytest.raises(UserWarning, match="missing"):
        save(figure, [tmp_path / "figure.png"], dpi=100)


def without_rows(frame):
    return frame.iloc[:0]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_figures_without_data_say_so(language, monkeypatch):
    labels, quality = LABELS[language], fakes.data_quality()
    curves, at_risk = fakes.cumulative_incidence()
    empty = [
        index_over_time.draw(
            without_rows(fakes.index_over_time()), ROLES, without_rows(fakes.policy_dates()), quality, labels
        ),
        county_heatmap.draw(without_rows(fakes.county_heatmap()), ROLES, labels),
        county_map.draw(without_rows(fakes.county_heatmap()), ROLES, MAP, labels),
        issue_clock.draw(without_rows(fakes.issue_clock()), labels),
        dose_response.draw(without_rows(fakes.dose_response()), quality, "90后", labels),
        cumulative_incidence.draw(without_rows(curves), without_rows(at_risk), quality, labels),
        burnout_by_overload.draw(without_rows(fakes.burnout_by_overload()), quality, labels),
        sample_flow.draw(without_rows(fakes.sample_flow()), without_rows(fakes.data_quality()), labels),
        forest.draw(
            without_rows(forest.forest_rows(fakes.estimates(MODELS), lines_of(), BY_NAME)), lines_of(), BY_NAME, labels
        ),
        forest_all.draw(
            without_rows(forest_all.deciding_rows(lines_of(), 0.05)),
            BY_NAME,
            labels,
        ),
        index_sensitivity.draw(without_rows(fakes.county_ranks()), without_rows(fakes.index_shares()), ROLES, labels),
        specification_curve.draw(*(without_rows(table) for table in fakes.specification_curve()), labels),
        departments.draw(without_rows(fakes.issuer_scorecard()), fakes.issuer_contributions(), ROLES, labels),
        scenarios.draw(without_rows(fakes.scenario_effects()), labels),
        contributions.draw(without_rows(fakes.issuer_contributions()), fakes.indicator_labels(), ROLES, labels),
        cascade.draw(without_rows(fakes.cascade()), fakes.issuer_levels(), labels),
        paper_electronic.draw(without_rows(fakes.documents_over_time()), labels),
        predictions.draw(without_rows(fakes.predictions()), "90后", labels),
        app_rule.draw(without_rows(fakes.app_rule_audit()), labels),
        within_between.draw(
            within_between.compared_rows(lines_of(), pd.DataFrame(columns=["model", "term"])), BY_NAME, labels
        ),
        mediation_paths.draw(
            mediation_paths.path_rows(without_rows(fakes.mediation_paths(BY_NAME)), BY_NAME), BY_NAME, labels
        ),
    ]  # fmt: skip
    keys = ("fig_no_data", "fig_no_estimate", "fig_no_minutes", "fig_no_survey", "fig_panel_withheld")
    said = {labels(key) for key in keys}
    for figure in empty:
        assert said & {text for text, _ in drawn_texts(figure, monkeypatch)}


def test_every_figure_has_the_same_width():
    widths = {name: draw(LABELS["zh"], False).get_figwidth() * 300 for name, draw in FIGURES.items()}
    assert {int(width) for width in widths.values()} == {1831}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_table_that_was_not_provided_is_said_to_be_so_and_not_called_small(language, monkeypatch):
    labels, quality = LABELS[language], fakes.data_quality(absent=("ledger", "survey", "policies"))
    curves, at_risk = fakes.cumulative_incidence()
    flow = fakes.sample_flow()
    flow.loc[(flow["unit"] == "events") | (flow["chain"] == "survey"), "n"] = None
    figures = {
        "ledger": [
            dose_response.draw(fakes.dose_response(), quality, "90后", labels),
            cumulative_incidence.draw(without_rows(curves), at_risk, quality, labels),
        ],
        "survey": [
            burnout_by_overload.draw(without_rows(fakes.burnout_by_overload()), quality, labels),
        ],
        "policies": [
            index_over_time.draw(
                fakes.index_over_time(), ROLES, without_rows(fakes.policy_dates()), quality, labels
            ),
        ],
    }
    for table, drawn in figures.items():
        for figure in drawn:
            texts = " ".join(text for text, _ in drawn_texts(figure, monkeypatch))
            assert labels("fig_not_provided", table=labels(f"value_{table}")) in texts
            assert labels("fig_panel_withheld") not in texts and labels("fig_no_survey") not in texts
    texts = [text for text, _ in drawn_texts(sample_flow.draw(flow, quality, labels), monkeypatch)]
    assert texts.count(labels("not_provided")) == 2
    assert not any(text.startswith("<10") for text in texts)


def test_withheld_groups_are_not_drawn_and_counted_in_the_note(monkeypatch):
    cells = fakes.dose_response()
    figure = dose_response.draw(cells, fakes.data_quality(), "90后", LABELS["zh"])
    withheld = int((cells["status"] == "withheld").sum())
    assert withheld == 3
    assert any(f"{withheld}组" in text for text, _ in drawn_texts(figure, monkeypatch))


def test_a_cohort_without_a_released_group_has_no_panel_and_is_named_in_the_note(monkeypatch):
    cells = fakes.dose_response()
    cells.loc[cells["cohort"] == "80后", "status"] = "withheld"
    figure = dose_response.draw(cells, fakes.data_quality(), "90后", LABELS["zh"])
    titles = [axes.get_title() for axes in figure.axes]
    assert "80后" not in titles and "90后" in titles
    assert any(text.startswith("80后人数不足") for text, _ in drawn_texts(figure, monkeypatch))


def test_the_search_for_overlaps_finds_them(monkeypatch):
    figure = new_figure(4)
    figure.text(0.5, 0.5, "甲乙丙丁")
    figure.text(0.52, 0.5, "甲乙丙丁")
    (_, one), (_, other) = drawn_texts(figure, monkeypatch)
    assert overlap(one, other) > 3


def test_only_curves_of_the_released_cohorts_have_lines():
    curves, at_risk = fakes.cumulative_incidence()
    figure = cumulative_incidence.draw(curves, at_risk, fakes.data_quality(), LABELS["zh"])
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert [panel.get_title() for panel in panels] == ["70后及以前", "80后", "90后"], "no empty panel"
    assert all(panel.get_lines() for panel in panels)


def test_a_fourth_index_has_a_panel_of_its_own():
    labels, roles = LABELS["zh"], ROLES[ROLES["index"].isin(["OD", "TR", "RG", "GAP"])]
    roles = roles.replace({"role": {"described": "burden"}})
    released = fakes.index_over_time(), roles, fakes.policy_dates(), fakes.data_quality()
    figure = index_over_time.draw(*released, labels)
    assert [axes.texts[0].get_text() for axes in figure.axes[:4]] == [
        labels(name) for name in ("OD", "TR", "RG", "GAP")
    ]


def test_policies_in_the_same_month_get_numbers_side_by_side():
    assert index_over_time.spread([5.0, 5.1, 5.2, 20.0], 1.0, 30.0) == [5.0, 6.0, 7.0, 20.0]
    assert index_over_time.spread([29.5, 29.8], 1.0, 30.0) == [29.0, 30.0]


def test_counties_stand_in_falling_order_and_equal_names_get_their_city():
    values, names, months = county_heatmap.county_matrix(fakes.county_heatmap())
    assert values.mean(axis=1).is_monotonic_decreasing
    assert sorted(name for name in names if "城关区" in name) == ["临江市城关区", "云溪市城关区"]
    assert len(months) == 36


def test_forest_shows_the_planned_terms_under_their_hypothesis():
    estimates = fakes.estimates(MODELS)
    estimates.loc[0, "estimate"] = None
    rows = forest.forest_rows(estimates, lines_of(), BY_NAME)
    assert len(rows) < len(estimates)
    assert rows.loc[rows["model"] == "H2_exits", "panel"].tolist() == ["hazard"]
    placed = rows.merge(HYPOTHESES.reset_index(), left_on="block", right_on="index", suffixes=("", "_plan"))
    assert (placed["hypothesis"] == placed["hypothesis_plan"]).all()


@pytest.mark.parametrize("name", list(FIGURES))
def test_no_figure_is_taller_than_a_page(name):
    assert FIGURES[name](LABELS["zh"], True).get_figheight() * 2.54 <= 22


def test_forest_of_all_has_one_row_per_estimated_hypothesis_and_scales_only_own_units():
    estimates = fakes.deciding(MODELS, HYPOTHESES)
    estimates.loc[estimates["model"] == "H16_amplification", ["scale", "estimate", "std_error"]] = [
        "unit",
        0.3,
        0.1,
    ]
    estimates.loc[estimates["model"] == "H6_meaning", "estimate"] = None
    rows = forest_all.deciding_rows(lines_of(estimates), 0.05)
    assert len(rows) == len(HYPOTHESES) - 1 and "H6" not in set(rows["hypothesis"])
    own = rows[rows["model"] == "H16_amplification"].iloc[0]
    assert own["panel"] == "own" and own["x"] == pytest.approx(3) and own["estimate"] == 0.3
    shared = rows[rows["panel"] != "own"]
    assert (shared["x"] == shared["estimate"]).all() and set(shared["panel"]) == {"hazard", "linear"}


def test_hypotheses_stand_in_order_under_headings_with_names_of_indices(monkeypatch):
    texts = [text for text, _ in drawn_texts(draw_forest(LABELS["zh"], False), monkeypatch)]
    headings = [text.split("\u3000")[0] for text in texts if re.match(r"H\d+[ab]?\u3000", text)]
    distinct = [name for name, _ in itertools.groupby(headings)]  # one heading in each panel
    assert distinct == sorted(set(headings), key=list(HYPOTHESES["hypothesis"]).index)
    assert headings[:3] == ["H1", "H2", "H3"]
    assert not any(re.search(r"\b(OD|TR|RG)\b", text) for text in texts)


def test_forest_without_estimates_has_no_rows():
    rows = forest.forest_rows(fakes.estimates(MODELS).assign(estimate=float("nan")), lines_of(), BY_NAME)
    assert rows.empty and {"panel", "block"} <= set(rows.columns)


def test_lines_break_between_chinese_characters_and_never_before_closing_marks():
    lines = wrap("减负政策自二〇二四年起施行，乡镇履职事项清单同步公布。", 3.0, 8)
    assert len(lines) > 2
    assert not any(line[0] in "，。" for line in lines)
    assert all(text_width(line) <= 3.0 / 2.54 * 72 / 8 + 1 for line in lines)
    assert wrap("first second third", 1.2, 8) == ["first", "second", "third"]
    assert not any(
        line.endswith("②") for line in wrap("①2024-01-01 甲；②2024-02-01 乙；③2024-03-01 丙", 2.6, 8)
    )


# ---------------------------------------------------------------------------------------------------------- style


def test_points_and_bars_are_the_released_numbers():
    rows = pd.DataFrame(
        {"x": [3.0, 1.0, 1.0], "y": [0.2, 0.5, 0.4], "ci_low": [0.1, 0.3, 0.4], "ci_high": [0.4, 0.6, 0.9]}
    )
    for orient in ("x", "y"):
        axes = new_figure(4).subplots()
        across = {"x": "x", "y": "y"} if orient == "x" else {"x": "y", "y": "x"}
        points(axes, rows, **across, orient=orient, color="#000000", marker="o")
        drawn = (
            axes.get_lines()[-1].get_xydata() if orient == "x" else axes.get_lines()[-1].get_xydata()[:, ::-1]
        )
        assert sorted(map(tuple, drawn)) == sorted(zip(rows["x"], rows["y"], strict=True)), (
            "none averaged, none lost"
        )
        bars = axes.containers[0].lines[2][0].get_segments()
        ends = [sorted(segment[:, 1 if orient == "x" else 0]) for segment in bars]
        assert ends == [pytest.approx(pair) for pair in rows[["ci_low", "ci_high"]].to_numpy().tolist()]


def test_a_band_is_interrupted_where_numbers_are_missing():
    rows = pd.DataFrame({"x": range(6), "y": [1, 2, None, None, 3, 4.0]}).assign(ci_low=0.0, ci_high=5.0)
    axes = new_figure(4).subplots()
    band(axes, rows, x="x", y="y", color="#000000")
    assert [line.get_xdata().tolist() for line in axes.get_lines()] == [[0, 1], [4, 5]]


def test_series_differ_in_greyscale_in_markers_and_in_dashes():
    grey = [0.299 * r + 0.587 * g + 0.114 * b for r, g, b in (to_rgb(look["color"]) for look in SERIES)]
    assert all(b - a > 0.15 for a, b in itertools.pairwise(grey))
    assert (
        len({look["marker"] for look in SERIES})
        == len({str(look["linestyle"]) for look in SERIES})
        == len(SERIES)
    )


def test_notes_make_a_figure_higher_and_leave_its_axes_as_they_are():
    heights = []
    for notes in ([], ["一" * 200]):
        figure = new_figure(4)
        axes = figure.subplots()
        finish(figure, LABELS["zh"], notes, synthetic=True)
        figure.draw_without_rendering()
        heights.append((figure.get_figheight(), axes.get_position().height * figure.get_figheight()))
    assert heights[1][0] > heights[0][0] + 0.3 and heights[1][1] == pytest.approx(heights[0][1], abs=0.01)


def test_settings_of_matplotlib_do_not_reach_a_figure():
    with mpl.rc_context():
        mpl.rcParams.update({"font.size": 30, "lines.linewidth": 9})
        new_figure(4)
        assert mpl.rcParams["font.size"] == 8 and mpl.rcParams["font.family"] == ["Noto Sans SC"]


def test_the_figure_of_the_simulation_study_shows_every_judged_row(monkeypatch):
    table = study_figure.study_table(ROOT / "docs" / "simulation_study.csv")
    figure = study_figure.draw(table, read_yaml(PLAN / "simulation_study.yaml"))
    shown = [line for line in figure.axes[1].get_lines() if line.get_marker() not in ("None", "")]
    main = (table["model"] + " " + table["term"]).isin(study_figure.TERMS) & (table["tested"] != "bell")
    assert sum(len(line.get_xdata()) for line in shown) == int(main.sum())
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == [
        name.replace("_", " ") for name in table["scenario"].unique()
    ]
    for text, box in drawn_texts(figure, monkeypatch):
        assert box.x0 >= -1 and box.x1 <= figure.bbox.width + 1, f"cut: {text!r}"


# ------------------------------------------------------------------------------------------------ channels


def test_bars_of_contributions_are_the_released_points_and_add_up_with_the_base(monkeypatch):
    figure = contributions.draw(fakes.issuer_contributions(), fakes.indicator_labels(), ROLES, LABELS["zh"])
    points = [[bar.get_width() for bar in axes.patches] for axes in figure.axes[::2]]
    assert points == [[11.25, 9.5, 5, 0], [14, 5.25, 5, 1.5]]
    assert [text.get_text() for text in figure.axes[2].get_yticklabels()] == [
        "县",
        "市",
        "每编制责任状数",
        "乡（未单列的）",
    ]
    assert [bool(bar.get_hatch()) for bar in figure.axes[2].patches] == [False, False, True, False]
    texts = " ".join(text for text, _ in drawn_texts(figure, monkeypatch))
    assert (
        "7,200个单位月的指数平均49.8分" in texts
        and "24.0分" in texts
        and "+0.31" in texts
        and "−0.42" in texts
    )


def test_between_units_is_the_sum_of_the_two_coefficients_and_has_no_interval():
    rows = within_between.compared_rows(lines_of(), fakes.beside_units(lines_of()))
    parts = {name: part.reset_index(drop=True) for name, part in rows.groupby("part")}
    deciding = fakes.deciding(MODELS, HYPOTHESES).set_index(["model", "term"])["estimate"]
    assert len(parts["within"]) == len(lines_of()) and parts["between"][
        "estimate"
    ].to_numpy() == pytest.approx(0.5)
    assert parts["between"]["ci_low"].isna().all()
    for row in parts["within"].itertuples():
        assert row.estimate == deciding[row.model, row.term]
    unusable = fakes.beside_units(lines_of()).assign(converged=False)
    assert within_between.compared_rows(lines_of(), unusable).empty


def test_a_path_whose_interval_holds_zero_is_dashed():
    rows = mediation_paths.path_rows(fakes.mediation_paths(BY_NAME), BY_NAME)
    assert set(rows["part"]) == {"a", "b", "direct", "indirect", "total"}
    figure = draw_mediation_paths(LABELS["zh"], False)
    first = [patch.get_linestyle() for patch in figure.axes[0].patches]
    assert first == ["-", "-", "--"]  # 0.02 ± 0.05 is the direct one
    panels = [axes for axes in figure.axes if axes.get_title(loc="left")]
    assert len(panels) == len(rows.groupby(["model", "exposure"]))


def test_stacked_documents_are_the_released_means_and_a_month_without_them_stays_empty(monkeypatch):
    documents = fakes.documents_over_time()
    figure = paper_electronic.draw(documents, LABELS["zh"])
    paper, electronic = figure.axes[0].containers
    assert [bar.get_height() for bar in paper][:4] == documents["paper"].tolist()[:4]
    assert electronic[0].get_y() == documents["paper"][0] and np.isnan(paper[4].get_height())
    months, first, last = channels.ends(documents)
    assert months == 12 and first["month"].iloc[0] == "2023-07" and last["month"].iloc[-1] == "2025-12"
    assert channels.ends(documents.head(7))[0] == 3, "the two ends do not overlap"
    share = round(100 * last["electronic"].sum() / (last["electronic"] + last["paper"]).sum())
    assert any(f"最后12个月为{share}%" in text for text, _ in drawn_texts(figure, monkeypatch))


def test_the_cascade_runs_from_the_top_down_and_turns_time_round():
    figure = cascade.draw(fakes.cascade(), fakes.issuer_levels(), LABELS["zh"])
    left, right = figure.axes
    assert [text.get_text() for text in left.get_yticklabels()] == ["国家", "省", "市", "县"]
    assert [text.get_text() for text in right.get_yticklabels()] == ["省→市", "市→县", "县→乡"]
    drawn = [line.get_xydata() for line in right.get_lines() if line.get_marker() not in ("None", "", None)]
    marks = {round(float(y), 2): float(x) for points in drawn for x, y in points}
    assert marks[-0.24] == pytest.approx(np.expm1(0.2)) and marks[0.24] == pytest.approx(np.expm1(0.1))


def test_apps_without_a_month_under_the_rule_show_only_what_went_before(monkeypatch):
    figure = app_rule.draw(fakes.app_rule_audit(after=False), LABELS["zh"])
    texts = [text for text, _ in drawn_texts(figure, monkeypatch)]
    assert LABELS["zh"]("fig_app_rule_no_after") in texts and LABELS["zh"]("fig_app_rule_after") not in texts
    both = app_rule.draw(fakes.app_rule_audit(), LABELS["zh"])
    widths = [bar.get_width() for bar in both.axes[0].patches]
    assert widths[:4] == [0.3, 0.2, 0.1, 0.0] and widths[6] == pytest.approx(0.24)
    assert len(both.axes[1].patches) == 2 * app_rule.APPS


# ------------------------------------------------------------------------------------------------ plan and rules


def test_every_label_has_both_languages_and_one_line():
    with open(PLAN / "labels.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert all(len(row) == 3 and row[1] and row[2] for row in rows)
    keys = [row[0] for row in rows]
    assert sorted(key for key in keys if keys.count(key) > 1) == []


def test_labels_that_the_figures_name_exist():
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "scripts" / "jianfu" / "report" / "figures").glob("*.py")
    )
    for key in sorted(set(re.findall(r'labels\("([a-z_A-Z0-9]+)"', code))):
        assert key in LABELS["zh"], key


def test_every_figure_has_a_rule_a_module_and_a_caption():
    rules = (ROOT / "workflow" / "rules" / "figures.smk").read_text(encoding="utf-8")
    assert set(re.findall(r'^        "(\w+)": \[', rules, re.MULTILINE)) == set(NAMES) == set(EVERY)
    for name in NAMES:
        caption = (ROOT / "workflow" / "report" / f"plot_{name}.rst").read_text(encoding="utf-8")
        assert "Source:" in caption and "Reading:" in caption
        assert "{{" not in caption, "a misspelt variable would render as blank"


def test_every_declared_output_has_a_rule_that_makes_it():
    rules = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    for output in read_outputs(PLAN / "outputs.csv").values():
        assert f"rule {output.rule}:" in rules, output.name
        assert f'published_by("{output.rule}")' in rules, output.name


def test_event_studies_show_estimates_in_order_of_the_plan():
    estimates = fakes.event_studies(BY_NAME)
    rows = policy_event_study.event_rows(estimates.sample(frac=1, random_state=1), BY_NAME)
    names = list(dict.fromkeys(rows["model"]))
    assert names == [name for name in BY_NAME if name in names] and "H14_formal_two_way" not in names
    assert rows.groupby("model")["event"].apply(lambda e: e.dropna().is_monotonic_increasing).all()
    assert not policy_event_study.event_rows(estimates.assign(estimate=float("nan")), BY_NAME).size


@pytest.mark.parametrize(
    "name", ["dose_response", "forest", "county_heatmap", "sample_flow", "index_over_time"]
)
@pytest.mark.parametrize("size", [{"width": None, "height": None}, {"width": 22, "height": 30}], ids=str)
def test_an_own_look_adds_a_title_without_overlaps_and_takes_out_every_hue(name, size, monkeypatch):
    figure = FIGURES[name](LABELS["zh"], True)
    before = {text for text, _ in drawn_texts(FIGURES[name](LABELS["zh"], True), monkeypatch)}
    usual = figure.get_size_inches() * 2.54
    in_own_look(figure, title="负担与流出", style="grey", **size)
    width, height = figure.get_size_inches() * 2.54
    assert width == pytest.approx(size["width"] or usual[0])
    assert height == pytest.approx(max(size["height"] or 0, usual[1]) + TITLE_CM)
    texts = drawn_texts(figure, monkeypatch)
    worded = {text for text in before if not re.fullmatch(r"[\d.,−%]+", text)}  # ticks follow the size
    assert worded | {"负担与流出"} <= {text for text, _ in texts}
    for text, box in texts:
        assert box.x0 >= -1 and box.x1 <= figure.bbox.width + 1, f"cut: {text!r}"
        assert box.y0 >= -1 and box.y1 <= figure.bbox.height + 1, f"cut: {text!r}"
    for (first, one), (second, other) in itertools.combinations(texts, 2):
        assert overlap(one, other) < 3, f"overlap: {first!r} and {second!r}"
    figure.savefig(picture := BytesIO(), dpi=60)
    pixels = np.asarray(Image.open(picture).convert("RGB")).astype(int)
    assert (pixels.max(axis=2) - pixels.min(axis=2)).max() <= 3
    assert pixels.min() < 100


# ------------------------------------------------------------------------------------------------ map


def geojson(folder, *features):
    path = folder / "counties.geojson"
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8-sig"
    )
    return path


def feature(properties, kind="Polygon", coordinates=None):
    coordinates = coordinates or [[[0, 0], [2, 0], [2, 2], [0, 0]]]
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def test_boundaries_are_joined_by_whatever_way_a_code_is_written(tmp_path):
    assert [county_code(v) for v in (390121, 390121.0, "390121000000", " 390121 ")] == ["390121"] * 4
    two = [[[[0, 0, 9], [1, 0, 9], [1, 1, 9], [0, 0, 9]]], [[[5, 5], [6, 5], [6, 6], [5, 5]]]]
    path = geojson(
        tmp_path,
        feature({"ADCODE": 390121}),
        feature({"ADCODE": "390122000"}, "MultiPolygon", two),
        feature({"ADCODE": None}),
        {"type": "Feature", "properties": {"ADCODE": 390123}, "geometry": None},
    )
    found = read_boundaries(path, "", "GS 1")
    assert set(found.shapes) == {"390121", "390122"} and found.approval == "GS 1"
    assert [ring.shape for ring in found.shapes["390122"]] == [(4, 2), (4, 2)]
    assert not read_boundaries(None, "", "").shapes
    for content, code in (("{}", "map_unreadable"), ("not JSON", "map_unreadable")):
        (tmp_path / "bad.geojson").write_text(content, encoding="utf-8")
        with pytest.raises(ConfigError) as error:
            read_boundaries(tmp_path / "bad.geojson", "", "")
        assert error.value.reason.code == code
    with pytest.raises(ConfigError) as error:
        read_boundaries(path, "gb", "")
    assert error.value.reason.code == "map_without_codes" and "ADCODE" in str(error.value)


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_boundaries_may_be_a_shapefile(tmp_path, encoding):
    """Its headings are Chinese in either encoding; inner rings and several parts stay rings of their county."""
    ring = [[0, 0], [0, 9], [9, 9], [9, 0], [0, 0]]  # clockwise: an outer one
    hole = [[2, 2], [4, 2], [4, 4], [2, 4], [2, 2]]
    island = [[20, 0], [20, 5], [25, 5], [20, 0]]
    with shapefile.Writer(str(tmp_path / "县.shp"), encoding=encoding) as writer:
        writer.field("县代码", "C", 12)
        for code, rings in (("390121", [ring, hole, island]), ("390122000000", [island])):
            writer.poly(rings)
            writer.record(code)
    shapes = read_boundaries(tmp_path / "县.shp", "县代码", "").shapes
    assert {code: sorted(map(len, rings)) for code, rings in shapes.items()} == {
        "390121": [4, 5, 5],
        "390122": [4],
    }
    assert [Path(part).suffix for part in map_files(tmp_path / "县.shp")] == [".shp", ".shx", ".dbf"]
    (tmp_path / "县.dbf").unlink()
    with pytest.raises(ConfigError) as error:
        read_boundaries(tmp_path / "县.shp", "县代码", "")
    assert error.value.reason.code in ("map_unreadable", "map_without_codes")


@pytest.mark.parametrize("province", ["demo", "sample"])
def test_invented_boundaries_close(province):
    path = Path(__file__).parents[2] / "config" / "provinces" / "maps" / f"{province}.geojson"
    shapes = read_boundaries(path, "", "").shapes
    assert len(shapes) == {"demo": 20, "sample": 3}[province]
    assert all((ring[0] == ring[-1]).all() for rings in shapes.values() for ring in rings)


def test_level_and_change_of_counties():
    months = [f"2024-{m:02d}" for m in range(1, 7)]
    rows = [("390121", "甲县", "某市", month, 50 + n, 3, 3, "shown") for n, month in enumerate(months)]
    rows += [
        ("390122", "乙县", "某市", month, 40.0 if n < 3 else None, 3, 3, "shown")
        for n, month in enumerate(months)
    ]
    columns = ["county_code", "county_name", "city_name", "month", "mean", "units", "units_logged", "status"]
    found, k = county_map.county_values(pd.DataFrame(rows, columns=columns))
    assert k == 3 and found.loc["390121", "level"] == 54 and found.loc["390121", "change"] == 3
    assert found.loc["390122"].isna()["change"] and found.loc["390122", "name"] == "乙县"


def test_a_map_names_what_it_lacks_and_whether_it_was_approved():
    def texts(boundaries):
        figure = county_map.draw(fakes.county_heatmap(), ROLES, boundaries, LABELS["zh"])
        return " ".join(text.get_text() for text in figure.texts)

    missing = county_map.county_values(fakes.county_heatmap())[0]["name"].iloc[19]
    assert (
        f"边界文件中没有：{missing}" in texts(MAP)
        and "审图号 1" in texts(MAP)
        and "内部参考" not in texts(MAP)
    )
    assert "内部参考" in texts(Boundaries(MAP.shapes)) and "方格图" in texts(Boundaries())


def test_squares_of_a_city_stand_together():
    found = tiles([f"c{k}" for k in range(5)], ["a", "a", "b", "b", "b"])
    rows = {name: rings[0][0, 1] for name, rings in found.items()}
    assert (
        rows["c0"] == rows["c1"] != rows["c2"]
        and len({rings[0][0].tobytes() for rings in found.values()}) == 5
    )


def test_texts_of_a_vector_figure_stay_texts(tmp_path):
    save(county_map.draw(fakes.county_heatmap(), ROLES, MAP, LABELS["zh"]), [tmp_path / "map.svg"], dpi=300)
    picture = (tmp_path / "map.svg").read_text(encoding="utf-8")
    assert "<text" in picture and "审图号 1" in picture


def test_names_of_the_data_have_their_english_where_the_dictionary_has_it(tmp_path):
    """A department is known with its level; what the dictionary lacks, and every name in Chinese, stands as it is."""
    own = tmp_path / "labels.csv"
    own.write_text(
        "key,zh,en\nname_信访局,信访局,Petitions office\nname_县,县,county\nname_甲县,甲县,Jia\n"
        "name_国家,国家,national\n",
        encoding="utf-8",
    )
    names = ("县信访局", "信访局", "甲县", "乙县", "县", "国家信访局")
    assert [Labels("en", str(own)).name(name) for name in names] == [
        "Petitions office (county)",
        "Petitions office",
        "Jia",
        "乙县",
        "county",
        "Petitions office (national)",
    ]
    assert [Labels("zh", str(own)).name(name) for name in names] == list(names)
