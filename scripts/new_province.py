"""Draft the settings of a province from a folder of raw exports (make new-province).

1. Look into the folder: which file and sheet is which table, which heading which column, which wording which category.
2. Write a commented province file; what is uncertain is marked or commented out.
3. Read the files once and show their data quality, on screen and as a web page.

Fails with one sentence when the folder is missing, empty or holds nothing that can be used, or when the province file
exists already.
"""

import argparse
import logging
import re
import sys
from pathlib import Path

from jianfu.commands.settings import load_checked
from jianfu.config.merging import merge
from jianfu.core.errors import ConfigError, DataError, JianfuError
from jianfu.onboarding.draft import make_draft
from jianfu.onboarding.knowledge import TABLES, Knowledge
from jianfu.onboarding.preview import write_preview
from jianfu.onboarding.province_file import PROVINCES, render
from jianfu.quality.text import pad

ROOT = Path(__file__).resolve().parents[1]
REQUIRED_CATEGORIES = ("event_label", "action_type", "channel", "movement")
MANY_ROWS = 100  # rows behind a wording that make it worth a line on the screen


def main(slug, data, force=False, root=ROOT, show=print):
    """Draft config/provinces/<slug>.yaml below ``root`` for the folder ``data``; ``show`` receives lines of text."""
    path = _province_path(slug, data, force, root)
    knowledge = Knowledge(root)
    show(f"正在看文件夹 {data} ……")
    draft = make_draft(data, knowledge)
    for line in _findings(draft, knowledge):
        show(line)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(draft, slug, knowledge), encoding="utf-8")
    shown = path.relative_to(root)
    show(f"\n已写好设置文件 {shown}（用文本编辑器打开，里面逐项有说明）。")
    if not draft.missing_tables() and draft.window.value:
        load_checked(slug, root, [path.parent])
    _preview(draft, slug, root, knowledge, show)
    for line in _next_steps(draft, slug, shown):
        show(line)


def _province_path(slug, data, force, root):
    if not slug or not re.fullmatch(r"[A-Za-z0-9_-]+", slug):
        raise ConfigError(
            "请给省份起一个只含字母、数字、- 和 _ 的短名，例如 make new-province SLUG=anhui DATA=/数据/安徽导出"
        )
    if not data:
        raise ConfigError(
            "请用 DATA= 指明原始文件所在的文件夹，例如 make new-province SLUG=anhui DATA=/数据/安徽导出"
        )
    path = root / "config" / "provinces" / f"{slug}.yaml"
    if path.exists() and not force:
        raise ConfigError(
            f"{path.relative_to(root)} 已经存在，没有改动；换一个 SLUG，或加 FORCE=1 重新起草（会覆盖你的修改）。"
        )
    return path


def _findings(draft, knowledge):
    yield f"看了 {draft.n_files} 个文件、{draft.n_sheets} 张表：\n"
    for proposal in [*draft.proposals, *draft.incomplete]:
        n = len(proposal.names)
        name = proposal.files[0] if n == 1 or len(proposal.files) == 1 else f"{proposal.files[0]} 等"
        count = f"（{n} 个文件）" if n > 1 else ""
        columns = len(proposal.known) + len(proposal.columns)
        note = f"认出 {columns} 列"
        if proposal.columns:
            note += f"，其中 {len(proposal.columns)} 列是推测"
        if proposal.table == "survey" and draft.survey.items:
            note += f"，{len(draft.survey.items)} 道题"
        if proposal.open and proposal.table != "survey":
            note += f"，{len(proposal.open) + len(proposal.doubtful)} 列没有认出"
        if proposal.lacking:
            names = (knowledge.column_name(proposal.table, name) for name in proposal.lacking)
            note = f"缺必需的列（{'、'.join(names)}），暂未启用"
        yield f"  {pad(TABLES[proposal.table], 22)}{pad(name + count, 44)}把握{proposal.confidence}  {note}"
    for place, reason in [*draft.troubles, *draft.unknown]:
        yield f"  {pad('（未使用）', 22)}{pad(place, 44)}{reason}"
    if draft.window.value:
        first, last = draft.window.value
        yield f"\n  分析时段 {first} 至 {last}（{draft.window.evidence}）；导出日期约 {draft.extraction.value}"
        yield f"  花名册按 {draft.roster.value} 处理（{draft.roster.evidence}）"
    for proposal in draft.proposals:
        yield from _to_fill_in(proposal)
    for name in draft.partly:
        yield f"  {name} 很大，只看了开头和结尾来起草。"


def _to_fill_in(proposal):
    """Required categories whose frequent wordings have no meaning yet: their rows would be rejected."""
    for wording in proposal.wordings:
        if wording.column in REQUIRED_CATEGORIES and wording.value is None and wording.rows >= MANY_ROWS:
            yield (
                f"  请填写：{proposal.files[0]} 里 {wording.column} 的“{wording.text}”（{wording.rows:,} 行）"
                "属于哪一类；不填，这些行会被剔除。"
            )


def _preview(draft, slug, root, knowledge, show):
    """Data quality of what can be read already."""
    if not draft.window.value or not any(p.table == "units" for p in draft.proposals):
        show("\n还不能预览数据质量：缺单位名录或分析时段，补好设置文件后运行 make check。")
        return
    name = PROVINCES.get(slug, slug)
    settings = merge(knowledge.default, {"province": {"name": {"zh": name, "en": slug}}})
    settings = merge(settings, draft.settings())
    results = (root / "results" / slug).relative_to(root) if Path.cwd() == root else root / "results" / slug
    lines, troubles = write_preview(settings, draft.folder, results, knowledge)
    show("")
    for line in lines:
        show(line)
    for table, sentence in troubles:
        show(f"\n还读不了（{TABLES.get(table, '花名册与增减员表')}）：{sentence}")


def _next_steps(draft, slug, shown):
    missing = draft.missing_tables()
    yield "\n下一步："
    if missing:
        names = "、".join(TABLES[table] for table in missing)
        yield f"  · 还缺必需的表：{names}；补上列的对应关系，或把文件放进文件夹后重新运行本命令（加 FORCE=1）。"
    yield f"  1. 打开 {shown}，看标【请核对】的地方，填省名；"
    yield "  2. 设置假名密钥（只需一次）：把一段长随机文字存成文件，export JIANFU_KEY_FILE=那个文件；"
    yield f"  3. 运行 make check PROVINCE={slug} 再看数据质量，满意后运行 make PROVINCE={slug}。"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slug", default="")
    parser.add_argument("--data", default="")
    parser.add_argument("--force", action="store_true")
    arguments = parser.parse_args()
    logging.getLogger("jianfu").addHandler(logging.NullHandler())
    try:
        main(arguments.slug, arguments.data, arguments.force)
    except (JianfuError, DataError) as error:
        sys.exit(f"\n{error}\n")
