"""How well titles agree with the columns of the files, on a sample of titles: share, Cohen's kappa, F1."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa

from jianfu.ingest.schema import Table
from jianfu.ingest.titles.coder import code_titles, in_column
from jianfu.ingest.titles.deadlines import due_at
from jianfu.ingest.titles.rules import Rules

AGREEMENT_COLUMNS = ["column", "against", "by", "used", "n", "agreement", "kappa", "f1"]
SAMPLE = (
    2_000  # titles that are compared: those with the smallest digests, so that equal files have equal samples
)


class Sample:
    """The :data:`SAMPLE` titles with the smallest digests, one row each: of the rows that have the title, the first.

    ``frame``: digest, title, issue_at and the columns that the files have, missing where these say nothing.
    """

    def __init__(self):
        self.frame = pd.DataFrame({"digest": pd.Series(dtype="uint64"), "title": []})

    def add(self, titles: pa.DictionaryArray, rows: pa.Table, columns: list[str]) -> None:
        """Take in the ``titles`` of further ``rows``, of which only ``columns`` are given by the files."""
        texts = titles.dictionary.to_pandas().to_numpy(object)
        digests = pd.util.hash_array(texts, categorize=False)
        smallest = np.argsort(digests, kind="stable")[:SAMPLE]
        codes, first = np.unique(titles.indices.fill_null(-1).to_numpy(), return_index=True)
        places = np.full(len(texts), -1)
        places[codes[codes >= 0]] = first[codes >= 0]
        smallest = smallest[places[smallest] >= 0]
        found = rows.select([*columns, "issue_at"]).take(pa.array(places[smallest])).to_pandas()
        found.insert(0, "digest", digests[smallest])
        found.insert(1, "title", texts[smallest])
        frame = pd.concat([self.frame, found.astype(dict.fromkeys(columns, object))])
        self.frame = frame.drop_duplicates("title").sort_values("digest", kind="stable").head(SAMPLE)


def agreement(pairs: Iterable[tuple]) -> dict[str, float]:
    """n, agreement, kappa and f1 of ``pairs`` (given, coded); values are texts or booleans.

    kappa = (agreement - chance) / (1 - chance), chance from both margins (Cohen 1960), NaN where chance is one. f1 is
    that of True for booleans, else the mean over the given values (macro).
    """
    pairs = Counter(pairs)
    n = sum(pairs.values())
    if not n:
        return {"n": 0, "agreement": float("nan"), "kappa": float("nan"), "f1": float("nan")}
    given, coded = Counter(), Counter()
    for (left, right), rows in pairs.items():
        given[left] += rows
        coded[right] += rows
    same = sum(rows for (left, right), rows in pairs.items() if left == right) / n
    chance = sum(given[value] * coded[value] for value in given) / n**2
    wanted = [True] if set(given) | set(coded) <= {True, False} else sorted(given)
    scores = [2 * pairs[value, value] / ((given[value] + coded[value]) or float("nan")) for value in wanted]
    return {
        "n": n,
        "agreement": same,
        "kappa": (same - chance) / (1 - chance) if chance < 1 else float("nan"),
        "f1": sum(scores) / len(scores),
    }


def agreement_table(sample: pd.DataFrame, table: Table, rules: Rules) -> pd.DataFrame:
    """Frame of :data:`AGREEMENT_COLUMNS`, one row for each column of ``sample`` (:class:`Sample`) that titles may fill.

    Topics of the files are put into the words of the coder first; of due times the days are compared, where the title
    has words of a deadline.
    """
    given = [name for name in sample.columns if name in table.columns and table.columns[name].title]
    coded = code_titles(sample["title"], rules, columns={table.columns[name].title for name in given})
    rows = []
    for name in given:
        own = sample[name].reset_index(drop=True)
        said = in_column(coded[table.columns[name].title], table.columns[name])
        if name == "topic":
            own = code_titles(own, rules, columns=["topic"])["topic"].str.partition(",")[0].where(own.notna())
        if name == "due_at":
            own = pd.to_datetime(own).dt.date
            said = [
                due_at(words, at) if words else None
                for words, at in zip(said, sample["issue_at"], strict=True)
            ]
            said = pd.Series(pd.to_datetime(said)).dt.date
        both = own.notna() & said.notna()
        figures = agreement(zip(own[both], said[both], strict=True))
        rows.append({"column": name, "against": "files", "by": "rules", "used": False, **figures})
    return pd.DataFrame(rows, columns=AGREEMENT_COLUMNS)
