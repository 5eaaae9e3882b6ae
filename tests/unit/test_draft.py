"""What a draft proposes: one assignment of all headings by words and cells; contradictions stay off, ties are asked."""

import csv
import re
from collections import Counter

import numpy as np
import pytest
import xlsxwriter
from ingest_cases import ROOT, UNITS, ingest_all, ingest_rows, write_csv
from unseen_counties import COUNTIES
from unseen_folders import FOLDERS, _book, _id_number, lines_to_correct
from unseen_offices import OFFICES

from jianfu.config.files import read_yaml
from jianfu.config.merging import merge
from jianfu.onboarding.assignment import assign
from jianfu.onboarding.codebook import legend_in, parts_named
from jianfu.onboarding.contents import legend_of
from jianfu.onboarding.draft import make_draft
from jianfu.onboarding.grouping import core_name
from jianfu.onboarding.knowledge import Knowledge
from jianfu.onboarding.preview import refused_by, try_out
from jianfu.onboarding.province_file import render
from jianfu.onboarding.scores import known_wordings
from jianfu.onboarding.survey import Survey, _code, _range
from jianfu.onboarding.wordings import HIDDEN, _category, propose_wordings


@pytest.fixture(scope="module")
def knowledge():
    return Knowledge(ROOT)


def test_the_assignment_is_the_best_of_all_and_not_the_first():
    found = assign(np.array([[0.9, 0.8], [0.85, 0.2]]))
    assert {heading: choice.column for heading, choice in found.items()} == {0: 1, 1: 0}
    assert not any(choice.rivals for choice in found.values())


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_a_tie_is_asked_whatever_the_order(order):
    """Two headings that are one column as well as each other; two columns that one heading may be."""
    found = assign(np.array([[0.8], [0.79]])[order])
    assert len(found) == 1 and next(iter(found.values())).rivals
    found = assign(np.array([[0.7, 0.7]]))
    assert found[0].rivals
    assert assign(np.array([[0.3, 0.2]])) == {}


# lines that the drafts of folders with other headings, files and wordings need: a ratchet, never to be raised
@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("managers", 3),
        pytest.param("streets", 0, marks=pytest.mark.slow),
        ("villages", 3),
    ],
)
def test_lines_to_correct_in_the_draft_of_an_unseen_folder(tmp_path, knowledge, name, most):
    write, right = (FOLDERS | OFFICES)[name]
    write(tmp_path / "raw")
    draft = make_draft(tmp_path / "raw", knowledge)
    lines = lines_to_correct(tmp_path / "raw", draft.settings(), right, ROOT)
    assert len(lines) <= most, lines
    if name == "managers":  # no date of hire, no date of leaving beside 离岗日期
        assert any("最后工作日期" in p.open for p in draft.proposals)


@pytest.mark.parametrize("name", COUNTIES)
def test_the_draft_of_an_unseen_folder_reads_what_is_true(tmp_path, knowledge, name):
    write, right = COUNTIES[name]
    truth = write(tmp_path / "raw")
    draft = make_draft(tmp_path / "raw", knowledge).settings()
    assert lines_to_correct(tmp_path / "raw", draft, right, ROOT) == []
    province = merge(knowledge.default, draft | {"province": {"synthetic": True}})
    tables = ("units", "tasks", "app_activity", "spells", "survey", "documents")
    read = {t: r.canonical.to_pandas() for t, r in ingest_all(tmp_path / "raw", province, tables).items()}
    names = read["units"].set_index("unit_code")["unit_name"].str.replace(r"^.*[市县区](?=.)", "", regex=True)
    assert read["tasks"]["unit_code"].map(names).value_counts().to_dict() == truth["tasks"]
    assert read["app_activity"].groupby("app_name")["count"].sum().to_dict() == truth["apps"]
    assert read["spells"]["exit_type"].value_counts().to_dict() == truth["exits"]
    assert read["spells"]["spell_end"].isna().sum() == truth["staff"]["在职"]
    assert read["documents"].groupby("channel")["n_docs"].sum().to_dict() == truth["documents"]
    assert read["survey"].groupby("wave")["EE1"].mean().to_dict() == pytest.approx(dict(truth["survey"]))


def _folder(folder, **tables):
    """Files with these rows beside a table of units; {name of the file without ending: rows}."""
    write_csv(folder / "单位名录.csv", UNITS)
    for name, rows in tables.items():
        write_csv(folder / f"{name}.csv", rows)
    return folder


def _proposal(draft, table):
    return next(p for p in [*draft.proposals, *draft.incomplete] if p.table == table)


TASKS = [["编号", "责任单位", "事项类型", "下达时间"]] + [
    [f"A{n}", "河口镇", "任务", f"2024-03-{n + 1:02d}"] for n in range(20)
]


def _with(*columns):
    """TASKS with further columns: (heading, cell by row)."""
    rows = [[*TASKS[0], *(heading for heading, _ in columns)]]
    return rows + [[*row, *(cell(n) for _, cell in columns)] for n, row in enumerate(TASKS[1:])]


def test_a_document_number_is_no_issuer(tmp_path, knowledge):
    rows = _with(
        ("交办文号", lambda n: f"青办〔2024〕{n}号"),
        ("交办科室局", lambda n: ["县民政局", "县应急局"][n % 2]),
    )
    proposal = _proposal(make_draft(_folder(tmp_path, 任务台账=rows), knowledge), "tasks")
    assert {text: h.column for text, h in proposal.columns.items()} == {"交办科室局": "issuer"}


@pytest.mark.parametrize("swapped", [False, True])
def test_headings_that_are_alike_are_asked(tmp_path, knowledge, swapped):
    """Two columns of units with known headings: neither is taken, in whatever order; the table waits."""
    rows = _with(("承办单位", lambda n: "石坪镇"))
    rows = [[row[0], row[4], *row[2:4], row[1]] if swapped else row for row in rows]
    draft = make_draft(_folder(tmp_path, 任务台账=rows), knowledge)
    proposal = _proposal(draft, "tasks")
    assert proposal in draft.incomplete
    asked = {text for text, h in proposal.doubtful.items() if h.status == "asked"}
    assert asked == {"责任单位", "承办单位"}


def test_cells_that_contradict_a_known_heading_keep_it_off(tmp_path, knowledge):
    vague = ("办结时限", lambda n: ["尽快", "长期", "见附件"][n % 3])
    proposal = _proposal(make_draft(_folder(tmp_path, 任务台账=_with(vague)), knowledge), "tasks")
    assert proposal.source()["ignore"] == ["办结时限"]
    assert proposal.ignore["办结时限"].evidence.code == "ev_contradicted"
    rows = _with(vague, ("完成期限", lambda n: f"2024-04-{n + 1:02d}"))
    proposal = _proposal(make_draft(_folder(tmp_path, 任务台账=rows), knowledge), "tasks")
    assert proposal.source()["columns"] == {"完成期限": "due_at"}


