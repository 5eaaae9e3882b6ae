"""A draft as a commented province file for people who have never seen one."""

import json
import re

from jianfu.onboarding import HIGH, LOW, MEDIUM
from jianfu.onboarding.knowledge import TABLES

CHECK = "【请核对】"
# Names of provinces by the usual spelling of their file.
_NAMES = """
beijing 北京市 tianjin 天津市 hebei 河北省 shanxi 山西省 neimenggu 内蒙古自治区 liaoning 辽宁省 jilin 吉林省
heilongjiang 黑龙江省 shanghai 上海市 jiangsu 江苏省 zhejiang 浙江省 anhui 安徽省 fujian 福建省 jiangxi 江西省
shandong 山东省 henan 河南省 hubei 湖北省 hunan 湖南省 guangdong 广东省 guangxi 广西壮族自治区 hainan 海南省
chongqing 重庆市 sichuan 四川省 guizhou 贵州省 yunnan 云南省 xizang 西藏自治区 shaanxi 陕西省 gansu 甘肃省
qinghai 青海省 ningxia 宁夏回族自治区 xinjiang 新疆维吾尔自治区
"""
PROVINCES = dict(re.findall(r"([a-z]+) (\w+)", _NAMES))
FIRST = """\
# {name}的设置文件。由 make new-province 起草，用记事本、WPS 或任何文本编辑器修改，保存时编码选 UTF-8。
#
# 怎么读：
#   · 井号（#）后面是说明，程序不读。去掉行首的“# ”，这一行就生效；加上“# ”，就不生效。
#   · 写法是“键: 值”，英文冒号，后面空一格；行首的空格表示从属关系，不要改动，不要用 Tab 键。
#   · 标了{check}的地方是推测，请看一眼；推测的把握分高、中、低，把握低的没有生效（行首有 #）。
#
# 改完运行 make check PROVINCE={slug}，只做读入和数据质量报告；满意后运行 make PROVINCE={slug}，出全部结果。
# 全部可用的键、默认值和何时修改见 config/settings.md，手册是 config/README.md。
"""
KEY_NOTE = """\
  # 只有数据是编造的才能写 true。真实数据写 false，并且先设置一次假名密钥
  # （姓名、身份证号只用来生成假名，从不写出）：
  #   把一段很长的随机文字存成一个文件，放在本文件夹之外的安全位置，例如 /安全位置/key.txt；
  #   运行前执行 export JIANFU_KEY_FILE=/安全位置/key.txt 。明年用同一个密钥，同一个人得到同一个假名。
"""


def quoted(value):
    """A value as YAML on one line."""
    return json.dumps(value, ensure_ascii=False)


def flow(mapping):
    """A mapping as YAML on one line."""
    return "{" + ", ".join(f"{quoted(k)}: {quoted(v)}" for k, v in mapping.items()) + "}"


def render(draft, slug, knowledge):
    """Text of the province file."""
    name = PROVINCES.get(slug, slug)
    lines = [
        *FIRST.format(name=name, slug=slug, check=CHECK).splitlines(),
        "",
        "# ── 省份 " + "─" * 60,
        "province:",
        f"  name: {{zh: {quoted(name)}, en: {quoted(slug.capitalize())}}}   # 印在报告封面上",
        *KEY_NOTE.splitlines(),
        "  synthetic: false",
        "",
        *_data(draft),
        *_indices(draft),
        "",
        "# ── 哪些文件是哪种表 " + "─" * 48,
        "# table 是表的种类；files 是文件名，* 代表任意文字，所以一个写法可以包含许多分月导出的文件。",
        "# columns 把原表头对应到本项目的列：“原表头: 列名”。字典已经认识的表头不用写（列在说明里）。",
        "sources:",
    ]
    for proposal in draft.proposals:
        lines += ["", *_source(proposal, draft, knowledge)]
    lines += _left_over(draft, knowledge)
    lines += _survey(draft, knowledge)
    return "\n".join(lines) + "\n"


