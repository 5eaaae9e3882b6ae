"""The rooms of the library: few, without circles, arrows downwards only, also inside functions."""

import ast
import subprocess
import sys
from pathlib import Path

from documents.rooms import ROOMS, arrows

LIBRARY = Path(__file__).parents[2] / "scripts" / "jianfu"
MOST_ROOMS, MOST_ARROWS, LONGEST = 20, 70, 80


def test_every_room_is_known_and_there_are_few():
    rooms = {path.name for path in LIBRARY.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == set(ROOMS) and len(rooms) <= MOST_ROOMS


def test_arrows_point_down():
    found = arrows(LIBRARY)
    upwards = {pair: lines for pair, lines in found.items() if ROOMS.index(pair[1]) > ROOMS.index(pair[0])}
    assert not upwards
    assert len(found) <= MOST_ARROWS


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


def test_what_every_start_loads_is_light():
    snakefile = (LIBRARY.parents[1] / "Snakefile").read_text(encoding="utf-8")
    imports = [line for line in snakefile.splitlines() if line.startswith("from jianfu.")]
    command = [sys.executable, "-c", "\n".join([*imports, "import sys; print(*sys.modules)"])]
    done = subprocess.run(command, cwd=LIBRARY.parent, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "jianfu.commands.settings" in loaded
    assert not loaded & {"scipy", "statsmodels", "matplotlib", "pyreadstat", "duckdb"}


def test_no_file_loads_all_of_statsmodels():
    files = {*LIBRARY.rglob("*.py")}
    assert not [file for file in files if "statsmodels.api" in file.read_text(encoding="utf-8")]