def test_a_guess_against_the_order_of_dates_stays_off(tmp_path, knowledge):
    rows = _with(("要求交回日", lambda n: f"2024-02-{n + 1:02d}"))
    proposal = _proposal(make_draft(_folder(tmp_path, 任务台账=rows), knowledge), "tasks")
    assert "要求交回日" not in proposal.columns
    rows = _with(("要求交回日", lambda n: f"2024-04-{n + 1:02d}"))
    proposal = _proposal(make_draft(_folder(tmp_path, 任务台账=rows), knowledge), "tasks")
    assert proposal.columns["要求交回日"].column == "due_at"


def test_a_total_does_not_switch_the_days_off(tmp_path, knowledge):
    head = ["单位", "应用名称", "操作类型", *(f"{day}日" for day in range(1, 32)), "总次数"]
    rows = [head] + [["河口镇", "政务通", "打卡", *[2] * 31, 62]] * 3
    proposal = _proposal(make_draft(_folder(tmp_path, 应用按日_202403=rows), knowledge), "app_activity")
    assert list(proposal.ignore) == ["总次数"] and not proposal.lacking


def test_a_wide_sheet_that_names_units_and_days_alone(tmp_path, knowledge):
    """App and action are constants, in one line of the file each kind; the days are no open headings."""
    rows = [["2024年3月打卡明细"], ["单位", *(f"{day}日" for day in range(1, 32)), "合计"]]
    rows += [["河口镇", *[2] * 31, 62], ["石坪镇", *[3] * 31, 93]]
    draft = make_draft(_folder(tmp_path, 政务钉打卡202403=rows), knowledge)
    proposal = _proposal(draft, "app_activity")
    assert not proposal.lacking and list(proposal.open) == ["合计"]
    path = tmp_path / "province.yaml"
    path.write_text(render(draft, "anhui", knowledge), encoding="utf-8")
    (source,) = [s for s in read_yaml(path)["sources"] if s["table"] == "app_activity"]
    assert source["fixed"] == {"app_name": "政务钉打卡", "action_type": "打卡"}
    result = ingest_rows(tmp_path, "app_activity", None, name="政务钉打卡202403.csv", source=source)
    assert sorted(result.canonical["count"].to_pylist()) == [62, 93]


def test_numbered_questions_are_known_headings(tmp_path, knowledge):
    """1、您的单位 is 您的单位; one file of answers without a wave is the first wave; a number of hours is no item."""
    items = [f"{n}、第{n}个说法" for n in range(3, 34)]
    rows = [["序号", "提交答卷时间", "1、您的单位", "2、您的年龄段", *items, "34、每周工作多少小时"]]
    rows += [
        [n, "2024-10-05", "河口镇", "90后", *[n % 7] * 15, *[n % 5 + 1] * 16, 35 + n % 30] for n in range(60)
    ]
    draft = make_draft(_folder(tmp_path, 问卷星导出=rows), knowledge)
    proposal = _proposal(draft, "survey")
    assert proposal.known["1、您的单位"] == "unit_name" and proposal.known["2、您的年龄段"] == "cohort"
    assert proposal.source()["fixed"] == {"wave": 1} and list(draft.survey.items) == items
    assert proposal.columns["34、每周工作多少小时"].column == "hours_week"


@pytest.mark.parametrize(
    ("table", "column", "text", "value", "sure"),
    [
        ("tasks", "check_mode", "资料＋实地查看", "混合", "sure_medium"),
        ("ledger", "exit_type", "借调期满返回", None, "sure_low"),
        ("ledger", "exit_type", "县内乡镇调动", "乡镇间调动", "sure_medium"),
        ("ledger", "movement", "进", "in", "sure_medium"),
        ("ledger", "movement", "出", "out", "sure_medium"),
        ("tasks", "event_label", "专项督查", "督查", "sure_high"),
        ("tasks", "event_label", "领导走访", "视察", "sure_medium"),
        ("tasks", "check_mode", "台账点位都看", "混合", "sure_medium"),
        ("ledger", "exit_type", "镇际交流", "乡镇间调动", "sure_medium"),
        ("ledger", "exit_type", "跟班结束", None, "sure_low"),
        ("tasks", "issuer_level", "省直部门", "省", "sure_medium"),
        ("tasks", "issuer_level", "县农业局", None, "sure_low"),
        ("tasks", "state", "未归档", "在办", "sure_medium"),
        ("tasks", "event_label", "交下来的事", None, "sure_low"),
        ("tasks", "event_label", "会议议定事项", "任务", "sure_medium"),
        ("tasks", "event_label", "领导批办件", "任务", "sure_medium"),
        ("tasks", "event_label", "数据催报", "任务", "sure_medium"),
        ("tasks", "event_label", "抽查指导", "检查", "sure_medium"),
        ("tasks", "state", "逾期办结", "办结", "sure_medium"),
        ("roster", "bianzhi", "事业干部", "事业", "sure_medium"),
        ("roster", "bianzhi", "聘用人员", "编外", "sure_medium"),
    ],
)
def test_wordings(knowledge, table, column, text, value, sure):
    known = known_wordings(table, column, knowledge)
    if text in known:
        assert (known[text], sure) == (value, "sure_high")
    else:
        found = _category(column, text, 1, known, knowledge.hints.get(column, {}))
        assert (found.value, found.confidence) == (value, sure)


def test_what_gives_a_column_that_no_heading_names(tmp_path, knowledge):
    """A period for its begin, a row number for that of a policy, sheets of those who came or left for the movement."""
    visits = [["来访事由", "带队单位", "接待单位", "来访起止"]]
    visits += [["检查", "县应急局", "河口镇", f"2024.03.{n + 1:02d}-2024.03.{n + 3:02d}"] for n in range(20)]
    policies = [
        ["序号", "减负举措", "起效时间"],
        ["1", "精简文件若干措施", "2024-03-01"],
        ["2", "取消打卡的决定", "2024-05-01"],
    ]
    policies += [["3", "清理应用的通知", "2024-07-01"]]
    people = [["身份证号", "工作单位", "到岗日期", "到岗类别"]]
    people += [[_id_number(n)[0], "河口镇", f"2024-03-{n + 1:02d}", "新考录"] for n in range(20)]
    folder = _folder(tmp_path, 任务台账=TASKS, 接待检查登记=visits, 减负举措=policies, 到岗人员变化=people)
    draft = make_draft(folder, knowledge)
    read = {p.names[0]: {h.column for h in p.columns.values()} for p in draft.proposals}
    assert "period" in read["接待检查登记.csv"]
    assert read["减负举措.csv"] == {"policy_id", "name", "start_date"}
    assert _proposal(draft, "ledger").names == ["到岗人员变化.csv"]


