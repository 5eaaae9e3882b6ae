"""Two more invented folders of exports, made from a known truth: what must stand in the tables is told beside them.

Each function writes a folder and returns its truth: numbers of rows, persons and counts. Sheets per month, several
units in one cell, leavers on sheets of their own, a table of documents with a column per month, a file per app, codes
of twelve digits, one table saved as xlsx and csv, marks of attendance that are no punches.
"""

from collections import Counter
from datetime import date, datetime, timedelta

import numpy as np
from ingest_cases import write_csv
from unseen_folders import ITEMS, _answers, _book, _columns, _persons, _web_page

TOWNS = ["青山镇", "白石镇", "双龙乡", "金沙镇", "长岭乡", "红旗镇", "东坪乡", "南渡镇"]
WARDS = ["望海街道", "临港街道", "新城街道", "盐场镇", "渔浦镇", "滨河街道"]
START = datetime(2024, 1, 2, 9)
PARTS = (
    "tasks",
    "apps",
    "exits",
    "staff",
    "survey",
    "documents",
)  # of a truth: rows, counts, persons, mean of EE1


def _month_days(month):
    return (date(2024 + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day


def _town_tasks(folder, truth):
    """A sheet per month with title, heading of two rows and a note; the first sheet once more as CSV."""
    sheets = {"填表说明": [["每月5日前由各牵头单位更新，督查室汇总"]]}
    for month in range(1, 13):
        rows = [
            [f"谷川县2024年{month}月督办事项台账"],
            ["序号", "督办事项", "事项来源", "牵头单位", "责任单位", "时间要求", "", "办理情况", "", ""],
            ["", "", "", "", "", "交办", "时限", "签收", "完成", "状态"],
        ]
        for n in range(60):
            start = datetime(2024, month, 1 + n % 26)
            meant = [
                [TOWNS[n % 8]],
                TOWNS,
                [TOWNS[n % 8], TOWNS[(n + 3) % 8]],
                [TOWNS[n % 8]],
            ][n % 4]
            unit = "各乡镇" if meant is TOWNS else "、".join(meant) + "，县农业农村局" * (n % 4 == 3)
            done = n % 7 != 0
            truth["tasks"].update(meant)
            rows.append(
                [
                    n + 1,
                    ["报送秸秆禁烧巡查台账", "做好抗旱保苗工作", "上报人居环境整治照片", "召开党建推进会"][
                        n % 4
                    ],
                    ["市级交办", "县级安排"][n % 2],
                    ["县农业农村局", "县委组织部", "县应急局"][n % 3],
                    unit,
                    f"{start.year}.{start.month}.{start.day}",
                    f"{start + timedelta(days=4):%Y.%m.%d}",
                    f"{start + timedelta(days=1):%Y.%m.%d}",
                    f"{start + timedelta(days=3):%Y.%m.%d}" if done else "",
                    "办结" if done else "推进中",
                ]
            )
        rows.append(["注：逾期未办结的标红，由督查室约谈"])
        sheets[f"{month}月"] = rows
    _book(folder / "督办台账2024.xlsx", sheets)
    write_csv(folder / "督办台账2024（1月）.csv", sheets["1月"], encoding="gb18030")


def _town_visits(folder, truth):
    rows = [
        ["备案号", "备案事项", "来访部门", "接待乡镇", "活动类别", "开始日期", "结束日期", "查看方式", "评分"]
    ]
    for n in range(100):
        start = START + timedelta(days=3 * n)
        truth["tasks"][TOWNS[n % 8]] += 1
        rows.append(
            [
                f"BA{n:04d}",
                ["安全生产检查", "乡村振兴调研", "基层党建观摩"][n % 3],
                ["县安委办", "县委办公室"][n % 2],
                TOWNS[n % 8],
                ["检查", "调研", "观摩", "督导检查"][n % 4],
                f"{start:%Y年%m月%d日}",
                f"{start + timedelta(days=1):%Y年%m月%d日}",
                ["看现场", "看台账", "现场+台账"][n % 3],
                ["打分", "不打分"][n % 2],
            ]
        )
    _web_page(folder / "来访备案.xls", rows)


def _town_apps(folder, codes, rng, truth):
    """A folder per app and a file per month; units by codes of twelve digits. Marks of attendance beside them."""
    for app, heading, more in (("谷川通", "打卡次数", True), ("先锋课堂", "学习积分", False)):
        (folder / "应用月报" / app).mkdir(parents=True)
        for month in range(1, 7):
            rows = [["机构编码", "机构简称", heading, *(["其中夜间", "其中周末"] if more else [])]]
            for code, name in zip(codes, TOWNS, strict=True):
                count = int(rng.poisson(800))
                truth["apps"][app] += count
                rows.append([f"{code}000", name[:2], count, *([count // 5, count // 7] if more else [])])
            _book(folder / "应用月报" / app / f"2024-{month:02d}.xlsx", {"Sheet1": rows})
    (folder / "考勤").mkdir()
    for month in (1, 2):
        days = _month_days(month)
        rows = [
            [f"2024年{month}月机关干部考勤表"],
            ["序号", "姓名", "单位", *range(1, days + 1), "出勤天数", "迟到"],
        ]
        rows += [
            [n + 1, "司马小川", TOWNS[n % 8], *("√事"[(n + d) % 9 == 0] for d in range(days)), 20, 1]
            for n in range(24)
        ]
        _book(folder / "考勤" / f"考勤表2024-{month:02d}.xlsx", {"考勤": rows})


def _town_people(folder, truth):
    """The staff on one sheet, those who left on sheets of their own with what is known of their leaving."""
    head = [
        "序号", "姓名", "身份证号码", "所在乡镇", "现任职务", "职级", "编制性质", "进入途径", "学历",
        "参加工作时间", "到本乡镇工作时间",
    ]  # fmt: skip
    sheets = {
        "在职": [head],
        "调出": [[*head, "调出时间", "调往单位"]],
        "退休": [[*head, "退休时间"]],
        "辞职": [[*head, "辞职时间", "备注"]],
    }
    for n, number, _, hired, came in _persons(180):
        row = [
            n + 1, "司马小川", number, TOWNS[n % 8], "干部", "四级主任科员", ["行政", "事业"][n % 2],
            ["省考", "选调生", "事业招聘"][n % 3], ["大学本科", "大专"][n % 2],
            f"{hired:%Y.%m}", f"{came:%Y.%m.%d}",
        ]  # fmt: skip
        kind = {3: "调出", 7: "退休", 11: "辞职"}.get(n % 20, "在职")
        left = f"2024.{n % 12 + 1:02d}.15"
        more = {"调出": [left, "县水利局"], "退休": [left], "辞职": [left, "已办手续"], "在职": []}[kind]
        sheets[kind].append([*row, *more])
        truth["exits" if kind != "在职" else "staff"][kind] += 1
    _book(folder / "乡镇干部名册.xlsx", sheets)


def _town_survey(folder, rng, truth):
    """Anonymous answers coded 1-7 and 1-5; the number of the row is no staff number."""
    for wave in (1, 2):
        head = ["序号", "提交答卷时间", "所用时间", "来源", "1、您所在的乡镇", "2、您的年龄段"]
        head += [f"{n}、第{n - 2}项" for n in range(3, 34)] + ["34、您每周工作多少小时"]
        burnout, others = _answers(rng, 1, 7, (150, 15)), _answers(rng, 1, 5, (150, 16))
        truth["survey"][wave] = burnout[:, 0].mean()
        rows = [head]
        for n in range(150):
            row = [n + 1, f"2024/{4 * wave}/{n % 28 + 1} 9:{n % 60:02d}:00", f"{180 + n}秒", "微信"]
            row += [TOWNS[n % 8], ["90后", "80后", "00后", "70后及以前"][n % 4]]
            rows.append([*row, *burnout[n].tolist(), *others[n].tolist(), 44 + n % 12])
        _book(folder / f"干部状态调查第{wave}次.xlsx", {"Sheet1": rows})


def towns_folder(folder):
    """戊: a county office's shared folder. Returns its truth."""
    rng, truth = np.random.default_rng(5), {part: Counter() for part in PARTS}
    folder.mkdir(parents=True, exist_ok=True)
    codes = [f"39070{1}1{n:02d}" for n in range(8)]
    rows = [
        ["谷川县乡镇基本情况"],
        ["行政区划", "", "", "", "类别", "编制", "人口和面积", ""],
        ["代码", "乡镇名称", "所属县", "所属市", "", "核定数", "户籍人口", "面积"],
    ]
    rows += [
        [f"{code}000", name, "谷川县", "云江市", name[-1], 30 + n, 15000 + n, 80 + n]
        for n, (code, name) in enumerate(zip(codes, TOWNS, strict=True))
    ]
    _book(folder / "乡镇基本情况.xlsx", {"基本情况": [*rows, ["注：数据截至2023年底"]]})
    _town_tasks(folder, truth)
    _town_visits(folder, truth)
    _town_apps(folder, codes, rng, truth)
    _town_people(folder, truth)
    _town_survey(folder, rng, truth)
    rows = [["2024年乡镇收发文统计"], ["序号", "乡镇", "公文形式", *(f"{m}月" for m in range(1, 13)), "合计"]]
    for place, name in enumerate(TOWNS):
        for kind in ("纸质", "电子"):
            counts = rng.poisson(25, 12).tolist()
            truth["documents"][kind] += sum(counts)
            rows.append([place + 1, name, kind, *counts, sum(counts)])
    _book(folder / "收发文统计2024.xlsx", {"统计": rows})
    write_csv(folder / "收发文统计2024.csv", rows)
    return truth


_TOWNS = {
    "乡镇基本情况.xlsx": (
        "units",
        _columns(
            "行政区划|代码=unit_code 行政区划|乡镇名称=unit_name 行政区划|所属县=county_name "
            "行政区划|所属市=city_name 类别=unit_type 编制|核定数=establishment 人口和面积|户籍人口=population "
            "人口和面积|面积=area_km2"
        ),
    ),
    "督办台账2024*": (
        "tasks",
        _columns(
            "督办事项=title 事项来源=source 牵头单位=issuer 责任单位=unit_name 时间要求|交办=issue_at "
            "时间要求|时限=due_at 办理情况|完成=done_at 办理情况|状态=state"
        ),
    ),
    "来访备案.xls": (
        "tasks",
        _columns(
            "备案号=task_id 备案事项=title 来访部门=issuer 接待乡镇=unit_name 活动类别=event_label "
            "开始日期=issue_at 结束日期=done_at 查看方式=check_mode 评分=has_score"
        ),
    ),
    "应用月报/谷川通/*.xlsx": (
        "app_activity",
        _columns("机构编码=unit_code 打卡次数=count 其中夜间=off_hours_count 其中周末=rest_day_count"),
    ),
    "应用月报/先锋课堂/*.xlsx": ("app_activity", _columns("机构编码=unit_code 学习积分=count")),
    "乡镇干部名册.xlsx": (
        "roster",
        _columns(
            "身份证号码=id_number 所在乡镇=unit_name 现任职务=role 职级=rank 编制性质=bianzhi 进入途径=entry_route "
            "学历=education 参加工作时间=hire_date 到本乡镇工作时间=spell_start 调出时间=transfer_date "
            "调往单位=destination 退休时间=retire_date 辞职时间=leave_date"
        ),
    ),
    "干部状态调查第*次.xlsx": (
        "survey",
        _columns(
            "提交答卷时间=fieldwork_date 所用时间=duration_s 1、您所在的乡镇=unit_name 2、您的年龄段=cohort"
        )
        | {"34、您每周工作多少小时": "hours_week"}
        | {f"{n}、第{n - 2}项": item for n, item in enumerate(ITEMS, start=3)},
    ),
    "收发文统计2024*": ("documents", _columns("乡镇=unit_name 公文形式=channel =months")),
}
TOWNS_RIGHT = {
    "files": _TOWNS,
    "constants": {
        "应用月报/谷川通/*.xlsx": {"app_name": "谷川通", "action_type": "打卡"},
        "应用月报/先锋课堂/*.xlsx": {"app_name": "先锋课堂", "action_type": "积分"},
    },
    "values": {
        ("tasks", "event_label"): {"检查": "检查", "调研": "调研", "观摩": "观摩", "督导检查": "检查"},
        ("tasks", "check_mode"): {"看现场": "实地", "看台账": "查阅资料", "现场+台账": "混合"},
        ("tasks", "has_score"): {"打分": True, "不打分": False},
        ("documents", "channel"): {"纸质": "纸质", "电子": "电子"},
        ("units", "unit_type"): {"镇": "镇", "乡": "乡"},
    },
    "survey": {"ranges": {"burnout": [1, 7]}},
}


def _ward_tasks(folder, codes, truth):
    """Exports of a system by month, other headings after an upgrade; two months saved as xlsx as well."""
    old = [
        "任务单号", "上级单号", "责任机构编码", "责任机构", "任务标题", "任务类型", "派发部门", "派发层级",
        "派发时间", "要求完成时间", "实际完成时间", "任务状态", "表单数", "图片数", "退回次数", "是否统一格式",
    ]  # fmt: skip
    new = [
        "单号", "父级单号", "承接机构码", "承接机构", "标题", "类型", "下发部门", "下发层级",
        "下发时间", "截止时间", "完成时间", "状态", "表单数", "图片数", "退回次数", "统一格式",
    ]  # fmt: skip
    (folder / "任务").mkdir()
    for month in range(1, 13):
        rows = [old if month < 7 else new]
        for n in range(80):
            start = datetime(2024, month, 1 + n % 27, 8 + n % 10, 5)
            place, done = n % 6, n % 11 != 0
            truth["tasks"][WARDS[place]] += 1
            rows.append(
                [
                    f"RW{month:02d}{n:04d}",
                    f"RW{month:02d}{n - 2:04d}" if n % 5 == 4 else "",
                    f"{codes[place]}000.0",
                    f"海州市临港区{WARDS[place]}办事处" if WARDS[place].endswith("街道") else WARDS[place],
                    f"关于第{n}项工作的任务",
                    ["日常任务", "专项督查", "考核评分", "会议活动"][n % 4],
                    ["区应急局", "市城管局", "省民政厅"][n % 3],
                    ["区级", "市级", "省级"][n % 3],
                    f"{start:%Y-%m-%d %H:%M:%S}",
                    f"{start + timedelta(days=3):%Y-%m-%d %H:%M:%S}",
                    f"{start + timedelta(days=2, hours=n % 9):%Y-%m-%d %H:%M:%S}" if done else "",
                    "已完成" if done else "进行中",
                    n % 3,
                    n % 4,
                    n % 2,
                    ["是", "否"][n % 2],
                ]  # fmt: skip
            )
        write_csv(folder / "任务" / f"任务导出2024-{month:02d}.csv", rows, encoding="gb18030")
        if month in (3, 9):
            _book(folder / "任务" / f"任务导出2024-{month:02d}.xlsx", {"Sheet1": rows})


def _ward_apps(folder, codes, rng, truth):
    """An app wide by day with codes, one with names, one with kinds of action; times at the door by day."""
    (folder / "应用").mkdir()
    for month in range(1, 7):
        days = _month_days(month)
        rows = [["机构编码", *(f"{day}日" for day in range(1, days + 1)), "合计"]]
        grid = [["事件类型", "所属机构编码", "办理量", "非工作时间办理量"]]
        names = [["街道（镇）", "当月新增注册数", "累计注册率"]]
        for code, name in zip(codes, WARDS, strict=True):
            counts = rng.poisson(12, days).tolist()
            truth["apps"]["微海州活跃"] += sum(counts)
            rows.append([f"{code}000", *counts, sum(counts)])
            for action in ("签到", "上报事件"):
                count = int(rng.poisson(300))
                truth["apps"]["网格e通"] += count
                grid.append([action, f"{code}000", count, count // 6])
            count = int(rng.poisson(90))
            truth["apps"]["反诈注册"] += count
            names.append([name, count, f"{60 + month}%"])
        _book(folder / "应用" / f"微海州活跃_2024年{month}月.xlsx", {"Sheet1": rows})
        write_csv(folder / "应用" / f"网格e通（2024{month:02d}）.csv", grid)
        write_csv(folder / "应用" / f"反诈注册2024年{month}月.csv", names, encoding="gb18030")
    for month in (1, 2):
        days = _month_days(month)
        rows = [
            [f"考勤机原始记录 2024-{month:02d}-01 ~ 2024-{month:02d}-{days}"],
            ["姓名", "所属部门", "上下班", *range(1, days + 1)],
        ]
        for n in range(18):
            for kind, hour in (("上班", 8), ("下班", 18)):
                cells = [
                    "" if (day + n) % 7 == 0 else f"{hour:02d}:{(day * n) % 60:02d}" for day in range(days)
                ]
                truth["apps"]["考勤机"] += sum(bool(cell) for cell in cells)
                rows.append(["欧阳小海", WARDS[n % 6], kind, *cells])
        _book(folder / "应用" / f"考勤机2024-{month:02d}.xlsx", {"记录": rows})


def _ward_people(folder, truth):
    """One sheet with the state of everybody and how they left; those who came and went on two sheets of a year."""
    head = [
        "员工号", "姓名", "出生年月", "所在街镇", "性别", "文化程度", "用工性质", "岗位", "现职级",
        "参加工作年月", "到街镇日期", "录用途径", "人员状态", "离岗日期", "离岗类型", "离岗去向",
    ]  # fmt: skip
    rows = [head]
    for n, _, born, hired, came in _persons(150):
        gone = n % 10 == 4
        kind, where = [("遴选", "市发改委"), ("辞职", ""), ("县内调动", "区住建局")][n // 10 % 3]
        truth["exits"][{"县内调动": "调出"}.get(kind, kind)] += gone
        truth["staff"]["在职"] += not gone
        rows.append(
            [
                f"{n + 1:04d}",
                "欧阳小海",
                f"{born:%Y-%m}",
                WARDS[n % 6],
                "男女"[n % 2],
                ["本科", "研究生"][n % 2],
                ["公务员", "事业编制", "编外"][n % 3],
                "工作人员",
                "一级科员",
                f"{hired:%Y-%m}",
                f"{came:%Y-%m-%d}",
                ["省考", "事业单位招聘", "社会招聘"][n % 3],
                "离岗" if gone else "在岗",
                *([f"2024-{n % 12 + 1:02d}-20", kind, where] if gone else ["", "", ""]),
            ]  # fmt: skip
        )
    write_csv(folder / "人员信息表.csv", rows, encoding="gb18030")
    head = ["员工号", "出生年月", "街镇", "变动日期", "变动原因", "来源或去向"]
    sheets = {"新进": [head], "离开": [head]}
    for n, _, born, *_ in _persons(165):
        if n >= 150:
            sheets["新进"].append(
                [f"{n + 1:04d}", f"{born:%Y-%m}", WARDS[n % 6], f"2024-{n % 12 + 1:02d}-08", "公开招录", ""]
            )
            truth["staff"]["在职"] += 1
        elif n % 10 == 6:
            sheets["离开"].append(
                [
                    f"{n + 1:04d}",
                    f"{born:%Y-%m}",
                    WARDS[n % 6],
                    f"2024-{n % 12 + 1:02d}-09",
                    "考录",
                    "省税务局",
                ]
            )
            truth["exits"]["考录"] += 1
            truth["staff"]["在职"] -= 1
    _book(folder / "2024年人员进出登记.xlsx", sheets)


def _ward_survey(folder, rng, truth):
    """Answers by staff number, all of them letters or sentences; an item column says nothing by its name."""
    for wave in (1, 2):
        head = [
            "答卷ID",
            "员工号",
            "完成时间",
            "用时(秒)",
            *(f"v{n}" for n in range(1, 32)),
            "周工时",
            "留痕工时",
        ]
        burnout, others = _answers(rng, 0, 6, (100, 15)), _answers(rng, 0, 4, (100, 16))
        truth["survey"][wave] = burnout[:, 0].mean()
        rows = [head]
        for n in range(100):
            row = [
                f"{wave}{n:04d}",
                f"{n + 1:04d}",
                f"2024-{5 * wave:02d}-{n % 28 + 1:02d} 20:{n % 60:02d}",
                200 + n,
            ]
            rows.append(
                [
                    *row,
                    *burnout[n].tolist(),
                    *(["很不同意", "不同意", "一般", "同意", "很同意"][a] for a in others[n]),
                    42 + n % 15,
                    5 + n % 6,
                ]
            )
        write_csv(folder / f"职业状态测评_T{wave}.csv", rows)


def wards_folder(folder):
    """己: a city district's exports. Returns its truth."""
    rng, truth = np.random.default_rng(6), {part: Counter() for part in PARTS}
    folder.mkdir(parents=True, exist_ok=True)
    codes = [f"3908010{n:02d}" for n in (1, 2, 3)] + ["390801100", "390801101", "390801004"]
    rows = [
        ["区划代码", "机构全称", "机构简称", "区县代码", "区县", "地市", "机构类型", "编制数", "常住人口"]
    ]
    rows += [
        [
            f"'{code}000",
            f"海州市临港区{name}",
            name,
            "390801",
            "临港区",
            "海州市",
            name[2:],
            45 + n,
            52000 + n,
        ]
        for n, (code, name) in enumerate(zip(codes, WARDS, strict=True))
    ]
    write_csv(folder / "机构.csv", rows, encoding="gb18030")
    _ward_tasks(folder, codes, truth)
    _ward_apps(folder, codes, rng, truth)
    _ward_people(folder, truth)
    _ward_survey(folder, rng, truth)
    rows = [["月份", "街镇代码", "收文方式", "收文数", "领导批示数"]]
    for month in range(1, 13):
        for code in codes:
            for kind in ("线上", "线下"):
                count = int(rng.poisson(30))
                truth["documents"][{"线上": "电子", "线下": "纸质"}[kind]] += count
                rows.append([f"2024年{month}月", f"{code}000", kind, count, 4])
    write_csv(folder / "收文统计.csv", rows)
    _book(folder / "收文统计.xlsx", {"收文": rows})
    return truth


def _ward_columns(own):
    return _columns(own + " 表单数=n_table 图片数=n_photo 退回次数=n_return")


_WARDS = {
    "机构.csv": (
        "units",
        _columns(
            "区划代码=unit_code 机构全称=unit_name 机构简称=aliases 区县代码=county_code 区县=county_name "
            "地市=city_name 机构类型=unit_type 编制数=establishment 常住人口=population"
        ),
    ),
    "任务/任务导出2024-0[1-6].*": (
        "tasks",
        _ward_columns(
            "任务单号=task_id 上级单号=parent_task_id 责任机构编码=unit_code 任务标题=title 任务类型=event_label "
            "派发部门=issuer 派发层级=issuer_level 派发时间=issue_at 要求完成时间=due_at 实际完成时间=done_at "
            "任务状态=state 是否统一格式=template_required"
        ),
    ),
    "任务/任务导出2024-0[7-9].*": (
        "tasks",
        _ward_columns(
            "单号=task_id 父级单号=parent_task_id 承接机构码=unit_code 标题=title 类型=event_label 下发部门=issuer "
            "下发层级=issuer_level 下发时间=issue_at 截止时间=due_at 完成时间=done_at 状态=state "
            "统一格式=template_required"
        ),
    ),
    "任务/任务导出2024-1*": (
        "tasks",
        _ward_columns(
            "单号=task_id 父级单号=parent_task_id 承接机构码=unit_code 标题=title 类型=event_label 下发部门=issuer "
            "下发层级=issuer_level 下发时间=issue_at 截止时间=due_at 完成时间=done_at 状态=state "
            "统一格式=template_required"
        ),
    ),
    "应用/微海州活跃_*.xlsx": ("app_activity", _columns("机构编码=unit_code =days")),
    "应用/网格e通*.csv": (
        "app_activity",
        _columns("事件类型=action_type 所属机构编码=unit_code 办理量=count 非工作时间办理量=off_hours_count"),
    ),
    "应用/反诈注册*.csv": ("app_activity", _columns("街道（镇）=unit_name 当月新增注册数=count")),
    "应用/考勤机*.xlsx": ("punches", _columns("所属部门=unit_name =days")),
    "人员信息表.csv": (
        "roster",
        _columns(
            "员工号=employee_id 出生年月=birth_ym 所在街镇=unit_name 性别=sex 文化程度=education 用工性质=bianzhi "
            "岗位=role 现职级=rank 参加工作年月=hire_date 到街镇日期=spell_start 录用途径=entry_route "
            "人员状态=status 离岗日期=leave_date 离岗类型=exit_type 离岗去向=destination"
        ),
    ),
    "2024年人员进出登记.xlsx": (
        "ledger",
        _columns(
            "员工号=employee_id 出生年月=birth_ym 街镇=unit_name 变动日期=date 变动原因=exit_type "
            "来源或去向=destination"
        ),
    ),
    "职业状态测评_T*.csv": (
        "survey",
        _columns(
            "答卷ID=submission_id 员工号=employee_id 完成时间=fieldwork_date 用时(秒)=duration_s 周工时=hours_week "
            "留痕工时=hours_trace"
        )
        | {f"v{n}": item for n, item in enumerate(ITEMS, start=1)},
    ),
    "收文统计.*": (
        "documents",
        _columns("月份=month 街镇代码=unit_code 收文方式=channel 收文数=n_docs 领导批示数=n_sign"),
    ),
}
WARDS_RIGHT = {
    "files": _WARDS,
    "constants": {
        "应用/微海州活跃_*.xlsx": {"app_name": "微海州活跃"},
        "应用/网格e通*.csv": {"app_name": "网格e通"},
        "应用/反诈注册*.csv": {"app_name": "反诈注册"},
        "应用/考勤机*.xlsx": {"app_name": "考勤机"},
    },
    "values": {
        ("tasks", "event_label"): {
            "日常任务": "任务",
            "专项督查": "督查",
            "考核评分": "考核",
            "会议活动": "会议",
        },
        ("tasks", "issuer_level"): {"区级": "县", "市级": "市", "省级": "省"},
        ("app_activity", "action_type"): {"签到": "打卡", "上报事件": "填报"},
        ("roster", "status"): {"在岗": "在职", "离岗": "离开"},
        ("roster", "exit_type"): {"县内调动": "调出"},
        ("ledger", "exit_type"): {"考录": "考录"},
        ("documents", "channel"): {"线上": "电子", "线下": "纸质"},
    },
    "survey": {
        "responses": dict(zip(["很不同意", "不同意", "一般", "同意", "很同意"], range(1, 6), strict=True))
    },
}
COUNTIES = {"towns": (towns_folder, TOWNS_RIGHT), "wards": (wards_folder, WARDS_RIGHT)}