def _data(draft):
    lines = [
        "# ── 数据 " + "─" * 60,
        "data:",
        f"  folder: {quoted(str(draft.folder.resolve()))}   # 原始文件所在的文件夹",
    ]
    window = draft.window
    if window.value:
        mark = "" if window.confidence == HIGH else CHECK
        lines += [
            f"  # 分析时段：第一个月和最后一个月。{mark}依据：{window.evidence}（把握{window.confidence}）",
            f"  window: {quoted(window.value)}",
            f"  # 导出数据的那一天；晚于它一年以上的日期会被当作错误。{CHECK}{draft.extraction.evidence}",
            f"  extraction_date: {quoted(draft.extraction.value)}",
        ]
    else:
        lines += [
            f"  # 分析时段：第一个月和最后一个月。{CHECK}{window.evidence}，请填写后去掉行首的 #",
            '  # window: ["2024-01", "2025-12"]',
        ]
    roster = draft.roster
    mark = "" if roster.confidence == HIGH else CHECK
    lines += [
        "  # 花名册是哪一天的：opening = 分析时段开始前一天在岗的人；closing = 结束后一天在岗的人。",
        f"  # {mark}依据：{roster.evidence}（把握{roster.confidence}）",
        f"  roster: {roster.value}",
    ]
    empty = sorted({w.text for p in draft.proposals for w in p.wordings if "null_tokens" in w.evidence})
    if empty:
        tokens = ["—", "－", "-", "/", "(跳过)", "（跳过）", *empty]
        lines += [
            f"  # 这些写法像是“没有填”：{'、'.join(empty)}。确认后去掉下一行行首的 #",
            f"  # null_tokens: {quoted(tokens)}",
        ]
    return lines


def _indices(draft):
    """Lines on the reference window, where the months are fewer than it has by default."""
    if not draft.reference_months:
        return []
    return [
        "",
        "# ── 指数 " + "─" * 60,
        "indices:",
        "  # 指数的标尺（锚）来自分析时段最初的若干个月。现在的月份少，全部用上；",
        "  # 以后加入新的月份时不要改它，旧的指数值才不变。",
        f"  reference_months: {draft.reference_months}",
    ]


def _source(proposal, draft, knowledge):
    table = proposal.table
    items = {}
    if table == "survey":
        own = {h.text for _, headings in proposal.pages for h in headings}
        items = {text: item for text, item in draft.survey.items.items() if text in own}
    n = len(proposal.names)
    lines = [
        f"  # {TABLES[table]}：{n} 个文件，{len(proposal.pages)} 张表；把握{proposal.confidence}",
        *_known(proposal, knowledge),
        f"  - table: {table}",
        f"    files: {quoted(proposal.files)}",
    ]
    if proposal.sheets:
        lines.append(f"    sheets: {quoted(proposal.source()['sheets'])}   # 只读这些工作表")
    active = [(h.text, h.column, h) for h in proposal.columns.values()]
    if active or items:
        lines.append("    columns:")
        for text, column, heading in active:
            name = knowledge.column_name(table, column)
            mark = "" if heading.confidence == HIGH else CHECK
            note = f"{name}；把握{heading.confidence}：{heading.evidence}{mark}"
            lines.append(f"      {quoted(text)}: {column}   # {note}")
        if items:
            survey = draft.survey
            mark = "" if survey.confidence == HIGH else CHECK
            lines.append(
                "      # 问卷题目 → 量表条目（见 config/plan/scales.yaml）；"
                f"把握{survey.confidence}：{survey.evidence}。{mark}"
            )
            lines += [f"      {quoted(text)}: {item}" for text, item in items.items()]
    elif proposal.doubtful:
        lines.append("    # columns:")
    for heading in proposal.doubtful.values():
        guess = heading.candidates[0][0] if heading.candidates else "?"
        name = knowledge.column_name(table, guess)
        lines.append(f"      # {quoted(heading.text)}: {guess}   # {name}？把握低：{heading.evidence}")
    if proposal.personal:
        lines.append(f"    personal: {quoted(proposal.personal)}   # 像是个人信息：不读取，不写出")
    lines += _constants(proposal)
    lines += _values(proposal, knowledge)
    lines += _open(proposal, draft, items, knowledge)
    return lines


def _known(proposal, knowledge):
    if not proposal.known:
        return []
    names = {text: knowledge.column_name(proposal.table, column) for text, column in proposal.known.items()}
    own = [text if text == name else f"{text}→{name}" for text, name in names.items()]
    lines, line = [], f"  # 字典认出 {len(own)} 列："
    for word in own:
        if len(line) + len(word) > 75:
            lines.append(line)
            line = "  #   "
        line += word + "、"
    return [*lines, line.rstrip("、")]