def test_cells_that_are_no_yes_and_no_make_another_column(tmp_path, knowledge):
    fields = ["信访", "环保", "安全生产", "", ""]
    rows = _with(("一票否决事项", lambda n: fields[n % 5]))
    proposal = _proposal(make_draft(_folder(tmp_path, 任务台账=rows), knowledge), "tasks")
    assert proposal.source()["columns"] == {"一票否决事项": "veto_domain"}


def _sure(proposal):
    """{heading: column} of what is read without anybody's help, known or proposed."""
    return proposal.known | {text: h.column for text, h in proposal.columns.items()}


def _values(proposal, column):
    return {w.text: w.value for w in proposal.active_wordings() if w.column == column}


def test_masked_numbers_and_spans_of_days_are_not_what_their_headings_say(tmp_path, knowledge):
    roster = [["人员编号", "身份证号（脱敏）", "单位", "出生年月", "到本单位时间"]]
    roster += [[f"A{n:04d}", f"390101********{n:04d}", "河口镇", "1990-01", "2015-08-01"] for n in range(40)]
    span = _with(("活动时间（起止）", lambda n: f"2024.3.{n + 1}" + f"-3.{n + 3}" * (n % 2)))
    visits = [[*row[:3], row[4]] for row in span]
    draft = make_draft(_folder(tmp_path, 花名册=roster, 检查台账=visits), knowledge)
    assert list(_proposal(draft, "roster").ignore) == ["身份证号（脱敏）"]
    assert _sure(_proposal(draft, "roster"))["人员编号"] == "employee_id"
    assert _sure(_proposal(draft, "tasks"))["活动时间（起止）"] == "period"


@pytest.mark.parametrize("alone", [False, True])
def test_the_post_begins_where_the_present_unit_is_named(tmp_path, knowledge, alone):
    """First arrival in any township is the start of the post only where no other column is, and then to be checked."""
    roster = [["工号", "单位", "出生年月", "进入乡镇工作时间", "任职本单位起始时间"]]
    roster += [[f"A{n}", "河口镇", "1990-01", "2012-08-01", f"2015-08-{n + 1:02d}"] for n in range(25)]
    roster = [row[:4] for row in roster] if alone else roster
    proposal = _proposal(make_draft(_folder(tmp_path, 花名册=roster), knowledge), "roster")
    (start,) = [text for text, column in _sure(proposal).items() if column == "spell_start"]
    assert start == roster[0][-1] and (proposal.columns[start].confidence == "sure_medium") is alone


def test_when_a_row_was_recorded_is_no_feedback_and_no_birth(tmp_path, knowledge):
    tasks = _with(("登记时间", lambda n: f"2024-03-{n + 1:02d} 10:20"), ("催办次数", lambda n: str(n % 3)))
    moves = [["身份证号", "单位", "增减类别", "变动时间", "批准时间"]]
    moves += [
        [_id_number(n)[0], "河口镇", "减少", f"2024-03-{n + 1:02d}", f"2024-02-{n + 1:02d}"]
        for n in range(20)
    ]
    draft = make_draft(_folder(tmp_path, 任务台账=tasks, 增减台账=moves), knowledge)
    assert _sure(_proposal(draft, "tasks"))["登记时间"] == "created_at"
    assert "催办次数" in _proposal(draft, "tasks").open
    assert "birth_ym" not in _sure(_proposal(draft, "ledger")).values()
    seen = {h.text: h for _, headings in _proposal(draft, "ledger").pages for h in headings}
    assert "birth_ym" not in dict(seen["批准时间"].candidates)


def test_app_statistics_with_a_sheet_for_each_month_are_no_figures_of_a_year(tmp_path, knowledge):
    rows = [["县区", "乡镇", "应用名称", "操作类别", "注册用户数", "使用人次", "安装要求", "是否纳入考核"]]
    for unit in ("河口镇", "东山乡"):
        for app, kind in (("一码通", "签到打卡"), ("一码通", "流程审批"), ("一张图", "拍照上传")):
            must = ["强制安装", "√"] if app == "一码通" else ["自愿安装", ""]
            rows.append(["甲县", unit, app, kind, "40", str(300 + len(rows)), *must])
    (tmp_path / "raw").mkdir()
    write_csv(tmp_path / "raw/单位名录.csv", UNITS)
    _book(tmp_path / "raw/应用使用情况通报_2024年上半年.xlsx", {f"2024年{m}月": rows for m in (1, 2, 3)})
    draft = make_draft(tmp_path / "raw", knowledge)
    assert [p.table for p in draft.proposals] == ["units", "app_activity"]
    apps = _proposal(draft, "app_activity")
    assert _sure(apps)["使用人次"] == "count" and "注册用户数" not in _sure(apps)
    assert _values(apps, "is_mandatory") == {"强制安装": True, "自愿安装": False}
    assert _values(apps, "used_in_assessment") == {"": False}


def test_codes_that_a_heading_explains_are_read_by_it(tmp_path, knowledge):
    (tmp_path / "raw").mkdir()
    rows = [["区划代码", "乡级政区名称", "隶属县区", "政区类型(1镇2乡3街道)"]]
    rows += [[f"39010110{n}", f"{n}号{'镇乡'[n % 2]}", "甲县", str(n % 2 + 1)] for n in range(9)]
    write_csv(tmp_path / "raw/区划名录.csv", rows)
    write_csv(tmp_path / "raw/任务台账.csv", TASKS)
    units = _proposal(make_draft(tmp_path / "raw", knowledge), "units")
    assert _sure(units)["政区类型(1镇2乡3街道)"] == "unit_type"
    assert _values(units, "unit_type") == {"1": "镇", "2": "乡"}


def test_where_a_policy_holds_may_be_said_by_names(tmp_path, knowledge):
    """Names of counties as their codes, the whole city as everywhere; a name of no county is asked."""
    rows = [["文号", "文件名", "执行日期", "执行范围"]]
    rows += [
        [f"办发〔2023〕{n}号", f"精简文件的第{n}个通知", f"2023-0{n}-01", where]
        for n, where in enumerate(["甲县", "乙县", "全市", "丁县"], 1)
    ]
    folder = _folder(tmp_path, 减负文件台账=rows, 任务台账=TASKS)
    draft = make_draft(folder, knowledge)
    policies = _proposal(draft, "policies")
    assert _values(policies, "county_code") == {"甲县": "390101", "乙县": "390102", "全市": ""}
    assert {w.text for w in policies.wordings if w.value is None} == {"丁县"}
    settings = merge(
        knowledge.default, {"sources": [policies.source()], "data": {"window": ["2023-01", "2024-12"]}}
    )
    read = ingest_all(folder, settings, ("policies",))["policies"].canonical.to_pandas()
    assert read["county_code"].isna().tolist() == [False, False, True, False]


