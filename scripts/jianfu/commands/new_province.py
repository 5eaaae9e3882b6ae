"""Draft the settings of a province from a folder of raw exports, and say what was found.

1. Look into the folder: which file and sheet is which table, which heading which column, which wording which category.
2. Write a commented province file; what is uncertain is marked or commented out.
3. Read the files once and show their data quality, on screen and as a web page; draft again what this speaks against.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from jianfu.commands.settings import load_checked
from jianfu.config.merging import merge
from jianfu.core.errors import ConfigError
from jianfu.core.messages import message, speak, words
from jianfu.core.reasons import Reason
from jianfu.core.wording import pad
from jianfu.onboarding.draft import Draft, make_draft
from jianfu.onboarding.knowledge import Knowledge
from jianfu.onboarding.preview import refused_by, try_out, write_preview
from jianfu.onboarding.province_file import province_name, render
from jianfu.province.paths import check_key
from jianfu.province.rules import check_length

REQUIRED_CATEGORIES = ("event_label", "action_type", "channel", "movement")
ROUNDS = 3  # times that a draft is tried and drafted again
MANY_ROWS = 100  # rows behind a wording that make it worth a line on the screen


def draft_province(
    slug: str,
    data: str,
    *,
    root: Path,
    force: bool = False,
    language: str = "",
    show: Callable[[str], None] = print,
) -> bool:
    """Draft config/provinces/<slug>.yaml below ``root`` for the folder ``data``; ``show`` receives lines of text.

    True where the file can be run as it is: every required table is there and read, no sheet rejects too many rows,
    the window is long enough and a key for pseudonyms is set.

    ``language`` of file, screen and page: zh or en, as the default settings say where it is empty. Raises
    :class:`ConfigError` or DataError in one sentence where the folder is missing, empty or holds nothing that can be
    used, or where the province file exists already (unless ``force``).
    """
    knowledge = Knowledge(root)
    language = language or knowledge.default["language"]
    speak(language)
    path = _province_path(slug, data, force, root)
    show(words("np_looking", folder=data))
    results = (root / "results" / slug).relative_to(root) if Path.cwd() == root else root / "results" / slug
    quarantine = results / "restricted" / "preview"
    draft, trial = _draft(data, slug, knowledge, language, quarantine)
    for line in _findings(draft, knowledge):
        show(line)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(draft, slug, knowledge), encoding="utf-8")
    shown = path.relative_to(root).as_posix()
    show("\n" + words("np_written", file=shown))
    complete = not draft.missing_tables() and draft.window.value
    settings = load_checked(slug, root, [path.parent]) if complete else None
    if trial is None:
        show("\n" + words("np_no_preview", slug=slug))
    else:
        report = results / "quality" / "preview.html"
        for line in ["", *write_preview(trial, draft.folder, report, quarantine, knowledge)]:
            show(line)
        for table, reason in trial.troubles:
            show("\n" + words("np_unreadable", table=Reason(f"qr_{table}"), what=reason))
    for line in _next_steps(draft, slug, data, shown):
        show(line)
    return bool(
        settings and trial and not trial.troubles and not trial.over_limit() and _can_run(settings, shown)
    )


def _can_run(settings, file):
    """Whether nothing but the data decides what a run says: the window is long enough, a key is set."""
    try:
        check_length(settings, file)
        check_key(settings, file)
    except ConfigError:
        return False
    return True


def _draft(data, slug, knowledge, language, quarantine):
    """The draft and its trial (None where nothing can be tried), drafted again where a trial speaks against it."""
    draft = make_draft(data, knowledge)
    trial = _trial(draft, slug, knowledge, language, quarantine)
    refused = frozenset()
    for _ in range(ROUNDS if trial else 0):
        more = refused_by(trial, draft, knowledge) - refused
        if not more:
            break
        refused |= more
        other = make_draft(data, knowledge, refused)
        second = _trial(other, slug, knowledge, language, quarantine)
        if second is None or second.kept <= trial.kept:
            trial = _trial(draft, slug, knowledge, language, quarantine)
            break
        draft, trial = other, second
    return draft, trial


def _trial(draft, slug, knowledge, language, quarantine):
    if not draft.window.value or not any(p.table == "units" for p in draft.proposals):
        return None
    name = {"zh": province_name(slug), "en": slug}
    settings = merge(knowledge.default, {"province": {"name": name}, "language": language})
    return try_out(merge(settings, draft.settings()), draft.folder, quarantine, knowledge)


def _province_path(slug, data, force, root):
    if not re.fullmatch(r"[A-Za-z0-9_-]+", slug):
        raise ConfigError("new_province_slug")
    if not data:
        raise ConfigError("new_province_data")
    path = root / "config" / "provinces" / f"{slug}.yaml"
    if path.exists() and not force:
        raise ConfigError(
            "new_province_exists", file=path.relative_to(root).as_posix(), slug=slug, folder=str(data)
        )
    return path


def _findings(draft: Draft, knowledge: Knowledge) -> Iterator[str]:
    yield words("np_seen", files=draft.n_files, sheets=draft.n_sheets) + "\n"
    for proposal in [*draft.proposals, *draft.incomplete]:
        several = len(proposal.files) > 1
        name = words("np_and_others", name=proposal.files[0]) if several else proposal.files[0]
        name += words("np_n_files", n=len(proposal.names)) if len(proposal.names) > 1 else ""
        note = _note(proposal, draft, knowledge)
        sure = words(proposal.confidence)
        yield f"  {pad(words(f'qr_{proposal.table}'), 22)}{pad(name, 44)}{sure}  {note}"
    for place, n, reason in draft.unused():
        place += words("np_n_files", n=n) if n > 1 else ""
        yield f"  {pad(words('np_unused'), 22)}{pad(place, 44)}{message(reason)}"
    if draft.window.value:
        first, last = draft.window.value
        window = {"first": first, "last": last, "evidence": draft.window.evidence}
        yield "\n  " + words("np_window", **window, extraction=draft.extraction.value)
        yield "  " + words("np_roster", value=draft.roster.value, evidence=draft.roster.evidence)
    for proposal in [*draft.proposals, *draft.incomplete]:
        yield from _to_fill_in(proposal, knowledge)
    if draft.survey.asked:
        yield "  " + words("np_answers_asked", answers=list(draft.survey.asked))
    for name in draft.partly:
        yield "  " + words("np_partly", file=name)


def _note(proposal, draft, knowledge):
    """How much of a table was recognised."""
    if proposal.lacking:
        names = [knowledge.column_name(proposal.table, name) for name in proposal.lacking]
        return words("np_lacking", columns=names)
    note = words("np_columns", n=len(proposal.known) + len(proposal.columns))
    if proposal.columns:
        note += words("np_columns_guessed", n=len(proposal.columns))
    if proposal.table == "survey" and draft.survey.items:
        note += words("np_items", n=len(draft.survey.items))
    if proposal.open and proposal.table != "survey":
        note += words("np_columns_open", n=len(proposal.open) + len(proposal.doubtful))
    return note


def _to_fill_in(proposal, knowledge):
    """What only the user can say: which of several headings a column is, what known headings are not read and why, and
    frequent wordings of required categories that have no meaning yet, so that their rows would be rejected.
    """
    for heading in proposal.doubtful.values():
        if heading.status == "asked":
            name = knowledge.column_name(proposal.table, heading.candidates[0][0])
            place = {"file": proposal.files[0], "heading": heading.text, "name": name}
            yield "  " + words("np_asked", **place, evidence=heading.evidence)
    for text, heading in proposal.ignore.items():
        if heading.status != "asked":
            yield "  " + words("np_off", file=proposal.files[0], heading=text, evidence=heading.evidence)
    for wording in proposal.wordings:
        if wording.column in REQUIRED_CATEGORIES and wording.value is None and wording.rows >= MANY_ROWS:
            place = {"file": proposal.files[0], "column": wording.column}
            yield "  " + words("np_fill_in", **place, wording=wording.text, rows=wording.rows)


def _next_steps(draft, slug, data, shown):
    missing = [words(f"qr_{table}") for table in draft.missing_tables()]
    yield "\n" + words("np_next")
    if missing:
        yield "  · " + words("np_missing_tables", tables=missing, slug=slug, folder=data)
    yield "  1. " + words("np_step_file", file=shown)
    yield "  2. " + words("np_step_key", set="set" if os.name == "nt" else "export")
    yield "  3. " + words("np_step_check", slug=slug)
