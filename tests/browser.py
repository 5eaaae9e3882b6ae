"""A headless Chromium for tests of pages: opened on a file, asked by script, steered by keys, watched for errors.

It is spoken to over two pipes (``--remote-debugging-pipe``), so that no port is opened and no driver is needed.
"""

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
KEYS = {"Tab": 9, "Enter": 13, "ArrowDown": 40, "ArrowRight": 39, "End": 35, "Home": 36, " ": 32}
PATIENCE = 20  # seconds for an answer


class Browser:
    """A page in a headless browser. ``errors``: what the console and failed scripts said; ``requests``: addresses that
    the page asked for beside its own file."""

    def __init__(self, process, reader, writer):
        self.process, self.reader, self.writer, self.unread = process, reader, writer, b""
        self.errors, self.requests, self.seen, self.last = [], [], [], 0
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    session = None

    def call(self, method, **params) -> dict:
        """The answer to one command of the DevTools protocol."""
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.writer.write(json.dumps(message).encode() + b"\0")
        self.writer.flush()
        while (answer := self._read()).get("id") != self.last:
            self._note(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def _load(self, address):
        self.seen.clear()
        self.call("Page.navigate", url=address)
        while "Page.loadEventFired" not in self.seen:
            self._note(self._read())

    def _read(self):
        while b"\0" not in self.unread:
            if not select.select([self.reader], [], [], PATIENCE)[0]:
                raise RuntimeError("the browser does not answer")
            if not (more := os.read(self.reader, 1 << 20)):
                raise RuntimeError("the browser has closed")
            self.unread += more
        message, _, self.unread = self.unread.partition(b"\0")
        return json.loads(message)

    def _note(self, event):
        kind, what = event.get("method", ""), event.get("params", {})
        self.seen.append(kind)
        if kind == "Runtime.exceptionThrown":
            details = what["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description") or details["text"])
        elif kind == "Runtime.consoleAPICalled" and what["type"] in ("error", "warning"):
            self.errors.append(str(what["args"]))
        elif kind == "Log.entryAdded" and what["entry"]["level"] in ("error", "warning"):
            self.errors.append(what["entry"]["text"])
        elif kind == "Network.requestWillBeSent":
            self.requests.append(what["request"]["url"])

    def open(self, page: Path, part: str = "") -> float:
        """Open a file; seconds until it is loaded and drawn."""
        self._load("about:blank")  # as another part of the same page would not be loaded anew
        begun = time.monotonic()
        self._load(page.resolve().as_uri() + part)
        self.ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return time.monotonic() - begun

    def ask(self, expression):
        """The value of an expression of JavaScript on the page; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"].get("exception", {}).get("description", answer))
        return answer["result"].get("value")

    def press(self, key) -> None:
        """Press and release a key."""
        what = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
        text = {"Enter": "\r", " ": " "}.get(key)
        self.call("Input.dispatchKeyEvent", type="keyDown", **what, **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **what)

    def saved(self, folder: Path, button: str) -> Path:
        """The file that a click on a button saves."""
        self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
        before = set(folder.iterdir())
        self.ask(f"document.getElementById({button!r}).click()")
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            new = {file for file in set(folder.iterdir()) - before if file.suffix != ".crdownload"}
            if new and all(file.stat().st_size for file in new):
                return new.pop()
            time.sleep(0.05)
        raise RuntimeError("nothing was saved")

    def picture(self, file: Path) -> None:
        """A picture of the window."""
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))


@contextlib.contextmanager
def browser(folder: Path):
    """A browser whose profile lies in ``folder``, closed at the end."""
    to_browser, from_browser = os.pipe(), os.pipe()

    def pipes():  # the browser reads file descriptor 3 and writes 4
        ends = [os.dup(to_browser[0]), os.dup(from_browser[1])]
        for own, end in zip((3, 4), ends, strict=True):
            os.dup2(end, own)

    command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    command += ["--remote-debugging-pipe", f"--user-data-dir={folder}", "--window-size=1280,900"]
    command += ["--no-first-run", "--disable-background-networking", "--disable-component-update"]
    process = subprocess.Popen(
        command, pass_fds=(3, 4), preexec_fn=pipes, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(to_browser[0])
    os.close(from_browser[1])
    with open(to_browser[1], "wb") as writer:
        try:
            yield Browser(process, from_browser[0], writer)
        finally:
            process.terminate()
            process.wait()
            os.close(from_browser[0])