def _constants(proposal):
    lines = []
    for key in ("fixed", "fill"):
        for column, (value, evidence) in getattr(proposal, key).items():
            lines += [f"    # {evidence}。{CHECK}", f"    {key}: {{{column}: {quoted(value)}}}"]
    return lines


def _values(proposal, knowledge):
    """Wordings of categories: sure ones active, the others commented out."""
    if not proposal.wordings:
        return []
    active = {w.column for w in proposal.active_wordings()}
    lines = [
        "    # 字典不认识的写法属于哪一类：把 ? 换成类别，再去掉这一行以及它上面 values、列名两行行首的“# ”。",
        "    # 不填的话：必填列整行剔除，其他列当作缺失。",
        f"    {'' if active else '# '}values:",
    ]
    for column in dict.fromkeys(w.column for w in proposal.wordings):
        own = [w for w in proposal.wordings if w.column == column]
        kinds = knowledge.tables[proposal.table].columns[column].values or ("true（是）", "false（否）")
        name = knowledge.column_name(proposal.table, column)
        lines.append(
            f"      {'' if column in active else '# '}{column}:   # {name}，可选：{'、'.join(kinds)}"
        )
        for w in own:
            on = w.value is not None and w.confidence != LOW
            value = "?" if w.value is None else quoted(w.value)
            mark = CHECK if on and w.confidence == MEDIUM else ""
            note = f"{w.rows} 行" + (f"；把握{w.confidence}：{w.evidence}{mark}" if w.evidence else "")
            lines.append(f"        {'' if on else '# '}{quoted(w.text)}: {value}   # {note}")
    return lines


def _open(proposal, draft, items, knowledge):
    rest = [
        h for text, h in proposal.open.items() if text not in items and text not in draft.survey.open_items
    ]
    if not rest:
        return []
    lines = ["    # 没有认出、不会使用的表头（需要就写进 columns）："]
    for heading in rest:
        near = "、".join(f"{knowledge.column_name(proposal.table, c)} {c}" for c, _ in heading.candidates[:2])
        lines.append(f"    #   {heading.text}" + (f"   （最接近：{near}）" if near else ""))
    return lines


def _left_over(draft, knowledge):
    lines = []
    for proposal in draft.incomplete:
        names = "、".join(knowledge.column_name(proposal.table, name) for name in proposal.lacking)
        lines += [
            "",
            f"  # 像{TABLES[proposal.table]}，但缺少：{names}。",
            "  # 在 columns 里补上它的原表头，再去掉下面各行行首的“# ”，这张表就会启用。",
        ]
        for line in _source(proposal, draft, knowledge):
            lines.append(line if line.lstrip().startswith("#") else f"  # {line.removeprefix('  ')}")
    for table in draft.absent_tables():
        lines += [
            "",
            f"  # 还缺必需的表：{TABLES[table]}。把文件放进文件夹后重新运行 make new-province（加 FORCE=1），",
            "  # 或写上文件名并去掉下面两行行首的“# ”。",
            f"  # - table: {table}",
            '  #   files: ["文件名*.xlsx"]',
        ]
    if draft.troubles or draft.unknown:
        lines += ["", "# 没有用到的文件和工作表："]
        lines += [f"#   {place}：{reason}" for place, reason in [*draft.troubles, *draft.unknown]]
    return lines


def _survey(draft, knowledge):
    survey = draft.survey
    lines = []
    if survey.open_items:
        lines += [
            "",
            f"# 问卷：{survey.evidence}。请对照问卷，把每道题写进上面问卷的 columns，",
            f"# 例如 {quoted(survey.open_items[0])}: EE1；条目名见 config/plan/scales.yaml。没有写的题目不会使用。",
        ]
    if survey.ranges or survey.responses:
        lines += ["", "# ── 问卷编码 " + "─" * 56, "survey:"]
    if survey.ranges:
        lines += [
            f"  # 量表的最低分和最高分与统一方案不同，按答卷里出现的数字推测。{CHECK}",
            f"  ranges: {flow(survey.ranges)}",
        ]
    if survey.responses:
        lines += [
            f"  # 答案文字对应的分数，按字面从不同意到同意排列。方向反了会得出相反的结论，{CHECK}",
            f"  responses: {flow(survey.responses)}",
        ]
    return lines