@pytest.mark.parametrize(
    ("below", "deep"), [(["行政编制", "事业编制", "合计"], True), (["20", "30", "50"], False)]
)
def test_a_group_goes_on_in_the_row_below_where_that_holds_its_words(tmp_path, knowledge, below, deep):
    """The whole of a group is what the group is called, its parts are none; a row of numbers is a row."""
    (tmp_path / "raw").mkdir()
    top = ["单位代码", "单位名称", "县区名称", "编制核定情况（名）", "", "", "常住人口"]
    book = xlsxwriter.Workbook(tmp_path / "raw/机构编制基本情况.xlsx")
    sheet = book.add_worksheet("汇总")
    sheet.write_row(0, 0, top)
    sheet.merge_range(0, 3, 0, 5, top[3])
    first = ["", "", ""] if deep else ["390101100", "0号镇", "甲县"]
    sheet.write_row(1, 0, [*first, *below, "" if deep else 9000])
    if deep:
        for place in (0, 1, 2, 6):
            sheet.merge_range(0, place, 1, place, top[place])
    for n in range(1, 9):
        sheet.write_row(n + 1, 0, [f"39010110{n}", f"{n}号镇", "甲县", 20 + n, 30, 50 + n, 9000])
    book.close()
    write_csv(tmp_path / "raw/任务台账.csv", TASKS)
    units = _proposal(make_draft(tmp_path / "raw", knowledge), "units")
    whole = {text for text, column in _sure(units).items() if column == "establishment"}
    assert whole == ({"编制核定情况（名）|合计"} if deep else set())
    assert units.pages[0][0].bottom == (2 if deep else 1)


@pytest.mark.parametrize(
    ("file", "app"),
    [
        ("云浦通签到情况统计表.csv", "云浦通"),
        ("学习平台积分统计表_2024.csv", "学习平台"),
        ("打卡记录.csv", "打卡记录"),
    ],
)
def test_one_app_of_a_file_is_called_without_what_the_file_is(tmp_path, knowledge, file, app):
    rows = [["年月", "县", "乡镇", "应签到人数", "签到次数", "签到率（%）"]]
    rows += [[f"2024年{n % 12 + 1}月", "甲县", "河口镇", "40", str(300 + n), "90.1"] for n in range(24)]
    draft = make_draft(_folder(tmp_path, **{file.removesuffix(".csv"): rows}), knowledge)
    proposal = _proposal(draft, "app_activity")
    assert _sure(proposal)["签到次数"] == "count" and "应签到人数" not in _sure(proposal)
    assert {c: v for c, (v, _) in proposal.fixed.items()} == {"app_name": app, "action_type": "打卡"}


@pytest.mark.parametrize(
    ("heading", "legend"),
    [
        ("政区类型(1镇2乡3街道)", {"1": "镇", "2": "乡", "3": "街道"}),
        ("一票否决（1是0否）", {"1": "是", "0": "否"}),
        ("性别（1=男，2=女）", {"1": "男", "2": "女"}),
        ("在岗人数（2023年12月）", {}),
        ("评分（1-5分）", {}),
    ],
)
def test_what_a_heading_says_of_its_codes(heading, legend):
    assert legend_of(heading) == legend


def test_wordings_are_told_by_their_row_or_the_heading(tmp_path, knowledge):
    """本级 by who issues, 交流 by where to, 计划内/计划外 by the heading."""
    tasks = _with(
        ("下达层级", lambda n: "市级" if n % 4 == 0 else "本级"),
        ("牵头单位", lambda n: "市应急局" if n % 4 == 0 else "县应急局"),
        ("计划内/计划外", lambda n: "计划外" if n % 3 else "计划内"),
    )
    moves = [["身份证号", "单位", "增减类别", "变动时间", "变动原因", "去向层级"]]
    moves += [
        [
            _id_number(n)[0],
            "河口镇",
            "减少",
            f"2024-03-{n + 1:02d}",
            *(("平级交流", "乡镇") if n % 2 else ("退休", "")),
        ]
        for n in range(20)
    ]
    draft = make_draft(_folder(tmp_path, 任务台账=tasks, 增减台账=moves), knowledge)
    assert _values(_proposal(draft, "tasks"), "issuer_level") == {"本级": "县"}
    assert _values(_proposal(draft, "tasks"), "in_annual_plan") == {"计划内": True, "计划外": False}
    assert _values(_proposal(draft, "ledger"), "exit_type") == {"平级交流": "乡镇间调动"}


def test_every_wording_is_shown_with_its_value_and_clashes(tmp_path, knowledge):
    rows = [[*row[:2], "督导检查" if n else row[2], row[3]] for n, row in enumerate(TASKS)]
    rows[0] = TASKS[0]
    proposal = _proposal(make_draft(_folder(tmp_path, 任务台账=rows), knowledge), "tasks")
    told = [(w.text, w.value, w.rows, w.known, w.others) for w in propose_wordings(proposal.pages, knowledge)]
    assert told == [("督导检查", "检查", 20, True, ("督查",))]


def test_a_wording_that_looks_like_a_name_is_offered_where_it_holds_a_known_one(tmp_path, knowledge):
    rows = [[*row[:2], "任务件" if n % 2 else "任小军", row[3]] if n else row for n, row in enumerate(TASKS)]
    proposal = _proposal(make_draft(_folder(tmp_path, 任务台账=rows), knowledge), "tasks")
    assert [(w.text, w.value) for w in proposal.wordings] == [("任务件", "任务"), (HIDDEN, None)]


def test_numbers_of_answers_are_no_persons(tmp_path, knowledge):
    """A column 1, 2, 3 … or numbers that the roster lacks; a cohort makes the survey an anonymous one."""
    items = [f"Q{n}" for n in range(1, 32)]
    survey = [["人员编号", "提交答卷时间", "单位", "年龄段", *items]]
    survey += [[n, "2024-10-05", "河口镇", "90后", *[n % 5 + 1] * 31] for n in range(1, 41)]
    roster = [["工号", "单位", "出生年月", "到本单位时间"]]
    roster += [[f"{n:05d}", "河口镇", "1990-01", "2015-08-01"] for n in range(100, 180)]
    draft = make_draft(_folder(tmp_path, 问卷_第1次=survey, 花名册=roster), knowledge)
    proposal = _proposal(draft, "survey")
    assert proposal in draft.proposals and list(proposal.ignore) == ["人员编号"]
    assert draft.survey.items["Q1"] == "EE1" and len(draft.survey.items) == 31


@pytest.mark.parametrize(
    ("codes", "declared", "found"),
    [
        (range(1, 8), (0, 6), [1, 7]),
        (range(0, 7), (0, 6), None),
        (range(0, 5), (1, 5), [0, 4]),
        (range(1, 6), (0, 6), [1, 5]),
        (range(1, 6), (1, 5), None),
        (range(2, 6), (1, 5), None),
    ],
)
def test_the_range_of_a_scale_is_that_of_its_answers(codes, declared, found):
    survey = Survey()
    assert _range(survey, "x", Counter(dict.fromkeys(codes, 200)), *declared) is (found is None)
    assert survey.ranges == ({} if found is None else {"x": found})


