"""The report from an invented released folder: its text, and the Word, PDF and HTML files made from it."""

import hashlib
import json
import re
import shutil
import time
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pypdfium2
import pytest
import report_fakes
import typst
import yaml
from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
from docx.enum.text import WD_LINE_SPACING
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, Twips
from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE
from release_attack import charts_of, embedded

from jianfu.config.files import read_yaml
from jianfu.core.labels import Labels
from jianfu.models.reasons import because
from jianfu.models.verdicts import Decided, Verdict
from jianfu.models.words import said
from jianfu.province.plan import write_deviations
from jianfu.report.document import facts, sections
from jianfu.report.document.blocks import (
    CLOSE,
    EMPTY,
    OPEN,
    Blocks,
    Picture,
    escape,
    pipe_table,
    shows,
    without_empty,
)
from jianfu.report.document.build import build_documents, metadata_of, picture
from jianfu.report.document.charts import charts
from jianfu.report.document.context import (
    FIGURES,
    age_range,
    by_verdict,
    collect,
    row_totals,
    supplied,
)
from jianfu.report.document.findings import answered_alike, projections
from jianfu.report.document.lint import check_documents
from jianfu.report.document.pages import office, set_by_office, title_faults
from jianfu.report.document.pdf import _compiled
from jianfu.report.document.quotes import FORMULAS, Quotes, found_again
from jianfu.report.document.render import CONTENTS, DOCUMENTS, environment, render_documents, render_slides
from jianfu.report.document.slides import read_slides, write_slides
from jianfu.report.document.word import STYLES, text_width, write_docx, write_reference
from jianfu.report.reading import read_estimates
from jianfu.report.tables.table import PAGE_WIDTH, Table, columns_of
from jianfu.scenarios.effects import MOST_OUTSIDE

ROOT = Path(__file__).parents[2]
CHOICE = "{{{0}}}AlternateContent/{{{0}}}Choice".format(
    "http://schemas.openxmlformats.org/markup-compatibility/2006"
)
LABELS_FILE = str(ROOT / "config" / "plan" / "labels.csv")
REFERENCES_FILE = str(ROOT / "config" / "plan" / "references.csv")
TEMPLATES = ROOT / "workflow" / "report"
N_TABLES = (
    25  # of the appendix; the invented province has no models of ways of leaving, mediation and policies
)
CAUSAL = {
    "zh": "导致|引起|造成|致使|因果效应",
    "en": r"\bcaus(?:es|ed|al effect)\b|\beffect of overload\b|\bleads? to\b",
}


def settings(language="zh", synthetic=True):
    values = yaml.safe_load((ROOT / "config" / "default.yaml").read_text(encoding="utf-8"))
    values["province"] = {"name": {"zh": "示例省", "en": "Example Province"}, "synthetic": synthetic}
    values["language"] = language
    values["data"]["window"] = ["2023-07", "2026-06"]
    values["exclude"]["topics"] = ["秸秆禁烧"]
    return values


def arguments(folder):
    """Paths of a fake province as build_report and collect want them."""
    plan = {name: folder / "plan" / f"{name}.yaml" for name in ("models", "tables")}
    plan |= {
        "hypotheses": folder / "plan" / "hypotheses.csv",
        "outputs": folder / "plan" / "outputs.csv",
        "indices": ROOT / "config" / "plan" / "indices.csv",
        "index_roles": ROOT / "config" / "plan" / "index_roles.csv",
        "exits": ROOT / "config" / "plan" / "exits.yaml",
        "tiers": folder / "plan" / "tiers.csv",
        "departures": folder / "plan" / "departures.csv",
        "registrations": folder / "provenance" / "registrations.json",
        "resolved": folder / "provenance" / "plan.json",
    }
    return {
        "release": folder / "release",
        "config": folder / "provenance" / "config.yaml",
        "run": folder / "provenance" / "run.json",
        "deviations": folder / "plan" / "deviations.csv",
        "plan": plan,
    }


def no_pictures(folder, name):
    """Stands in for the drawing of figures where only the text is looked at."""


def markdown(folder, language="zh", document="appendix"):
    """Markdown of one document of a fake province and the tables in it."""
    labels = Labels(language, LABELS_FILE)
    context = collect(**arguments(folder), labels=labels)
    pictures = {name: Picture(f"{name}.png", 15.5, 7.0) for name in context["drawn"]}
    return render_documents(TEMPLATES, context, pictures, labels, Labels(language, REFERENCES_FILE))[document]


def change_estimates(folder, change):
    """Apply ``change`` to the frame of released estimates."""
    report_fakes.write_estimates(change(read_estimates(folder / "release")), folder / "release")


@pytest.fixture(params=["zh", "en"])
def language(request):
    return request.param


