"""The rooms of the library as they are: what each is for and what it imports; the picture of docs/architecture.md."""

import ast
from collections.abc import Iterator
from html import escape
from pathlib import Path

# From the ground up; a room may import from those before it.
ROOMS = (
    "core",
    "statistics",
    "config",
    "province",
    "ingest",
    "indicators",
    "quality",
    "onboarding",
    "indices",
    "exits",
    "survey",
    "simulate",
    "models",
    "robustness",
    "scenarios",
    "release",
    "report",
    "study",
    "provinces",
    "commands",
)
_CELL, _LEFT, _TOP = 22, 110, 96


def arrows(library: Path) -> dict[tuple[str, str], list[str]]:
    """``{(room, room that it imports from): places "file:line"}``, imports inside functions too."""
    found = {}
    for file in sorted(library.rglob("*.py")):
        own = file.relative_to(library).parts[0].removesuffix(".py")
        if own != "__init__":
            for other, line in _imports(file):
                if other != own:
                    found.setdefault((own, other), []).append(f"{file.relative_to(library)}:{line}")
    return found


def _imports(file: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}:{node.lineno}: write the whole name of the module"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for parts in (name.split(".") for name in names):
            if parts[0] == "jianfu":
                yield parts[1], node.lineno


def table(library: Path) -> str:
    """Markdown: every room from the top down, what it is for (its docstring) and what it imports from."""
    found = arrows(library)
    text = "| room | what it is for | imports from |\n|---|---|---|\n"
    for room in reversed(ROOMS):
        tree = ast.parse((library / room / "__init__.py").read_text(encoding="utf-8"))
        purpose = " ".join(ast.get_docstring(tree).split("\n\n")[0].split())
        below = ", ".join(other for other in reversed(ROOMS) if (room, other) in found)
        text += f"| `{room}` | {purpose} | {below or '–'} |\n"
    return text


def picture(library: Path) -> str:
    """SVG: a dot where the room of the row imports from the room of the column; right of the diagonal is down."""
    found, rooms = arrows(library), ROOMS[::-1]
    size = _CELL * len(rooms)
    shapes = []
    for i, room in enumerate(rooms):
        at = i * _CELL
        middle = at + _CELL / 2
        shapes += [
            f'<text x="{_LEFT - 8}" y="{_TOP + middle + 4}" text-anchor="end">{escape(room)}</text>',
            f'<text transform="translate({_LEFT + middle + 4} {_TOP - 8}) rotate(-60)">{escape(room)}</text>',
            f'<rect x="{_LEFT + at}" y="{_TOP + at}" width="{_CELL}" height="{_CELL}" fill="#d9d9d9"/>',
        ]
        shapes += [
            f'<circle cx="{_LEFT + (j + 0.5) * _CELL}" cy="{_TOP + middle}" r="6" fill="#2b6c9b">'
            f"<title>{escape(room)} → {escape(other)}</title></circle>"
            for j, other in enumerate(rooms)
            if (room, other) in found
        ]
    lines = [
        f'<path d="M{_LEFT} {_TOP + k * _CELL}h{size}M{_LEFT + k * _CELL} {_TOP}v{size}"/>'
        for k in range(len(rooms) + 1)
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + size + 60} {_TOP + size + 10}" '
            'font-family="sans-serif" font-size="13">',
            '<rect width="100%" height="100%" fill="white"/>',
            '<g stroke="#e5e5e5" fill="none">',
            *lines,
            "</g>",
            *shapes,
            "</svg>\n",
        ]
    )
