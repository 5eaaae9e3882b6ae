"""A draft as a commented province file for people who have never seen one."""

import json
import re

from jianfu.core.messages import SEPARATORS, spoken, words
from jianfu.core.reasons import Reason
from jianfu.core.wording import width
from jianfu.onboarding.draft import Draft
from jianfu.onboarding.knowledge import HIGH, LOW, MEDIUM, Knowledge
from jianfu.onboarding.wordings import UNFILLED

# Names of provinces by the usual spelling of their file.
_NAMES = """
beijing 北京市 tianjin 天津市 hebei 河北省 shanxi 山西省 neimenggu 内蒙古自治区 liaoning 辽宁省 jilin 吉林省
heilongjiang 黑龙江省 shanghai 上海市 jiangsu 江苏省 zhejiang 浙江省 anhui 安徽省 fujian 福建省 jiangxi 江西省
shandong 山东省 henan 河南省 hubei 湖北省 hunan 湖南省 guangdong 广东省 guangxi 广西壮族自治区 hainan 海南省
chongqing 重庆市 sichuan 四川省 guizhou 贵州省 yunnan 云南省 xizang 西藏自治区 shaanxi 陕西省 gansu 甘肃省
qinghai 青海省 ningxia 宁夏回族自治区 xinjiang 新疆维吾尔自治区
"""
PROVINCES = dict(re.findall(r"([a-z]+) (\w+)", _NAMES))
RULE = 70  # columns that a heading line fills


def province_name(slug: str) -> str:
    """The Chinese name of a province by the usual spelling of its file, else the spelling."""
    return PROVINCES.get(slug, slug)


def quoted(value):
    """A value as YAML on one line."""
    return json.dumps(value, ensure_ascii=False)


def flow(mapping):
    """A mapping as YAML on one line."""
    return "{" + ", ".join(f"{quoted(k)}: {quoted(v)}" for k, v in mapping.items()) + "}"


def render(draft: Draft, slug: str, knowledge: Knowledge) -> str:
    """Text of the province file, in the language that is spoken."""
    language = spoken()
    names = {"zh": province_name(slug), "en": slug.capitalize()}
    own = [f"language: {language}", ""] if language != knowledge.default["language"] else []
    lines = [
        *_comment("pf_head", name=names[language], slug=slug, check=_check()),
        "",
        *own,
        _heading("pf_province"),
        "province:",
        f"  name: {{zh: {quoted(names['zh'])}, en: {quoted(names['en'])}}}   # {words('pf_name')}",
        *_comment("pf_synthetic", indent="  "),
        "  synthetic: false",
        "",
        *_data(draft),
        *_indices(draft),
        "",
        _heading("pf_sources"),
        *_comment("pf_sources_note"),
        "sources:",
    ]
    for proposal in draft.proposals:
        lines += ["", *_source(proposal, draft, knowledge)]
    lines += _left_over(draft, knowledge)
    lines += _survey(draft)
    return "\n".join(lines) + "\n"


def _comment(code, indent="", **values):
    """The words of a code as lines of comment."""
    return [f"{indent}# {line}".rstrip() for line in words(code, **values).split("\n")]


def _heading(code):
    text = f"# ── {words(code)} "
    return text + "─" * (RULE - width(text))


def _check(sure=False):
    """The mark of a guess that someone should look at."""
    return "" if sure else words("pf_check")


def _data(draft):
    lines = [
        _heading("pf_data"),
        "data:",
        f"  folder: {quoted(str(draft.folder.resolve()))}   # {words('pf_folder')}",
    ]
    window, roster = draft.window, draft.roster
    if window.value:
        evidence = {"evidence": window.evidence, "sure": Reason(window.confidence)}
        lines += [
            *_comment("pf_window", indent="  ", check=_check(window.confidence == HIGH), **evidence),
            f"  window: {quoted(window.value)}",
            *_comment("pf_extraction", indent="  ", check=_check(), evidence=draft.extraction.evidence),
            f"  extraction_date: {quoted(draft.extraction.value)}",
        ]
    else:
        lines += [
            *_comment("pf_no_window", indent="  ", check=_check(), evidence=window.evidence),
            '  # window: ["2024-01", "2025-12"]',
        ]
    evidence = {"evidence": roster.evidence, "sure": Reason(roster.confidence)}
    lines += [
        *_comment("pf_roster", indent="  ", check=_check(roster.confidence == HIGH), **evidence),
        f"  roster: {roster.value}",
    ]
    empty = sorted({w.text for p in draft.proposals for w in p.wordings if w.evidence == UNFILLED})
    if empty:
        tokens = ["—", "－", "-", "/", "(跳过)", "（跳过）", *empty]
        lines += [
            *_comment("pf_null_tokens", indent="  ", wordings=empty),
            f"  # null_tokens: {quoted(tokens)}",
        ]
    return lines