def test_the_channel_of_an_answer_is_no_item(tmp_path, knowledge):
    items = [f"题目{n}" for n in range(31)]
    rows = [["提交答卷时间", "渠道", "单位", "年龄段", *items]]
    rows += [
        ["2024-10-05", ["微信", "网页", "短信"][n % 3], "河口镇", "90后", *[n % 7] * 15, *[n % 5 + 1] * 16]
        for n in range(60)
    ]
    draft = make_draft(_folder(tmp_path, 问卷_第1次=rows), knowledge)
    assert list(draft.survey.items) == items and not draft.survey.ranges


@pytest.mark.parametrize(("asked", "last"), [(31, "LI3"), (42, "EG2"), (32, "LI3"), (43, "EG2")])
def test_questions_are_those_of_the_usual_scales_or_of_all(tmp_path, knowledge, asked, last):
    """By their number: with and without the rare scales, with 15 or 16 items of burnout."""
    items = [f"题目{n}" for n in range(asked)]
    rows = [["提交答卷时间", "单位", "年龄段", *items]]
    rows += [["2024-10-05", "河口镇", "90后", *[n % 5 + 1] * asked] for n in range(60)]
    found = make_draft(_folder(tmp_path, 问卷_第1次=rows), knowledge).survey
    assert list(found.items) == items and found.items[items[-1]] == last
    assert found.keys == ({"burnout": "burnout_16"} if asked in (32, 43) else {})


MEANING = {
    "我做的工作很有意义": "MW1",
    "我知道自己给群众带来了什么": "MW2",
    "这份工作让我成长": "MW4",
    "我的工作可有可无": "MW3",
    "工作让我更加认识自己": "MW5",
    "我为一个更大的目标工作": "MW6",
    "干什么、怎么干由我自己决定": "AU1",
    "工作中我有自主权": "AU2",
    "遇到事情可以灵活处理": "AU3",
}
AGREE = ["很不赞成", "不赞成", "不好说", "赞成", "很赞成"]


def _statements(folder, knowledge, sentences, turned=(), anonymous="您出生于"):
    """The survey of a draft for a grid of sentences; the answers agree with one another but where ``turned``."""
    grid = [f"4、请问您是否赞成—{text}" for text in sentences]
    rows = [["提交答卷时间", "1、您所在的县（区）：", "2、您所在的乡镇", f"3、{anonymous}", *grid]]
    born = ["1979年及以前", "1980—1989年", "1990—1999年", "2000年及以后"]
    for n in range(160):
        codes = [(4 - n % 5) if text in turned else n % 5 for text in sentences]
        rows.append(["2024-10-05", "甲县", "河口镇", born[n % 4], *(AGREE[code] for code in codes)])
    return make_draft(_folder(folder, 问卷_第1次=rows), knowledge), grid


def test_statements_are_items_by_what_they_say(tmp_path, knowledge):
    """In any order, the reversed one by its words; in an anonymous survey with county, unit and decade of birth."""
    draft, grid = _statements(tmp_path, knowledge, MEANING, turned=["我的工作可有可无"])
    assert draft.survey.items == dict(zip(grid, MEANING.values(), strict=True))
    assert draft.survey.responses == {text: code for code, text in enumerate(AGREE, 1)}
    proposal = _proposal(draft, "survey")
    assert proposal in draft.proposals
    assert {"county_name", "unit_name", "cohort"} <= set(_sure(proposal).values())
    told = {w.text: w.value for w in proposal.wordings if w.column == "cohort"}
    assert told["1979年及以前"] == "70后及以前" and told["1980—1989年"] == "80后"
    assert draft.survey.confidence == "sure_medium"  # marked to be looked at


@pytest.mark.parametrize(
    ("instead", "turned"),
    [("我的工作值得去做", []), ("我的工作可有可无", ["我的工作可有可无", "这份工作让我成长"])],
    ids=["nothing says which is reversed", "answers against the words"],
)
def test_statements_that_may_be_turned_round_are_left_open(tmp_path, knowledge, instead, turned):
    sentences = [instead if item == "MW3" else text for text, item in MEANING.items()]
    draft, grid = _statements(tmp_path, knowledge, sentences, turned)
    assert sorted(draft.survey.items.values()) == ["AU1", "AU2", "AU3"]
    assert draft.survey.open_items == grid[:6]


def test_statements_are_not_given_away_by_their_number(tmp_path, knowledge):
    """31 questions that speak of leaving are not the usual 31 items."""
    sentences = [f"第{n}个理由让我想离开乡镇" for n in range(31)]
    draft, grid = _statements(tmp_path, knowledge, sentences)
    assert draft.survey.items == {} and draft.survey.open_items == grid


def test_a_sheet_that_lists_the_questions_says_what_letters_mean(tmp_path, knowledge):
    """T1 … by the sheet of questions; A is full agreement; burnout asked on five steps like the others."""
    tired = ["下班后我很疲惫", "我的心力耗尽了", "工作让我喘不过气", "想到上班就累", "我感到快崩溃了"]
    cold = ["我对工作失去兴趣", "我工作的热情没了", "我怀疑工作有没有用", "什么事都无所谓"]
    able = [
        "我能解决难题",
        "我作出了贡献",
        "我胜任工作",
        "做成事我很高兴",
        "我的工作很有成就",
        "我有信心完成任务",
    ]
    names = [f"T{n}" for n in range(1, 25)]
    options = "A完全赞成 B赞成 C不好说 D不赞成 E完全不赞成"
    said = [*tired, *MEANING, *cold, *able]
    book = [
        ["题号", "题目", "选项"],
        *([name, text, options] for name, text in zip(names, said, strict=True)),
    ]
    turned = {*able, "我的工作可有可无"}
    rows = [["填答日期", "县", "乡镇", "年代", *names]]
    for n in range(150):
        codes = [4 - n % 5 if text in turned else n % 5 for text in said]
        rows.append(["2024-10-05", "甲县", "河口镇", "80后", *("ABCDE"[code] for code in codes)])
    (tmp_path / "raw").mkdir()
    write_csv(tmp_path / "raw/单位名录.csv", UNITS)
    _book(tmp_path / "raw/干部问卷录入.xlsx", {"数据": rows, "题目": book})
    survey = make_draft(tmp_path / "raw", knowledge).survey
    burnout = (
        [f"EE{n}" for n in range(1, 6)] + [f"CY{n}" for n in range(1, 5)] + [f"PE{n}" for n in range(1, 7)]
    )
    assert list(survey.items.values()) == [*burnout[:5], *MEANING.values(), *burnout[5:]]
    assert survey.responses == dict(zip("EDCBA", range(1, 6), strict=True)) and not survey.asked
    assert survey.ranges == {"burnout": [1, 5]}


