"""The data-quality report for a terminal: short, aligned, no colours."""

from pathlib import Path

from jianfu.core.files import write_text_file
from jianfu.core.wording import pad, width
from jianfu.quality.facts import LOGS
from jianfu.quality.words import share, span

WIDTH = 34  # of the column with file patterns
GAPS = 8  # units without a log that are listed one by one
REASONS, WORDINGS, HEADINGS = 6, 6, 12
BLOCKS = "·▁▂▃▄▅▆▇█"


def write_text(facts, settings, labels, places, path):
    """Write the summary to ``path``. places: dict with report, quarantine and to_label, as a user opens them."""
    lines, path = summary(facts, settings, labels, places), Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text_file("\n".join(lines) + "\n", path)


def summary(facts, settings, labels, places):
    """Lines of the summary."""
    province = settings["province"]
    mark = f"  【{labels('synthetic_mark')}】" if province["synthetic"] else ""
    first, last = settings["data"]["window"]
    lines = [
        f"{labels('qr_title')}  {province['name'][labels.language]}{mark}",
        labels("qr_window", first=first, last=last),
        "",
        *_files(facts, labels),
        "",
        *_over(facts, settings, labels),
        *_unread(facts, labels),
        *_reasons(facts, labels),
        *_coverage(facts, labels),
        *_headings(facts, labels),
        *_indicators(facts, labels),
        *_titles(facts, labels),
        *_findings(facts, labels),
        "",
        labels("qr_report_at") + places["report"],
        labels("qr_quarantine_at") + places["quarantine"],
        *([labels("qr_to_label_at") + places["to_label"]] if facts.coded() else []),
    ]
    return lines


def _files(facts, labels):
    names = ("rows_read", "kept", "duplicate", "rejected", "nondata")
    heads = ("qr_read", "qr_kept", "qr_duplicate", "qr_rejected", "qr_nondata", "qr_share")
    row = pad(labels("qr_file"), WIDTH) + "".join(pad(labels(h), 11, right=True) for h in heads)
    lines, table = [row, "─" * width(row)], None

    def line(text, entries):
        total = {n: sum(e[n] for e in entries) for n in names}
        data = total["rows_read"] - total["nondata"]
        cells = [f"{total[n]:,}" for n in names] + [share(total["rejected"] / data if data else 0)]
        flag = " ◀" if any(e["over"] for e in entries) else ""
        return pad(text, WIDTH) + "".join(pad(cell, 11, right=True) for cell in cells) + flag

    for name, pattern, entries in facts.groups():
        if name != table:
            lines.append(labels(f"qr_{name}") if name else "?")
            table = name
        n_files = len({e["file"] for e in entries})
        count = f" ({labels('qr_n_files', n=n_files)})" if n_files > 1 else ""
        lines.append(line(f"  {pattern}{count}", entries))
    return [*lines, "─" * width(row), line(labels("qr_all"), facts.files)]


def _unread(facts, labels):
    files = facts.unread()
    lines = [f"  {name} ({labels('qr_n_files', n=n)})" for name, n in files]
    return ["", "◀ " + labels("qr_unread"), *lines] if files else []


def _over(facts, settings, labels):
    limit = share(settings["data"]["max_reject_share"])
    over = facts.over_limit()
    if not over:
        return [labels("qr_over_none", limit=limit)]
    lines = ["◀ " + labels("qr_over", limit=limit)]
    for _, entries in over[:GAPS]:
        lines.append("  " + over_sentence(entries, labels))
    return lines


def over_sentence(entries, labels):
    """Sheets of one pattern above the limit: the worst by name, the others by their number."""
    worst, rejected = entries[0], sum(entry["rejected"] for entry in entries)
    place = f"{worst['file']} {worst['sheet']}".strip()
    if len(entries) > 1:
        place = labels("qr_over_several", place=place, n=len(entries) - 1)
    reason = labels(f"reason_{worst['reason']}")
    return labels(
        "qr_over_one", place=place, rejected=f"{rejected:,}", share=share(worst["share"]), reason=reason
    )


def _reasons(facts, labels):
    if not facts.reasons:
        return []
    lines = ["", labels("qr_reasons")]
    for reason, rows, _ in facts.reasons[:REASONS]:
        text = (
            pad(f"{rows:,}", 8, right=True)
            + "  "
            + pad(labels(f"reason_{reason}"), 18)
            + labels(f"todo_{reason}")
        )
        lines.append(text)
    if facts.wordings:
        lines += ["", labels("qr_wordings")]
        shown = [f"{wording} ×{rows}" for _, _, wording, rows in facts.wordings[: 2 * WORDINGS]]
        for start in range(0, len(shown), WORDINGS):
            lines.append("  " + "  ".join(shown[start : start + WORDINGS]))
    return lines


def _coverage(facts, labels):
    lines, comma = ["", labels("qr_coverage")], labels("qr_comma")
    for log in LOGS:
        found = facts.coverage[log]
        rate = share(found["logged"] / found["total"] if found["total"] else 0)
        name = labels(f"qr_log_{log}")
        lines.append(
            "  "
            + labels("qr_coverage_line", log=name, share=rate, total=found["total"], logged=found["logged"])
        )
        if found["logged"] == found["total"]:
            continue
        months = f"{found['months'][0]} … {found['months'][-1]}"
        lines.append("    " + pad("", 16) + months)
        for _, county, shares in found["counties"]:
            lines.append("    " + pad(county, 16) + "".join(_block(value) for value in shares))
        if found["unlogged"]:
            lines.append("    " + labels("qr_unlogged", months=span(found["unlogged"], comma)))
        for county, unit, own in found["gaps"][:GAPS]:
            lines.append("    " + labels("qr_gap", county=county, unit=unit, months=span(own, comma)))
        if len(found["gaps"]) > GAPS:
            lines.append("    " + labels("qr_gap_more", n=len(found["gaps"]) - GAPS))
    return lines


def _block(value):
    return " " if value is None else BLOCKS[int(value * (len(BLOCKS) - 1))]


def _headings(facts, labels):
    if not facts.unmapped:
        return []
    lines = ["", labels("qr_unmapped")]
    for table, found in facts.unmapped.items():
        headings = (heading or labels("qr_no_heading") for heading, _ in found[:HEADINGS])
        names = labels("qr_comma").join(headings)
        lines.append(f"  {labels(f'qr_{table}')}: {names}{' …' if len(found) > HEADINGS else ''}")
    return lines


def _indicators(facts, labels):
    return ["", labels("qr_indicators_line", n=facts.n_indicators, off=len(facts.switched_off))]


def _titles(facts, labels):
    """Agreement with what the province labelled; that with its own columns stands in the page."""
    lines = [
        "  "
        + labels(
            "qr_titles_line",
            column=labels(f"title_{row['column']}"),
            by=labels(f"qr_titles_{row['by']}"),
            share=share(row["agreement"]),
            n=row["n"],
            used=labels("qr_titles_used") if row["used"] else "",
        )
        for row in facts.titles
        if row["against"] == "labels"
    ]
    return ["", labels("qr_titles"), *lines] if lines else []


def _findings(facts, labels):
    """One line for each kind of finding; the units and months stand in the page."""
    lines = [
        pad(f"{n:,}", 8, right=True)
        + "  "
        + labels(f"finding_{kind}")
        + labels("qr_colon")
        + labels(f"finding_{kind}_todo")
        for kind, n, _ in facts.findings
    ]
    return ["", labels("qr_findings"), *lines] if lines else []
