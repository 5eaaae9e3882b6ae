"""What files hold, by digest: results depend on content, never on the times of files."""

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from jianfu.core.errors import DataError

CACHE = Path(".snakemake") / "digests.json"
SETTLED = 2 * 10**9  # nanoseconds; a file saved less long ago may be saved again within one tick of its times


def file_digest(path: str | Path) -> str:
    """SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def mapping_digest(found: Mapping) -> str:
    """SHA-256 over a mapping of plain values, whatever the order of its keys at any depth."""
    return hashlib.sha256(json.dumps(dict(found), sort_keys=True).encode()).hexdigest()


class Digests:
    """SHA-256 of files, remembered in the file ``cache`` beside size, times and inode of each.

    A digest is taken anew when any of these moved, so that a folder of any size costs one look at every file. The
    cache is a convenience: without it, or where it cannot be written, everything is read again.
    """

    def __init__(self, cache: Path = CACHE):
        self.cache, self.changed = cache, False
        try:
            self.known = json.loads(cache.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self.known = {}

    def of(self, paths) -> dict[str, str]:
        """``{path: digest}`` in order of path; of a file that is not there or cannot be opened, an empty text."""
        found = {str(path): self._digest(str(path)) for path in sorted(map(str, paths))}
        self._remember()
        return found

    def _digest(self, path):
        try:
            before = _traits(path)
            if path in self.known and self.known[path][:-1] == before:
                return self.known[path][-1]
            digest = file_digest(path)
            if _traits(path) == before and time.time_ns() - max(before[1:3]) > SETTLED:
                self.known[path], self.changed = [*before, digest], True
            return digest
        except OSError:
            return ""

    def _remember(self):
        """Write what was learnt, whole or not at all."""
        if not self.changed:
            return
        part = self.cache.with_suffix(f".{os.getpid()}")
        try:
            self.cache.parent.mkdir(exist_ok=True)
            part.write_text(json.dumps(self.known, ensure_ascii=False), encoding="utf-8")
            part.replace(self.cache)
            self.changed = False
        except OSError:
            with suppress(OSError):
                part.unlink()


def _traits(path):
    """Size, times of content and of entry in nanoseconds, and inode of a file, as the cache holds them."""
    stat = os.stat(path)
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


@contextmanager
def unchanged(digests: Mapping[str, str]) -> Iterator[None]:
    """A block that reads files, of which ``{path: digest}`` says what they hold; they may not change meanwhile.

    Raises :class:`DataError` that names the file where one holds something else, before the block or after it, or
    was written in between, if only with what it held before.
    """
    before = _held(digests)
    yield
    after = _held(digests)
    moved = next((path for path in digests if before[path] != after[path]), None)
    if moved:
        raise DataError("file_changed", file=moved)


def _held(digests):
    """``{path: [size, time of content]}``; stops where a file holds something else than its digest says."""
    for path, digest in Digests().of(digests).items():
        if digest != digests[path]:
            raise DataError("file_changed", file=path)
    return {path: _traits(path)[:2] if digests[path] else [] for path in digests}