def _indices(draft):
    """Lines on the reference window, where the months are fewer than it has by default."""
    if not draft.reference_months:
        return []
    return [
        "",
        _heading("pf_indices"),
        "indices:",
        *_comment("pf_reference", indent="  "),
        f"  reference_months: {draft.reference_months}",
    ]


def _source(proposal, draft, knowledge):
    table = proposal.table
    items = {}
    if table == "survey":
        own = {h.text for _, headings in proposal.pages for h in headings}
        items = {text: item for text, item in draft.survey.items.items() if text in own}
    sizes = {"files": len(proposal.names), "sheets": len(proposal.pages), "sure": Reason(proposal.confidence)}
    lines = [
        *_comment("pf_source", indent="  ", table=Reason(f"qr_{table}"), **sizes),
        *_known(proposal, knowledge),
        f"  - table: {table}",
        f"    files: {quoted(proposal.files)}",
    ]
    if proposal.sheets:
        lines.append(f"    sheets: {quoted(proposal.source()['sheets'])}   # {words('pf_sheets')}")
    lines += _columns(proposal, draft.survey, items, knowledge)
    if proposal.personal:
        lines.append(f"    personal: {quoted(proposal.personal)}   # {words('pf_personal')}")
    lines += _ignored(proposal)
    lines += _unpivoted(proposal)
    lines += _constants(proposal)
    lines += _values(proposal, knowledge)
    lines += _open(proposal, draft, items, knowledge)
    return lines


def _columns(proposal, survey, items, knowledge):
    """Headings and items with the columns they hold: sure ones active, doubtful ones commented out."""
    lines = []
    if proposal.columns or items:
        lines.append("    columns:")
        for heading in proposal.columns.values():
            note = _evidence(heading, knowledge.column_name(proposal.table, heading.column))
            lines.append(f"      {quoted(heading.text)}: {heading.column}   # {note}")
        if items:
            evidence = {"evidence": survey.evidence, "sure": Reason(survey.confidence)}
            lines += _comment(
                "pf_items", indent="      ", check=_check(survey.confidence == HIGH), **evidence
            )
            lines += [f"      {quoted(text)}: {item}" for text, item in items.items()]
    elif proposal.doubtful:
        lines.append("    # columns:")
    for heading in proposal.doubtful.values():
        guess = heading.candidates[0][0] if heading.candidates else "?"
        name = knowledge.column_name(proposal.table, guess)
        code = "pf_asked" if heading.status == "asked" else "pf_doubtful"
        lines.append(
            f"      # {quoted(heading.text)}: {guess}   # {words(code, name=name, evidence=heading.evidence)}"
        )
    return lines


def _ignored(proposal):
    """Headings that the dictionary knows and that must not be read, each with the reason."""
    notes = [words("pf_ignored", heading=text, evidence=h.evidence) for text, h in proposal.ignore.items()]
    if not notes:
        return []
    return [*(f"    # {note}" for note in notes), f"    ignore: {quoted(list(proposal.ignore))}"]


def _evidence(guess, name, *, active=True):
    """What a guess means, how sure it is and what speaks for it; marked where it is active and not sure."""
    check = _check(not active or guess.confidence != MEDIUM)
    evidence = {"sure": Reason(guess.confidence), "evidence": guess.evidence, "check": check}
    return words("pf_guess", name=name, **evidence).rstrip()


def _known(proposal, knowledge):
    if not proposal.known:
        return []
    names = {text: knowledge.column_name(proposal.table, column) for text, column in proposal.known.items()}
    own = [text if text == name else f"{text}→{name}" for text, name in names.items()]
    separator = SEPARATORS[spoken()]
    lines, line = [], f"  # {words('pf_known', n=len(own))}"
    for word in own:
        if len(line) + len(word) > 75:
            lines.append(line.rstrip())
            line = "  #   "
        line += word + separator
    return [*lines, line.removesuffix(separator)]


def _unpivoted(proposal):
    """Headings whose numbers become rows of their own, each with what its rows are."""
    if not proposal.unpivot:
        return []
    lines = [*_comment("pf_unpivot", indent="    ", check=_check()), "    unpivot:"]
    return lines + [f"      {quoted(text)}: {flow(values)}" for text, (values, _) in proposal.unpivot.items()]


def _constants(proposal):
    lines = []
    for key in ("fixed", "fill"):
        given = getattr(proposal, key)
        for _, evidence in given.values():
            lines += _comment("pf_constant", indent="    ", evidence=evidence, check=_check())
        if given:
            lines.append(f"    {key}: {flow({column: value for column, (value, _) in given.items()})}")
    return lines


