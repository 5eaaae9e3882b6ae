"""Names, ID and mobile numbers in cells that are no place for them, as where a row has slipped by a column.

They go no further: such a cell is a bad one, in a quarantine it is replaced by what it is. What counts as a name beyond
its shape: it stands in a name column of the same rows; or it is rare in a table of persons, whose categories repeat; or
names are the greater part of the column. In a quarantine it also is one where dates or numbers should stand.
"""

from collections import Counter
from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jianfu.core.personal import ID, MAIL, NAME, is_name, is_number, known_words, mask_numbers, squeezed
from jianfu.ingest.people import normal_id
from jianfu.ingest.texts import coded
from jianfu.ingest.values import Converted, bad

PERSON_TABLES = ("roster", "ledger", "survey")
RARE = 3  # rows; in a table of persons a category has more
MANY = 5  # different names that make a column of names, where they are half of its texts
_ID_LIKE = r"^\d{6}[ \-]?\d{6,8}[ \-]?\d{3}[\dXx]?$|@"


class Persons:
    """Tells persons in the cells of a batch; ``names``: what stands in its name columns, ``table``: the raw table."""

    def __init__(self, names: Collection[str], table: str):
        self.names = {squeezed(name) for name in names}
        self.rare = RARE if table in PERSON_TABLES else 0

    def marks(self, texts: list[str], rows, rare: float, exempt=frozenset()) -> list[str | None]:
        """What each of the different texts of a column becomes; None for what stays.

        rows: number of rows with each text; rare: with fewer, the shape of a name is enough; exempt: known wordings of
        the column.
        """
        shaped = {text for text in texts if text and text not in exempt and is_name(text)}
        many = len(shaped) >= MANY and 2 * len(shaped) >= sum(map(bool, texts))
        found = []
        for text, n in zip(texts, rows, strict=True):
            if text and is_number(text):
                found.append(mask_numbers(text))
            elif (text in shaped and (many or squeezed(text) in self.names or n < rare)) or (
                many and text not in exempt and _could_be_name(text)
            ):
                found.append(NAME)
            else:
                found.append(None)
        return found

    def without(self, converted: Converted, exempt=frozenset()) -> Converted:
        """A column of text in which cells that are persons are bad ones, and numbers within texts are masked."""
        encoded = coded(converted.typed)
        texts = [text or "" for text in encoded.dictionary.to_pylist()]
        codes = encoded.indices.fill_null(len(texts)).to_numpy()
        rows = np.bincount(codes, minlength=len(texts) + 1)[: len(texts)]
        marks = self.marks(texts, rows, self.rare, exempt)
        masked = [mask_numbers(text) for text in texts]
        if masked == texts and not any(marks):
            return converted
        gone = np.array([*(mark is not None for mark in marks), False])[codes]
        values = pa.array(
            [None if mark else text for mark, text in zip(marks, masked, strict=True)], pa.string()
        )
        status = np.where(gone, bad("personal_cell"), converted.status).astype(np.int8)
        return Converted(values.take(encoded.indices), status)

    def masked(self, texts: list[str], kind: str) -> list[str]:
        """Texts of a quarantine with persons replaced by what they are; ``kind``: type of their column."""
        rare = {"unit": 0, "code": 0, "text": self.rare, "category": RARE}.get(kind, np.inf)
        rows = Counter(texts)
        marks = dict(zip(rows, self.marks(list(rows), rows.values(), rare), strict=True))
        return [marks[text] or mask_numbers(text) for text in texts]


def without_ids(converted: Converted) -> Converted:
    """A column of identifiers (of tasks, files, answers, units) in which ID numbers of persons and mail addresses are
    bad cells."""
    typed = (
        converted.typed.cast(pa.string()) if pa.types.is_dictionary(converted.typed.type) else converted.typed
    )
    like = pc.fill_null(pc.match_substring_regex(typed, _ID_LIKE), False)
    places = np.flatnonzero(like.to_numpy(zero_copy_only=False))
    persons = [p for p in places if _is_person(typed[int(p)].as_py())]
    if not persons:
        return converted
    gone = np.zeros(len(typed), bool)
    gone[persons] = True
    status = np.where(gone, bad("personal_cell"), converted.status).astype(np.int8)
    return Converted(pc.if_else(pa.array(gone), None, typed), status)


def _is_person(text):
    masked = mask_numbers(text).strip()
    return masked == MAIL or (masked == ID and normal_id(text.replace("-", "")) is not None)


def _could_be_name(text):
    """Whether a text among many names is one, too, with a family name that is not usual."""
    text = squeezed(text)
    han = all("\u3400" <= c <= "\u9fff" or c > "\U0001ffff" for c in text)
    return han and 2 <= len(text) <= 4 and text not in known_words("ordinary")
