"""The page to explore: its rows are those of the release, in both languages, and it works in a browser by itself."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
import report_fakes
import yaml
from browser import CHROMIUM, browser
from release_attack import embedded, views_of

from jianfu.core.labels import LANGUAGES
from jianfu.report.explore.page import build_page
from jianfu.report.explore.views import VIEWS

ROOT = Path(__file__).parents[2]
PLAN = ROOT / "config" / "plan"
NAMES = {"zh": "示例省", "en": "Example Province"}
IDEOGRAPH = re.compile(r"[\u4e00-\u9fff]")
CODE = re.compile(r"[a-z]+(?:_[a-z0-9]+)+")


def settings():
    found = yaml.safe_load((ROOT / "config" / "default.yaml").read_text(encoding="utf-8"))
    return found | {"province": {"name": NAMES, "synthetic": True}, "language": "zh"}


def invented(folder):
    """An invented release with what the page alone shows: indices by county, members by month."""
    report_fakes.write(folder, settings(), lambda *_: None)
    figures = folder / "release" / "figures"
    counties = pd.read_csv(figures / "county_heatmap.csv", encoding="utf-8-sig")
    both = pd.concat([counties.assign(index="OD"), counties.assign(index="TR", mean=counties["mean"] - 5)])
    months = [f"2024-{month:02d}" for month in range(1, 7)]
    members = [("OD", code, month) for code in ("A1_tasks", "A2_checks") for month in months]
    frame = pd.DataFrame(members, columns=["index", "code", "month"]).assign(mean=range(12), units=30)
    for name, table in {"county_indices": both, "members_over_time": frame}.items():
        table.to_csv(figures / f"{name}.csv", index=False, encoding="utf-8-sig")
    return folder


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """An invented release, with a specification curve as a full run makes it, and its page."""
    folder = invented(tmp_path_factory.mktemp("province"))
    released = folder / "release"
    curve = pd.DataFrame({"rank": [1, 2, 3], "estimate": [0.1, 0.2, 0.3], "lag": ["1", "2", "3"]})
    (released / "full" / "tables").mkdir(parents=True)
    curve.to_csv(released / "full" / "tables" / "specification_curve.csv", index=False, encoding="utf-8-sig")
    build(folder)
    return released


def build(folder, language="zh", synthetic=True, files=None, names=NAMES):
    """The page of a fake province."""
    released = folder / "release"
    files = [view.file for view in VIEWS] if files is None else files
    build_page(
        files=[str(released / file) for file in files if (released / file).exists()],
        release=str(released),
        plan={
            "hypotheses": folder / "plan" / "hypotheses.csv",
            "models": folder / "plan" / "models.yaml",
            "indicators": PLAN / "indicators.csv",
            "roles": PLAN / "index_roles.csv",
            "exits": PLAN / "exits.yaml",
        },
        labels=str(PLAN / "labels.csv"),
        names=names,
        language=language,
        synthetic=synthetic,
        templates=ROOT / "workflow" / "report",
        output=released / "index.html",
    )
    return released / "index.html"


def content(page):
    text = page.read_text(encoding="utf-8").partition('id="content">')[2].partition("</script>")[0]
    return json.loads(text)


@pytest.fixture
def copy(tmp_path):
    """A province of one's own to change."""
    return invented(tmp_path / "province")


# ------------------------------------------------------------------------------------------------ what it holds


def test_its_cells_are_those_of_the_release_letter_by_letter(release):
    assert len(views_of(release / "index.html")) >= 10
    for file, rows in views_of(release / "index.html"):
        source = pd.read_csv(release / file, encoding="utf-8-sig", dtype=str, keep_default_na=False)
        released = iter(source.reindex(columns=rows.columns, fill_value="").to_numpy().tolist())
        assert len(rows) and all(row in released for row in rows.to_numpy().tolist()), file  # in their order
    assert embedded(release) == []


def test_a_cell_that_is_not_released_is_found(copy):
    page = build(copy)
    row = content(page)["views"][0]["rows"][0]
    texts = [
        json.dumps(cells, ensure_ascii=False, separators=(",", ":")) for cells in (row, [*row[:-1], "7"])
    ]
    page.write_text(page.read_text(encoding="utf-8").replace(*texts), encoding="utf-8")
    assert [leak.attack for leak in embedded(copy / "release")] == ["embedded"]


