"""Sheets with a column for each app (云浦通签到次数 beside 学习平台积分): what each column is."""

import re
import unicodedata

from jianfu.core.reasons import Reason
from jianfu.onboarding.contents import content_of

NUMBERS = 0.8  # share of different cells that are numbers, from which a column may hold counts
WHOLE = ("app_name", "action_type")  # what a column of the sheet would say of all numbers of a row


def columns_of_apps(proposal, knowledge) -> dict:
    """{heading: ({"app_name": name, "action_type": type}, Heading)} of the sheets of a
    :class:`jianfu.onboarding.grouping.Proposal`; {} where fewer than two headings name an app, or other columns say
    which app or action the numbers are of."""
    if proposal.table != "app_activity":
        return {}
    found = {}
    for recognised, headings in proposal.pages:
        if any(h.column in WHOLE and h.status in ("known", "proposed") for h in headings):
            return {}
        for heading in headings:
            said = _said(heading, knowledge) if _holds_numbers(recognised, heading, knowledge) else None
            if said:
                found[heading.text] = said, heading
    apps = {values["app_name"] for values, _ in found.values()}
    different = {tuple(values.items()) for values, _ in found.values()}
    return found if len(apps) > 1 and len(different) == len(found) else {}


def keep_apart(proposal, parts) -> None:
    """Put ``parts``, as from :func:`columns_of_apps`, into a proposal; other counts of the row are of no single app."""
    for text in parts:
        for kept in (proposal.columns, proposal.known, proposal.doubtful, proposal.open, proposal.ignore):
            kept.pop(text, None)
    proposal.unpivot = parts
    counts = ("count", "off_hours_count", "rest_day_count")
    for _, headings in proposal.pages:
        for heading in headings:
            if heading.column in counts and heading.text not in parts:
                proposal.switch_off(heading, Reason("ev_of_all_apps"))


def _said(heading, knowledge):
    """What a heading says of app and action, or None where it names no app or another number (使用率, 应签到人数)."""
    text = unicodedata.normalize("NFKC", heading.text)
    app = re.match(
        rf"(?P<name>[^|]{{1,9}}(?:{knowledge.hints['app']['name']}))(?P<rest>.*)", text, re.I | re.S
    )
    if not app or re.search(knowledge.hints["against"]["count"], app["rest"]):
        return None
    words = knowledge.hints["action_type"].items()
    said = (
        action for part in (app["rest"], app["name"]) for action, pattern in words if re.search(pattern, part)
    )
    return {"app_name": app["name"], "action_type": next(said, "其他")}


def _holds_numbers(recognised, heading, knowledge):
    if heading.status in ("personal", "ignored") or heading.column not in ("", "count"):
        return False
    content = content_of(recognised.sheet, heading.place, recognised.bottom, knowledge.null_tokens)
    return content.share("number") >= NUMBERS
