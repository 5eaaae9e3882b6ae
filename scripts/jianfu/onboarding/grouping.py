"""Part files put together into entries of `sources`, each with its patterns, mappings and what is still lacking."""

import glob
import os
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from statistics import median

from jianfu.core.errors import DataError
from jianfu.core.reasons import Reason
from jianfu.ingest import dates
from jianfu.ingest.headings import read_header
from jianfu.ingest.stage import Staging, from_place
from jianfu.onboarding.apps import columns_of_apps, keep_apart
from jianfu.onboarding.knowledge import HIGH, LOW, MEDIUM
from jianfu.onboarding.wordings import propose_wordings

GROWING = (
    "tasks",
    "app_activity",
    "ledger",
    "documents",
    "app_days",
    "punches",
)  # tables to which months are added
WAVE_GAP = 31  # days between the answers of two files from which they are two waves
# what stands behind the name of an app in that of its file
_STATISTICS = re.compile(
    r"(使用|签到|打卡|上报|积分|操作|登录|登陆|事件|活跃)*(情况|记录|明细|数据)?((统计|汇总|通报|导出|排名|排行)[报榜]?表?|月报表?|报表)$|(打卡|签到)时间$|流水$"
)
_YEAR = re.compile(r"(?<!\d)(19|20)\d\d")
_BREAK = re.compile(r"[\d０-９]|第[一二三四五六七八九十]|[_＿—\-－（(【\[ ]")


@dataclass
class Proposal:
    """One entry of `sources`. ``pages``: [(Recognised, its headings)].

    ``wave``: number of the wave by the days of its answers, for a survey.
    ``columns``, ``doubtful`` and ``ignore``: {heading: Heading}, the last what ingestion would read and should not;
    ``wordings``: list of Wording; ``fixed`` and ``fill``: {column: (value, evidence)}; ``unpivot``:
    {heading: (what its numbers are, Heading)}; ``lacking``: required columns
    that nothing gives; ``sheets``: names, or None for all.
    """

    table: str
    files: list
    names: list
    pages: list
    wave: int | None = None
    sheets: list | None = None
    columns: dict = field(default_factory=dict)
    doubtful: dict = field(default_factory=dict)
    personal: list = field(default_factory=list)
    ignore: dict = field(default_factory=dict)
    open: dict = field(default_factory=dict)
    wordings: list = field(default_factory=list)
    fixed: dict = field(default_factory=dict)
    fill: dict = field(default_factory=dict)
    unpivot: dict = field(default_factory=dict)
    lacking: list = field(default_factory=list)
    known: dict = field(default_factory=dict)

    def source(self):
        """The entry as settings hold it."""
        entry = {"table": self.table, "files": self.files}
        if self.sheets:
            entry["sheets"] = [glob.escape(name) for name in self.sheets]
        columns = {text: h.column for text, h in self.columns.items()}
        values = {}
        for wording in self.active_wordings():
            values.setdefault(wording.column, {})[wording.text] = wording.value
        parts = {"columns": columns, "personal": self.personal, "ignore": list(self.ignore), "values": values}
        parts |= {key: {c: v for c, (v, _) in getattr(self, key).items()} for key in ("fixed", "fill")}
        parts["unpivot"] = {text: values for text, (values, _) in self.unpivot.items()}
        return entry | {key: value for key, value in parts.items() if value}

    def active_wordings(self):
        """Wordings that the file must map: those that the dictionary does not know and that are sure enough."""
        return [w for w in self.wordings if not w.known and w.value is not None and w.confidence != LOW]

    def switch_off(self, heading, evidence):
        """Take back what a heading was proposed for; the dictionary's reading of it must be ignored by name."""
        heading.evidence, heading.confidence, heading.status = evidence, LOW, "off"
        self.columns.pop(heading.text, None)
        self.known.pop(heading.text, None)
        if heading.in_dictionary:
            self.ignore[heading.text] = heading
        self.doubtful[heading.text] = heading
        heading.candidates = [(heading.column, 0.0), *heading.candidates]
        heading.column = ""

    @property
    def confidence(self):
        """Of the whole entry: the least sure of what is active (HIGH, MEDIUM or LOW)."""
        if self.lacking:
            return LOW
        unsure = (
            any(h.confidence == MEDIUM for h in self.columns.values())
            or self.fixed
            or self.fill
            or self.unpivot
        )
        return MEDIUM if unsure else HIGH