@pytest.mark.parametrize("said", ["（反向题）", ""])
def test_a_code_book_names_questions_scales_and_the_way_of_the_numbers(tmp_path, knowledge, said):
    """Questions without a usual word: their scales in another column, in any order; 1 is the most; one is reversed,
    by its words or by its answers alone."""
    scales = [("工作自主性", "AU", 3), ("工作意义感", "MW", 6), ("组织认同", "", 2), ("离职意愿", "LI", 3)]
    asked = [(scale, part and f"{part}{n}") for scale, part, many in scales for n in range(1, many + 1)]
    legend = "1=非常符合；2=比较符合；3=不确定；4=比较不符合；5=非常不符合"
    book = [
        ["变量名", "题干", "维度", "取值"],
        ["D1", "所在县区", "", ""],
        ["D2", "所在乡镇（街道）", "", ""],
    ]
    book += [["D3", "出生年代", "", ""], ["D4", "每周工作多少小时", "", "小时"]]
    book += [
        [f"V{n}", f"说法{n}" + said * (item == "MW4"), scale, legend]
        for n, (scale, item) in enumerate(asked, 1)
    ]
    rows = [["答卷编号", "提交时间", "D1", "D2", "D3", *(f"v{n}" for n in range(1, len(asked) + 1)), "D4"]]
    for n in range(150):
        codes = [5 - n % 5 if item == "MW4" else n % 5 + 1 for _, item in asked]
        rows.append([n, "2024-10-05", "甲县", "河口镇", "80后", *codes, 38 + n % 20])
    (tmp_path / "raw").mkdir()
    write_csv(tmp_path / "raw/单位名录.csv", UNITS)
    _book(tmp_path / "raw/干部调查.xlsx", {"数据": rows, "说明": book})
    draft = make_draft(tmp_path / "raw", knowledge)
    read = {heading: column.column for heading, column in _proposal(draft, "survey").columns.items()}
    assert {
        "D1": "county_name",
        "D2": "unit_name",
        "D3": "cohort",
        "D4": "hours_week",
    }.items() <= read.items()
    meaning = ["MW1", "MW2", "MW4", "MW3", "MW5", "MW6"]  # the scale's reversed item is the one marked so
    wanted = ["AU1", "AU2", "AU3", *meaning, "LI1", "LI2", "LI3"]
    ours = [n for n, (_, item) in enumerate(asked, 1) if item]
    assert draft.survey.items == {f"v{n}": item for n, item in zip(ours, wanted, strict=True)}
    assert draft.survey.responses == {str(code): 6 - code for code in range(1, 6)} and not draft.survey.ranges


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("1=从不；2=很少；3=有时；4=经常；5=总是", ("从不", "总是")),
        ("①从不 ②很少 ③有时 ④经常 ⑤总是", ("从不", "总是")),
        ("非常符合（5）符合（4）一般（3）不符合（2）非常不符合（1）", ("非常不符合", "非常符合")),
        ("小时", None),
        ("1、您所在的县区", None),
    ],
)
def test_legends_of_answers(text, ends):
    legend = legend_in(text)
    assert (legend and (legend["1"], legend["5"])) == (ends or {})


def test_names_of_scales_are_those_that_are_asked_and_run_the_same_way(knowledge):
    named = {
        text: sorted(parts_named(text, knowledge))
        for text in ("职业倦怠（去人格化）", "留任意愿", "创新氛围")
    }
    assert named == {"职业倦怠（去人格化）": ["CY"], "留任意愿": [], "创新氛围": []}


def test_a_file_of_codes_alone_is_read_by_the_code_book_beside_it(tmp_path, knowledge):
    """V1 … in one file, what they are in another; one question too many in a scale, which is turned round."""
    scales = [("第二部分 离职倾向", "LI", 4), ("第三部分 自主性", "AU", 3)]
    asked = [(scale, f"{part}{n}") for scale, part, many in scales for n in range(1, many + 1)]
    book = [["变量编码", "题目内容", "所属部分"], ["V1", "调查日期", ""], ["V2", "所在乡镇", ""]]
    book += [["V3", "您出生于", ""], *([f"V{n}", f"说法{n}", scale] for n, (scale, _) in enumerate(asked, 4))]
    rows = [["编码", *(f"V{n}" for n in range(1, len(asked) + 4))]]
    for n in range(100):
        codes = [(4 - n % 5) if item == "LI2" else (n + n // 5 % 2) % 5 for _, item in asked]
        rows.append([f"S{n}", "2024-10-05", "河口镇", "1980年至1989年", *(AGREE[code] for code in codes)])
    rest = [["周次", "日期", "课程"], ["1", "3月3日", "公文写作"], ["2", "3月6日", "民法典"]]
    draft = make_draft(_folder(tmp_path, 问卷数据=rows, 编码手册=book, 课程安排=rest), knowledge)
    assert [p.table for p in [*draft.proposals, *draft.incomplete]] == ["units", "survey"]
    read = {heading: column.column for heading, column in _proposal(draft, "survey").columns.items()}
    assert {"V1": "fieldwork_date", "V2": "unit_name", "V3": "cohort"}.items() <= read.items()
    wanted = {"V4": "LI1", "V6": "LI2", "V7": "LI3", "V8": "AU1", "V9": "AU2", "V10": "AU3"}
    assert draft.survey.items == wanted and draft.survey.open_items == ["V5"]


def test_headings_that_need_one_another_or_the_cells(tmp_path, knowledge):
    """One of two dates says when a policy takes effect; months are no way in; a list of problems is to be put right."""
    policies = [["编号", "制度名称", "出台时间", "生效时间"]]
    policies += [
        [n, name, f"2024-0{n}-10", f"2024-0{n + 3}-01"]
        for n, name in enumerate(["减负二十条", "报表准入办法", "应用清理方案"], 1)
    ]
    roster = [["证件号码", "所在单位", "出生日期", "入职", "到现单位", "来源渠道", "级别"]]
    ranks = ["一级科员", "二级主任科员", "四级调研员"]
    ways = ["公开招考", "军队转业", "社会招聘"]
    for n in range(30):
        number = _id_number(n)[0]
        days = [f"20{10 + n % 9}年8月", f"2020-08-{n % 28 + 1:02d}"]
        roster.append([number, "河口镇", "1990-01-02", *days, ways[n % 3], ranks[n % 3]])
    moves = [["证件号码", "所在单位", "进/出", "进出方式", "从哪来（到哪去）", "报到（离开）日期"]]
    reasons = [
        ("出", "考走", "市直机关"),
        ("出", "退休", ""),
        ("进", "招录公务员", ""),
        ("出", "平调", "县直部门"),
    ]
    moves += [
        [_id_number(n)[0], "河口镇", *reasons[n % 4], f"2024-03-{n % 28 + 1:02d}"] for n in range(40, 64)
    ]
    tasks = _with(("是否留有问题清单", lambda n: "有无"[n % 2]))
    folder = _folder(tmp_path, 减负制度清单=policies, 花名册=roster, 干部进出登记=moves, 任务台账=tasks)
    draft = make_draft(folder, knowledge)
    read = {table: _sure(_proposal(draft, table)) for table in ("policies", "roster", "ledger", "tasks")}
    assert {"编号": "policy_id", "生效时间": "start_date"}.items() <= read["policies"].items()
    wanted = {"入职": "hire_date", "到现单位": "spell_start", "来源渠道": "entry_route", "级别": "rank"}
    assert wanted.items() <= read["roster"].items()
    assert {"进出方式": "exit_type", "从哪来（到哪去）": "destination"}.items() <= read["ledger"].items()
    assert read["tasks"]["是否留有问题清单"] == "has_rectify"


def test_steps_of_urgency_are_neither_yes_nor_no(tmp_path, knowledge):
    rows = _with(("缓急程度", lambda n: ["平件", "加急", "特急"][n % 3]))
    proposal = _proposal(make_draft(_folder(tmp_path, 任务台账=rows), knowledge), "tasks")
    assert "缓急程度" in proposal.open


def test_sheets_of_those_who_came_and_left_are_read_each_in_its_way(tmp_path, knowledge):
    """原单位 is where the leavers were and where the newcomers were before; a day of a paper is not the day."""
    came = [["身份证号", "新单位", "增加方式", "原单位", "报到日期"]]
    came += [[_id_number(n)[0], "河口镇", "调入", "市农科所", f"2024年3月{n + 1}日"] for n in range(12)]
    left = [["身份证号", "原单位", "减少方式", "层次", "发文日期", "办理离岗日期"]]
    why = [("遴选", "市"), ("调出", "县"), ("退休", "")]
    left += [
        [_id_number(n + 50)[0], "河口镇", *why[n % 3], f"2024年2月{n + 1}日", f"2024年3月{n + 1}日"]
        for n in range(12)
    ]
    (tmp_path / "raw").mkdir()
    write_csv(tmp_path / "raw/单位名录.csv", UNITS)
    _book(tmp_path / "raw/人员增减登记.xlsx", {"增加人员": came, "减少人员": left})
    draft = make_draft(tmp_path / "raw", knowledge)
    read = {p.sheets[0]: _sure(p) for p in draft.proposals if p.table == "ledger"}
    assert read["增加人员"]["新单位"] in ("unit_code", "unit_name") and "原单位" not in read["增加人员"]
    assert read["减少人员"]["原单位"] in ("unit_code", "unit_name")
    assert read["减少人员"]["办理离岗日期"] == "date" and "发文日期" not in read["减少人员"]
    assert read["减少人员"]["减少方式"] == "exit_type"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1980年以前", "70后及以前"),
        ("1969年及以前", "70后及以前"),
        ("1970-1979年", "70后及以前"),
        ("85后", "80后"),
        ("1990—1999年", "90后"),
        ("2000年后", "00后"),
        ("1975-1984年", None),
        ("1985年及以前", None),
    ],
)
def test_years_of_birth_are_cohorts_where_they_are_decades(knowledge, text, value):
    known = known_wordings("survey", "cohort", knowledge)
    found = known.get(text) or _category("cohort", text, 9, known, knowledge.hints["cohort"])
    assert (
        found if isinstance(found, str) else found.value if found.confidence != "sure_low" else None
    ) == value