def test_the_rule_gives_it_every_file_that_it_shows():
    rules = (ROOT / "workflow" / "rules" / "report.smk").read_text(encoding="utf-8")
    listed = rules.partition("EXPLORED = [")[2].partition("\n]\n")[0]
    for view in VIEWS:
        full = view.file.startswith("full/")
        named = re.search(rf'["/]{Path(view.file).stem}[".]', listed) is not None
        assert named != full, view.name


def test_files_that_it_is_not_given_are_not_read(copy):
    """Results of an earlier full run may lie beside those of today."""
    page = build(copy, files=["figures/index_over_time.csv"])
    assert [view["file"] for view in content(page)["views"]] == ["figures/index_over_time.csv"]


def test_a_view_without_data_is_left_out(copy):
    survey = copy / "release" / "figures" / "burnout_by_overload.csv"
    pd.read_csv(survey, encoding="utf-8-sig").iloc[:0].to_csv(survey, index=False)
    heat = copy / "release" / "figures" / "county_indices.csv"
    pd.read_csv(heat, encoding="utf-8-sig").assign(mean=None).to_csv(heat, index=False)
    shown = {view["name"] for view in content(build(copy))["views"]}
    assert "index_over_time" in shown and not shown & {"burnout", "counties"}


def test_every_word_stands_in_both_languages_and_none_is_a_code(release):
    page = content(release / "index.html")
    assert set(page["texts"]["title"]) == set(LANGUAGES)
    for view in page["views"]:
        said = [view["title"], view["note"], *view["measures"].values(), *view["headings"].values()]
        named = [view["words"].get(choice["column"], {}) for choice in view["choices"]]
        for word in [*said, *(word for words in named for word in words.values())]:
            assert not CODE.fullmatch(word["en"]) and not CODE.fullmatch(word["zh"]), (view["name"], word)
        for word in said:
            assert IDEOGRAPH.search(word["zh"]) and not IDEOGRAPH.search(word["en"]), (view["name"], word)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mark_stands_on_results_of_invented_data_alone(copy, language):
    mark = {"zh": "合成数据 SYNTHETIC", "en": "SYNTHETIC DATA"}[language]
    assert content(build(copy, language))["mark"] == mark
    assert "SYNTHETIC" not in build(copy, language, synthetic=False).read_text(encoding="utf-8")


def test_no_name_ends_the_script(copy):
    page = build(copy, names={"zh": "</script><b>甲", "en": "</script><b>A"})
    assert content(page)["province"]["zh"] == "</script><b>甲"
    assert page.read_text(encoding="utf-8").count("</script>") == 2


# ------------------------------------------------------------------------------------------------ in a browser

no_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this computer")
MARKS = "document.querySelectorAll('.mark-point').length"
MOST_BYTES, MOST_SECONDS = 3_000_000, 2.0


@pytest.fixture(scope="module")
def opened(release, tmp_path_factory):
    """The page in a browser."""
    with browser(tmp_path_factory.mktemp("profile")) as page:
        page.open(release / "index.html")
        yield page


def go(page, view):
    """Another view, once it is drawn."""
    page.ask(f"location.hash = '{view}'; new Promise((done) => setTimeout(done, 50))")


@no_browser
def test_it_opens_by_itself_at_once_and_without_an_error(release, opened):
    assert (
        min(opened.open(release / "index.html") for _ in range(3)) < MOST_SECONDS
    )  # other work goes on beside it
    assert (release / "index.html").stat().st_size < MOST_BYTES
    assert opened.errors == []
    assert {address.partition("#")[0] for address in opened.requests} == {(release / "index.html").as_uri()}