def skeleton(path):
    """Beginning of a file's name up to its first number or separator, with its folder: parts of one export share it."""
    path = PurePosixPath(path)
    folder = re.sub(r"\d+", "*", str(path.parent))
    if not _own_name(path) and len(path.parts) > 1:
        return folder, ""  # nothing but a date: the folder names the series
    cut = _BREAK.search(path.stem, 2)
    stem = path.stem[: cut.end() if cut[0] in "_＿—-－" else cut.start()] if cut else path.stem
    return folder, stem


def core_name(path):
    """A file's name without folder, ending, dates, numbers and what separates them: that of the whole series.

    The name of its folder where nothing is left (谷川通/2024-01.xlsx).
    """
    path = PurePosixPath(path)
    return _own_name(path) or (len(path.parts) > 1 and _own_name(path.parent)) or path.stem


def _own_name(path):
    stem = re.sub(r"第[一二三四五六七八九十\d]+[次期批轮部季]|[一二三四]季度|[上下]半年", "", path.stem)
    stem = re.sub(r"[(（\[【].*?[)）\]】]|[\d０-９]+\s*(?:年度|年|月份|月|日|号|期|季度)?", " ", stem)
    return re.sub(r"[\s_＿.—－-]+", "", stem)


def patterns_of(names, everything, grows=False):
    """Glob patterns that match ``names`` and nothing else among ``everything``, and the files of later months.

    grows: whether a single file whose name holds a year is the first of a series, as of tables to which rows are added.
    """
    dated = any(
        re.search(r"\d", str(PurePosixPath(n).parent)) for n in names
    )  # a folder for each year or month
    if dated and (whole := _first_of(_around_numbers(names, grows), names, everything)):
        return [whole]
    found = []
    for folder, suffix in sorted({(str(PurePosixPath(n).parent), PurePosixPath(n).suffix) for n in names}):
        own = [
            n for n in names if (str(PurePosixPath(n).parent), PurePosixPath(n).suffix) == (folder, suffix)
        ]
        base = "" if folder == "." else glob.escape(folder) + "/"
        shared = os.path.commonprefix([PurePosixPath(n).stem for n in own]).rstrip("0123456789")
        stems = [skeleton(own[0])[1], shared]
        begins = [
            base + glob.escape(stem) + "*" + suffix for stem in stems if len(own) > 1 and (stem or base)
        ]
        pattern = _first_of([*begins[:1], *_around_numbers(own, grows), *begins[1:]], own, everything)
        found += [pattern] if pattern else [glob.escape(n) for n in own]
    return found


def _first_of(patterns, names, everything):
    """The first pattern that matches ``names`` and nothing else, None where none does."""
    for pattern in patterns:
        if sorted(n for n in everything if PurePosixPath("/" + n).match("/" + pattern)) == sorted(names):
            return pattern
    return None


def _around_numbers(names, grows):
    """Patterns of the words around the numbers of one series, where all its names have the same."""
    words = {tuple(re.split(r"[0-9]+", str(PurePosixPath(name).with_suffix("")))) for name in names}
    if len(words) > 1 or not (len(names) > 1 or (grows and _YEAR.search(PurePosixPath(names[0]).stem))):
        return []
    (first,), suffix = words, PurePosixPath(names[0]).suffix
    if len({PurePosixPath(name).suffix for name in names}) > 1 or not any(first):
        return []
    return [number.join(map(glob.escape, first)) + suffix for number in ("*", "[0-9]*")]