def test_what_is_no_common_table_stays_out(tmp_path, knowledge):
    """A contact list, and a table of one's own by unit and month, beside tables that are known."""
    contacts = [["姓名", "电话"], ["张三", "13900000001"], ["李四", "13900000002"]]
    weekend = [["月份", "乡镇", "周末消息数", "群主"]] + [
        [f"2024年{n % 6 + 1}月", "河口镇", 40 + n, "张三"] for n in range(12)
    ]
    draft = make_draft(_folder(tmp_path, 任务台账=TASKS, 通讯录=contacts, 周末消息2024=weekend), knowledge)
    assert [p.table for p in [*draft.proposals, *draft.incomplete]] == ["units", "tasks"]
    assert [place for place, _ in draft.unknown] == ["周末消息2024.csv", "通讯录.csv"]


def test_one_export_saved_twice_is_one_table(tmp_path, knowledge):
    rows = [[*row[:3], f"{row[3]} 00:00:00" if n else row[3]] for n, row in enumerate(TASKS)]
    draft = make_draft(_folder(tmp_path, 任务台账=TASKS, 督办导出=rows), knowledge)
    assert [p.files for p in draft.proposals if p.table == "tasks"] == [["任务台账.csv"]] or [
        p.files for p in draft.proposals if p.table == "tasks"
    ] == [["督办导出.csv"]]
    assert [reason.code for _, reason in draft.troubles] == ["sheet_again"]


def test_a_draft_is_made_again_where_a_trial_rejects_too_much(tmp_path, knowledge):
    """Numbers that begin anew in every file identify no task: the second draft does not read them."""
    for month in (3, 4):
        rows = [[n + 1, *row[1:3], f"2024-{month:02d}-{n + 1:02d}"] for n, row in enumerate(TASKS[1:])]
        write_csv(tmp_path / f"任务台账_{month}月.csv", [TASKS[0], *rows])
    _folder(tmp_path)
    draft = make_draft(tmp_path, knowledge)
    settings = merge(knowledge.default, {"province": {"name": {"zh": "甲", "en": "A"}}})
    trial = try_out(merge(settings, draft.settings()), tmp_path, tmp_path / "quarantine", knowledge)
    refused = refused_by(trial, draft, knowledge)
    assert refused == {("tasks", "编号", "task_id")}
    again = make_draft(tmp_path, knowledge, refused)
    assert _proposal(again, "tasks").source()["ignore"] == ["编号"]
    second = try_out(merge(settings, again.settings()), tmp_path, tmp_path / "quarantine", knowledge)
    assert (trial.kept, second.kept) == (6, 46)


@pytest.mark.parametrize(
    ("file", "core"),
    [
        ("打卡记录_202401.csv", "打卡记录"),
        ("导出/学习强国使用情况（2024年3月）.xlsx", "学习强国使用情况"),
        ("2024年1月考勤明细.xls", "考勤明细"),
        ("202401.csv", "202401"),
        ("应用月报/谷川通/2024-01.xlsx", "谷川通"),
        ("谷川通/1月.xlsx", "谷川通"),
    ],
)
def test_the_name_of_a_series_of_files(file, core):
    assert core_name(file) == core


def test_apps_without_a_column_are_told_by_the_series_of_their_files(tmp_path, knowledge):
    rows = [["单位", "月份", "操作类型", "次数"], ["河口镇", "2024-03", "打卡", "5"]]
    files = {f"平台_{app}_20240{month}": rows for app in ("政务通", "学习云") for month in (1, 2)}
    rows2 = [rows[0], ["河口镇", "2024-04", "打卡", "6"]]
    files |= {name: rows2 for name in files if name.endswith("2")}
    draft = make_draft(_folder(tmp_path, **files), knowledge)
    found = {
        tuple(p.files): p.source()["fixed"]["app_name"] for p in draft.proposals if p.table == "app_activity"
    }
    assert sorted(found.values()) == ["平台学习云", "平台政务通"]
    assert sorted(found) == [("平台_学习云_*.csv",), ("平台_政务通_*.csv",)]


