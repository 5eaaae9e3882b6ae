"""Parents of tasks that name none: found by title, topic, level of the issuer and order in time.

A document that is handed down keeps its subject: 关于开展X的通知 of the city becomes 转发《关于开展X的通知》 of
the county, and both stand in the log of a unit. What every title has (prefixes, numbers of documents, 的通知, names of
places) is taken off; what is left must be nearly the same and must not come back at another time: a title that fits
several rows, or many at any time, links nothing.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rapidfuzz.distance import Indel
from rapidfuzz.process import cdist

from jianfu.ingest.writer import ROW_GROUP, TableWriter

LEVELS = ("乡", "县", "市", "省", "国家")
MOST_DAYS = 60  # a child is issued so many days after its parent, or fewer
AGAIN_DAYS = (
    300  # a title that comes back within so many days names no one task; what comes back every year may
)
LEAST_LENGTH = 6  # shorter subjects say only what a task is about
LEAST_RATIO = 0.75  # 2 x common characters / characters of both subjects, order kept (Indel similarity) ...
LEAST_CONTAINED = (
    0.9  # ... and common characters / characters of the shorter one: words are added, not exchanged
)
MARGIN = 0.05  # a second row whose ratio is so near to that of the best makes a link ambiguous
CHANCE = (MOST_DAYS + 1) / (
    2 * AGAIN_DAYS - MOST_DAYS
)  # days at which a link is possible per day at which it is not
MOST_CHANCE = 0.1  # share of links that may be chance; above it the titles carry nothing
SLICE = 2_000  # rows of a unit that are compared at a time
MARK = "parent_task_id"  # in the column that names what was taken from a title

_DOCUMENT = re.compile(r"(?:[一-鿿]{1,6}(?:发|办|函|字|电|通))?[〔\[(【](?:19|20)\d\d[〕\])】]第?\d+号")
_HANDED_DOWN = re.compile(
    r"(?:转发|转办|转交|印发|贯彻|落实|执行|传达|按照|根据)[^《〈]*[《〈]+(.{4,}?)[》〉]"
)
_FORWARDS = re.compile(r"^.{0,12}?(?:转发|转办|转交|印发)")
_DEADLINE = re.compile(
    r"(?:请|务必|于)*(?:(?:\d{4}年)?\d{1,2}月\d{1,2}日|\d{1,2}[日号]|今日|今天|明天|本周[一二三四五六日]?|周[一二三四五六日])"
    r"(?:\d{1,2}[时点]|[上下]班|[上下]午)?之?前(?:完成|报送|上报|反馈|报)?"
)
_KIND = re.compile(
    r"(?:的?(?:紧急|补充|再次)?(?:通知|函|通报|通告|公告|意见|(?:实施|工作|行动)?方案|(?:任务|分解|细化)+清单|任务|事项|"
    r"督办单|交办单|提示单?|提醒|[省市县乡]级)|\W)+$"
)
_COMMON = re.compile(
    r"全[国省市县区乡镇]|各(?:乡镇|街道|镇|乡|村|地|单位)+|[我本][省市县区]|[省市县乡]级|"
    r"进一步|认真|切实|全面|扎实|及时|继续|立即|做好|抓好|开展|组织|加强|推进|落实|报送|上报|上级|要求|有关|相关|"
    r"工作|情况|材料|摸排|专项|行动|细化|的"
)
_NUMERALS = dict(zip("一二三四五六七八九", range(1, 10), strict=True))
_NUMBERED = re.compile(
    r"第(?=\d)|第?([一二三四五六七八九]?十?[一二三四五六七八九]?)(?=季度|轮|批|期|次|周|月)"
)
_COUNTER = re.compile(r"(\d+|[春夏秋冬上中下])(年|月|季度|季|收|播|旬|半年|轮|批|期|次|周|号)")


@dataclass(frozen=True)
class Links:
    """``parent``: row of each row's parent, -1 = none. Counts of rows: ``linked``; ``ambiguous``, the title fits
    several rows; ``unlinked``, the title has a subject that fits no row at its time; ``refused``, there were links, but
    by the fits at impossible times more than MOST_CHANCE of them would be chance, so none is kept."""

    parent: np.ndarray
    linked: int
    ambiguous: int
    unlinked: int
    refused: int


def subject_of(title: str, places: Sequence[str] = ()) -> str:
    """What a title is about, without what other titles have too; "" where less than LEAST_LENGTH characters are left.

    ``places`` are names of counties and cities that do not count, longer ones first.
    """
    text = "".join(unicodedata.normalize("NFKC", title).split())
    text = _DOCUMENT.sub("", text)
    while handed := _HANDED_DOWN.search(text):
        text = handed[1]
    text = _FORWARDS.sub("", text.rpartition("关于")[2])
    for place in places:
        text = text.replace(place, "")
    text = _NUMBERED.sub(_digits, _DEADLINE.sub("", text))
    text = _COMMON.sub("", re.sub(r"\W", "", _KIND.sub("", text)))
    return text if len(text) >= LEAST_LENGTH else ""


def _digits(match):
    """第十二 before a counter as 12, 第12 too."""
    tens, ten, ones = (match[1] or "").partition("十")
    number = (_NUMERALS.get(tens, 1) * 10 if ten else 0) + _NUMERALS.get(ones if ten else tens, 0)
    return str(number) if number else ""


def link_by_title(
    *,
    unit: np.ndarray,
    level: np.ndarray,
    day: np.ndarray,
    topic: np.ndarray,
    title: np.ndarray,
    places: Iterable[str] = (),
) -> Links:
    """Parents of the rows of a task log.

    One value per row: ``unit`` code; ``level`` of the issuer (LEVELS, other values or None: unknown); ``day`` of issue
    (datetime64[D]); ``topic`` and ``title``, None where there is none. A parent stands at the same unit, comes from a
    level above its child's (from the nearest where several fit) and is issued on the same day or at most MOST_DAYS
    earlier. Where several rows fit equally well, the same topic decides, else there is no link.

    Chance is judged by the titles whose only fit lies outside these days but within AGAIN_DAYS: what fits at random
    does so in proportion to the days.
    """
    places = sorted({place for place in places if place}, key=lambda place: (-len(place), place))
    codes, titles = pd.factorize(np.asarray(title, object))
    subjects = np.array([*(subject_of(text, places) for text in titles), ""], object)[codes]
    rank = pd.Series(level).map({name: rank for rank, name in enumerate(LEVELS)}).fillna(-1).to_numpy(int)
    days, units = np.asarray(day, "datetime64[D]").astype(int), pd.factorize(np.asarray(unit, object))[0]
    usable = np.flatnonzero((subjects != "") & (rank >= 0))
    usable = usable[np.argsort(units[usable], kind="stable")]
    parent, stray, ambiguous = np.full(len(subjects), -1), 0, 0
    for rows in np.split(usable, np.flatnonzero(np.diff(units[usable])) + 1):
        child, above, ratio = _fits(subjects[rows], rank[rows], days[rows])
        child, above = _best(rows[child], rows[above], ratio, rank, np.asarray(topic, object))
        alone = ~pd.Series(child).duplicated(keep=False).to_numpy()
        ambiguous += len(np.unique(child[~alone]))
        child, above = child[alone], above[alone]
        timely = (days[child] >= days[above]) & (days[child] <= days[above] + MOST_DAYS)
        parent[child[timely]] = above[timely]
        stray += int((~timely).sum())
    linked = int((parent >= 0).sum())
    refused = linked if stray * CHANCE > MOST_CHANCE * linked else 0
    if refused:
        parent, linked = np.full(len(subjects), -1), 0
    return Links(parent, linked, ambiguous, len(usable) - linked - ambiguous - refused, refused)


def _fits(subjects, rank, days):
    """Arrays child, parent (places in the arrays, which are those of one unit) and ratio of the rows that might be
    parent and child by title, level and days between them, in either order of time."""
    codes, texts = pd.factorize(subjects)
    above = np.flatnonzero(rank > rank.min(initial=len(LEVELS)))
    text_above, code_above = np.unique(codes[above], return_inverse=True)
    own, other, ratio = _alike(texts, text_above)
    alike = pd.DataFrame({"own": own, "other": other, "ratio": ratio})
    rows_above = pd.DataFrame({"other": text_above[code_above], "parent": above})
    found = [(np.zeros(0, int), np.zeros(0, int), np.zeros(0, np.float32))]
    for start in range(0, len(codes), SLICE):
        child = np.arange(start, min(start + SLICE, len(codes)))
        pairs = (
            pd.DataFrame({"child": child, "own": codes[child]})
            .merge(alike, on="own")
            .merge(rows_above, on="other")
        )
        child, parent = pairs["child"].to_numpy(), pairs["parent"].to_numpy()
        keep = (rank[parent] > rank[child]) & (np.abs(days[child] - days[parent]) <= AGAIN_DAYS)
        found.append((child[keep], parent[keep], pairs["ratio"].to_numpy()[keep]))
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


def _alike(texts, others):
    """Arrays own, other (places in ``texts``), ratio: subjects that are nearly the same as one of ``others``."""
    lengths, counters = np.array([len(text) for text in texts], int), [_counters(text) for text in texts]
    found = [(np.zeros(0, int), np.zeros(0, int), np.zeros(0, np.float32))]
    for start in range(0, len(texts), SLICE):
        ratios = cdist(
            texts[start : start + SLICE],
            texts[others],
            scorer=Indel.normalized_similarity,
            score_cutoff=LEAST_RATIO,
            dtype=np.float32,
        )
        own, other = np.nonzero(ratios)
        ratio, own, other = ratios[own, other], own + start, others[other]
        common = ratio * (lengths[own] + lengths[other]) / 2
        keep = common > LEAST_CONTAINED * np.minimum(lengths[own], lengths[other]) - 0.01
        keep[keep] = [_agree(counters[i], counters[j]) for i, j in zip(own[keep], other[keep], strict=True)]
        found.append((own[keep], other[keep], ratio[keep]))
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


def _best(child, parent, ratio, rank, topic):
    """The pairs that fit best: from the nearest level, within MARGIN of the best ratio, of one topic if any is."""
    pairs = pd.DataFrame({"child": child, "parent": parent, "ratio": ratio, "level": rank[parent]})
    pairs = pairs[pairs["level"] == pairs.groupby("child")["level"].transform("min")]
    pairs = pairs[pairs["ratio"] >= pairs.groupby("child")["ratio"].transform("max") - MARGIN]
    own, other = topic[pairs["child"]], topic[pairs["parent"]]
    same = pd.Series((own == other) & pd.notna(own), pairs.index, bool)
    pairs = pairs[same | ~same.groupby(pairs["child"]).transform("any")]
    return pairs["child"].to_numpy(), pairs["parent"].to_numpy()


def _counters(text):
    """The year that a subject names, or None, and its other counters (第2轮, 5月上旬) by unit."""
    counters = {unit: number for number, unit in _COUNTER.findall(text)}
    return counters.pop("年", None), counters


def _agree(one, other):
    """Whether the counters of two subjects are the same; the year may stand in one alone."""
    (year, rest), (other_year, other_rest) = one, other
    return rest == other_rest and (year is None or other_year is None or year == other_year)


def fill_parents(canonical: Path, titles: Path, schema: pa.Schema, places: Iterable[str]) -> Links | None:
    """Fill parent_task_id of a Parquet file of tasks, and mark those rows in ``coded``; None where a parent is given.

    ``titles`` is a Parquet file with the column title, row by row as in ``canonical``; ``schema`` that of tasks.
    """
    given = pq.read_table(canonical, columns=["parent_task_id"])["parent_task_id"]
    if given.null_count < len(given):
        return None
    rows = pq.read_table(canonical, columns=["task_id", "unit_code", "issuer_level", "issue_at", "topic"])
    unit, level, topic = (rows[name].to_numpy() for name in ("unit_code", "issuer_level", "topic"))
    title = pq.read_table(titles)["title"].to_numpy()
    links = link_by_title(
        unit=unit, level=level, day=rows["issue_at"].to_numpy(), topic=topic, title=title, places=places
    )
    if not links.linked:
        return links
    parents = rows["task_id"].take(pa.array(links.parent, mask=links.parent < 0)).combine_chunks()
    filled, first = canonical.with_name(f"linked-{canonical.name}"), 0
    with TableWriter(filled, schema) as writer:
        for batch in pq.ParquetFile(canonical).iter_batches(ROW_GROUP):
            table = pa.Table.from_batches([batch]).cast(schema)
            own = parents.slice(first, table.num_rows)
            coded = pc.coalesce(pc.binary_join_element_wise(table["coded"], MARK, " "), MARK)
            coded = pc.if_else(pc.is_valid(own), coded, table["coded"])
            for name, column in (("parent_task_id", own), ("coded", coded)):
                table = table.set_column(schema.get_field_index(name), name, column)
            writer.write(table)
            first += table.num_rows
    filled.replace(canonical)
    return links