def group_pages(pages, look):
    """:class:`Proposal` list from [(Recognised, headings)], in order of tables; and troubles as (file, Reason)."""
    troubles, groups, owners = [], {}, {}
    for recognised, _ in pages:
        owners.setdefault(recognised.page.path, {}).setdefault(recognised.table, []).append(recognised)
    mixed = {
        path: _refused_tables(path, tables, troubles) for path, tables in owners.items() if len(tables) > 1
    }
    waves = waves_of(pages)
    for recognised, headings in pages:
        path = recognised.page.path
        if recognised.table not in mixed.get(path, ()):
            wave = waves.get(path) if recognised.table == "survey" else None
            group = (recognised.table, *skeleton(path), _own_app(recognised, headings), wave)
            groups.setdefault(group, []).append((recognised, headings))
    proposals = []
    for (table, *_, wave), own in [(key, part) for key, every in groups.items() for part in _ways(every)]:
        names = sorted({recognised.page.path for recognised, _ in own})
        patterns = patterns_of(names, look.files, table in GROWING)
        proposal = Proposal(table, patterns, names, own, wave=wave)
        proposal.sheets = _sheets(proposal, look)
        proposals.append(proposal)
    return proposals, troubles


def _ways(pages):
    """Sheets of a ledger by which way people went, where they have other headings (原单位 is another in each)."""
    if pages[0][0].table != "ledger" or len({tuple(recognised.headings) for recognised, _ in pages}) < 2:
        return [pages]
    ways = {}
    for recognised, headings in pages:
        way = from_place("movement", recognised.title, recognised.sheet)
        ways.setdefault(way, []).append((recognised, headings))
    return list(ways.values())


def one_series(proposals, look, knowledge, units=None):
    """The proposals, those put together that read the same headings in the same way, wherever their files lie.

    A file for each county below a folder for each half-year is one export: it is looked at and corrected once.
    """
    groups = {}
    for number, proposal in enumerate(proposals):
        headings = {frozenset(h.text for h in headings) for _, headings in proposal.pages}
        alone = proposal.sheets or len(headings) > 1 or proposal.lacking
        given = sorted((c, v) for part in (proposal.fixed, proposal.fill) for c, (v, _) in part.items())
        like = number if alone else (proposal.table, *headings, str(given), proposal.wave)
        groups.setdefault(like, []).append(proposal)
    found = []
    for own in groups.values():
        if len(own) > 1:
            names = sorted(name for proposal in own for name in proposal.names)
            patterns = patterns_of(names, look.files, own[0].table in GROWING)
            pages = [page for proposal in own for page in proposal.pages]
            own = [Proposal(own[0].table, patterns, names, pages, wave=own[0].wave)]
            fill_in(own[0], knowledge, units)
        found += own
    return found


def waves_of(pages):
    """{file: number of its wave} of the survey files that name none, by the middle days of their answers.

    pages: [(Recognised, headings)]. Files whose middle days lie within a month of each other are one wave.
    """
    days = {}
    for recognised, headings in pages:
        places = {h.column: h.place for h in headings}
        named = "wave" in places or from_place("wave", recognised.title, recognised.sheet)
        place = None if named else places.get("fieldwork_date")
        if recognised.table == "survey" and place is not None:
            cells = recognised.sheet.columns[place].slice(recognised.bottom).to_pylist()
            read = [moment[0].toordinal() for cell in cells if (moment := dates.parse((cell or "").strip()))]
            days.setdefault(recognised.page.path, []).extend(read)
    middle = sorted((median(read), path) for path, read in days.items() if read)
    waves, number = {}, 1
    for place, (day, path) in enumerate(middle):
        number += bool(place) and day - middle[place - 1][0] > WAVE_GAP
        waves[path] = number
    return waves


def _own_app(recognised, headings):
    """In app exports without a column of apps: the name of the file's series, so that every app is a source."""
    if recognised.table not in ("punches", "app_activity") or any(h.column == "app_name" for h in headings):
        return ""
    return core_name(recognised.page.path)


