"""Titles of tasks as offices word them: a subject, which a task handed down has from its parent, in usual phrases.

SYNTHETIC like everything here. A title depends on its row alone, so that a row exported twice has one title.
"""

import numpy as np

from jianfu.simulate.task_rows import LEVELS

# What a task of a topic is about, and what is to be done about it; with the period that is a subject.
OBJECTS = {
    "秸秆禁烧": "重点地块巡查 秸秆打捆离田 秸秆收储点防火 火点处置 禁烧网格值守 秸秆综合利用台账 村口卡点值守",
    "防返贫监测": "脱贫户收入核算 监测对象走访 帮扶措施落实 产业到户奖补 雨露计划补助 公益岗位在岗 大额医疗支出预警",
    "信访维稳": "信访积案化解 重点人员稳控 初信初访办理 欠薪矛盾调处 领导包案 网上信访件 征地纠纷调处 集体访苗头",
    "人居环境": "户厕改造 村庄清洁 生活污水治理 垃圾分类投放点 残垣断壁拆除 坑塘沟渠清理 村内道路保洁 农村户外广告",
    "医保征缴": "居民医保参保 断保人员动员 新生儿参保登记 困难群众代缴 重复参保清理 医保码激活 在外人员缴费",
    "反诈宣传": "反诈入户签名 涉诈预警劝阻 校园反诈课 沿街商铺反诈海报 老年人反诈讲座 两卡人员回访 境外人员劝返",
    "数据填报": "人口基础信息 农业机械保有量 畜禽存栏 粮食播种面积 村集体收入 劳动力转移就业 住房空置 规模以上企业用电",
    "耕地保护": "卫片图斑核实 大棚房清理 撂荒地复耕 违法占地拆除 永久农田标志牌 耕地进出平衡 高标准农田管护",
    "文明创建": "文明村镇复评 道德模范推荐 移风易俗红白事 志愿服务站 公益广告更新 文明家庭评选 农家书屋开放",
    "招商引资": "在谈项目跟踪 闲置厂房盘活 开工项目用地 外出招商行程 客商接待 签约项目落地 企业诉求办理 园区标准厂房",
    "防汛抗旱": "山洪危险区转移 小型水库值守 河道清障 泵站检修 防汛物资储备 地质灾害点巡查 城镇内涝点 抗旱水源调度",
    "安全生产": "烟花爆竹零售点 自建房隐患 危化品经营 农村客运车辆 燃气瓶间 养老机构消防 工贸企业有限空间 电动车充电棚",
    "减负": "挂牌清理 报表精简 微信工作群整合 会议压减 证明事项取消 督查检查计划 村级台账归并 政务应用下架",
}
MATTERS = (
    "专项排查",
    "集中整治",
    "问题整改",
    "进度调度",
    "信息核对",
    "示范创建",
    "专项督导",
    "底数摸底",
    "回访抽查",
    "攻坚行动",
)
# Own titles, the last of which say only the topic; titles of tasks handed down, the last of which says no more either.
OWN = ("关于开展{}的通知", "关于做好{}工作的通知", "关于报送{}情况的函", "{}任务清单", "关于{}有关事项的通知")
GENERIC = ("关于做好{}工作的通知", "关于报送{}材料的函", "{}情况摸排", "{}专项行动任务清单", "{}工作推进事项")
HANDED_DOWN = (
    "关于转发《{parent}》的通知", "转发{issuer}关于做好{subject}工作的通知", "关于贯彻落实《{parent}》的实施方案",
    "关于进一步做好全县{subject}工作的通知", "{subject}任务分解清单", "关于落实上级要求做好{topic}工作的通知",
)  # fmt: skip
HANDED_DOWN_SHARES = (0.36, 0.2, 0.14, 0.15, 0.08, 0.07)
ODD = ("=SUM(A1:A9)", "+86督办", "@全体 {}工作", '"请于\n本周内"报送{}材料', "-关于{}工作")
GENERIC_SHARE, ODD_SHARE, NUMBERED_SHARE = (
    0.25,
    0.003,
    0.15,
)  # NUMBERED: with the number of a document in front


def task_titles(rows, topic, parents, months, rng):
    """Object array of titles, one per row of ``rows`` (:class:`TaskRows`); ``topic`` object array, ``parents`` rows.

    A child speaks of its parent's subject under a title of its own.
    """
    n = len(topic)
    child = np.flatnonzero(parents >= 0)
    source = np.where(parents < 0, np.arange(n), parents)
    is_parent = np.zeros(n, bool)
    is_parent[source[child]] = True
    pick = rng.random((n, 6))
    year = months.year[rows.t]
    subjects = _subjects(topic, year, months.month[rows.t], pick)
    generic = (pick[:, 3] < GENERIC_SHARE) & ~is_parent
    number = np.flatnonzero(pick[:, 5] < NUMBERED_SHARE)
    titles = np.where(generic, _worded(GENERIC, pick[:, 4], topic), _worded(OWN, pick[:, 4], subjects))
    level = np.array(LEVELS, dtype=object)[rows.level[number]]
    document = np.array([f"〕{place}号" for place in range(1, 91)], dtype=object)[number % 90]
    titles[number] = level + "政办〔" + year[number].astype(str).astype(object) + document + titles[number]
    form = rng.choice(len(HANDED_DOWN), len(child), p=HANDED_DOWN_SHARES)
    own = titles.copy()
    for row, kind in zip(child, form, strict=True):
        parent = source[row]
        titles[row] = HANDED_DOWN[kind].format(
            parent=own[parent],
            issuer=f"{LEVELS[rows.level[parent]]}有关部门",
            subject=subjects[parent],
            topic=topic[row],
        )
    for row in np.flatnonzero(rng.random(n) < ODD_SHARE):
        text = _of(ODD, pick[row, 4]).format(topic[row])
        titles[row] = '"' + text.replace('"', '""') + '"'
    return titles


def _subjects(topic, year, month, pick):
    """Period, object and matter of every row."""
    months, at = np.unique(year * 12 + month - 1, return_inverse=True)
    periods = np.array([_periods(*divmod(int(number), 12)) for number in months], dtype=object)
    names, of = np.unique(topic.astype(str), return_inverse=True)
    things = [OBJECTS[name].split() for name in names]
    number = np.array([len(found) for found in things])
    start = np.cumsum(number) - number
    objects = np.array([thing for found in things for thing in found], dtype=object)
    return (
        periods[at, (pick[:, 0] * periods.shape[1]).astype(int)]
        + objects[start[of] + (pick[:, 1] * number[of]).astype(int)]
        + np.array(MATTERS, dtype=object)[(pick[:, 2] * len(MATTERS)).astype(int)]
    )


def _periods(year, month):
    """Ways to name the period of a task, or not to; ``month`` from 0."""
    quarter = "一二三四"[month // 3]
    m = month + 1
    return (
        "",
        f"{m}月份",
        f"{year}年",
        f"{m}月上旬",
        f"{year}年第{quarter}季度",
        f"第{1 + m % 4}轮",
        f"第{m}批",
    )


def _worded(forms, uniform, names):
    """The names in one of the forms each; a form has one place for a name."""
    before, after = (
        np.array(part, dtype=object) for part in zip(*(form.split("{}") for form in forms), strict=True)
    )
    chosen = (uniform * len(forms)).astype(int)
    return before[chosen] + names + after[chosen]


def _of(choices, uniform):
    return choices[int(uniform * len(choices))]
