"""Two invented folders of exports with other names, headings, wordings and kinds of file than the dictionaries know.

Each is written by a function and has its right reading as data: file -> (table, {heading: column}), what the wordings
mean, and constants. ``lines_to_correct`` counts what somebody would have to correct in a draft.
"""

import fnmatch
from datetime import date, datetime, timedelta
from itertools import cycle
from pathlib import Path

import numpy as np
import xlsxwriter
from ingest_cases import PLAN, write_csv

from jianfu.ingest.headings import MIN_DAYS, read_header
from jianfu.ingest.readers import read_file
from jianfu.ingest.stage import day_places, month_places
from jianfu.ingest.values import Wordings, normal_wording
from jianfu.onboarding.knowledge import Knowledge

NAMES = ["青桥镇", "石溪镇", "柳湾乡", "白塔镇", "东关街道", "南岭乡", "西渡镇", "北坪镇"]
ITEMS = (
    [f"EE{n}" for n in range(1, 6)]
    + [f"CY{n}" for n in range(1, 5)]
    + [f"PE{n}" for n in range(1, 7)]
    + [f"MW{n}" for n in range(1, 7)]
    + [f"IN{n}" for n in range(1, 5)]
    + [f"AU{n}" for n in range(1, 4)]
    + [f"LI{n}" for n in range(1, 4)]
)
MONTHS = [f"2024-{month:02d}" for month in range(1, 13)]
START = datetime(2024, 1, 2, 9)


def _id_number(n):
    """An invented ID number of the unassigned prefix 39 with its check digit."""
    born = date(1970, 1, 1) + timedelta(days=97 * n % 11000)
    body = f"390101{born:%Y%m%d}{n % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11], born


def _book(path, sheets):
    """A workbook; ``sheets`` {name: rows}."""
    book = xlsxwriter.Workbook(path)
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()


def _web_page(path, rows):
    """A web page with one table, as office systems call .xls."""
    cells = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    path.write_text(
        "<html><table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table></html>", encoding="utf-8"
    )


def _persons(n):
    for place in range(n):
        number, born = _id_number(place)
        hired = date(max(born.year + 22, 1995), 7, 1 + place % 28)
        yield place, number, born, hired, max(hired, date(2010 + place % 13, 8, 1 + place % 28))


def _answers(rng, low, high, size):
    return np.clip(np.rint(rng.normal((low + high) / 2, (high - low) / 3.2, size)), low, high).astype(int)


def _columns(text):
    """{heading: column} from 'heading=column heading=column'; '=days' are the days of a wide sheet."""
    return dict(pair.split("=") for pair in text.split())