@pytest.fixture
def province(tmp_path):
    return report_fakes.write(tmp_path, settings(), no_pictures)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The three files of a synthetic province, in Chinese, made twice."""
    folder = report_fakes.write(tmp_path_factory.mktemp("province"), settings())
    for run in ("one", "two"):
        (folder / run).mkdir()
        build(folder, run)
    return folder


def build(folder, run, language="zh", own_template=None):
    """The documents of a fake province below a folder of their own."""
    outputs = {
        name: {kind: folder / run / f"{name}.{kind}" for kind in ("docx", "pdf", "html")}
        for name in DOCUMENTS
    }
    build_documents(
        **arguments(folder),
        labels=LABELS_FILE,
        references=REFERENCES_FILE,
        templates=TEMPLATES,
        own_template=own_template,
        language=language,
        outputs=outputs,
        slides=folder / run / "slides.pptx",
        numbers=folder / run / "brief_numbers.csv",
    )


# ------------------------------------------------------------------------------------------------ text


def test_every_figure_and_table_stands_once_and_in_order(province, language):
    text, tables = markdown(province, language)
    assert re.findall(r"#fig_(\w+)\}", text) == list(FIGURES)
    assert len(re.findall(r"#tab_(\w+)\}", text)) == len(tables) == N_TABLES
    word = "附表" if language == "zh" else "Table A"
    numbers = [int(n) for n in re.findall(rf'"Table Title" #tab_\w+\}}\n\[{word}(\d+)\]', text)]
    assert numbers == list(range(1, N_TABLES + 1))
    for name in {*re.findall(r"\(#tab_(\w+)\)", text)}:
        assert f"#tab_{name}}}" in text


def test_what_is_empty_is_one_sentence_with_the_number_it_needs(province, language):
    text, _ = markdown(province, language)
    assert "#tab_policy_models" not in text and text.count(labels_of(language)("need_policy_models")) == 1
    path = province / "release" / "figures" / "dose_response.csv"
    pd.read_csv(path, encoding="utf-8-sig").assign(rate=np.nan).to_csv(
        path, index=False, encoding="utf-8-sig"
    )
    least = settings()["disclosure"]["min_cell"]
    for document in ("report", "appendix"):
        text, _ = markdown(province, language, document)
        assert "#fig_dose_response" not in text
        assert labels_of(language)("need_dose_response", min_cell=least) in text


def labels_of(language):
    return Labels(language, LABELS_FILE)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("样本见A。~是累积流出比例，横轴为月数。曲线见~。", "样本见A。"),
        ("最高在五月，见~。政策见A。", "最高在五月。政策见A。"),
        ("系数见A和~。构成见~、A（~）。", "系数见A。构成见A。"),
        ("陈述见~；图见A，全部见~。", "图见A。"),
        ("~ shows the clock. Of 5 tasks, 2 are late (~). It: ~ and A.", "Of 5 tasks, 2 are late. It: A."),
        ("Other links: ~; other ways: A. ~ gives statements, ~ all.", "other ways: A."),
    ],
)
def test_what_is_said_of_an_empty_figure_or_table_is_left_out(text, left):
    shown = f"{OPEN}see_table:a{CLOSE}"
    assert without_empty(text.replace("A", shown).replace("~", EMPTY)) == left.replace("A", shown)


def test_the_report_links_what_stands_in_the_appendix(province, language):
    text, tables = markdown(province, language, "report")
    assert {table.name for table in tables} >= {"answers", "projections"}
    word = "附表2" if language == "zh" else "Table A2"
    assert f"[{word}](appendix#tab_descriptives)" in text


def test_sections_of_the_report_are_left_out(province, language):
    text, _ = markdown(province, language, "report")
    stored = province / "provenance" / "config.yaml"
    own = yaml.safe_load(stored.read_text(encoding="utf-8"))
    own["report"]["without"] = ["scenarios", "burden"]
    stored.write_text(yaml.safe_dump(own, allow_unicode=True), encoding="utf-8")
    less, _ = markdown(province, language, "report")
    for part in ("results_scenarios", "results_burden", "tab_projections"):
        assert part in text and part not in less


@pytest.mark.parametrize("document", ["brief", "report"])
def test_no_code_stands_in_the_text_of_brief_and_report(province, language, document):
    text, _ = markdown(province, language, document)
    text = re.sub(
        r"!\[.*?\]\([^)]*\)|\{[^}]*\}|\]\([^)]*\)|:::.*", "", text
    )  # attributes and links are not printed
    assert not re.search(r"\bH\d+\b|\b[A-G]\d_\w+|\w+_\w+|\.csv|\.xlsx|\.yaml", text)


@pytest.mark.parametrize("formula", FORMULAS)
def test_every_formula_has_words(language, formula):
    assert labels_of(language)(f"formula_{formula}")


def test_every_number_of_the_brief_is_found_again(province):
    context = collect(**arguments(province), labels=labels_of("zh"))
    made = context["quotes"].table()
    assert len(made) > 20 and found_again(made, province / "release") == []
    wrong = made.assign(number=made["number"].where(made.index != 3, "12345.6"))
    assert found_again(wrong, province / "release") == ["12345.6"]


def test_the_report_says_on_which_tier_of_measurement_it_stands(province, language):
    abstract, _ = markdown(province, language, "report")
    words = {
        "zh": ("痕迹依赖指数按完整口径测量",
               "过密化指数所需的列不全，改按常用口径测量",
               "刻板化指数所需的列不具备，未检验"),
        "en": ("Trace-dependence index on the full tier", "Over-density index on the common tier",
               "Rigidity index not tested"),
    }[language]  # fmt: skip
    assert all(part in abstract for part in words)
    assert "A3\\_veto" in abstract and "A1\\_tasks" not in abstract  # what the common tier leaves out of OD


@pytest.mark.parametrize("document", ["report", "appendix"])
def test_references_are_cited_in_their_order(province, language, document):
    text, _ = markdown(province, language, document)
    body, _, listed = text.partition("{#references}")
    cited = [int(n) for n in re.findall(r"\^\\\[(\d+)\\\]\^", body)]
    known = [int(n) for n in re.findall(r"^\\\[(\d+)\\\]", listed, re.M)]
    first = list(dict.fromkeys(cited))
    assert known == sorted(known) == first and len(known) >= 4


def test_a_significant_placebo_is_said_and_read_with_care(province, language):
    text, _ = markdown(province, language)
    said, quiet = {
        "zh": ("H1的未来暴露系数为−0.060", "未见显著异于零^"),
        "en": ("H1, lead: −0.060", "These do not differ from zero"),
    }[language]
    assert said in text and quiet not in text
    change_estimates(province, lambda frame: frame[frame["model"] != "H1_burnout.lead"])
    text, _ = markdown(province, language)
    assert said not in text and quiet in text


def test_a_placebo_of_few_events_that_differs_from_zero_is_not_said_to_be_like_zero(province, language):
    def few(frame):
        own = frame["role"].isin(["placebo", "negative_control"])
        frame.loc[own, ["p_value", "p_adjusted"]] = [0.008, np.nan]
        return frame.assign(reasons=[[because("few_events")] if one else [] for one in own])

    change_estimates(province, few)
    text, _ = markdown(province, language)
    said, not_said = {
        "zh": ("显著异于零，但事件或聚类较少", "检验力不足，不能断定为零"),
        "en": ("differs from zero, but on few events or clusters", "too weak a test to tell it from zero"),
    }[language]
    assert said in text and not_said not in text


def test_a_test_that_is_too_weak_is_not_said_to_be_like_zero(province, language):
    text, _ = markdown(province, language)
    like_zero, weak = {
        "zh": ("以后的负担（自愿流出）未见显著异于零", "以后的负担（{}）检验力不足"),
        "en": ("do not differ from zero^\\[9\\]^: later burden (voluntary exits)",
               "half of the main result: later burden ({})"),
    }[language]  # fmt: skip
    change_estimates(province, lambda frame: frame[frame["model"] != "H1_burnout.lead"])
    text, _ = markdown(province, language)
    third = labels_of(language)("topic_H3")
    assert re.sub(r"\^.*?\^", "", like_zero) in re.sub(r"\^.*?\^", "", text)
    assert weak.format(third.lower() if language == "en" else third) in text


def test_a_failed_test_is_named_beside_those_that_found_nothing(province, language):
    said = {
        "zh": "职业倦怠：检验未通过（以后的负担），结果可能另有原因",
        "en": "Burnout: tests failed (later burden); other things",
    }[language]
    assert said in markdown(province, language, "report")[0]
    change_estimates(province, lambda frame: frame[frame["model"] != "H1_burnout.lead"])
    assert said not in markdown(province, language, "report")[0]


def test_with_few_clusters_only_the_interval_of_the_bootstrap_is_said(with_rates, language):
    many, few = {
        "zh": ("多流出7.0人（95%置信区间3.2至10.7）", "多流出7.0人（风险比1.29，95%置信区间1.14至1.45）"),
        "en": ("7.0 more exits per 1,000 persons and year (95% confidence interval 3.2 to 10.7)",
               "7.0 more exits per 1,000 persons and year (hazard ratio 1.29, 95% confidence interval 1.14 to 1.45)"),
    }[language]  # fmt: skip
    for document in ("brief", "report"):
        assert many in markdown(with_rates, language, document)[0]
    bootstrapped = ("H2_exits", "H3_within_cohorts")
    change_estimates(
        with_rates,
        lambda frame: frame.assign(vcov=frame["vcov"].mask(frame["model"].isin(bootstrapped), "wild")),
    )
    for document in ("brief", "report"):
        text, _ = markdown(with_rates, language, document)
        assert few in text and many not in text


def test_that_ways_differ_is_spoken_of_only_where_one_is_significant(province, language):
    said = {"zh": "不能由一个去向显著", "en": "That one is significant and another is not"}[language]
    for p_value in (0.001, 0.5):

        def ways(frame, p_value=p_value):
            own = frame[frame["model"] == "H2_exits"].head(1).assign(p_adjusted=np.nan)
            rest = frame[~frame["model"].isin(["H2_resign", "H2_transfer"])]
            added = [
                own.assign(model="H2_resign", p_value=p_value),
                own.assign(model="H2_transfer", p_value=0.5),
            ]
            return pd.concat([rest, *added], ignore_index=True)

        change_estimates(province, ways)
        assert (said in markdown(province, language, "report")[0]) is (p_value < 0.05)


def test_rows_of_the_sources_add_up_as_said(province, language):
    text, _ = markdown(province, language, "report")
    words = {"zh": "读入.*?占记录", "en": "Of [^.]* rows read.*?rejected"}[language]
    rows, *parts = [int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*\d|\d", re.search(words, text)[0])]
    assert sum(parts[:4]) == rows


def test_a_brief_without_projections_and_advice_says_so_in_one_place(province, language):
    heads = {
        "zh": ("四、如果负担减少和建议", "五、建议"),
        "en": ("cannot be projected, and the results give no ground for advice from", "5 Advice"),
    }[language]
    assert heads[1] in markdown(province, language, "brief")[0]
    nothing = dict.fromkeys(("estimate", "std_error", "ci_low", "ci_high", "p_value", "p_adjusted"), np.nan)
    change_estimates(province, lambda frame: frame.assign(**nothing))
    file = province / "release" / "tables" / "scenario_effects.csv"
    rows = pd.read_csv(file, encoding="utf-8-sig")
    rows[rows["quantity"].isin(["index", "outside_support"])].to_csv(file, index=False, encoding="utf-8-sig")
    text, _ = markdown(province, language, "brief")
    assert heads[0] in text and heads[1] not in text
    assert "scenarios" not in collect(**arguments(province), labels=labels_of(language))["drawn"]


def test_what_the_charts_say_of_relief_and_what_is_only_described(province):
    effects = province / "release" / "tables" / "scenario_effects.csv"
    rows = pd.read_csv(effects, encoding="utf-8-sig")
    told = [
        ("S12", "rank_shift", "all", 9.49, 6.92, 12.06),
        ("S12", "outside_support", "all", None, None, None),
    ]
    pd.concat([rows, pd.DataFrame(told, columns=rows.columns[:6])]).to_csv(
        effects, index=False, encoding="utf-8-sig"
    )
    text, _ = markdown(province)
    assert "18个月以上的2个县，控制图报警的有1个" in text and "2024年8月开始的各县合计没有报警" in text
    assert "名次变动的平均: S12 9.49" in text and "写成一项目标试验" in text
    text, _ = markdown(province, "en", "report")
    assert "of 2 counties with 18 months" in text and "in 2024-08 together did not ring" in text
    file = province / "release" / "tables" / "relief_monitor.csv"
    rows = pd.read_csv(file, encoding="utf-8-sig", dtype=str)
    rows[rows["state"] == "no_baseline"].to_csv(file, index=False, encoding="utf-8-sig")
    assert "有没有反弹无法判断" in markdown(province, "zh", "report")[0]


def test_scales_that_forbid_comparisons_are_named(province):
    text, _ = markdown(province)
    assert "自主性在出生年代之间为“仅形态等值”" in text and "职业倦怠在出生年代之间" not in text
    assert "第1轮64%、第2轮64%" in text


def test_nothing_is_left_unfilled(province, language):
    text, _ = markdown(province, language)
    assert not re.search(r"\{\{|\{%|\bnan\b|\bNone\b|\bundefined\b", text)


def test_wording_is_associational(province, language):
    text, _ = markdown(province, language)
    assert not re.search(CAUSAL[language], text)


def test_sentences_quote_the_estimates(province):
    text, _ = markdown(province)
    assert "职业倦怠得分相应高0.187个标准差（95%置信区间0.107至0.267" in text
    assert "月风险比为1.29（95%置信区间1.14至1.45" in text and "相对高29%" in text
    assert "（过密化指数）的固定效应系数为0.251" in text and "混合估计为0.388" in text
    assert "观察期内90后的年龄为23至36岁" in text


def test_a_figure_of_the_release_before_says_so(province, language):
    words = {"zh": "数字沿用前一次发布", "en": "the figure is that of the release before"}[language]
    for document in ("report", "brief"):
        assert words not in markdown(province, language, document)[0]

    def taken_over(frame):
        own = frame["model"] == "H2_exits"
        return frame.assign(reasons=[[because("as_before")] if one else [] for one in own])

    change_estimates(province, taken_over)
    text, _ = markdown(province, language, "report")
    assert text.count(words) >= 2  # where the answers stand, and where the outflow is told


def test_what_burnout_does_to_answering_is_said_under_the_first_question(province, language):
    assert "0.5" not in markdown(province, language, "report")[0]

    def with_bounds(frame):
        own = frame[(frame["model"] == "H1_burnout") & (frame["term"] == "OD")]
        bounds = {"H1_silent_above": 0.231, "H1_silent_below": 0.143, "H1_stayed": 0.192}
        more = [own.assign(model=name, role="robustness", estimate=value) for name, value in bounds.items()]
        return pd.concat([frame, *more], ignore_index=True)

    change_estimates(province, with_bounds)
    text, _ = markdown(province, language, "report")
    line = next(line for line in text.splitlines() if "0.231" in line)
    assert "0.143" in line and "0.192" in line and "0.187" in line


def test_sentences_follow_sign_and_significance(province):
    def weak_and_negative(frame):
        return frame.assign(estimate=-0.05, ci_low=-0.15, ci_high=0.05, p_value=0.3, p_adjusted=0.6)

    change_estimates(province, weak_and_negative)
    text, _ = markdown(province)
    assert "职业倦怠得分相应低0.050个标准差" in text and "与零无显著差异" in text
    report, _ = markdown(province, document="report")
    assert "关联在统计上显著" not in text + report
    assert (
        "负担是否与职业倦怠有关、负担是否与自愿流出有关、90后与其他人员是否不同，现有数据都还不能下结论"
        in report
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "zh",
            "负担越重，职业倦怠越高；负担越重，自愿流出越多，检验都通过。90后与其他人员是否不同，现有数据还不能下结论。",
        ),
        (
            "en",
            "Burnout goes with the burden and voluntary exits go with the burden; the tests of each passed. "
            "These data cannot tell yet whether the 1990s cohort differs from the others.",
        ),
    ],
)
def test_answers_of_one_certainty_stand_in_one_sentence(language, said):
    """In both languages alike, the surest first, whatever the order of the plan."""

    def line(code, tests):
        return {"code": code, "tests": tests, "verdict_words": code, "kept": False}

    lines = {"H3": line("inconclusive", "weak"), "H1": line("supported", "passed")}
    lines["H2"] = line("supported", "passed")
    words = {"lines": lines, "alike": answered_alike(lines), "young": "90后" if language == "zh" else "1990s"}
    labels = Labels(language, LABELS_FILE)
    template = f'{{% from "words.{language}.md.jinja" import answers with context %}}{{{{ answers() }}}}'
    blocks = Blocks({}, {}, {}, labels, labels, {}, "")
    made = environment(TEMPLATES, blocks, labels, 0).from_string(template)
    assert made.render(words) == said
    lines["H1"] |= {"tests": "failed"}
    assert answered_alike(lines) == [["H2"], ["H1"], ["H3"]]


def test_a_model_of_no_hypothesis_that_failed_is_named_without_one(province, language):
    def lost(frame):
        one = frame["model"] == "H8_innovation"
        return frame.assign(hypothesis=frame["hypothesis"].mask(one), estimate=frame["estimate"].mask(one))

    change_estimates(province, lost)
    lines = markdown(province, language)[0].split("\n")
    assert any(
        line.startswith({"zh": "创新动力（", "en": "Innovation motivation ("}[language]) for line in lines
    )


def test_exits_by_burden_are_those_of_all_where_those_of_the_cohort_are_withheld(province):
    said = "全部人员的自愿流出率：负担最低组每千人月"
    assert said not in markdown(province, document="brief")[0]
    path = province / "release" / "figures" / "dose_response.csv"
    points = pd.read_csv(path, encoding="utf-8-sig")
    points.loc[(points["cohort"] == "90后") & (points["bin"] != "all"), "cohort"] = "all"
    points.to_csv(path, index=False, encoding="utf-8-sig")
    assert said in markdown(province, document="brief")[0]


def test_the_brief_counts_projections_that_it_does_not_show():
    """Not all that is left out lies beyond what was seen: some scenarios are projected too, others only describe."""
    row = {"quantity": "exits_avoided", "group": "all", "ci_low": 0.0, "ci_high": 1.0}
    effects = pd.DataFrame([row | {"scenario": f"S{n}", "estimate": n / 10} for n in range(5)])
    every = [f"S{n}" for n in range(5)] + [f"T{n}" for n in range(11)]
    seen = pd.DataFrame({"scenario": every, "quantity": "outside_support", "group": "all", "estimate": 0.3})
    effects = pd.concat([effects, seen], ignore_index=True)
    quotes = Quotes("")
    quotes.frames["tables/scenario_effects.csv"] = effects
    found = projections(effects, quotes)
    assert [one["name"] for one in found["shown"]] == ["S4", "S3", "S2"]
    assert (found["further"], found["refused"]) == ("2", "11")
    assert {"2", "11"} <= {*quotes.table()["number"]}


def test_cohorts_that_are_merged_are_named_and_a_single_county_has_no_range(province):
    """What stands for a cohort in a model of few exits is said; of one county there is nothing to compare."""

    def merged(frame):
        own = frame["model"].str.startswith("H3")
        why = [because("levels_merged", levels=["cohort_00s → cohort_90s", "cohort_70s → cohort_80s"])]
        return frame.assign(reasons=[why if one else [] for one in own])

    assert "合并估计" not in markdown(province, document="report")[0]
    change_estimates(province, merged)
    text = markdown(province, document="report")[0]
    assert "（00后人数过少，与90后合并估计）" in text and "70后及以前人数过少" not in text
    cells = pd.DataFrame({"county_code": ["1", "1", "2"], "mean": [49.0, 51.0, 52.0]})
    assert facts.county_range(cells)["gap"] == "2.0" and facts.county_range(cells.iloc[:2]) is None


def test_a_table_of_results_that_has_none_is_empty_and_one_of_settings_is_not():
    rows = (("H5a", "过密化", "—", "—"),)
    own = Table("mediation", "中介", ("a", "b", "c", "d"), rows, source="estimates.csv", left=2)
    assert not shows(own) and shows(replace(own, rows=(("H5a", "过密化", "—", "0.1"),)))
    assert shows(replace(own, source="")) and not shows(replace(own, source="", rows=()))


def test_the_limit_beyond_which_nothing_is_projected_is_the_one_in_the_text(language):
    limit = f"{MOST_OUTSIDE:.0%}"
    for document in ("report", "appendix"):
        assert limit in (TEMPLATES / f"{document}.{language}.md.jinja").read_text(encoding="utf-8")
    assert limit in labels_of(language)("note_scenarios")


def test_a_ratio_is_compared_with_one(province, language):
    """A ratio of hazards that the data do not tell from no association differs from 1, not from zero."""
    change_estimates(province, lambda frame: frame.assign(p_value=0.3, p_adjusted=0.6))
    text, _ = markdown(province, language)
    same = {"zh": "月风险比为[^。]*?与1无显著差异", "en": r"hazard ratio.{0,300}different from a ratio of 1"}
    assert re.search(same[language], text)
    zero = "月风险比为[^。；]*?与零" if language == "zh" else r"hazard ratio of .{0,240}different from zero"
    assert not re.search(zero, text)


def literal(text):
    """What a template prints whatever the data say: outside conditions, loops, macros and expressions."""
    depth, found = 0, []
    for token in re.split(r"(\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\})", text, flags=re.DOTALL):
        word = re.match(r"\{%-?\s*(\w+)", token)
        if word:
            opens = dict.fromkeys(("if", "for", "macro"), 1) | dict.fromkeys(
                ("endif", "endfor", "endmacro"), -1
            )
            depth += opens.get(word[1], 0)
        elif depth == 0 and not token.startswith("{"):
            found.append(token)
    return "\n".join(line for line in "".join(found).splitlines() if not line.startswith("#"))


def test_no_sentence_about_the_data_is_typed_in(language):
    """How many, how wide, how rare: said where it is computed, never as it stands in the template."""
    claims = {
        "zh": "很少|较少|太少|少见|罕见|较宽|区间宽|接近1|相近|多为|多有|通常|几乎|县数少|精度低|更小|普遍|重叠",
        "en": r"\bfew\b|\brare|\bwide\b|near 1|\bmost (?:of|moves)|\busually|nearly|less precise|overlap",
    }[language]
    text = literal((TEMPLATES / f"appendix.{language}.md.jinja").read_text(encoding="utf-8"))
    assert len(text) > 3000 and literal("{% if few %}事件较少{% endif %}县数少") == "县数少"
    found = re.findall(f".{{0,20}}(?:{claims}).{{0,20}}", text.split("{#references}")[0])
    assert not found


def test_rounded_counts_are_marked(province, language):
    mark = "约" if language == "zh" else "about "
    exact = markdown(province, language, "report")[0]
    change_estimates(
        province, lambda frame: frame.assign(reasons=[[because("rounded", n=10)] for _ in frame.index])
    )
    text = markdown(province, language, "report")[0]
    events = facts.sample_counts(read_estimates(province / "release"))["H2"]["n_events"]
    assert f"{mark}{events}" in text and f"{mark}{events}" not in exact


def test_few_counties_and_ends_of_curves_are_said_only_where_they_are_so():
    rows = pd.DataFrame({"model": ["H14_formal_rollout"], "term": "att", "estimate": 1.0, "std_error": 0.1})
    rows = rows.assign(ci_low=0.8, ci_high=1.2, p_value=0.01, converged=True, reasons=[[]], n_used=100)
    assert sections.few_counties(rows.assign(n_clusters=8)) == 8
    assert sections.few_counties(rows.assign(n_clusters=80)) is None
    assert sections.few_counties(rows.iloc[:0].assign(n_clusters=8)) is None


def test_the_range_of_weights_is_that_of_the_groups_shown():
    response = pd.DataFrame({"level": ["all", "女", "男", "乡"], "weight": [1.0, 0.871, 1.326, np.nan]})
    assert sections.weight_range(response) == {"low": "0.87", "high": "1.33"}
    assert sections.weight_range(response.assign(weight=np.nan)) is None


def test_models_without_estimates_are_listed(province, language):
    def lose_exits(frame):
        lost = frame["model"] == "H2_exits"
        frame.loc[lost, ["estimate", "std_error", "ci_low", "ci_high", "p_value", "p_adjusted"]] = np.nan
        why = [because("not_estimable", why=because("no_events"))]
        return frame.assign(reasons=[why if own else [] for own in lost])

    change_estimates(province, lose_exits)
    text, _ = markdown(province, language)
    assert ("没有事件" if language == "zh" else "no events") in text


def test_a_province_without_any_estimate_still_has_a_report(province, language):
    def lose_all(frame):
        columns = ["estimate", "std_error", "ci_low", "ci_high", "p_value", "p_adjusted"]
        return frame.assign(**dict.fromkeys(columns, np.nan), converged=False)

    change_estimates(province, lose_all)
    for name in ("dose_response", "cumulative_incidence", "index_over_time", "issue_clock", "county_heatmap"):
        path = province / "release" / "figures" / f"{name}.csv"
        pd.read_csv(path, encoding="utf-8-sig").iloc[:0].to_csv(path, index=False, encoding="utf-8-sig")
    text, _ = markdown(province, language)
    assert ("未检验的有6个假设" if language == "zh" else "not tested: 6 hypotheses") in text
    brief, _ = markdown(province, language, "brief")
    made, none = {
        "zh": ("比较的是同一乡镇", "没有可以作出的比较"),
        "en": ("of the same township are compared", "No comparison could be made"),
    }[language]
    assert made not in brief and none in brief
    verdict, used = {"zh": ("按事先定下的规则", "个人月"), "en": ("By the rules", "person-months in")}[
        language
    ]
    report, _ = markdown(province, language, "report")
    assert verdict not in brief + report and used not in report  # nothing was decided, and nothing used


@pytest.mark.parametrize(
    ("language", "failed", "passed"), [("zh", "“v”，但t。", "“v”。"), ("en", "“v”, but t.", "“v”.")]
)
def test_a_verdict_whose_tests_fail_is_not_said_without_them(language, failed, passed):
    own = dict.fromkeys(("table", "table_ref", "figure", "figure_ref", "has", "cite", "bibliography"))
    words = environment(TEMPLATES, SimpleNamespace(**own), labels_of(language), 1)
    decided = words.get_template(f"words.{language}.md.jinja").make_module({}).decided
    line = {"code": "supported", "verdict_words": "v", "tests": "failed", "tests_words": "t", "kept": False}
    assert str(decided(line, None, "H2")).endswith(failed)
    assert str(decided({**line, "tests": "passed"}, None, "H2")).endswith(passed)


def test_members_without_anchors_are_not_counted_and_are_named(province, language):
    text, tables = markdown(province, language)
    members = next(table for table in tables if table.name == "members")
    assert members.rows[0][2] == "1/7"  # A1_tasks of the plan's seven; A4_letters has values but no anchor
    reason = "参照期无值" if language == "zh" else "no values in the reference window"
    assert len(re.findall(re.escape("责任状份数") + ".{0,2}" + re.escape(reason), text)) == 2


def test_the_registered_plan_and_what_departs_from_it_are_said(province):
    text, _ = markdown(province)
    assert "统一方案为第1版" in text and "没有登记过" in text and "改动过" not in text
    common = {"version": 1, "digest": "0" * 64, "edited": True}
    (province / "provenance" / "plan.json").write_text(json.dumps({"common": common}), encoding="utf-8")
    found = [
        {"made": "2025-03-01T09:00:00", "digest": "a" * 64, "outcomes": [], "held": True},
        {"made": "2025-06-01T09:00:00", "digest": "b" * 64, "outcomes": ["survey"], "held": False},
    ]
    path = province / "provenance" / "registrations.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    rows = [{"table": "hypotheses", "row": "H2", "field": "smallest", "common": "0.1", "own": "0.2"}]
    write_deviations(rows, province / "plan" / "departures.csv")
    text, tables = markdown(province)
    assert "改动过" in text and "a" * 64 in text and "有1处不同" in text
    assert "2025-06-01 09:00:00（事后）" in text
    table = next(table for table in tables if table.name == "departures")
    assert table.rows == (("假设（H2、smallest）", "0.1", "0.2"),)


def test_few_clusters_are_a_limit(province):
    assert "聚类数较少" not in markdown(province)[0]
    change_estimates(province, lambda frame: frame.assign(n_clusters=24))
    text, _ = markdown(province)
    assert "H1、H2、H3、H6的标准误或*p*值为单位聚类，没有小样本校正" in text
    assert "值为野自助法" not in text and "支持的有" not in text and "尚无定论的有H1" in text
    change_estimates(
        province,
        lambda frame: pd.concat([frame.assign(vcov="wild"), frame.iloc[[0]].assign(term="cohort_90s")]),
    )
    text, _ = markdown(province)
    assert text.count("的标准误或*p*值为") == 1  # a control variable decides on no hypothesis
    assert "*p*值为野自助法，已考虑聚类较少（*p*值和区间；标准误未校正）" in text and "支持的有H1" in text


def test_few_events_are_named_and_decide_nothing(province, language):
    change_estimates(
        province, lambda frame: frame.assign(reasons=[[because("few_events")] for _ in frame.index])
    )
    text, _ = markdown(province, language)
    named = {"zh": "H2　退休（负对照）（388个事件）", "en": "H2, Retirement (388 events)"}[language]
    verdicts = {"zh": "尚无定论的有H1、H2、H3", "en": "inconclusive: H1, H2, H3"}[language]
    assert named in text and verdicts in text


def test_sources_that_were_not_supplied_are_not_named(province, language):
    path = province / "release" / "tables" / "data_quality.csv"
    quality = pd.read_csv(path, encoding="utf-8-sig")
    quality[quality["table"].isin(["tasks", "all"])].to_csv(path, index=False, encoding="utf-8-sig")
    text, _ = markdown(province, language)
    words = {
        "zh": ("任务台账与检查记录", "竖线", "收发文统计"),
        "en": ("log of tasks", "Vertical lines", "documents,"),
    }
    named, *absent = words[language]
    assert named in text and not any(word in text for word in absent)


def test_adjusted_p_values_are_called_so(province, language):
    text, _ = markdown(province, language)
    assert ("至0.267，校正*p*" if language == "zh" else "to 0.267, adjusted *p*") in text
    assert ("至0.102，*p*" if language == "zh" else "to 0.102, *p*") in text


def test_invented_data_are_not_called_simulated(province, language):
    text, _ = markdown(province, language)
    assert ("数据为虚构" if language == "zh" else "are invented") in text
    simulated = settings() | {"simulate": {"parameters": "a.yaml", "seed": 1}}
    (province / "provenance" / "config.yaml").write_text(
        yaml.safe_dump(simulated, allow_unicode=True), encoding="utf-8"
    )
    text, _ = markdown(province, language)
    assert ("数据全部由模拟产生" if language == "zh" else "are simulated") in text


@pytest.mark.parametrize(
    ("rows", "way"),
    [
        ([], ["调出（到乡的除外）"]),
        ([{"exit_type": "调出", "destination": ["县"], "event": None}], ["调出（到县、乡的除外）"]),
        ([{"exit_type": "调出", "destination": ["省"], "event": "transfer"}], ["调出（到乡的除外）"]),
        (
            [
                {"exit_type": "调出", "destination": ["省", "国家"], "event": "transfer"},
                {"exit_type": "调出", "event": None},
            ],
            ["调出（限到省、国家）"],
        ),
        ([{"exit_type": "调出", "event": "other"}], []),
    ],
)
def test_what_counts_as_leaving_is_told_as_the_plan_decides_it(rows, way):
    exits = read_yaml(ROOT / "config" / "plan" / "exits.yaml")
    words = facts.ways_out(exits | {"exits": [*rows, *exits["exits"]]}, Labels("zh", LABELS_FILE))
    assert words == ["辞职", "遴选", "考录", *way, "借调后调离"]


def test_hypotheses_with_several_lines_stand_under_the_weakest():
    def lines(*codes):
        return [Decided({"hypothesis": "H5b"}, None, Verdict(code)) for code in codes]

    assert by_verdict(lines("not_tested", "not_tested")) == [("not_tested", ["H5b"])]
    assert by_verdict(lines("supported", "inconclusive", "not_tested")) == [("inconclusive", ["H5b"])]
    assert by_verdict(lines("supported", "contrary", "negligible")) == [("contrary", ["H5b"])]


def test_a_changed_check_touches_the_rows_beside_the_models(province):
    row = {"table": "checks", "row": "lead", "field": "role", "common": "placebo", "own": "robustness"}
    write_deviations([row], province / "plan" / "deviations.csv")
    table = next(table for table in markdown(province)[1] if table.name == "deviations")
    beside = read_estimates(province / "release")["model"].str.endswith(".lead").sum()
    assert beside > 0 and table.rows[0][-1] == str(beside)


def test_without_deviations_there_is_no_table_of_them(province):
    write_deviations([], province / "plan" / "deviations.csv")
    text, tables = markdown(province)
    assert "没有差异" in text and "deviations" not in [table.name for table in tables]


def test_real_data_carry_no_mark(tmp_path, language):
    folder = report_fakes.write(tmp_path, settings(language, synthetic=False), no_pictures)
    text, _ = markdown(folder, language)
    assert "SYNTHETIC" not in text and "合成数据" not in text


# ------------------------------------------------------------------------------------------------ numbers


def test_ratio_and_percent_of_a_log_hazard():
    row = {"estimate": np.log(1.25), "std_error": 0.1, "ci_low": 0.0, "ci_high": 0.5, "p_value": 0.02}
    row |= {"reasons": [], "n_clusters": 12, "vcov": "cluster"}
    fact = facts.effect(row | {"p_adjusted": 0.06, "scale": "log_hazard_per_sd"})
    assert (fact["ratio"], fact["percent"], fact["p"]) == ("1.25", "25", "=0.060")
    assert fact["positive"] and not fact["significant"] and fact["limited"]


def test_ages_in_the_window():
    exits = {"cohorts": {"80后": None, "90后": 1990, "00后": 2000}, "focus": "90后"}
    assert age_range(["2023-07", "2026-06"], *facts.born_in(exits)) == [23, 36]
    assert age_range(["2024-01", "2025-06"], *facts.born_in(exits)) == [24, 35]
    further = {"cohorts": {"80后": None, "90后": 1990, "95后": 1995}, "focus": "90后"}
    assert age_range(["2024-01", "2025-06"], *facts.born_in(further)) == [29, 35]
    assert age_range(["2024-01", "2025-06"], *facts.born_in(further | {"focus": "95后"})) == [None, 30]
    assert age_range(["2024-01", "2025-06"], *facts.born_in(further | {"focus": "80后"})) == [34, None]


def test_rest_eve_share_is_weighted_by_tasks():
    clock = pd.DataFrame({"tasks": [90, 10], "rest_eve_share": [0.0, 0.5]})
    assert facts.rest_eve_share(clock) == {"percent": "5.0", "tasks": "100"}
    assert facts.rest_eve_share(clock.iloc[:0]) is None


def test_dose_skips_withheld_groups_and_the_total():
    points = pd.DataFrame(
        {
            "cohort": "90后",
            "bin": ["1", "2", "3", "all"],
            "exposure_mean": [1, -1, 0, None],
            "rate": [None, 2.0, 3.5, 2.7],
        }
    )
    assert facts.dose_extremes(points, "90后")["difference"] == "1.50"
    assert facts.dose_extremes(points.iloc[[0, 1, 3]], "90后") is None


def test_dose_of_the_released_file_leaves_its_total_row_out(province):
    text, _ = markdown(province)
    assert "最低组的流出率为每千人月1.90人次，最高组为3.50人次，相差1.60人次" in text


def test_each_incidence_has_its_own_month_interval_and_condition():
    curves = pd.DataFrame(
        {
            "cohort": "90后",
            "tertile": ["low", "low", "high", "high", "high"],
            "time_months": [10, 20, 10, 18, 30],
            "cumulative_incidence": [0.02, 0.04, 0.05, 0.08, 0.20],
            "ci_low": [0.01, 0.03, 0.04, 0.06, 0.15],
            "ci_high": [0.03, 0.05, 0.06, 0.10, 0.25],
            "from_months": [3, 3, 0, 0, 0],
        }
    )
    assert facts.final_incidence(curves, "90后") == {
        "low": {"months": "20", "since": "3", "value": "4.0", "low": "3.0", "high": "5.0"},
        "high": {"months": "18", "since": "0", "value": "8.0", "low": "6.0", "high": "10.0"},
    }
    assert facts.final_incidence(curves[curves["tertile"] == "low"], "90后") is None


def test_rows_of_the_sources_are_those_of_the_total_row():
    quality = report_fakes.frames()["tables/data_quality.csv"]
    totals = row_totals(quality)
    parts = ("kept", "duplicate", "rejected", "nondata")
    assert totals["rows_read"] == sum(totals[name] for name in parts) == 295232 and totals["files"] == 5
    assert supplied(quality) == ["units", "tasks", "survey"]


def test_a_withheld_total_is_not_quoted():
    quality = report_fakes.frames()["tables/data_quality.csv"].astype({"rejected": float})
    quality.loc[quality["table"] == "all", "rejected"] = np.nan
    totals = row_totals(quality)
    assert totals["rejected"] is None and totals["share"] is None and totals["kept"] == 294028


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (because("no_variation", column="RG"), "无法估计，刻板化指数没有变化"),
        (
            because("no_observations", reasons=[because("none_read")]),
            "无法估计，剔除后没有剩余观测（没有读入可用的数据）",
        ),
        (
            because("no_observations", reasons=[because("dropped", reason="missing_exposure", n=353)]),
            "无法估计，剔除后没有剩余观测（暴露缺失 353）",
        ),
        (
            because("collinear", columns=["OD", "OD:GAP"]),
            "无法估计，与其他变量或固定效应共线，未纳入：过密化指数、过密化指数 × 权责落差指数",
        ),
    ],
)
def test_why_a_model_failed_stands_in_words_of_the_reader(reason, words):
    assert said([because("not_estimable", why=reason)], Labels("zh", LABELS_FILE)) == words


def test_markdown_prints_special_characters_as_they_are():
    assert escape("0.2*** a_b <c> |") == r"0.2\*\*\* a\_b \<c\> \|"
    table = Table("t", "t", ("a", "b"), (("x|y", "[0.1, 0.2]"),))
    assert pipe_table(table).splitlines()[4] == "|x\\|y|\\[0.1,\u00a00.2\\]|"


# ------------------------------------------------------------------------------------------------ Word


@pytest.fixture(scope="module")
def word(built):
    return Document(str(built / "one" / "appendix.docx"))


def test_styles_name_the_fonts(word):
    def font(style, script):
        return word.styles[style].element.rPr.find(qn("w:rFonts")).get(qn(f"w:{script}"))

    assert font("Body Text", "eastAsia") == font("Compact", "eastAsia") == "宋体"
    assert font("Heading 1", "eastAsia") == font("Table Title", "eastAsia") == "黑体"
    assert font("Table Note", "eastAsia") == font("Document Line", "eastAsia") == "仿宋"
    for style in ("Body Text", "Heading 1", "Compact", "Document Title"):
        assert font(style, "ascii") == font(style, "hAnsi") == "Times New Roman"
    body = word.styles["Body Text"]
    assert body.font.size.pt == 12 and body.paragraph_format.line_spacing == Pt(20)
    assert body.paragraph_format.line_spacing_rule == WD_LINE_SPACING.AT_LEAST
    assert body.element.pPr.ind.get(qn("w:firstLineChars")) == "200"


def test_every_style_in_use_is_one_of_ours(word):
    used = {p.style.name for p in word.paragraphs} | {
        p.style.name for t in word.tables for row in t.rows for cell in row.cells for p in cell.paragraphs
    }
    assert used <= set(STYLES)


def test_word_has_fields_and_every_one_finds_its_bookmark(built):
    """Numbers are SEQ, mentions REF, the contents TOC, its pages PAGEREF; what a field names stands in the document."""
    for name in ("report", "appendix"):
        body = Document(str(built / "one" / f"{name}.docx")).element.body
        codes = [code.text.split() for code in body.iter(qn("w:instrText"))]
        marks = {mark.get(qn("w:name")) for mark in body.iter(qn("w:bookmarkStart"))}
        kinds = {code[0] for code in codes}
        assert kinds == {"SEQ", "TOC", "PAGEREF"} | ({"REF"} if name == "appendix" else kinds & {"REF"})
        assert {code[1] for code in codes if code[0] in ("REF", "PAGEREF")} <= marks
        assert "0" not in [
            code.getparent().getnext().getnext().find(qn("w:t")).text
            for code in body.iter(qn("w:instrText"))
            if "PAGEREF" in code.text
        ]


def test_the_contents_are_a_field_of_word_that_libreoffice_passes_over(built):
    """From the first line of the contents to the last, in styles that Word fills it with; LibreOffice sees no frame."""
    for name, depth in (("report", 1), ("appendix", 2)):
        document = Document(str(built / "one" / f"{name}.docx"))
        lines = [p for p in document.paragraphs if p.style.name.startswith("toc ")]
        kinds = [mark.get(qn("w:fldCharType")) for p in lines for mark in p._p.iter(qn("w:fldChar"))]
        assert kinds == ["begin", "separate", *["begin", "separate", "end"] * len(lines), "end"]
        first = lines[0]._p.find(CHOICE)
        assert f'TOC \\o "1-{depth}" \\h' in "".join(code.text for code in first.iter(qn("w:instrText")))
        assert lines[-1]._p.findall(CHOICE)[-1].find(f".//{qn('w:fldChar')}") is not None
        headings = [p.text for p in document.paragraphs if p.style.name in ("Heading 1", "Heading 2")[:depth]]
        assert [line.text.split("\t")[0] for line in lines] == headings


@pytest.mark.slow
@pytest.mark.skipif(office() is None, reason="needs LibreOffice")
def test_libreoffice_shows_the_right_pages_in_the_contents(built, tmp_path):
    [pdf] = set_by_office(office(), [built / "one" / "appendix.docx"], tmp_path)
    with pypdfium2.PdfDocument(str(pdf)) as pages:
        texts = [re.sub(r"[^\S\n]|\u3000", "", page.get_textpage().get_text_range()) for page in pages]
    document = Document(str(built / "one" / "appendix.docx"))
    titles = [re.sub(r"\s", "", p.text) for p in document.paragraphs if p.style.name == "Heading 1"]
    assert len(titles) > 5
    for title in titles:
        page = int(re.search(rf"^{re.escape(title)}\.+(\d+)$", "\n".join(texts), re.MULTILINE)[1])
        assert re.search(rf"^{re.escape(title)}$", texts[page - 1], re.MULTILINE), (title, page)


def test_no_cell_breaks_a_number_that_a_smaller_type_would_hold(tmp_path):
    """A table too wide for the usual type is set smaller, and wider still with intervals on two lines."""
    rows = (("S1", *["−0.07\n[−0.14, 0.01]"] * 6, "75%"),)
    wide = Table("w", "w", ("s", *"abcdef", "share"), rows)
    wider = Table("w", "w", ("s", *"abcdefghi", "share"), (("S1", *["−0.07\n[−0.14, 0.01]"] * 9, "75%"),))
    usual = Table("w", "w", ("s", "a", "share"), (("S1", "−0.07\n[−0.14, 0.01]", "75%"),))
    assert [columns_of(t)[1:] for t in (usual, wide, wider)] == [(9, True), (7.5, True), (7.5, False)]
    for table, longest in ((usual, 13), (wide, 13), (wider, 7)):
        widths, size, _ = columns_of(table)
        assert sum(widths) == pytest.approx(PAGE_WIDTH * 9 / size)
        assert min(widths[1:-1]) >= longest and widths[-1] >= 3
    assert 'size="7.5"' in pipe_table(wide) and "size" not in pipe_table(usual)
    assert "[−0.14, 0.01]".replace("[", r"\[").replace("]", r"\]") in pipe_table(wider)


def test_word_tables_are_as_wide_as_the_text(word):
    width = text_width(word.sections[0])
    for table in word.tables:
        grid = [int(column.get(qn("w:w"))) for column in table._tbl.tblGrid]
        assert sum(grid) == width == int(table._tbl.tblPr.find(qn("w:tblW")).get(qn("w:w")))
        for row in table.rows:
            assert [int(cell.tcPr.find(qn("w:tcW")).get(qn("w:w"))) for cell in row._tr.tc_lst] == grid


def test_a_template_of_the_office_keeps_its_styles_and_page(tmp_path):
    own = Document()
    own.styles["Heading 1"].font.size = Pt(30)
    own.sections[0].left_margin = Pt(100)
    own.save(tmp_path / "own.docx")
    metadata = {"title": "t", "mark": "合成数据 SYNTHETIC", "document": "report", "chinese": "yes"}
    write_reference(tmp_path / "reference.docx", metadata, str(tmp_path / "own.docx"))
    made = Document(tmp_path / "reference.docx")
    assert made.styles["Heading 1"].font.size == Pt(30) and made.sections[0].left_margin == Pt(100)
    assert made.styles["Table Note"].font.size == Pt(9)  # what it lacks is ours
    section = made.sections[0]
    for header in (section.header, section.first_page_header, section.even_page_header):
        assert "SYNTHETIC" in header.paragraphs[0].text


def office_template(path):
    """As an office keeps them: headings, text and captions under names and identifiers of its own, numbered headings,
    a usual paragraph that is not called Normal, a style of another kind under a name of ours, no list of revisions."""
    own = Document()
    for style in list(own.styles):
        if style.type == WD_STYLE_TYPE.PARAGRAPH and style.name not in (
            "Normal",
            "Header",
            "Footer",
            "Heading 2",
        ):
            style.delete()
    own.styles["Normal"].font.size, own.styles["Normal"].name = Pt(16), "正文"
    for name, size in (("一级 标题", 18), ("题注", 13)):
        own.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).font.size = Pt(size)
        own.styles[name].element.set(qn("w:styleId"), f"a{size}")
    own.styles["Heading 2"].element.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = 1
    own.styles["Heading 2"].element.set(qn("w:styleId"), "2")
    own.styles.add_style("Table Note", WD_STYLE_TYPE.CHARACTER)
    for element in own.settings.element.xpath("w:rsids | w:compat"):
        element.getparent().remove(element)
    own.save(path)


@pytest.mark.parametrize("document", ["report", "brief"])
def test_a_template_whose_styles_have_other_names_is_used(tmp_path, document):
    office_template(tmp_path / "own.docx")
    table = Table("t", "t", ("a", "b"), (("x", "0.1"),))
    title, note = (f'::: {{custom-style="{name}"}}\n字\n:::' for name in ("Table Title", "Table Note"))
    body = "# 一、甲 {#one}\n\n## （一）乙 {#two}\n\n字\n\n字"
    text = f"{CONTENTS.format(depth=2, title='目录')}\n\n{body}\n\n{title}\n\n{pipe_table(table)}\n\n{note}"
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    metadata = {"title": "t", "author": "", "mark": "", "document": document, "chinese": "yes"}
    template, made = str(tmp_path / "own.docx"), tmp_path / "a.docx"
    write_docx(tmp_path / "a.md", TEMPLATES, made, metadata, [table], {"one": 1, "two": 1}, template)
    word = Document(made)
    styles = {p.style.name: p.style for p in word.paragraphs}
    assert (
        styles["Heading 1"].base_style.name == "一级 标题" and styles["Table Title"].base_style.name == "题注"
    )
    assert styles["Heading 2"].style_id == "2"
    for level, name in enumerate(("Heading 1", "Heading 2")):
        properties = styles[name].element.pPr
        assert properties.find(qn("w:outlineLvl")).get(qn("w:val")) == str(level)
        assert properties.numPr.numId.val == 0  # its number stands in its text
    for name in ("First Paragraph", "Body Text"):
        own = styles[name]
        assert (
            own.base_style.name == "Normal" and own.base_style.font.size == Pt(16) and own.font.size is None
        )
        assert own.element.pPr.ind.get(qn("w:firstLineChars")) == "200"
    assert styles["Table Note"].type == WD_STYLE_TYPE.PARAGRAPH and styles["Table Note"].font.size == Pt(9)
    assert list(title_faults(word)) == []
    assert word.settings.element.find(qn("w:compat")) is not None


def test_what_stands_on_a_narrow_page_of_the_office_is_no_wider_than_its_text(tmp_path):
    """Pictures, tables and the lines to the page numbers; on pages of our own they have the width of our text."""
    own = Document()
    own.sections[0].left_margin = own.sections[0].right_margin = Cm(4)
    own.save(tmp_path / "own.docx")
    report_fakes.draw(tmp_path, "wide", width=15.5 / 2.54)
    table = Table("t", "t", ("a", "b"), (("x", "0.1"),))
    contents = CONTENTS.format(depth=1, title="目录")
    text = f"{contents}\n\n# 一、标题 {{#one}}\n\n![图](wide.png){{width=15.5cm}}\n\n{pipe_table(table)}"
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    metadata = {"title": "t", "author": "", "mark": "", "document": "report", "chinese": "yes"}
    for template in (None, str(tmp_path / "own.docx")):
        write_docx(tmp_path / "a.md", TEMPLATES, tmp_path / "a.docx", metadata, [table], {"one": 1}, template)
        made = Document(tmp_path / "a.docx")
        width = text_width(made.sections[0])
        assert made.inline_shapes[0].width / Twips(1) <= width
        assert made.inline_shapes[0].width / made.inline_shapes[0].height == pytest.approx(
            15.5 / 9.3, rel=0.5
        )
        assert made.styles["toc 1"].paragraph_format.tab_stops[0].position / Twips(1) == width
        assert sum(int(c.get(qn("w:w"))) for c in made.tables[0]._tbl.tblGrid) == width


def test_word_tables_have_three_lines(word):
    for table in word.tables:
        lines = table._tbl.tblPr.find(qn("w:tblBorders"))
        assert {line.tag: line.get(qn("w:sz")) for line in lines} == {qn("w:top"): "12", qn("w:bottom"): "12"}
        head = table.rows[0]._tr
        assert head.trPr.find(qn("w:tblHeader")) is not None
        for cell in head.findall(qn("w:tc")):
            sides = {line.tag: line.get(qn("w:sz")) for line in cell.tcPr.find(qn("w:tcBorders"))}
            assert sides == {qn("w:top"): "12", qn("w:bottom"): "6"}
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
        assert not table._tbl.xpath(".//w:tcBorders/w:left | .//w:tcBorders/w:right")


def test_space_and_no_line_stands_above_the_counts(word):
    table = next(t for t in word.tables if "估计方法" in [row.cells[0].text for row in t.rows])
    for row in table.rows[1:-1]:
        begins = row.cells[0].text == "估计方法"
        assert (row.cells[0].paragraphs[0].paragraph_format.space_before == Pt(8)) == begins
        assert not row._tr.xpath(".//w:tcBorders")


def test_cells_are_centred_with_exact_lines(word):
    layout = word.styles["Compact"].paragraph_format
    assert layout.line_spacing_rule == WD_LINE_SPACING.EXACTLY and layout.line_spacing == Pt(12)
    for table in word.tables:
        assert {cell.vertical_alignment for cell in table.rows[1].cells} == {
            WD_CELL_VERTICAL_ALIGNMENT.CENTER
        }


def test_title_stands_above_a_table_and_below_a_figure(word):
    body = [element for element in word.element.body if element.tag in (qn("w:p"), qn("w:tbl"))]
    styles = [
        element.pPr.pStyle.get(qn("w:val"))
        if element.tag == qn("w:p") and element.pPr is not None
        else "table"
        for element in body
    ]
    assert all(styles[n - 1] == "TableTitle" for n, name in enumerate(styles) if name == "table")
    pictures = [n for n, name in enumerate(styles) if name == "FigurePicture"]
    assert len(pictures) == len(FIGURES) and all(styles[n + 1] == "FigureTitle" for n in pictures)


def test_pictures_have_their_own_width_and_are_sharp(word):
    assert len(word.inline_shapes) == len(FIGURES)
    for shape in word.inline_shapes:
        assert shape.width.cm == pytest.approx(6.1 * 2.54, abs=0.02)  # as report_fakes draws them
    for part in word.part.package.iter_parts():
        if part.content_type == "image/png":
            assert part.image.px_width / 6.1 >= 299.9


def test_no_picture_is_wider_than_the_text(tmp_path):
    report_fakes.draw(tmp_path, "wide", width=9)
    report_fakes.draw(tmp_path, "small", width=4)
    assert picture(tmp_path / "wide.png").width == 15.5
    assert picture(tmp_path / "small.png").width == pytest.approx(4 * 2.54, abs=0.01)
    assert Picture("a.png", 15.5, 9.3).width_within(6) == pytest.approx(10)


def test_every_page_of_the_word_file_carries_the_mark(word):
    section = word.sections[0]
    for header in (section.header, section.first_page_header):
        assert "合成数据 SYNTHETIC" in header.paragraphs[0].text
    assert "PAGE" in section.footer.paragraphs[0]._p.xml


def test_word_file_asks_for_nothing_and_needs_no_newer_word(built):
    with zipfile.ZipFile(built / "one" / "appendix.docx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if name.endswith((".xml", ".rels"))}
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert b"updateFields" not in parts["word/settings.xml"]
    assert (
        b'w:name="compatibilityMode"' in parts["word/settings.xml"]
        and b'w:val="14"' in parts["word/settings.xml"]
    )
    assert not any(b"wordml/2012" in text or b"word/2012" in text for text in parts.values())
    assert b"2000-01-01T00:00:00Z" in parts["docProps/core.xml"]


# ------------------------------------------------------------------------------------------------ PDF, HTML, bytes


@pytest.mark.parametrize("kind", ["docx", "pdf", "html"])
def test_same_numbers_give_the_same_bytes(built, kind):
    digests = {
        hashlib.sha256((built / name / f"brief.{kind}").read_bytes()).hexdigest() for name in ("one", "two")
    }
    assert len(digests) == 1


def test_pdf_has_no_clock_time(built):
    data = (built / "one" / "report.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    dates = set(re.findall(rb"/(?:Creation|Mod)Date ?\(D:(\d{4})", data))
    assert dates <= {b"1970", b"2000"}


def test_a_pdf_whose_tags_typst_cannot_write_has_none():
    """Its internal error of 0.15 on tags is no error of the document; any other error is."""

    class Compiler:
        def __init__(self, message):
            self.message = message

        def compile(self, layout, pdf_tags=True, **how):
            if pdf_tags:
                raise typst.TypstError(self.message)
            return b"%PDF-"

    assert (
        _compiled(Compiler("internal error: parent group (occurred at tags/tree/build.rs)"), "x") == b"%PDF-"
    )
    with pytest.raises(typst.TypstError):
        _compiled(Compiler("unknown variable: x"), "x")


def test_page_needs_no_network_and_carries_the_mark(built):
    page = (built / "one" / "appendix.html").read_text(encoding="utf-8")
    assert '<div class="mark">合成数据 SYNTHETIC</div>' in page
    assert page.count('src="data:image/png;base64,') == len(FIGURES)
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page)
    assert "@import" not in page and "<script" not in page and "<link" not in page
    assert 'class="group' in page


# ------------------------------------------------------------------------------------------------ make report-check


def test_finished_documents_have_no_complaint_and_a_spoilt_one_has(built, tmp_path):
    words = labels_of("zh")
    release = tmp_path / "release"
    shutil.copytree(built / "release", release)
    for name in DOCUMENTS:
        for kind in ("docx", "pdf"):
            shutil.copyfile(built / "one" / f"{name}.{kind}", release / f"{name}.{kind}")
    shutil.copyfile(built / "one" / "slides.pptx", release / "slides.pptx")
    shutil.copyfile(built / "one" / "brief_numbers.csv", release / "tables" / "brief_numbers.csv")
    found = check_documents(
        release, words, None
    )  # the invented list of indicators has no words for some members
    assert {complaint.rule for complaint in found} <= {"code"}
    assert all(re.search(r"[AC]\d_[a-z]+", complaint.found) for complaint in found)
    brief = Document(str(release / "brief.docx"))
    spoilt = ["H2的风险比为7.77。", "见results/x.csv，，其余None。"]
    for text in spoilt:
        brief.add_paragraph(text, style="Body Text")
    brief.save(release / "brief.docx")
    rules = {complaint.rule for complaint in check_documents(release, words, None)}
    assert rules == {"code", "number", "file", "doubled", "unfilled"}
    slides = Presentation(str(release / "slides.pptx"))
    slides.slides[1].shapes.title.text = "每1000人一年多流出9.99人"
    slides.save(release / "slides.pptx")
    assert ("slides", "number") in {complaint[:2] for complaint in check_documents(release, words, None)}


# ------------------------------------------------------------------------------------------------ slides


def slides_of(folder, output=None, language="zh"):
    """The slides of a fake province, written to ``output`` if there is one."""
    labels = Labels(language, LABELS_FILE)
    context, drawn = collect(**arguments(folder), labels=labels), charts(folder / "release", labels)
    text = render_slides(TEMPLATES, context, drawn, labels, Labels(language, REFERENCES_FILE))
    if output:
        metadata = metadata_of("slides", context, labels)
        write_slides(read_slides(text), output, metadata, drawn, context["tables"])
    return read_slides(text)


@pytest.fixture
def with_rates(province):
    """A fake province with rates of leaving of all persons and of each cohort."""
    file = province / "release" / "figures" / "dose_response.csv"
    rows = pd.read_csv(file, encoding="utf-8-sig", dtype={"bin": str})
    whole = rows.drop_duplicates("cohort").assign(bin="all", rate=2.5, exits=200, person_months=80_000)
    everybody = whole.head(1).assign(cohort="all", exits=900, person_months=310_000)
    pd.concat([rows, whole, everybody]).to_csv(file, index=False, encoding="utf-8-sig")
    return province


def test_slides_can_be_edited_and_are_the_same_bytes_each_time(with_rates, tmp_path):
    slides_of(with_rates, tmp_path / "one.pptx")
    time.sleep(1.1)  # a workbook behind a chart knows the second in which it was made
    slides_of(with_rates, tmp_path / "two.pptx")
    one, two = ((tmp_path / f"{run}.pptx").read_bytes() for run in ("one", "two"))
    assert one == two
    slides = list(Presentation(BytesIO(one)).slides)
    shapes = [shape for slide in slides for shape in slide.shapes]
    assert all(slide.shapes.title.text and slide.placeholders[1].has_text_frame for slide in slides)
    assert sum(shape.name == "Header" and "SYNTHETIC" in shape.text_frame.text for shape in shapes) == len(
        slides
    )
    assert any(shape.has_chart for shape in shapes) and any(shape.has_table for shape in shapes)
    assert not any(shape.shape_type == MSO_SHAPE_TYPE.PICTURE for shape in shapes)


def test_charts_of_slides_hold_released_numbers_and_others_are_found(with_rates):
    release = with_rates / "release"
    slides_of(with_rates, release / "slides.pptx")
    assert "figures/dose_response.csv" in [
        file for file, numbers in charts_of(release / "slides.pptx") if numbers
    ]
    assert embedded(release) == []
    rates = release / "figures" / "dose_response.csv"
    frame = pd.read_csv(rates, encoding="utf-8-sig")
    frame.assign(rate=frame["rate"] + 0.77).to_csv(rates, index=False, encoding="utf-8-sig")
    assert {leak.attack for leak in embedded(release)} == {"embedded"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_province_with_less_has_fewer_slides(with_rates, language):
    rich = slides_of(with_rates, language=language)
    nothing = dict.fromkeys(("estimate", "std_error", "ci_low", "ci_high", "p_value", "p_adjusted"), np.nan)
    change_estimates(with_rates, lambda frame: frame.assign(**nothing))
    for name in ("dose_response", "burnout_by_overload", "issue_clock"):
        file = with_rates / "release" / "figures" / f"{name}.csv"
        pd.read_csv(file, encoding="utf-8-sig").iloc[:0].to_csv(file, index=False, encoding="utf-8-sig")
    poor = slides_of(with_rates, language=language)
    assert 2 <= len(poor) < len(rich) <= 8
    assert all(slide.title and (slide.points or slide.table) for slide in [*rich, *poor])
    assert ("不能回答" if language == "zh" else "cannot answer") in "".join(slide.title for slide in poor)
