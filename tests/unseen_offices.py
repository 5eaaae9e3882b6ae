"""Two further invented folders of exports, by other hands than ``unseen_folders``, and their right reading."""

from datetime import date, datetime, timedelta

import numpy as np
from ingest_cases import write_csv
from unseen_folders import ITEMS, _answers, _book, _columns, _id_number, _persons, _web_page

STREETS = ["望江街道", "古井街道", "云台街道", "梅林镇", "杏花镇", "沙洲镇"]
VILLAGES = ["龙潭镇", "马鞍乡", "双溪镇", "桃源镇", "石门乡", "新市镇", "永丰镇"]
START = datetime(2024, 1, 3, 9)


def _month_days(year, month):
    return (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day


def _statement(n):
    """What question ``n`` of an invented survey says."""
    topics = ["工作", "材料", "会议", "考核", "同事", "岗位", "任务", "时间"]
    return f"{n}.对于{topics[n % 8]}，第{n}种感受您有多少"


def _street_tasks(folder):
    """A workbook with a sheet per quarter: title row, heading of two rows, totals and signature at the end."""
    sheets = {"填报说明": [["本表由督查室每季度末汇总，逾期事项标红"]]}
    for quarter in range(4):
        rows = [
            [f"古州区2024年第{quarter + 1}季度区级督办事项汇总表"],
            ["编制单位：区督查室", "", "", "", "", "", "", "", f"编制时间：2024年{3 * quarter + 3}月30日"],
            ["事项", "", "", "责任", "", "时间节点", "", "", "办理", ""],
            [
                "事项编号",
                "事项内容",
                "事项类型",
                "交办部门",
                "主责街镇",
                "交办日",
                "要求办结日",
                "实际销号日",
                "当前进度",
                "退回补充(次)",
            ],
        ]
        for n in range(120):
            start = START + timedelta(days=91 * quarter + n * 2 // 3)
            done = n % 9 != 0
            rows.append(
                [
                    f"GZ2024{quarter + 1}{n:03d}",
                    [
                        "报送安全生产隐患排查情况表",
                        "做好防汛值守",
                        "上报人居环境整治照片",
                        "开展惠民政策宣传",
                    ][n % 4],
                    ["督办任务", "专项检查", "督办任务", "绩效评估"][n % 4],
                    ["区委办公室", "区应急管理局", "区住建局", "区文旅局"][n % 4],
                    STREETS[n % 6],
                    f"{start:%Y.%m.%d}",
                    f"{start + timedelta(days=5):%Y.%m.%d}",
                    f"{start + timedelta(days=3 + n % 4):%Y.%m.%d}" if done else "",
                    "已销号" if done else "推进中",
                    n % 3,
                ]
            )
        rows += [["合计", "", "", "", "", "", "", "", 120], ["填表人：", "", "", "审核人："]]
        sheets[f"{'一二三四'[quarter]}季度"] = rows
    _book(folder / "督办事项汇总.xlsx", sheets)


def _street_visits(folder):
    rows = [
        ["批次", "检查(调研)单位", "受检街镇", "检查内容", "活动性质", "起止日期", "检查方法", "是否通报排名"]
    ]
    for n in range(90):
        start = START + timedelta(days=4 * n)
        rows.append(
            [
                n + 1,
                ["区纪委监委", "市文明办", "区消防大队"][n % 3],
                "、".join([STREETS[n % 6], STREETS[(n + 2) % 6]]),
                ["消防安全", "文明创建", "作风建设"][n % 3],
                ["例行检查", "观摩交流", "专题调研", "明察暗访"][n % 4],
                f"{start:%Y-%m-%d}至{start + timedelta(days=1):%Y-%m-%d}",
                ["看现场", "翻资料", "资料现场结合"][n % 3],
                "通报" if n % 4 == 0 else "不通报",
            ]
        )
    _web_page(folder / "下沉活动登记.xls", rows)


def streets_folder(folder):
    """丙: a district; a folder per office, sheets per quarter, people by sheet, punches in days, long questions."""
    rng = np.random.default_rng(3)
    for name in ("1民政局", "2督查室", "3数据局", "4组织部", "5党校", "6办公室"):
        (folder / name).mkdir(parents=True)
    codes = [f"39050100{n}" for n in range(1, 4)] + [f"39050110{n}" for n in range(0, 3)]
    rows = [
        [
            "区划码",
            "街镇名称",
            "习惯简称",
            "上级码",
            "上级名称",
            "设区市",
            "性质",
            "三定编数",
            "实有人口",
            "面积（平方公里）",
            "设立日期",
        ]
    ]
    rows += [
        [
            code,
            name,
            name[:2],
            "390501",
            "古州区",
            "临江市",
            name[2:],
            40 + n,
            30000 + n,
            12 + n,
            "2005-06-01",
        ]
        for n, (code, name) in enumerate(zip(codes, STREETS, strict=True))
    ]
    write_csv(folder / "1民政局" / "街镇名册.csv", rows, encoding="gb18030")
    _street_tasks(folder / "2督查室")
    _street_visits(folder / "2督查室")
    for month in (1, 2, 3):
        rows = [
            [
                "应用系统",
                "建设单位层级",
                "使用街镇",
                "功能点",
                "操作量",
                "夜间操作量",
                "节假日操作量",
                "强制使用",
            ]
        ]
        for name in STREETS:
            for app, level, action in (
                ("临江通", "市级建设", "扫码签到"),
                ("临江通", "市级建设", "随手拍"),
                ("先锋学堂", "省级建设", "学习积分"),
                ("古州填报", "区级建设", "数据填报"),
            ):
                count = int(rng.poisson(1300))
                rows.append(
                    [
                        app,
                        level,
                        name,
                        action,
                        f"{count:,}",
                        count // 6,
                        count // 9,
                        "强制" if app == "临江通" else "自愿",
                    ]
                )
        write_csv(folder / "3数据局" / f"应用操作量-2024年{month}月.csv", rows)
        days = _month_days(2024, month)
        rows = [
            [f"打卡时间表 统计日期：2024-{month:02d}-01 至 2024-{month:02d}-{days}"],
            ["姓名", "考勤组", "部门", "工号", "职位", *range(1, days + 1)],
        ]
        for n in range(30):
            cells = [
                "" if (day + n) % 7 == 0 else f"08:{(day * 7 + n) % 60:02d}\n18:{(day * 3 + n) % 60:02d}"
                for day in range(1, days + 1)
            ]
            rows.append(["欧阳小红", "机关组", STREETS[n % 6], f"G{n:04d}", "科员", *cells])
        _book(folder / "3数据局" / f"古州考勤_打卡时间_2024{month:02d}.xlsx", {"打卡时间": rows})
    head = [
        "序号",
        "姓名",
        "公民身份证",
        "性 别",
        "民族",
        "工作街镇",
        "人员性质",
        "岗位名称",
        "现聘职级",
        "聘任时间",
        "调入街镇时间",
        "参工年月",
        "文化程度",
        "来源方式",
    ]
    sheets = {
        "在编在岗": [head],
        "退休": [[*head, "退休日期"]],
        "调离": [[*head, "调离日期", "调离去向"]],
        "数据字典": [["人员性质", "按编制部门口径"]],
    }
    for n, number, _, hired, came in _persons(150):
        row = [
            n + 1,
            "诸葛亮",
            number,
            "男女"[n % 2],
            "汉族",
            STREETS[n % 6],
            ["公务员", "事业干部", "编外聘用"][n % 3],
            "工作人员",
            "一级科员",
        ]
        row += [
            f"{came:%Y.%m}",
            f"{came:%Y.%m.%d}",
            f"{hired:%Y.%m}",
            ["大学", "研究生", "大专"][n % 3],
            ["公务员招考", "选调", "社会招聘"][n % 3],
        ]
        if n % 10 == 7:
            sheets["退休"].append([*row, "2024.05.31"])
        elif n % 10 == 3:
            sheets["调离"].append([*row, "2024.08.15", ["区发改局", "市住建局"][n % 2]])
        else:
            sheets["在编在岗"].append(row)
    _book(folder / "4组织部" / "街镇干部信息库.xlsx", sheets)
    often = ["从来没有过", "很少几次", "有时会有", "经常会有", "频频出现", "非常频频", "天天如此"]
    agree = ["极不认同", "不认同", "中立", "认同", "极认同"]
    for month in (4, 10):
        head = [
            "答卷编号",
            "提交答卷时刻",
            "填写耗时",
            "来自IP",
            "您所在的街镇是？",
            "您出生于哪个年代？",
            *(_statement(n) for n in range(3, 34)),
            "34.您上周一共工作了几个小时？",
            "总得分",
        ]
        rows, burnout, others = [head], _answers(rng, 0, 6, (160, 15)), _answers(rng, 0, 4, (160, 16))
        for n in range(160):
            row = [
                f"{month}{n:05d}",
                f"2024-{month:02d}-{n % 28 + 1:02d} 11:05:0{n % 10}",
                f"{150 + n}秒",
                "10.1.2.3（本地）",
                STREETS[n % 6],
            ]
            row += [["1990-1999年", "1980-1989年", "2000年及以后", "1979年及以前"][n % 4]]
            rows.append(
                [
                    *row,
                    *(often[a] for a in burnout[n]),
                    *(agree[a] for a in others[n]),
                    40 + n % 15,
                    int(burnout[n].sum()),
                ]
            )
        _book(folder / "5党校" / f"干部状态调查_2024年{month}月.xlsx", {"答卷数据": rows})
    rows = [["统计期", "街镇", "公文形态", "收文发文合计(件)", "主要领导批阅(件)"]]
    rows += [
        [f"2024年{month}月", name, kind, 20 + month, 4]
        for month in (1, 2, 3)
        for name in STREETS
        for kind in ("纸质公文", "电子公文")
    ]
    write_csv(folder / "6办公室" / "公文量.csv", rows)
    for year in (2023, 2024):
        rows = [["街镇", "法定职责数", "配合职责数", "追责人次", "容错免责数", "责任状签订数", "绩效得分"]]
        rows += [[name, 100 + n, 80, n % 3, 1, 25, f"{85 + n / 2:.1f}"] for n, name in enumerate(STREETS)]
        _book(folder / "6办公室" / f"{year}年度街镇考核基础数据.xlsx", {"Sheet1": rows})
    rows = [
        ["文件编号", "文件标题", "生效日期", "适用范围代码"],
        ["A1", "关于精简督查检查的通知", "2024-08-06", ""],
        ["A2", "关于清理工作群的通知", "2024-05-01", "390501"],
    ]
    write_csv(folder / "6办公室" / "减负文件.csv", rows)
    (folder / "6办公室" / "联系人.txt").write_text("有问题请联系办公室\n", encoding="utf-8")


_STREETS = {
    "1民政局/街镇名册.csv": (
        "units",
        _columns(
            "区划码=unit_code 街镇名称=unit_name 习惯简称=aliases "
            "上级码=county_code 上级名称=county_name 设区市=city_name "
            "性质=unit_type 三定编数=establishment 实有人口=population 面积（平方公里）=area_km2 设立日期=valid_from"
        ),
    ),
    "2督查室/督办事项汇总.xlsx": (
        "tasks",
        _columns(
            "事项编号=task_id 事项内容=title 事项类型=event_label 交办部门=issuer 主责街镇=unit_name "
            "交办日=issue_at 要求办结日=due_at 实际销号日=done_at 当前进度=state 退回补充(次)=n_return"
        ),
    ),
    "2督查室/下沉活动登记.xls": (
        "tasks",
        _columns(
            "检查(调研)单位=issuer 受检街镇=unit_name 检查内容=title 活动性质=event_label 起止日期=period "
            "检查方法=check_mode 是否通报排名=has_rank"
        ),
    ),
    "3数据局/应用操作量-*.csv": (
        "app_activity",
        _columns(
            "应用系统=app_name 建设单位层级=owner_level 使用街镇=unit_name 功能点=action_type 操作量=count "
            "夜间操作量=off_hours_count 节假日操作量=rest_day_count 强制使用=is_mandatory"
        ),
    ),
    "3数据局/古州考勤_打卡时间_*.xlsx": ("punches", _columns("部门=unit_name =days")),
    "4组织部/街镇干部信息库.xlsx": (
        "roster",
        _columns(
            "公民身份证=id_number 工作街镇=unit_name 人员性质=bianzhi 岗位名称=role 现聘职级=rank 聘任时间=rank_since "
            "调入街镇时间=spell_start 参工年月=hire_date 文化程度=education 来源方式=entry_route 退休日期=retire_date "
            "调离日期=transfer_date 调离去向=destination"
        )
        | {"性 别": "sex"},
    ),
    "5党校/干部状态调查_*.xlsx": (
        "survey",
        _columns(
            "答卷编号=submission_id 提交答卷时刻=fieldwork_date 填写耗时=duration_s 您所在的街镇是？=unit_name"
        )
        | {"您出生于哪个年代？": "cohort", "34.您上周一共工作了几个小时？": "hours_week"}
        | {_statement(n): item for n, item in enumerate(ITEMS, start=3)},
    ),
    "6办公室/公文量.csv": (
        "documents",
        _columns(
            "统计期=month 街镇=unit_name 公文形态=channel 收文发文合计(件)=n_docs 主要领导批阅(件)=n_sign"
        ),
    ),
    "6办公室/*年度街镇考核基础数据.xlsx": (
        "unit_year",
        _columns(
            "街镇=unit_name 法定职责数=n_basic_duty "
            "配合职责数=n_coop_duty 追责人次=n_accountability 容错免责数=n_tolerance "
            "责任状签订数=n_letters 绩效得分=score"
        ),
    ),
    "6办公室/减负文件.csv": (
        "policies",
        _columns("文件编号=policy_id 文件标题=name 生效日期=start_date 适用范围代码=county_code"),
    ),
}
STREETS_RIGHT = {
    "files": _STREETS,
    "not_used": ["6办公室/联系人.txt"],
    "constants": {"3数据局/古州考勤_打卡时间_*.xlsx": {"app_name": "古州考勤"}},
    "values": {
        ("units", "unit_type"): {"街道": "街道", "镇": "镇"},
        ("tasks", "event_label"): {
            "督办任务": "任务",
            "专项检查": "检查",
            "绩效评估": "考核",
            "例行检查": "检查",
            "观摩交流": "观摩",
            "专题调研": "调研",
            "明察暗访": "检查",
        },
        ("tasks", "check_mode"): {"看现场": "实地", "翻资料": "查阅资料", "资料现场结合": "混合"},
        ("tasks", "has_rank"): {"通报": True, "不通报": False},
        ("app_activity", "owner_level"): {"市级建设": "市", "省级建设": "省", "区级建设": "县"},
        ("app_activity", "action_type"): {
            "扫码签到": "打卡",
            "随手拍": "拍照",
            "学习积分": "积分",
            "数据填报": "填报",
        },
        ("app_activity", "is_mandatory"): {"强制": True, "自愿": False},
        ("survey", "cohort"): {
            "1990-1999年": "90后",
            "1980-1989年": "80后",
            "2000年及以后": "00后",
            "1979年及以前": "70后及以前",
        },
        ("documents", "channel"): {"纸质公文": "纸质", "电子公文": "电子"},
    },
    "survey": {
        "responses": dict(
            zip(
                ["从来没有过", "很少几次", "有时会有", "经常会有", "频频出现", "非常频频", "天天如此"],
                range(7),
                strict=True,
            )
        )
        | dict(zip(["极不认同", "不认同", "中立", "认同", "极认同"], range(1, 6), strict=True))
    },
}


def villages_folder(folder):
    """丁: a county; dumps with field names in brackets, codes as floats, movements by sheet, lettered answers."""
    rng = np.random.default_rng(4)
    folder.mkdir(parents=True, exist_ok=True)
    codes = [f"39060310{n}" for n in range(7)]
    floats = [f"{code}000.0" for code in codes]
    rows = [
        [
            "区划代码(XZQH)",
            "全称(QC)",
            "曾用名(CYM)",
            "县代码(XDM)",
            "县名(XMC)",
            "市名(SMC)",
            "类型(LX)",
            "行政编制(人)",
            "户籍人口(人)",
            "财政收入(万元)",
            "到县城公里数",
            "是否艰苦边远",
            "启用(QYRQ)",
            "停用(TYRQ)",
        ]
    ]
    rows += [
        [
            code,
            f"平川县{name}",
            "",
            "390603",
            "平川县",
            "长宁市",
            "建制镇" if name.endswith("镇") else "乡",
            35 + n,
            18000 + n,
            900 + n,
            5 + n,
            "是" if n > 4 else "否",
            "2001-01-01",
            "",
        ]
        for n, (code, name) in enumerate(zip(codes, VILLAGES, strict=True))
    ]
    write_csv(folder / "xzqh.txt", rows, delimiter="\t")
    rows = [
        [
            "单号(DH)",
            "父单号(FDH)",
            "主办乡镇码(ZBXZ)",
            "标题(BT)",
            "业务类别(YWLB)",
            "发起单位(FQDW)",
            "发起级别(FQJB)",
            "下发时间(XFSJ)",
            "截止时间(JZSJ)",
            "反馈时间(FKSJ)",
            "办件状态(BJZT)",
            "加急(JJ)",
            "一票否决项(YPFJ)",
            "附表数(FBS)",
            "佐证照片数(ZZZP)",
            "模板(MB)",
            "系统自动生成(XTZD)",
            "录入人(LRR)",
        ]
    ]
    for n in range(420):
        start = START + timedelta(days=n * 6 // 7, hours=n % 9)
        closed = n % 12 != 0
        rows.append(
            [
                f"RW{n:06d}",
                f"RW{n - 3:06d}" if n % 6 == 5 else "",
                floats[n % 7],
                ["报送森林防火巡查台账", "召开产业发展会议", "迎接年度考核", "上报低保核查表"][n % 4],
                ["日常任务", "会议通知", "考核评比", "日常任务"][n % 4],
                ["县林业局", "省农业农村厅", "市民政局"][n % 3],
                ["县直", "省直", "市直"][n % 3],
                f"{start:%Y%m%d%H%M%S}",
                f"{start + timedelta(days=4, hours=2):%Y%m%d%H%M%S}",
                f"{start + timedelta(days=2 + n % 4):%Y%m%d%H%M%S}" if closed else "",
                "已反馈" if closed else "待反馈",
                ["加急", "一般"][n % 4 > 0],
                "Y" if n % 13 == 0 else "N",
                n % 3,
                n % 4,
                ["统一模板", "无模板"][n % 2],
                "N",
                "李四",
            ]
        )
    write_csv(folder / "T_DB_RWXX_导出.csv", rows, encoding="utf-16")
    rows = [["检查事项", "受检单位", "牵头单位", "时间", "结束时间", "检查形式", "打分情况", "整改要求"]]
    for n in range(80):
        start = START + timedelta(days=4 * n)
        rows.append(
            [
                ["秋粮收购检查", "安全生产督导", "乡村振兴观摩"][n % 3],
                ["各乡镇", VILLAGES[n % 7], f"除{VILLAGES[n % 7]}外，各乡镇"][n % 3],
                ["县发改局", "县安委办", "县委组织部"][n % 3],
                f"{start.month}月{start.day}日" if n < 0 else f"{start:%Y年%m月%d日}",
                f"{start + timedelta(days=2):%Y年%m月%d日}",
                ["实地查看", "查阅台账", "实地+台账"][n % 3],
                ["打分", "不打分"][n % 2],
                ["下发整改单", "无"][n % 2],
            ]
        )
    _book(folder / "县级检查安排及执行情况.xlsx", {"2024": [["平川县2024年涉乡镇检查安排及执行情况"], *rows]})
    for month in (1, 2, 3):
        rows = [["名次", "乡镇", "参学人数", "本月新增积分"]]
        points = sorted(((int(rng.poisson(900)), name) for name in VILLAGES), reverse=True)
        rows += [[n + 1, name, 40, point] for n, (point, name) in enumerate(points)]
        _book(
            folder / f"学习强县积分排名（2024年{month}月）.xlsx",
            {"排名": [[f"学习强县2024年{month}月积分排名"], *rows]},
        )
        rows = [["人员编号", "姓名", "所在组织", "考勤日期", "时刻", "打卡地址", "经度", "纬度", "打卡方式"]]
        for n in range(200):
            rows.append(
                [
                    f"{n % 40:05d}",
                    "王五",
                    VILLAGES[n % 7],
                    f"2024/{month}/{n % 27 + 1}",
                    f"{8 + n % 11}:{n % 60:02d}",
                    "某路1号",
                    "118.1",
                    "32.2",
                    "外勤",
                ]
            )
        write_csv(folder / f"外勤打卡流水2024-{month:02d}.csv", rows, encoding="gb18030")
    head = [
        "人员ID",
        "姓名",
        "身份证件号码",
        "所属乡镇",
        "性别名称",
        "出生年月日",
        "学历名称",
        "编制类别名称",
        "职务名称",
        "职级名称",
        "进入渠道名称",
        "参加工作日期",
        "进入本单位日期",
        "服务期截止",
        "人员状态名称",
        "减少日期",
        "减少原因",
        "去往单位",
    ]
    rows = [head]
    for n, number, born, hired, came in _persons(140):
        state = ["在册", "在册", "在册", "减员", "在册"][n % 5]
        row = [
            f"P{n:05d}",
            "赵六",
            number,
            VILLAGES[n % 7],
            "男女"[n % 2],
            f"{born:%Y%m%d}",
            ["本科", "专科"][n % 2],
            ["行政编制", "事业编制"][n % 2],
            "办事员",
            "四级主任科员",
            ["省考录用", "事业单位招聘"][n % 2],
            f"{hired:%Y%m%d}",
            f"{came:%Y%m%d}",
            f"{came + timedelta(days=1826):%Y%m%d}",
            state,
        ]
        rows.append(
            [
                *row,
                *(
                    [
                        "20240715",
                        ["遴选考走", "提前退休", "县内调剂"][n // 5 % 3],
                        ["市财政局", "", "桃源镇"][n // 5 % 3],
                    ]
                    if state == "减员"
                    else ["", "", ""]
                ),
            ]
        )
    write_csv(folder / "A01人员信息.csv", rows, encoding="gb18030")
    plus, minus = (
        [["姓名", "身份证件号码", "乡镇", "生效日期", "变动方式", "变动前/后单位"]] for _ in range(2)
    )
    for n, number, *_ in _persons(200):
        if n >= 140:
            plus.append(
                [
                    "孙七",
                    number,
                    VILLAGES[n % 7],
                    f"2024-{n % 12 + 1:02d}-10",
                    ["公开招考", "外县调入"][n % 2],
                    "",
                ]
            )
        elif n % 10 == 2:
            minus.append(
                [
                    "孙七",
                    number,
                    VILLAGES[n % 7],
                    f"2024-{n % 12 + 1:02d}-20",
                    ["辞去公职", "交流到县直", "考取市直"][n // 10 % 3],
                    ["", "县水利局", "市财政局"][n // 10 % 3],
                ]
            )
    _book(folder / "2024年人员增减.xlsx", {"增员": plus, "减员": minus})
    items = [f"感受_{n:02d}" for n in range(1, 32)]
    for wave in (1, 2, 3):
        rows = [
            [
                "record_id",
                "start_time",
                "submit_time",
                "证件号(加密前)",
                "所用秒数",
                *items,
                "每周上班小时",
                "其中留痕小时",
                "备注",
            ]
        ]
        burnout, others = _answers(rng, 0, 6, (80, 15)), _answers(rng, 0, 4, (80, 16))
        for n in range(80):
            moment = datetime(2024, 3 * wave, n % 28 + 1, 20, n % 60)
            row = [
                f"{wave}-{n}",
                f"{moment:%Y-%m-%d %H:%M:%S}",
                f"{moment + timedelta(minutes=5):%Y-%m-%d %H:%M:%S}",
                _id_number(n)[0],
                290 + n,
            ]
            rows.append(
                [
                    *row,
                    *(f"{'ABCDEFG'[a]}" for a in burnout[n]),
                    *(
                        f"{'ABCDE'[a]}.{['完全不同意', '不同意', '说不清', '同意', '完全同意'][a]}"
                        for a in others[n]
                    ),
                    45 + n % 10,
                    8 + n % 4,
                    "",
                ]
            )
        write_csv(folder / f"wenjuan_T{wave}.csv", rows)
    rows = [["乡镇", "年月", "纸质文件", "", "电子文件", ""], ["", "", "件数", "批示", "件数", "批示"]]
    rows += [[name, f"2024{month:02d}", 12, 3, 40, 6] for name in VILLAGES for month in range(1, 13)]
    _book(folder / "文件统计.xlsx", {"2024": [["文件统计表"], *rows]})


_VILLAGES = {
    "xzqh.txt": (
        "units",
        _columns(
            "区划代码(XZQH)=unit_code 全称(QC)=unit_name "
            "曾用名(CYM)=aliases 县代码(XDM)=county_code 县名(XMC)=county_name "
            "市名(SMC)=city_name 类型(LX)=unit_type "
            "行政编制(人)=establishment 户籍人口(人)=population 财政收入(万元)=revenue "
            "到县城公里数=distance_km 是否艰苦边远=hardship 启用(QYRQ)=valid_from 停用(TYRQ)=valid_to"
        ),
    ),
    "T_DB_RWXX_导出.csv": (
        "tasks",
        _columns(
            "单号(DH)=task_id 父单号(FDH)=parent_task_id "
            "主办乡镇码(ZBXZ)=unit_code 标题(BT)=title 业务类别(YWLB)=event_label "
            "发起单位(FQDW)=issuer 发起级别(FQJB)=issuer_level 下发时间(XFSJ)=issue_at 截止时间(JZSJ)=due_at "
            "反馈时间(FKSJ)=feedback_at 办件状态(BJZT)=state "
            "加急(JJ)=emergency 一票否决项(YPFJ)=is_veto 附表数(FBS)=n_table "
            "佐证照片数(ZZZP)=n_photo 模板(MB)=template_required 系统自动生成(XTZD)=auto_recorded"
        ),
    ),
    "县级检查安排及执行情况.xlsx": (
        "tasks",
        _columns(
            "检查事项=title 受检单位=unit_name 牵头单位=issuer 时间=issue_at 结束时间=done_at 检查形式=check_mode "
            "打分情况=has_score 整改要求=has_rectify"
        ),
    ),
    "学习强县积分排名*.xlsx": ("app_activity", _columns("乡镇=unit_name 本月新增积分=count")),
    "外勤打卡流水*.csv": (
        "punches",
        _columns("所在组织=unit_name 考勤日期=punched_on 时刻=punched_at"),
    ),
    "A01人员信息.csv": (
        "roster",
        _columns(
            "身份证件号码=id_number 所属乡镇=unit_name 性别名称=sex "
            "出生年月日=birth_ym 学历名称=education 编制类别名称=bianzhi "
            "职务名称=role 职级名称=rank 进入渠道名称=entry_route 参加工作日期=hire_date 进入本单位日期=spell_start "
            "服务期截止=lock_until 人员状态名称=status 减少日期=leave_date 减少原因=exit_type 去往单位=destination"
        ),
    ),
    "2024年人员增减.xlsx": (
        "ledger",
        _columns(
            "身份证件号码=id_number 乡镇=unit_name 生效日期=date 变动方式=exit_type 变动前/后单位=destination"
        ),
    ),
    "wenjuan_T*.csv": (
        "survey",
        _columns(
            "record_id=submission_id submit_time=fieldwork_date "
            "证件号(加密前)=id_number 所用秒数=duration_s 每周上班小时=hours_week "
            "其中留痕小时=hours_trace"
        )
        | {f"感受_{n:02d}": item for n, item in enumerate(ITEMS, start=1)},
    ),
}
VILLAGES_RIGHT = {
    "files": _VILLAGES,
    "not_used": ["文件统计.xlsx"],
    "constants": {
        "学习强县积分排名*.xlsx": {"app_name": "学习强县", "action_type": "积分"},
        "外勤打卡流水*.csv": {"app_name": "外勤打卡"},
    },
    "values": {
        ("units", "unit_type"): {"建制镇": "镇", "乡": "乡"},
        ("tasks", "event_label"): {"日常任务": "任务", "会议通知": "会议", "考核评比": "考核"},
        ("tasks", "issuer_level"): {"县直": "县", "省直": "省", "市直": "市"},
        ("tasks", "emergency"): {"加急": True, "一般": False},
        ("tasks", "is_veto"): {"Y": True, "N": False},
        ("tasks", "template_required"): {"统一模板": True, "无模板": False},
        ("tasks", "check_mode"): {"实地查看": "实地", "查阅台账": "查阅资料", "实地+台账": "混合"},
        ("tasks", "has_score"): {"打分": True, "不打分": False},
        ("tasks", "has_rectify"): {"下发整改单": True},
        ("roster", "status"): {"在册": "在职", "减员": "离开"},
        ("roster", "exit_type"): {"遴选考走": "遴选", "提前退休": "退休", "县内调剂": "调出"},
        ("ledger", "exit_type"): {"辞去公职": "辞职", "交流到县直": "调出", "考取市直": "考录"},
    },
    "survey": {"responses": dict(zip("ABCDEFG", range(7), strict=True))},
}
OFFICES = {"streets": (streets_folder, STREETS_RIGHT), "villages": (villages_folder, VILLAGES_RIGHT)}
