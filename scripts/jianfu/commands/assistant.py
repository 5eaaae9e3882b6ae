"""The way for who has never seen a terminal: a page in the browser that asks for a folder and leads to the report.

A server of the standard library on this computer alone (127.0.0.1, an address with a secret), for as long as the window
is open. It draws nothing by itself: each step is a command of the start program, whose lines the page shows.
"""

import html
import http.server
import json
import os
import re
import secrets
import string
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from jianfu.commands.progress import tell
from jianfu.core.messages import sentences, spoken, words

KEY_FILE = (
    Path.home() / "jianfu-key.txt"
)  # outside the project, so that results and key never travel together
# What may be opened of a province, in the order of the work; the last word is the kind of what a button shows.
PAGES = {
    "settings": "config/provinces/{slug}.yaml",
    "preview": "results/{slug}/quality/preview.html",
    "quality": "results/{slug}/quality/quality_report.html",
    "report": "results/{slug}/release/report.docx",
}


class Assistant:
    """What the page asks for: folders of this computer, commands one at a time, files of results.

    ``opener`` opens a file with the program of the system that is meant for it.
    """

    def __init__(self, root: Path, opener: Callable[[Path], None]):
        self.root, self.opener = root, opener
        self.lines, self.process, self.code = [], None, None

    def folders(self, path: str) -> dict:
        """The folders below a path (that of the user where it is empty), and how many files lie in it."""
        here = Path(path or Path.home())
        if not here.is_dir():
            return {
                "path": path,
                "above": "",
                "folders": [],
                "files": 0,
                "complaint": words("no_folder", folder=path),
            }
        entries = [
            entry
            for entry in sorted(os.scandir(here), key=lambda e: e.name)
            if not entry.name.startswith(".")
        ]
        names = [entry.name for entry in entries if entry.is_dir()]
        drives = [f"{letter}:\\" for letter in string.ascii_uppercase if os.path.exists(f"{letter}:\\")]
        above = str(here.parent) if here.parent != here else ""
        files = sum(entry.is_file() for entry in entries)
        return {"path": str(here), "above": above, "folders": names, "drives": drives, "files": files}

    def run(self, command: str, slug: str, folder: str = "") -> None:
        """Start a command of the start program, where none is at work; its lines come to ``lines``."""
        if self.process and self.process.poll() is None:
            return
        words_of = [command, slug, *([folder, "--language", spoken()] if command == "new-province" else [])]
        self.lines, self.code = [], None
        self.process = subprocess.Popen(
            [sys.executable, "jianfu.py", *words_of],
            cwd=self.root,
            env=os.environ | {"JIANFU_KEY_FILE": str(key_file())},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        threading.Thread(target=self._follow, args=(self.process,), daemon=True).start()

    def _follow(self, process):
        for line in process.stdout:
            self.lines.append(line.rstrip("\n"))
        self.code = process.wait()

    def state(self, slug: str, since: int) -> dict:
        """Lines from number ``since`` on, whether the command is still at work, and which pages there are."""
        there = [name for name, path in PAGES.items() if (self.root / path.format(slug=slug)).is_file()]
        return {
            "lines": self.lines[since:],
            "working": self.code is None and bool(self.process),
            "pages": there,
        }

    def open(self, page: str, slug: str) -> None:
        """Show a file of :data:`PAGES`, or say that this computer has no program for it."""
        file = self.root / PAGES[page].format(slug=slug)
        try:
            self.opener(file)
        except OSError:
            self.lines.append(words("as_not_opened", file=str(file)))


def key_file() -> Path:
    """The key for pseudonyms of this user, made once: 64 random characters that only the user can read."""
    if not KEY_FILE.exists():
        KEY_FILE.touch(mode=0o600)
        KEY_FILE.write_text(secrets.token_hex(32) + "\n", encoding="utf-8")
    return KEY_FILE


def open_file(path: Path) -> None:
    """Open a file as a double click does."""
    if os.name == "nt":
        os.startfile(path)
    else:
        subprocess.Popen(["xdg-open", str(path)], stderr=subprocess.DEVNULL)


def page(root: Path) -> str:
    """The page with its sentences, in the language that is spoken."""
    template = string.Template((root / "workflow" / "report" / "assistant.html").read_text(encoding="utf-8"))
    said = {code: html.escape(text) for code, text in sentences(spoken()).items() if code.startswith("as_")}
    return template.substitute(said, language=spoken())


def make_server(assistant: Assistant, secret: str) -> http.server.ThreadingHTTPServer:
    """The server of the page, on a free port of this computer; answers addresses that begin with ``secret`` alone."""
    text = page(assistant.root)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            address = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            actions = {
                "": lambda: text,
                "folders": lambda: assistant.folders(asked.get("path", "")),
                "run": lambda: assistant.run(asked["command"], asked["slug"], asked.get("folder", "")),
                "state": lambda: assistant.state(asked.get("slug", ""), int(asked.get("since", 0))),
                "open": lambda: assistant.open(asked["page"], asked["slug"]),
            }
            name = address.path.removeprefix(f"/{secret}/")
            plain = re.fullmatch(r"[A-Za-z0-9_-]*", asked.get("slug", ""))
            if name == address.path or name not in actions or not plain:
                self.send_error(404)
                return
            answer = actions[name]()
            is_page = isinstance(answer, str)
            body = (answer if is_page else json.dumps(answer)).encode()
            self.send_response(200)
            self.send_header(
                "Content-Type", f"{'text/html' if is_page else 'application/json'}; charset=utf-8"
            )
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def assist(root: Path) -> bool:
    """Show the page until the window is closed (Ctrl-C)."""
    secret = secrets.token_urlsafe(16)
    server = make_server(Assistant(root, open_file), secret)
    address = f"http://127.0.0.1:{server.server_port}/{secret}/"
    tell(words("assistant_open", address=address))
    webbrowser.open(address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
    return True