def _refused_tables(path, tables, troubles):
    """Tables of a file that cannot be told apart by the names of their sheets; the one with most sheets is kept."""
    names = {table: {r.sheet.name for r in found} for table, found in tables.items()}
    every = [name for found in names.values() for name in found]
    if "" not in every and len(every) == len(set(every)):
        return set()
    kept = max(tables, key=lambda table: (len(tables[table]), max(r.weight for r in tables[table])))
    troubles.append((path, Reason("file_of_several_tables")))
    return set(tables) - {kept}


def _sheets(proposal, look):
    """Names of the sheets to read where a file has others besides; None where all are meant."""
    names = set(proposal.names)
    every = {(page.path, page.sheet.file, page.sheet.name) for page in look.pages if page.path in names}
    own = {(r.page.path, r.sheet.file, r.sheet.name) for r, _ in proposal.pages}
    wanted = sorted({name for _, _, name in own})
    return wanted if every != own and "" not in wanted else None


def fill_in(proposal, knowledge, units=None):
    """Add mappings, wordings and remedies to a proposal; note what is still lacking."""
    for _, headings in proposal.pages:
        for heading in headings:
            _file_heading(proposal, heading)
    _keep_one_heading(proposal)
    for text in list(proposal.doubtful):
        if text in proposal.columns:
            del proposal.doubtful[text]
    _ignore_ties(proposal, knowledge)
    if parts := columns_of_apps(proposal, knowledge):
        keep_apart(proposal, parts)
    if proposal.table != "units":
        _remedy(proposal, knowledge, units)
    proposal.lacking = lacking(proposal, knowledge)
    proposal.wordings = propose_wordings(proposal.pages, knowledge, units)


def _keep_one_heading(proposal):
    """Of headings that stand side by side and are one column in different sheets, the one of most sheets stays."""
    sheets = [{h.text: h for h in headings} for _, headings in proposal.pages]
    for column in {h.column for h in proposal.columns.values()}:
        rivals = [text for text, h in proposal.columns.items() if h.column == column]
        if len(rivals) < 2 or not any({*rivals} <= sheet.keys() for sheet in sheets):
            continue
        own = {text: sum(text in s and s[text].column == column for s in sheets) for text in rivals}
        kept = max(rivals, key=lambda text: (own[text], _score(proposal.columns[text])))
        for text in {*rivals} - {kept}:
            taken = {h.column for h in proposal.columns.values()} | {*proposal.known.values()}
            others = [s[text] for s in sheets if text in s and s[text].column not in {"", *taken}]
            sure = [h for h in others if h.status == "proposed" and h.confidence in (HIGH, MEDIUM)]
            gone = proposal.columns.pop(text)
            if sure:
                proposal.columns[text] = max(sure, key=_score)
            else:
                proposal.doubtful[text] = gone


def _ignore_ties(proposal, knowledge):
    """Headings of the dictionary that are alike stop the reading of a file; in a column that need not be they wait."""
    columns = knowledge.tables[proposal.table].columns
    for text, heading in proposal.doubtful.items():
        tied = heading.candidates[0][0] if heading.status == "asked" and heading.in_dictionary else None
        if tied in columns and not columns[tied].required:
            proposal.ignore[text] = heading


def _file_heading(proposal, heading):
    if heading.status == "known":
        proposal.known.setdefault(heading.text, heading.column)
    elif heading.status == "proposed" and heading.confidence in (HIGH, MEDIUM):
        other = proposal.columns.setdefault(heading.text, heading)
        if _score(heading) > _score(other):  # of several sheets the one that says most
            proposal.columns[heading.text] = heading
    elif heading.status == "off":
        proposal.ignore.setdefault(heading.text, heading)
    elif heading.status in ("proposed", "asked"):
        own = [c for c in heading.candidates if c[0] == heading.column]
        heading.candidates = own + [c for c in heading.candidates if c not in own]
        proposal.doubtful.setdefault(heading.text, heading)
        heading.column = ""
    elif heading.status == "personal" and heading.evidence:
        if heading.text not in proposal.personal:
            proposal.personal.append(heading.text)
    elif heading.status == "open":
        proposal.open.setdefault(heading.text, heading)