def clerks_folder(folder):
    """甲: a dispatch system, a visitors' book, a fingerprint clock, day sheets of an app, an anonymous survey."""
    rng = np.random.default_rng(1)
    (folder / "派单").mkdir(parents=True)
    codes = [f"3901011{n:02d}000" for n in range(1, 9)]
    units = [
        ["机构号", "机构名", "所在县区代号", "所在县域", "地级市名", "机构种类", "定编数", "户籍常住人口"]
    ]
    units += [
        [
            code,
            name,
            "390101",
            "青岭县",
            "云州市",
            name[-2:] if name.endswith("道") else name[-1],
            40 + n,
            20000 + n,
        ]
        for n, (code, name) in enumerate(zip(codes, NAMES, strict=True))
    ]
    write_csv(folder / "机构一览.csv", units, encoding="gb18030")
    head = [
        "流水",
        "来文字号",
        "交办部门",
        "落实镇街",
        "派单事由",
        "事项大类",
        "派发时刻",
        "最晚反馈",
        "反馈完成时刻",
    ]
    head += ["急件", "表格份数", "图片张数", "退件次数", "录入时间"]
    kinds, urgent = (
        cycle(["任务", "督导检查", "专项督查", "交下来的事", "任务"]),
        cycle(["急", "普通", "普通"]),
    )
    for quarter in range(4):
        rows = [head]
        for n in range(150):
            start = START + timedelta(days=91 * quarter + n // 2, hours=n % 9)
            rows.append(
                [
                    f"PD{quarter}{n:04d}",
                    f"青办发〔2024〕{n % 40 + 1}号",
                    ["县民政局", "县农业农村局", "市应急局"][n % 3],
                    NAMES[n % 8],
                    f"关于第{n}项工作的通知",
                    next(kinds),
                    f"{start:%Y-%m-%d %H:%M}",
                    f"{start + timedelta(days=3):%Y-%m-%d %H:%M}",
                    f"{start + timedelta(days=2 + n % 3):%Y-%m-%d %H:%M}",
                    next(urgent),
                    n % 4,
                    n % 6,
                    n % 2,
                    f"{start + timedelta(hours=1):%Y-%m-%d %H:%M}",
                ]
            )
        _book(folder / "派单" / f"工作派单_2024年{quarter + 1}季度.xlsx", {"派单": rows})
    visits = [["编码", "被访镇街", "带队部门", "来访性质", "到访时间", "离开时间", "查看形式", "打分"]]
    modes = cycle(["资料+实地", "看台账", "现场", "资料"])
    for n in range(120):
        start = START + timedelta(days=3 * n, hours=n % 5)
        kind = ["检查", "调研走访", "督导检查", "观摩"][n % 4]
        row = [f"F{n:04d}", NAMES[n % 8], ["县委办", "县纪委"][n % 2], kind, f"{start:%Y/%m/%d %H:%M}"]
        visits.append(
            [*row, f"{start + timedelta(hours=2):%Y/%m/%d %H:%M}", next(modes), "是" if n % 3 else "否"]
        )
    _book(folder / "来访登记簿.xlsx", {"登记": [["2024年来访登记簿"], *visits]})
    for month in range(1, 13):
        days = (date(2024 + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
        rows = [["镇街", "所属县", "动作", *range(1, days + 1), "合计"]]
        for name in NAMES:
            for action in ("签到", "上传照片"):
                counts = rng.poisson(6, days).tolist()
                rows.append([name, "青岭县", action, *counts, sum(counts)])
        write_csv(folder / f"掌上办_逐日_2024{month:02d}.csv", rows)
        clock = [["登记号", "姓名", "部门名", "刷指纹时间", "机器编号", "比对"]]
        for n in range(240):
            moment = datetime(2024, month, 1 + n % 28, 8 + n % 10, n % 60)
            clock.append(
                [
                    f"{n % 60 + 1:04d}",
                    "张三丰李四"[n % 4 : n % 4 + 2],
                    NAMES[n % 8],
                    f"{moment:%Y-%m-%d %H:%M:%S}",
                ]
            )
            clock[-1] += [n % 3 + 1, "指纹"]
        write_csv(folder / f"指纹机考勤{month}月.csv", clock, encoding="gb18030")
    roster = [
        [
            "所属镇街",
            "证照号",
            "男女",
            "出生",
            "最高学历层次",
            "参加革命工作时间",
            "来本镇日期",
            "岗位名",
            "编制身份",
        ]
    ]
    gone = [[*roster[0], "退休年月"]]
    for n, number, born, hired, came in _persons(160):
        row = [
            NAMES[n % 8],
            number,
            "男女"[n % 2],
            f"{born:%Y年%m月}",
            ["本科", "大专"][n % 2],
            f"{hired:%Y-%m-%d}",
        ]
        row += [f"{came:%Y-%m-%d}", "一般干部", ["行政", "事业"][n % 2]]
        if n < 150:
            roster.append(row)
        else:
            gone.append([*row, "2023-06-30"])
    _book(folder / "人员底册.xlsx", {"在职": roster, "退休": gone})
    moves = [["证照号", "所属镇街", "进出", "变动日", "事由", "去往层级"]]
    reasons = [
        ("出", "县内乡镇调动", "乡镇"),
        ("出", "遴选", "市直机关"),
        ("出", "辞职", ""),
        ("进", "借调返回", ""),
    ]
    for n, number, *_ in _persons(40):
        way, why, where = reasons[n % 4]
        moves.append([number, NAMES[n % 8], way, f"{START + timedelta(days=8 * n):%Y-%m-%d}", why, where])
    _book(folder / "人员进出.xlsx", {"2024": moves})
    for wave in (1, 2):
        rows = [["编号", "答卷渠道", "交卷时刻", "作答秒数", "所在镇街", "出生年代", *ITEMS, "周工时"]]
        burnout, others = _answers(rng, 1, 7, (200, 15)), _answers(rng, 1, 5, (200, 16))
        for n in range(200):
            row = [
                n + 1,
                ["微信", "网页", "短信"][n % 3],
                f"2024-{5 * wave:02d}-{n % 28 + 1:02d} 10:20",
                200 + n,
            ]
            row += [
                NAMES[n % 8],
                ["90后", "80后", "00后"][n % 3],
                *burnout[n].tolist(),
                *others[n].tolist(),
                45 + n % 9,
            ]
            rows.append(row)
        _book(folder / f"匿名答卷第{wave}轮.xlsx", {"Sheet1": rows})
    rows = [["镇街", "统计月", "载体", "文件份数", "批办件数"]]
    rows += [
        [name, month, kind, 30 + n, 9]
        for n, name in enumerate(NAMES)
        for month in MONTHS
        for kind in ("纸质", "电子版")
    ]
    _web_page(folder / "文件收发月报.xls", rows)


_CLERKS = {
    "机构一览.csv": (
        "units",
        _columns(
            "机构号=unit_code 机构名=unit_name 所在县区代号=county_code 所在县域=county_name "
            "地级市名=city_name 机构种类=unit_type 定编数=establishment 户籍常住人口=population"
        ),
    ),
    "派单/工作派单_*.xlsx": (
        "tasks",
        _columns(
            "流水=task_id 交办部门=issuer 落实镇街=unit_name 派单事由=title 事项大类=event_label "
            "派发时刻=issue_at 最晚反馈=due_at 反馈完成时刻=done_at 急件=emergency 表格份数=n_table "
            "图片张数=n_photo 退件次数=n_return"
        ),
    ),
    "来访登记簿.xlsx": (
        "tasks",
        _columns(
            "编码=task_id 被访镇街=unit_name 带队部门=issuer 来访性质=event_label 到访时间=issue_at "
            "离开时间=done_at 查看形式=check_mode 打分=has_score"
        ),
    ),
    "掌上办_逐日_*.csv": (
        "app_activity",
        _columns("镇街=unit_name 所属县=county_name 动作=action_type =days"),
    ),
    "指纹机考勤*.csv": (
        "punches",
        _columns("部门名=unit_name 刷指纹时间=punched_at"),
    ),
    "人员底册.xlsx": (
        "roster",
        _columns(
            "所属镇街=unit_name 证照号=id_number 男女=sex 出生=birth_ym 最高学历层次=education "
            "参加革命工作时间=hire_date 来本镇日期=spell_start 岗位名=role 编制身份=bianzhi "
            "退休年月=retire_date"
        ),
    ),
    "人员进出.xlsx": (
        "ledger",
        _columns(
            "证照号=id_number 所属镇街=unit_name 进出=movement 变动日=date 事由=exit_type "
            "去往层级=destination_level"
        ),
    ),
    "匿名答卷第*轮.xlsx": (
        "survey",
        _columns(
            "交卷时刻=fieldwork_date 作答秒数=duration_s 所在镇街=unit_name 出生年代=cohort 周工时=hours_week"
        )
        | dict(zip(ITEMS, ITEMS, strict=True)),
    ),
    "文件收发月报.xls": (
        "documents",
        _columns("镇街=unit_name 统计月=month 载体=channel 文件份数=n_docs 批办件数=n_sign"),
    ),
}
CLERKS = {
    "files": _CLERKS,
    "constants": {"掌上办_逐日_*.csv": {"app_name": "掌上办"}, "指纹机考勤*.csv": {"app_name": "指纹机考勤"}},
    "values": {
        ("tasks", "event_label"): {
            "督导检查": "检查",
            "专项督查": "督查",
            "交下来的事": "任务",
            "调研走访": "调研",
        },
        ("tasks", "emergency"): {"急": True, "普通": False},
        ("tasks", "check_mode"): {
            "资料+实地": "混合",
            "看台账": "查阅资料",
            "现场": "实地",
            "资料": "查阅资料",
        },
        ("ledger", "movement"): {"进": "in", "出": "out"},
        ("ledger", "exit_type"): {"县内乡镇调动": "乡镇间调动"},
        ("ledger", "destination_level"): {"市直机关": "市", "乡镇": "乡"},
        ("units", "unit_type"): {"街道": "街道"},
    },
    "survey": {"ranges": {"burnout": [1, 7]}},
}


def managers_folder(folder):
    """乙: exports of a personnel system and a survey platform; items are questions, answers words, codes for units."""
    rng = np.random.default_rng(2)
    folder.mkdir(parents=True, exist_ok=True)
    codes = [f"3902022{n:02d}" for n in range(1, 9)]
    units = [
        ["2024年镇街基本台账"],
        ["统一编码", "镇街全称", "别称", "县级名称", "县级编码", "启用年月日", "距县里程"],
    ]
    units += [
        [code, f"{name}人民政府", name, "双溪区", "390202", "2001-01-01", 8 + n]
        for n, (code, name) in enumerate(zip(codes, NAMES, strict=True))
    ]
    _book(folder / "镇街基本台账.xlsx", {"台账": units, "说明": [["编码由民政部门提供"]]})
    head = [
        "单据编号",
        "上级单据",
        "承接镇街",
        "事项",
        "事项属性",
        "牵头委办局",
        "发出层次",
        "交代时间",
        "限定完成",
        "完成销账时间",
    ]
    head += ["红线否", "年初计划内", "附表数", "照片数量", "模板化", "填报时间"]
    for half, name in enumerate(("上", "下")):
        rows = [head]
        for n in range(150):
            start = START + timedelta(days=182 * half + n, hours=n % 8)
            rows.append(
                [
                    f"S{half}{n:05d}",
                    f"S{half}{n - 7:05d}" if n % 5 == 0 and n > 6 else "",
                    codes[n % 8] + "000",
                    f"报送第{n}项情况",
                    ["工作任务", "督查", "年终考评", "暗访", "工作任务"][n % 5],
                    ["区委组织部", "区农业局"][n % 2],
                    ["区级", "市级", "省级"][n % 3],
                    f"{start:%Y年%m月%d日%H时%M分}",
                    f"{start + timedelta(days=4):%Y年%m月%d日}",
                    f"{start + timedelta(days=3):%Y年%m月%d日}",
                    "红线" if n % 11 == 0 else "非红线",
                    "计划内" if n % 3 else "计划外",
                    n % 3,
                    n % 5,
                    "是" if n % 2 else "否",
                    f"{start + timedelta(days=40):%Y-%m-%d}",
                ]
            )
        write_csv(folder / f"督办件导出2024{name}半年.csv", rows, encoding="gb18030")
    rows = [
        ["数据月", "镇街编码", "程序", "程序主管", "用途", "累计操作次", "下班后操作次", "是否强推", "活跃率"]
    ]
    for code in codes:
        for month in MONTHS:
            for app, owner in (("学习平台", "中央"), ("网格通", "省级")):
                count = int(rng.poisson(40))
                rows.append(
                    [
                        month,
                        code,
                        app,
                        owner,
                        ["积分学习", "信息报送"][app == "网格通"],
                        count,
                        count // 5,
                        "是",
                        "90%",
                    ]
                )
    _book(folder / "小程序运行月度.xlsx", {"汇总": rows})
    head = [
        "员工号",
        "姓名",
        "证件编码",
        "性别",
        "工作镇街",
        "职务名称",
        "职级层次",
        "身份类别",
        "入职本镇",
        "离岗日期",
        "离岗缘由",
    ]
    head += ["员工在岗状态", "最后工作日期", "转正日", "手机"]
    rows = [head]
    for n, number, _, _, came in _persons(160):
        left = n % 9 == 0
        row = [
            f"Y{n:05d}",
            "王小明",
            number,
            "男女"[n % 2],
            codes[n % 8],
            "干部",
            "四级主任科员",
            "行政编",
            f"{came:%Y-%m-%d}",
        ]
        row += [
            "2024-06-30" if left else "",
            ["辞去公职", "调往县直"][n % 2] if left else "",
            "离开" if left else "在岗",
        ]
        rows.append(
            [*row, "2024-06-28" if left else "", f"{came + timedelta(days=365):%Y-%m-%d}", f"1390000{n:04d}"]
        )
    _book(folder / "在岗人员导出.xlsx", {"sheet1": rows})
    write_csv(folder / "人员导出备份.csv", rows)
    words = ["很不符合", "不太符合", "一般", "比较符合", "很符合"]
    head = [
        "答卷号",
        "提交",
        "答题用时长",
        "来源途径",
        "证件编码",
        *(f"{n}、第{n}个问题的说法" for n in range(1, 32)),
        "您的建议",
    ]
    for wave in (1, 2):
        rows = [head]
        burnout, others = _answers(rng, 0, 6, (90, 15)), _answers(rng, 0, 4, (90, 16))
        for n in range(90):
            row = [
                f"{wave}{n:04d}",
                f"2024/{4 * wave}/{n % 28 + 1} 9:15:00",
                f"{3 + n % 5}分{n % 60}秒",
                ["微信", "链接"][n % 2],
            ]
            rows.append([*row, _id_number(n)[0], *burnout[n].tolist(), *(words[a] for a in others[n]), ""])
        _book(folder / f"作答明细（第{wave}次）.xlsx", {"Sheet1": rows})
    rows = [["镇街编码", "年月份", "形式", "收发件数", "领导签批件"]]
    rows += [[code, month, kind, 20, 5] for code in codes for month in MONTHS for kind in ("纸件", "网上")]
    write_csv(folder / "公文流转统计.csv", rows)
    rows = [
        ["镇街编码", "统计年", "基本事项", "配合事项", "被问责人次", "容错件", "签责任书份数", "年度考核分"]
    ]
    rows += [[code, year, 110, 90, 2, 1, 20, 88.5] for code in codes for year in (2023, 2024)]
    write_csv(folder / "年度履职情况.csv", rows)


_MANAGERS = {
    "镇街基本台账.xlsx": (
        "units",
        _columns(
            "统一编码=unit_code 镇街全称=unit_name 别称=aliases 县级名称=county_name "
            "县级编码=county_code 启用年月日=valid_from 距县里程=distance_km"
        ),
    ),
    "督办件导出*.csv": (
        "tasks",
        _columns(
            "单据编号=task_id 上级单据=parent_task_id 承接镇街=unit_code 事项=title "
            "事项属性=event_label 牵头委办局=issuer 发出层次=issuer_level 交代时间=issue_at "
            "限定完成=due_at 完成销账时间=done_at 红线否=is_veto 年初计划内=in_annual_plan "
            "附表数=n_table 照片数量=n_photo 模板化=template_required"
        ),
    ),
    "小程序运行月度.xlsx": (
        "app_activity",
        _columns(
            "数据月=month 镇街编码=unit_code 程序=app_name 程序主管=owner_level 用途=action_type "
            "累计操作次=count 下班后操作次=off_hours_count 是否强推=is_mandatory"
        ),
    ),
    "*人员导出*": (
        "roster",
        _columns(
            "证件编码=id_number 性别=sex 工作镇街=unit_code 职务名称=role 职级层次=rank 身份类别=bianzhi "
            "入职本镇=spell_start 离岗日期=leave_date 离岗缘由=exit_type 员工在岗状态=status"
        ),
    ),
    "作答明细（第*次）.xlsx": (
        "survey",
        _columns("提交=fieldwork_date 答题用时长=duration_s 证件编码=id_number 答卷号=submission_id")
        | {f"{n}、第{n}个问题的说法": item for n, item in enumerate(ITEMS, start=1)},
    ),
    "公文流转统计.csv": (
        "documents",
        _columns("镇街编码=unit_code 年月份=month 形式=channel 收发件数=n_docs 领导签批件=n_sign"),
    ),
    "年度履职情况.csv": (
        "unit_year",
        _columns(
            "镇街编码=unit_code 统计年=year 基本事项=n_basic_duty 配合事项=n_coop_duty "
            "被问责人次=n_accountability 容错件=n_tolerance 签责任书份数=n_letters 年度考核分=score"
        ),
    ),
}
MANAGERS = {
    "files": _MANAGERS,
    "constants": {},
    "values": {
        ("tasks", "event_label"): {"工作任务": "任务", "年终考评": "考核", "暗访": "检查"},
        ("tasks", "issuer_level"): {"区级": "县", "市级": "市", "省级": "省"},
        ("tasks", "is_veto"): {"红线": True, "非红线": False},
        ("tasks", "in_annual_plan"): {"计划内": True, "计划外": False},
        ("app_activity", "owner_level"): {"中央": "国家", "省级": "省"},
        ("app_activity", "action_type"): {"积分学习": "积分", "信息报送": "填报"},
        ("roster", "exit_type"): {"辞去公职": "辞职", "调往县直": "调出"},
        ("roster", "status"): {"离开": "离开", "在岗": "在职"},
        ("documents", "channel"): {"纸件": "纸质", "网上": "电子"},
    },
    "survey": {"responses": {"很不符合": 1, "不太符合": 2, "一般": 3, "比较符合": 4, "很符合": 5}},
}
FOLDERS = {"clerks": (clerks_folder, CLERKS), "managers": (managers_folder, MANAGERS)}


def lines_to_correct(folder, settings, right, root):
    """What a draft's ``settings`` read otherwise than they should, one text per line of the file to correct."""
    folder, knowledge = Path(folder), Knowledge(root)
    found, lines = _readings(folder, settings, knowledge), []
    for pattern, (table, columns) in right["files"].items():
        own = [reading for file, reading in found.items() if fnmatch.fnmatchcase(file, pattern)]
        wanted = {(heading, _same(table, column)) for heading, column in columns.items()}
        seen = {(h, _same(table, c)) for own_table, pairs, _ in own if own_table == table for h, c in pairs}
        lines += [f"{pattern}: is {table}"] * (not any(own_table == table for own_table, *_ in own))
        lines += [f"{pattern}: {heading} -> {column}" for heading, column in sorted(wanted - seen)]
        headings = {heading for heading, _ in wanted}
        lines += [f"{pattern}: not {h} -> {c}" for h, c in sorted(seen - wanted) if h not in headings]
        given = {name: value for *_, constants in own for name, value in constants.items()}
        constants = right["constants"].get(pattern, {})
        lines += [
            f"{pattern}: {name} = {value}" for name, value in constants.items() if given.get(name) != value
        ]
    for file in found:
        if not any(fnmatch.fnmatchcase(file, pattern) for pattern in right["files"]):
            lines.append(f"{file}: is not used")
    for (table, column), wordings in right["values"].items():
        sources = [source for source in settings["sources"] if source["table"] == table]
        for wording, value in wordings.items():
            if not any(
                _value_of(wording, column, source, settings, knowledge, table) == value for source in sources
            ):
                lines.append(f"{table}.{column}: {wording} = {value}")
    survey = settings.get("survey", {})
    for key in ("keys", "ranges", "responses"):
        have, want = survey.get(key) or {}, right["survey"].get(key, {})
        wrong = sorted(str(name) for name in {*have, *want} if have.get(name) != want.get(name))
        lines += [f"survey.{key}: {' '.join(wrong)}"] * bool(wrong)  # one line of the file
    return lines


def _same(table, column):
    """A unit may be told by its name or its code, by whichever of the two columns."""
    return "unit" if table != "units" and column in ("unit_name", "unit_code") else column


def _readings(folder, settings, knowledge):
    """{file: (table, {(heading, column)}, constants)} as ingestion reads the folder."""
    found = {}
    for source in settings["sources"]:
        matcher = knowledge.matcher(source["table"], source)
        constants = source.get("fixed", {})
        for pattern in source["files"]:
            for path in sorted(folder.glob(pattern)):
                name = path.relative_to(folder).as_posix()
                pairs = found.setdefault(name, (source["table"], set(), constants))[1]
                for sheet in read_file(path, name):
                    wanted = source.get("sheets")
                    if wanted and not any(fnmatch.fnmatchcase(sheet.name, w) for w in wanted):
                        continue
                    header = read_header(sheet.whole(), matcher)
                    for column in header.columns if header else ():
                        if column.column:
                            pairs.add((column.heading, column.column))
                    if header and len(day_places(header)) >= MIN_DAYS and "count" not in header.places():
                        pairs.add(("", "days"))
                    if header and "month" not in header.places() and month_places(header, "2000"):
                        pairs.add(("", "months"))
    return found


def _value_of(wording, column, source, settings, knowledge, table):
    declared = knowledge.tables[table].columns[column]
    known = Wordings(PLAN / "values.csv", settings.get("values"), source.get("values"))
    names = (column, "boolean") if declared.type == "boolean" else (column,)
    values = {True: True, False: False} if declared.type == "boolean" else {v: v for v in declared.values}
    found = known.values_of({normal_wording(str(v)): v for v in values}, *names)
    return found.get(normal_wording(wording))
