"""The rooms of the library: few, without circles, arrows downwards only, also inside functions."""

import ast
from collections import defaultdict
from pathlib import Path

LIBRARY = Path(__file__).parents[2] / "scripts" / "jianfu"
# From the ground up; a room may import from those before it (docs/architecture.md says what each is for).
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
    "release",
    "report",
    "study",
    "commands",
)
MOST_ROOMS, MOST_ARROWS, LONGEST = 20, 70, 80


def _imports(file):
    """(room, line) of every import of another part of the library, wherever it stands."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}:{node.lineno}: write the whole name of the module"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "jianfu":
                yield parts[1], node.lineno


def _arrows():
    found = defaultdict(set)
    for file in LIBRARY.rglob("*.py"):
        own = file.relative_to(LIBRARY).parts[0].removesuffix(".py")
        if own != "__init__":
            for other, line in _imports(file):
                if other != own:
                    found[own, other].add(f"{file.relative_to(LIBRARY)}:{line}")
    return found


def test_every_room_is_known_and_there_are_few():
    rooms = {path.name for path in LIBRARY.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == set(ROOMS) and len(rooms) <= MOST_ROOMS


def test_arrows_point_down():
    arrows = _arrows()
    upwards = {pair: lines for pair, lines in arrows.items() if ROOMS.index(pair[1]) > ROOMS.index(pair[0])}
    assert not upwards
    assert len(arrows) <= MOST_ARROWS


def test_ground_floor_knows_no_domain():
    words = ("burden", "cadre", "township", "exits", "burnout")
    for file in [*(LIBRARY / "statistics").rglob("*.py"), *(LIBRARY / "config").rglob("*.py")]:
        names = {
            n.id for n in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(n, ast.Name)
        }
        assert not [name for name in names if any(word in name.lower() for word in words)], file


def test_no_public_function_is_long():
    for file in LIBRARY.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                assert node.end_lineno - node.lineno <= LONGEST, f"{file}: {node.name}"