def _score(heading):
    return dict(heading.candidates).get(heading.column, 0.0)


def lacking(proposal, knowledge):
    """Required columns that some sheet of the proposal does not give, in the order of the schema."""
    source, found = proposal.source(), []
    matcher = knowledge.matcher(proposal.table, source)
    staging = Staging(knowledge.tables[proposal.table], knowledge.dictionaries[proposal.table])
    for recognised, _ in proposal.pages:
        try:
            header = read_header(recognised.sheet, matcher)
        except DataError as error:
            found.append(error.reason)
            continue
        found += staging.lacking(header, recognised.sheet, source) if header else [Reason("a_heading_row")]
    return list(dict.fromkeys(found))


def _remedy(proposal, knowledge, units):
    """Required columns that a word in file, sheet or title can give."""
    text = " ".join(f"{r.sheet.file} {r.sheet.name} {r.title}" for r, _ in proposal.pages)

    def value_in(text, column):
        words = knowledge.hints[column].items()
        return next((value for value, pattern in words if re.search(pattern, text)), None)

    given = {c: t for t, c in proposal.known.items()} | {h.column: t for t, h in proposal.columns.items()}
    for name in lacking(proposal, knowledge):
        if name == "unit_code" and units is not None:
            origin = _unit_origin(proposal, units)
            if origin:
                proposal.fill["unit_name"] = (
                    origin,
                    Reason("ev_unit_stands_in", place=Reason(f"place_{origin}")),
                )
        elif name == "event_label":
            value = "任务" if "due_at" in given else value_in(text, name) or "任务"
            proposal.fixed[name] = (value, Reason("ev_no_type", value=value))
        elif name == "action_type":
            value = value_in(given.get("count", ""), name) or value_in(text, name) or "其他"
            proposal.fixed[name] = (value, Reason("ev_no_action_type", value=value))
        elif name == "channel":
            value = "纸质" if "纸" in text else "电子"
            proposal.fixed[name] = (value, Reason("ev_no_channel", value=value))
        elif name == "app_name":
            _app_name(proposal)
        elif name == "wave" and proposal.wave:
            proposal.fixed[name] = (proposal.wave, Reason("ev_wave_by_days"))


def _app_name(proposal):
    """Apps by a heading that hints at them or by sheets, one each; else one app, by what the files' names share."""
    for text, heading in proposal.doubtful.items():
        if heading.candidates and heading.candidates[0][0] == "app_name":
            heading.column, heading.status, heading.confidence = "app_name", "proposed", MEDIUM
            proposal.columns[text] = proposal.doubtful.pop(text)
            return
    sheets = {r.sheet.name for r, _ in proposal.pages}
    apps = {name for name in sheets if not re.search(r"^$|sheet|^工作表|\d", name, re.IGNORECASE)}
    if len(sheets) > 1 and apps == sheets:
        place = Reason("place_sheet")
        proposal.fill["app_name"] = ("sheet", Reason("ev_app_name_from", place=place))
        return
    name = core_name(proposal.names[0])
    plain = _STATISTICS.sub("", name)
    proposal.fixed["app_name"] = (plain if len(plain) > 1 else name, Reason("ev_app_name_of_files"))


def _unit_origin(proposal, units):
    """Where the names of the units stand, if not in a column."""
    for origin, texts in (
        ("sheet", [r.sheet.name for r, _ in proposal.pages]),
        ("file", [PurePosixPath(r.sheet.file).stem for r, _ in proposal.pages]),
        ("title", [m[1] for r, _ in proposal.pages if (m := re.search(r"单位[:：]\s*(\S+)", r.title))]),
    ):
        known = [units.resolve(text) not in ("unknown_unit", "ambiguous_unit") for text in texts if text]
        if known and sum(known) >= 0.8 * len(proposal.pages):
            return origin
    return None
