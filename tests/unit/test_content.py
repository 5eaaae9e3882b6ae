"""Digests of files: by content, remembered by size, times and inode; a file may not change while it is read."""

import json
import os
import time

import pytest

from jianfu.core import content
from jianfu.core.content import Digests, unchanged
from jianfu.core.errors import DataError

LONG_AGO = 1_600_000_000


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A file saved some time ago; the cache stands in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        content, "SETTLED", 0
    )  # its entry, which no test can date back, is as old as the test
    path = tmp_path / "台账.csv"
    path.write_text("first", encoding="utf-8")
    os.utime(path, (LONG_AGO, LONG_AGO))
    return str(path)


def digest(path):
    return Digests().of([path])[path]


def test_other_content_of_any_time_is_another_digest(file):
    first = digest(file)
    for when in (LONG_AGO, LONG_AGO - 10**6, time.time() + 10**6):
        with open(file, "w", encoding="utf-8") as target:
            target.write("other")  # of the same length
        os.utime(file, (when, when))
        assert digest(file) != first
        with open(file, "w", encoding="utf-8") as target:
            target.write("first")
        assert digest(file) == first


def test_a_file_put_in_place_of_another_with_its_times_is_seen(file, tmp_path):
    first, other = digest(file), tmp_path / "other"
    other.write_text("other", encoding="utf-8")
    os.utime(other, (LONG_AGO, LONG_AGO))
    os.replace(other, file)
    assert digest(file) != first


def test_a_file_that_did_not_move_is_not_read_again(file, monkeypatch):
    first = digest(file)
    monkeypatch.setattr(content, "file_digest", lambda path: "read again")
    assert digest(file) == first
    os.utime(file, (LONG_AGO + 1, LONG_AGO + 1))
    assert digest(file) == "read again"


def test_a_file_saved_just_now_is_not_remembered(file, monkeypatch):
    monkeypatch.setattr(content, "SETTLED", 3600 * 10**9)
    first = digest(file)
    monkeypatch.setattr(content, "file_digest", lambda path: "read again")
    assert first != digest(file) == "read again"


def test_a_damaged_or_unwritable_cache_costs_time_only(file, tmp_path):
    first = digest(file)
    assert json.loads(content.CACHE.read_text(encoding="utf-8"))
    content.CACHE.write_text('{"half', encoding="utf-8")
    assert digest(file) == first
    (tmp_path / "a file").touch()
    assert Digests(tmp_path / "a file" / "digests.json").of([file]) == {file: first}


def test_a_file_that_is_not_there_has_no_digest(file):
    assert digest(file + ".absent") == ""


def test_reading_what_stays_as_it_is(file):
    with unchanged({file: digest(file)}):
        pass
    os.utime(file)  # a new time before the reading, the same content
    with unchanged({file: digest(file)}):
        pass


@pytest.mark.parametrize("text", ["other", "first"])
def test_a_file_written_while_it_is_read_stops(file, text):
    told = pytest.raises(DataError, match="台账.csv: the file changed while it was being read")
    with told, unchanged({file: digest(file)}), open(file, "w", encoding="utf-8") as target:
        target.write(text)


def test_a_file_that_changed_or_went_before_it_is_read_stops(file):
    known = {file: digest(file)}
    os.rename(file, file + ".gone")
    with pytest.raises(DataError, match="changed while"), unchanged(known):
        raise AssertionError("not reached")


def test_an_error_of_the_reading_itself_is_what_is_told(file):
    with pytest.raises(ValueError, match="the reading"), unchanged({file: digest(file)}):
        raise ValueError("the reading")
