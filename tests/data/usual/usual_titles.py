"""Titles of invented tasks, checks and meetings in the prose of offices: what a full log says in columns of its own
(kind of event, topic, artefacts asked for, template, veto, urgency, scoring, relief) stands in the wording alone.

Written from the vocabulary of such ledgers, not from the rules that code titles (config/plan/titles.csv): how far the
coder agrees with the columns is measured, not built in.
"""

import numpy as np

MATTERS = {
    "秸秆禁烧": ("秸秆禁烧", "秋季秸秆禁烧", "秸秆禁烧网格巡查", "秸秆露天焚烧管控"),
    "防返贫监测": ("防返贫动态监测", "防止返贫监测帮扶", "监测户帮扶", "脱贫人口收入监测"),
    "信访维稳": ("信访积案化解", "信访维稳", "重复信访治理", "初信初访办理"),
    "人居环境": ("农村人居环境整治", "村庄清洁行动", "农村厕所革命", "人居环境整治提升"),
    "医保征缴": ("城乡居民医保征缴", "医保参保缴费", "居民基本医疗保险征缴"),
    "反诈宣传": ("反诈宣传", "防范电信网络诈骗宣传", "国家反诈中心APP推广", "反电诈"),
    "数据填报": ("基层数据填报", "村级基础数据更新", "综合数据采集", "报表数据核对"),
    "耕地保护": ("耕地保护", "耕地流出图斑整改", "耕地“非粮化”整治", "撂荒地治理"),
    "文明创建": ("文明城市创建", "文明村镇创建", "新时代文明实践", "移风易俗"),
    "招商引资": ("招商引资", "重点项目招引", "外出招商", "项目签约落地"),
    "防汛": ("防汛备汛", "防汛抗旱", "山洪灾害防御", "汛期值班值守"),
    "防汛抗旱": ("防汛备汛", "防汛抗旱", "山洪灾害防御", "汛期值班值守"),
    "安全生产": ("安全生产", "安全生产隐患排查", "消防安全整治", "燃气安全排查"),
    "减负": ("为基层减负", "整治形式主义为基层减负", "精文简会", "清理规范工作群"),
}
OTHER_MATTERS = (
    "平安建设",
    "基层党建",
    "乡村振兴",
    "安全生产",
    "生态环境保护",
    "民生实事",
    "营商环境",
    "重点项目建设",
)
PHASES = ("{m}月份", "第{q}季度", "{y}年", "近期", "下一阶段", "", "", "第{k}批")
TABLES = (
    "报送{}统计表",
    "填报{}台账",
    "上报{}进度数据",
    "报送{}花名册",
    "填写{}情况汇总表",
    "上报{}问题清单",
)
TEXTS = (
    "报送{}工作总结",
    "上报{}情况报告",
    "报送{}实施方案",
    "提交{}自查报告",
    "报送{}典型经验材料",
    "上报{}书面汇报",
)
PHOTOS = ("报送{}现场照片", "上传{}工作照片", "上报{}前后对比照片", "报送{}张贴公示截图")
VIDEOS = ("报送{}宣传短视频", "上报{}现场视频资料")
AND_ALSO = {
    "n_table": ("并附统计表", "同时报台账", "随附明细表"),
    "n_text": ("并附文字材料", "同时报情况说明", "随附工作小结"),
    "n_photo": ("并附照片", "同时上传现场照片", "附佐证图片"),
    "n_video": ("并附视频", "同时报短视频"),
}
FIRST = {"n_table": TABLES, "n_text": TEXTS, "n_photo": PHOTOS, "n_video": VIDEOS}
NO_ARTEFACT = ("做好{}工作", "抓好{}工作落实", "进一步加强{}工作", "扎实推进{}工作", "落实{}有关要求",
               "组织开展{}集中行动", "持续推进{}", "开展{}入户宣传")  # fmt: skip