@no_browser
def test_every_view_draws_its_rows_in_both_languages(release, opened):
    for view in content(release / "index.html")["views"]:
        go(opened, view["name"])
        drawn = opened.ask(MARKS)
        assert 0 < drawn <= len(view["rows"]), view["name"]
        assert view["title"]["zh"] in opened.ask("document.querySelector('svg').textContent")
        assert opened.ask("document.querySelector('svg').textContent.includes('SYNTHETIC')")
        opened.ask("document.getElementById('language').click()")
        assert opened.ask("document.querySelector('main h2').textContent") == view["title"]["en"]
        assert opened.ask(MARKS) == drawn
        opened.ask("document.getElementById('language').click()")
    assert opened.errors == []


@no_browser
def test_choices_change_the_marks(release, opened):
    """Every choice of every view: another value draws other marks; none draws none."""
    told = (
        "[...document.querySelectorAll('.mark-point')].map((mark) => mark.getAttribute('aria-label')).join()"
    )
    for view in content(release / "index.html")["views"]:
        go(opened, view["name"])
        for selected in opened.ask("[...document.querySelectorAll('main select')].map((one) => one.id)"):
            before = opened.ask(told)
            opened.ask(
                f"(() => {{ const one = document.getElementById('{selected}');"
                "const other = [...one.options].find((option) => !option.selected);"
                "if (other) { one.value = other.value; one.dispatchEvent(new Event('change')); } })()"
            )
            options = opened.ask(f"document.getElementById('{selected}').options.length")
            form = selected == "choice-form"
            assert options == 1 or form or opened.ask(told) != before, (view["name"], selected)
        for box in opened.ask(
            "[...document.querySelectorAll('fieldset')].map((one) => one.querySelector('input').id)"
        ):
            before = opened.ask(MARKS)
            opened.ask(f"document.getElementById('{box.rpartition('-')[0]}-none').click()")
            assert opened.ask(MARKS) == 0, (view["name"], box)
            opened.ask(f"document.getElementById('{box}').click()")
            assert opened.ask(MARKS) > 0 and before > 0, (view["name"], box)
            opened.ask(f"document.getElementById('{box.rpartition('-')[0]}-all').click()")
    assert opened.errors == []


@no_browser
def test_everything_is_reached_with_the_keyboard(release, opened):
    """The tab key reaches every link, choice, button and the chart; arrow keys go from mark to mark and say it."""
    opened.open(release / "index.html", "#hypotheses")
    wanted = opened.ask("document.querySelectorAll('a, select, input, button, summary').length")
    opened.ask("window.reached = new Set(); document.body.focus()")
    for _ in range(wanted + 10):
        opened.press("Tab")
        opened.ask("reached.add(document.activeElement)")
    controls = "[...document.querySelectorAll('a, select, input, button, summary')]"
    assert opened.ask(f"{controls}.every((one) => reached.has(one))")
    assert opened.ask("[...reached].some((one) => one.matches('.mark-point'))")
    opened.ask("document.querySelector('.mark-point').focus()")
    first = opened.ask("document.getElementById('hint').textContent")
    opened.press("ArrowDown")
    second = opened.ask("document.getElementById('hint').textContent")
    assert first and second and first != second
    assert second == opened.ask("document.activeElement.getAttribute('aria-label')")
    opened.press("End")
    assert opened.ask("document.activeElement === [...document.querySelectorAll('.mark-point')].pop()")
    opened.ask("document.querySelector('nav a').focus()")
    opened.press("Enter")
    assert opened.ask("location.hash") == "#index_over_time"


@no_browser
def test_picture_and_rows_are_saved(release, opened, tmp_path):
    go(opened, "index_over_time")
    picture, rows = opened.saved(tmp_path, "save-png"), opened.saved(tmp_path, "save-csv")
    assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 10_000
    saved = pd.read_csv(rows, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    source = pd.read_csv(release / "figures" / "index_over_time.csv", encoding="utf-8-sig", dtype=str)
    chosen = source[source["index"].isin(["OD", "TR", "RG"])]
    assert saved["mean"].tolist() == chosen["mean"].tolist()
    assert set(saved["data"]) == {"合成数据 SYNTHETIC"}


@no_browser
def test_a_page_without_views_says_so(copy, opened):
    opened.open(build(copy, files=[]))
    assert "可以公布" in opened.ask("document.querySelector('main').textContent")
    assert opened.errors == []