def test_hints_are_whole_patterns():
    """A comma in a pattern (.{0,3}) needs quotes: no line of the list has more cells than headings."""
    with open(ROOT / "config" / "plan" / "hints.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert {len(row) for row in rows} == {3}
    assert all(re.compile(words) for _, _, words in rows[1:])


@pytest.mark.parametrize(
    ("answers", "first", "asked"),
    [
        (["A.从不", "B.极少", "C.偶尔", "D.经常", "E.频繁", "F.非常频繁", "G.每天"], "A.从不", False),
        (["G.没有过", "F.很少", "E.有时", "D.经常", "C.频频", "B.非常频频", "A.天天"], "G.没有过", False),
        (["A", "B", "C", "D", "E", "F", "G"], "A", True),
    ],
)  # fmt: skip
def test_answers_are_ordered_by_their_words_and_asked_where_only_letters_are_left(
    knowledge, answers, first, asked
):
    """Bare letters may run either way: turned round they would turn the results round."""
    survey, found = Survey(), [Counter(dict.fromkeys(answers, 40))]
    _code(survey, "burnout", knowledge.scales["burnout"], found, knowledge)
    assert bool(survey.asked) == asked
    if asked:
        assert not survey.responses and list(survey.asked) == answers
    elif survey.responses:
        assert min(survey.responses, key=survey.responses.get) == first


def test_files_with_the_same_headings_are_one_source_wherever_they_lie(tmp_path, knowledge):
    """A file for each county below a folder for each half-year: one entry to look at and to correct."""
    raw = _folder(tmp_path)
    for half in ("2024上半年", "2024下半年"):
        (raw / "督办" / half).mkdir(parents=True)
        for county in ("甲县", "乙县"):
            rows = [[f"{half[:5]}{county}{row[0]}", *row[1:]] for row in TASKS[1:]]
            write_csv(raw / "督办" / half / f"{county}交办清册.csv", [TASKS[0], *rows])
    tasks = [p for p in make_draft(raw, knowledge).proposals if p.table == "tasks"]
    assert len(tasks) == 1 and len(tasks[0].names) == 4
    found = {path for pattern in tasks[0].files for path in raw.glob(pattern)}
    assert found == set((raw / "督办").rglob("*.csv"))


def test_apps_with_the_same_headings_stay_sources_of_their_own(tmp_path, knowledge):
    rows = [
        ["单位", "月份", "操作类型", "次数"],
        *(["河口镇", f"2024-{n + 1:02d}", "打卡", 5 + n] for n in range(12)),
    ]
    draft = make_draft(_folder(tmp_path, 学习云=rows, 政务通=rows[:9]), knowledge)
    apps = [p.fixed["app_name"][0] for p in draft.proposals if p.table == "app_activity"]
    assert sorted(apps) == ["学习云", "政务通"]


def test_a_sheet_of_those_who_left_is_no_list_of_punches(tmp_path, knowledge):
    """单位 and 时间 make no punches where no clock shows and no name speaks of them."""
    numbers = [_id_number(n)[0] for n in range(12)]
    rows = [["证件号码", "单位", "时间", "途径"]]
    rows += [[number, "河口镇", f"2024-{n + 1:02d}-10", "辞职"] for n, number in enumerate(numbers)]
    draft = make_draft(_folder(tmp_path, 减少人员明细=rows), knowledge)
    assert not [p for p in [*draft.proposals, *draft.incomplete] if p.table == "punches"]


def test_codes_of_units_are_known_by_their_cells(tmp_path, knowledge):
    """编号 below 机构 is no usual heading of a code; a table of units with other columns of codes beside it."""
    rows = [["编号", "规范名称", "隶属县码", "隶属县", "核定编制"]]
    rows += [
        [f"39010110{n}000", f"{name}镇", "390101", "甲县", 30 + n] for n, name in enumerate("河石青白金")
    ]
    write_csv(tmp_path / "镇街名录.csv", rows)
    units = next(p for p in make_draft(tmp_path, knowledge).proposals if p.table == "units")
    assert {text: h.column for text, h in units.columns.items()}["编号"] == "unit_code"


def test_a_sheet_with_a_column_per_month_is_known_by_its_months(tmp_path, knowledge):
    rows = [["镇街", "载体", *(f"{month}月" for month in range(1, 13)), "总计"]]
    rows += [["河口镇", kind, *[5] * 12, 60] for kind in ("纸质", "电子")]
    draft = make_draft(_folder(tmp_path, 镇街来文2024=rows), knowledge)
    assert _proposal(draft, "documents") in draft.proposals


def test_names_of_offices_are_no_titles(tmp_path, knowledge):
    """牵头部门|名称 was taken for what a task is called, and its kind and topic were told from it."""
    head = [["编号", "牵头部门", "", "责任单位", "事项类型", "下达时间"], ["", "名称", "层级", "", "", ""]]
    rows = [
        [f"A{n}", ["县民政局", "县应急局", "市数据局"][n % 3], "县", "河口镇", "任务", f"2024-03-{n + 1:02d}"]
        for n in range(20)
    ]
    proposal = _proposal(make_draft(_folder(tmp_path, 任务台账=head + rows), knowledge), "tasks")
    read = {h.column for h in proposal.columns.values()} | set(proposal.known.values())
    assert "title" not in read


def test_a_column_for_each_app(tmp_path, knowledge):
    """Each column that names an app is rows of that app; a total is of none; two counts of one app are not apart."""
    head = ["年月", "乡镇", "云浦通签到（次）", "学习平台积分", "合计次数", "云浦通激活率"]
    rows = [
        [f"2024-{m:02d}", unit, m, 100 + m, 100 + 2 * m, "84%"]
        for m in range(1, 9)
        for unit in ("河口镇", "石坪镇")
    ]
    for name in "ab":
        (tmp_path / name).mkdir()
    draft = make_draft(_folder(tmp_path / "a", 应用使用情况=[head, *rows]), knowledge)
    source = _proposal(draft, "app_activity").source()
    assert source["unpivot"] == {
        "云浦通签到（次）": {"app_name": "云浦通", "action_type": "打卡"},
        "学习平台积分": {"app_name": "学习平台", "action_type": "积分"},
    }
    read = ingest_rows(tmp_path / "a", "app_activity", None, name="应用使用情况.csv", source=source)
    counts = read.canonical.to_pandas()
    assert counts.groupby("app_name")["count"].sum().to_dict() == {"云浦通": 72, "学习平台": 1672}
    head[2:4] = ["云浦通签到次数", "云浦通积分"]
    own = _proposal(
        make_draft(_folder(tmp_path / "b", 应用使用情况=[head, *rows]), knowledge), "app_activity"
    )
    assert not own.unpivot
