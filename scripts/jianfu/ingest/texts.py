"""Columns of cell text: plain text arrays, or codes with a dictionary where few different texts are expected.

Trimming and searching look at bytes first, so that columns without anything odd cost next to nothing.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jianfu.ingest.sheet import SPACES

CODED = pa.dictionary(pa.int32(), pa.string())
# every character of SPACES begins (and ends) with one of these bytes
_FIRST = np.zeros(256, bool)
_LAST = np.zeros(256, bool)
for _character in SPACES:
    _FIRST[_character.encode()[0]] = _LAST[_character.encode()[-1]] = True


def is_coded(cells):
    """Whether a column holds codes and a dictionary."""
    return pa.types.is_dictionary(cells.type)


def coded(cells):
    """A column as codes with a dictionary."""
    return cells if is_coded(cells) else cells.dictionary_encode()


def plain(cells):
    """A column as text."""
    return cells.dictionary_decode() if is_coded(cells) else cells


def constant(text, height):
    """A column that holds one text in every row."""
    return pa.DictionaryArray.from_arrays(np.zeros(height, np.int32), pa.array([text], pa.string()))


def bounds(texts):
    """Start and end of every text and the bytes they point into, as NumPy arrays; texts have no nulls."""
    _, offsets, data = texts.buffers()
    offsets = np.frombuffer(offsets, np.int32, len(texts) + 1, texts.offset * 4)
    data = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(0, np.uint8)
    return offsets[:-1], offsets[1:], data


def trim(texts):
    """Texts without blanks of any kind at either end."""
    if len(texts) == 0:
        return texts
    start, end, data = bounds(texts)
    filled = end > start
    loose = _FIRST[data[start[filled]]] | _LAST[data[end[filled] - 1]]
    return pc.utf8_trim(texts, SPACES) if loose.any() else texts


def blank(cells):
    """Boolean array: True where a cell holds nothing but blanks."""
    if is_coded(cells):
        return (
            blank(cells.dictionary)[cells.indices.to_numpy()] if len(cells.dictionary) else np.ones(0, bool)
        )
    if len(cells) == 0:
        return np.zeros(0, bool)
    start, end, data = bounds(cells)
    empty = end == start
    doubtful = np.flatnonzero(~empty)
    doubtful = doubtful[_FIRST[data[start[doubtful]]]]
    if len(doubtful):
        trimmed = pc.utf8_trim(cells.take(pa.array(doubtful)), SPACES)
        empty[doubtful] = pc.equal(trimmed, "").to_numpy(zero_copy_only=False)
    return empty


def matching(cells, hint, test):
    """Boolean array: cells that pass ``test``; only distinct texts that match the pattern ``hint`` are asked.

    No text in plain ASCII without a colon may match ``hint``: columns of such texts are not searched.
    """
    if is_coded(cells):
        found = matching(cells.dictionary, hint, test)
        return found[cells.indices.to_numpy()] if len(found) else np.zeros(len(cells), bool)
    found = np.zeros(len(cells), bool)
    if len(cells) == 0:
        return found
    start, end, data = bounds(cells)
    data = data[start[0] : end[-1]]
    if not (data >= 128).any() and not (data == ord(":")).any():
        return found
    places = pc.indices_nonzero(pc.match_substring_regex(cells, hint))
    encoded = cells.take(places).dictionary_encode()
    verdicts = np.array([test(text) for text in encoded.dictionary.to_pylist()], bool)
    if len(verdicts):
        found[places.to_numpy()] = verdicts[encoded.indices.to_numpy()]
    return found