def _values(proposal, knowledge):
    """Wordings of categories: those of the dictionary as they are read, sure ones active, the others commented out."""
    lines = _told(proposal, knowledge)
    new = [w for w in proposal.wordings if not w.known]
    if not new:
        return lines
    active = {w.column for w in proposal.active_wordings()}
    lines += [*_comment("pf_values", indent="    "), f"    {'' if active else '# '}values:"]
    for column in dict.fromkeys(w.column for w in new):
        declared = knowledge.tables[proposal.table].columns.get(column)
        kinds = (declared and declared.values) or dict.fromkeys(knowledge.wordings.of(column).values())
        kinds = list(kinds or (words("pf_true"), words("pf_false")))
        name = knowledge.column_name(proposal.table, column)
        of_area = knowledge.column_type(proposal.table, column) == "area"
        note = words("pf_codes", name=name) if of_area else words("pf_choices", name=name, choices=kinds)
        lines.append(f"      {'' if column in active else '# '}{column}:   # {note}")
        lines += [_wording(w) for w in new if w.column == column]
    return lines


def _told(proposal, knowledge):
    """For every category what the dictionary reads its wordings as, with the rows of each and clashes marked."""
    lines = []
    for column in dict.fromkeys(w.column for w in proposal.wordings if w.known):
        texts = []
        for w in proposal.wordings:
            if w.known and w.column == column:
                clash = words("pf_clash", values=list(w.others)) if w.others else ""
                texts.append(words("pf_told_one", wording=w.text, value=_shown(w.value), rows=w.rows) + clash)
        name = knowledge.column_name(proposal.table, column)
        lines += _wrapped(words("pf_told", name=name), texts)
    return lines


def _shown(value):
    return words("pf_true" if value else "pf_false") if isinstance(value, bool) else value


def _wrapped(head, texts):
    """Texts behind a head as lines of comment that are not much longer than the page."""
    separator, lines, line = SEPARATORS[spoken()], [], f"    # {head}"
    for text in texts:
        if width(line) + width(text) > 110:
            lines.append(line.rstrip())
            line = "    #   "
        line += text + separator
    return [*lines, line.removesuffix(separator)]


def _wording(wording):
    on = wording.value is not None and wording.confidence != LOW
    value = "?" if wording.value is None else quoted(wording.value)
    rows = words("pf_rows", n=wording.rows)
    note = _evidence(wording, rows, active=on) if wording.evidence else rows
    note += words("pf_clash", values=list(wording.others)) if wording.others else ""
    return f"        {'' if on else '# '}{quoted(wording.text)}: {value}   # {note}"


def _open(proposal, draft, items, knowledge):
    rest = [
        h for text, h in proposal.open.items() if text not in items and text not in draft.survey.open_items
    ]
    if not rest:
        return []
    lines = _comment("pf_open", indent="    ")
    for heading in rest:
        near = [f"{knowledge.column_name(proposal.table, c)} {c}" for c, _ in heading.candidates[:2]]
        lines.append(f"    #   {heading.text}" + (f"   {words('pf_nearest', columns=near)}" if near else ""))
    return lines


def _left_over(draft, knowledge):
    lines = []
    for proposal in draft.incomplete:
        columns = [knowledge.column_name(proposal.table, name) for name in proposal.lacking]
        table = Reason(f"qr_{proposal.table}")
        lines += ["", *_comment("pf_incomplete", indent="  ", table=table, columns=columns)]
        for line in _source(proposal, draft, knowledge):
            lines.append(line if line.lstrip().startswith("#") else f"  # {line.removeprefix('  ')}")
    for table in draft.absent_tables():
        lines += [
            "",
            *_comment("pf_absent", indent="  ", table=Reason(f"qr_{table}")),
            f"  # - table: {table}",
            f"  #   files: {words('pf_some_files')}",
        ]
    if draft.troubles or draft.unknown:
        lines += ["", *_comment("pf_unused")]
        for place, n, reason in draft.unused():
            place += words("np_n_files", n=n) if n > 1 else ""
            lines.append(f"#   {words('in_file', file=place, what=reason)}")
    return lines


def _survey(draft):
    survey = draft.survey
    lines = []
    if survey.open_items:
        example = quoted(survey.open_items[0])
        lines += ["", *_comment("pf_open_items", evidence=survey.evidence, example=example)]
    if survey.settings() or survey.asked:
        lines += ["", _heading("pf_survey"), "survey:"]
    if survey.keys:
        lines += [*_comment("pf_keys", indent="  ", check=_check()), f"  keys: {flow(survey.keys)}"]
    if survey.ranges:
        lines += [*_comment("pf_ranges", indent="  ", check=_check()), f"  ranges: {flow(survey.ranges)}"]
    if survey.responses:
        lines += _comment("pf_responses", indent="  ", check=_check())
    if survey.asked:  # a ? is no number: the run stops until it is one
        lines += _comment("pf_answers_asked", indent="  ")
    if survey.responses or survey.asked:
        lines.append(f"  responses: {flow(survey.responses | dict.fromkeys(survey.asked, '?'))}")
    return lines