FRAMES = ("关于{}的通知", "{}", "关于{}的函", "请{}", "关于{}的工作提示", "{}（督办事项）", "{}任务交办单")
TEMPLATES = (
    "（按统一模板填报）",
    "（严格按照附件格式）",
    "，使用统一制式表格",
    "（模板见附件，不得改动格式）",
)
VETO = ("（一票否决事项）", "，纳入一票否决", "（列入年度“一票否决”）")
URGENT = ("【特急】{}", "紧急通知：{}", "{}（急件，即刻办理）", "关于立即{}的紧急通知")
DEADLINES = ("，于{m}月{d}日前完成", "（{m}月{d}日前报）", "，{m}月{d}日前办结")
FORWARDED = ("关于转发{issuer}《{title}》的通知", "转发《{title}》", "贯彻落实《{title}》有关要求")
EVENTS = {
    "检查": ("关于开展{}专项检查的通知", "{}检查", "{}执法检查", "{}工作抽查", "对{}情况开展检查"),
    "督查": ("关于开展{}专项督查的通知", "{}实地督查", "{}工作督导督查", "{}“回头看”督查"),
    "考核": ("关于开展{}年度考核的通知", "{}工作考核", "{}季度考核评价", "{}实绩考核"),
    "巡察": ("{}专项巡察", "关于对{}开展巡察的通知", "县委巡察组{}巡察"),
    "观摩": ("{}现场观摩", "关于组织{}观摩活动的通知", "{}工作观摩会"),
    "调研": ("{}专题调研", "关于开展{}调研的通知", "领导来访调研{}工作"),
    "视察": ("人大代表视察{}工作", "政协委员视察{}", "领导视察{}现场"),
    "指导": ("{}业务指导", "{}工作蹲点指导", "上门指导{}工作"),
    "会议": ("召开{}工作会议", "{}工作推进会", "{}业务培训会", "{}视频调度会"),
    "其他": ("关于表扬{}先进集体的通报", "{}工作人员任免的通知", "{}获奖名单公示", "{}宣传周活动简讯"),
}
RESULTS = {
    "has_score": ("，现场打分", "（百分制评分）", "，按细则计分"),
    "has_rank": ("，结果通报排名", "（全县排名）", "，评出名次并通报"),
    "has_material_list": ("，请备齐台账资料", "（按清单准备材料）", "，提前备好佐证材料"),
    "has_rectify": ("，发现问题限期整改", "，现场下发整改通知", "（问题清单限期整改）"),
}


def write_titles(rows, rng) -> list:
    """One title per row of the frame ``rows``, which has the columns of the canonical tasks; in order.

    ``rng`` decides on the wording alone. A task with a parent in the frame forwards the title of its parent.
    """
    titles, place_of = [""] * len(rows), {}
    parents = rows["parent_task_id"].to_numpy(object)
    forwarded = np.array([isinstance(parent, str) for parent in parents], bool)
    records = rows.to_dict("records")
    for place in [*np.flatnonzero(~forwarded), *np.flatnonzero(forwarded)]:
        row, draws = records[place], rng.random(10)
        source = place_of.get(row["parent_task_id"])
        if source is None:
            title = _task(row, draws) if row["event_label"] == "任务" else _event(row, draws)
        else:
            title = _pick(FORWARDED, draws[0]).format(issuer=records[source]["issuer"], title=titles[source])
        titles[place] = title
        place_of.setdefault(row["task_id"], place)
    return titles


def _pick(options, draw):
    return options[int(draw * len(options))]


def _subject(row, draws):
    """Matter with a month, quarter or batch in front of it: 3月份秸秆禁烧."""
    issued = row["issue_at"]
    phase = _pick(PHASES, draws[0]).format(
        y=issued.year, m=issued.month, q="一二三四"[(issued.month - 1) // 3], k=int(draws[1] * 9) + 1
    )
    return phase + _pick(MATTERS.get(row["topic"], OTHER_MATTERS), draws[2])


def _task(row, draws):
    asked = [kind for kind in FIRST if row[kind] > 0]
    subject = _subject(row, draws)
    if asked:
        said = _pick(FIRST[asked[0]], draws[3]).format(subject)
        said += "".join("，" + _pick(AND_ALSO[kind], draws[4]) for kind in asked[1:])
    else:
        said = _pick(NO_ARTEFACT, draws[3]).format(subject)
    if row["emergency"] is True:
        return _pick(URGENT, draws[5]).format(said) + _extras(row, draws)
    framed = _pick(FRAMES, draws[5])
    return framed.format(said) + _extras(row, draws)


def _extras(row, draws):
    extra = _pick(TEMPLATES, draws[6]) if row["template_required"] is True else ""
    if row["is_veto"] is True:
        extra += _pick(VETO, draws[7])
    due = row["due_at"]
    if due == due and due is not None and draws[8] < 0.15:
        extra += _pick(DEADLINES, draws[9]).format(m=due.month, d=due.day)
    return extra


def _event(row, draws):
    said = _pick(EVENTS[row["event_label"]], draws[3]).format(_subject(row, draws))
    for place, (flag, words) in enumerate(RESULTS.items()):
        if row[flag] is True:
            said += _pick(words, draws[4 + place])
    return said
