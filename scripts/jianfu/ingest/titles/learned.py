"""A coder that learns from titles which the province labelled itself, for the columns where it beats the rules."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

import pandas as pd

from jianfu.core.errors import DataError
from jianfu.core.personal import is_name, mask_quoted
from jianfu.ingest.headings import Dictionary
from jianfu.ingest.titles.agreement import agreement
from jianfu.ingest.titles.coder import JUDGED, code_titles, normal, undecided
from jianfu.ingest.titles.rules import FLAGS, Rules
from jianfu.ingest.user_tables import read_table

LEAST = 200  # labelled titles of a column from which it is learned
FOLDS = 5
LISTED = 500  # titles on the sheet to be labelled
TABLE = "titles"  # of config/plan/headings.csv: the headings of that sheet
_FLAG = {**dict.fromkeys(("是", "1", "有", "√"), True), **dict.fromkeys(("否", "0", "无", "×"), False)}


def sheet_to_label(titles: Mapping[str, int], rules: Rules, headings: Dictionary) -> pd.DataFrame:
    """The sheet that a province fills in: the :data:`LISTED` ``titles`` ({title: rows}) that tell most, the first ones
    those that most rows have and the rules are least sure of; one empty column for every label. Numbers of persons are
    masked, names in quotation marks too; a name alone is no title."""
    most = (rows for title, rows in Counter(titles).most_common() if not is_name(title))
    least = min(islice(most, LISTED), default=0)  # a title with a third of it comes later in any case
    titles = {t: rows for t, rows in titles.items() if rows * (1 + len(JUDGED)) >= least and not is_name(t)}
    frame = pd.DataFrame({"title": list(titles), "rows": list(titles.values())})
    weight = frame["rows"] * (1 + undecided(frame["title"], rules))
    order = pd.DataFrame({"weight": -weight, "title": frame["title"]}).sort_values(["weight", "title"]).index
    frame = frame.loc[order[:LISTED]]
    names = headings.first()
    sheet = pd.DataFrame("", frame.index, list(names), dtype=object)
    sheet["title"], sheet["rows"] = frame["title"].map(mask_quoted), frame["rows"]
    return sheet.rename(columns=names)


def read_labelled(path: str | Path, headings: Dictionary) -> pd.DataFrame:
    """A filled sheet: title and one column for each label, in the words of the coder, missing where the cell is empty.

    Raises DataError where a column is lacking or a yes or no cannot be read.
    """
    table, file, known = read_table(path), Path(path).name, headings.first()
    found = {heading: (headings.find(heading) or [""])[0] for heading in table.columns}
    found = {heading: column for heading, column in found.items() if column in known and column != "rows"}
    frame = table[list(found)].rename(columns=found)
    if "title" not in frame or len(frame.columns) < 2:
        raise DataError("labels_lack_columns", file=file, names=list(known.values()))
    frame = frame[frame["title"].notna()].drop_duplicates("title").reset_index(drop=True)
    for column in frame.columns.drop("title"):
        cells = frame[column].astype(object).str.strip()
        cells = cells.where(cells.fillna("") != "", None)
        if column in FLAGS:
            odd = sorted(set(cells.dropna()) - set(_FLAG))
            if odd:
                raise DataError("label_not_read", file=file, column=known[column], value=odd[0])
            frame[column] = cells.map(_FLAG).astype(object)
        else:
            frame[column] = cells.where(~cells.isin(["无"]), "").str.replace("，", ",").astype(object)
    return frame


def learn(labelled: pd.DataFrame, rules: Rules) -> tuple[dict, list[dict]]:
    """Models of the columns in which they beat the rules, and how well both agree with the labels.

    labelled: of :func:`read_labelled`. A model (logistic regression on groups of one to three characters) is judged on
    titles that it has not seen, in :data:`FOLDS` parts; titles that differ in numbers alone stay in one part. Returns
    ({column: fitted model}, rows column, against, by, used, n, agreement, kappa, f1).
    """
    models, rows = {}, []
    for column in labelled.columns.drop("title"):
        known = labelled.dropna(subset=[column])
        if known.empty:
            continue
        own = _first(known[column])
        said = _first(code_titles(known["title"], rules, columns=[column])[column])
        by_rules = agreement(zip(own, said, strict=True))
        found = {"rules": by_rules}
        if len(known) >= LEAST and (own != own.mode()[0]).sum() >= FOLDS:
            model = _model()
            held_out = _unseen(model, known["title"], own)
            found["model"] = agreement(zip(own, held_out, strict=True))
            if found["model"]["agreement"] > by_rules["agreement"]:
                models[column] = model.fit(known["title"], own)
        for by, figures in found.items():
            used = (by == "model") == (column in models)
            rows.append({"column": column, "against": "labels", "by": by, "used": used, **figures})
    return models, rows


def predicted(model, titles: Iterable[str]) -> pd.Series:
    """What a model of :func:`learn` says of titles; nothing of empty ones."""
    titles = pd.Series(titles, dtype=object).fillna("")
    said = pd.Series(model.predict(titles) if len(titles) else [], titles.index, dtype=object)
    return said.where(titles.str.strip() != "", False if said.isin([True, False]).all() else "")


def _first(values):
    """Labels as a model learns them: of two topics the first."""
    values = values.reset_index(drop=True)
    return values.str.partition(",")[0] if isinstance(values[0], str) else values.astype(bool)


def _model():
    from sklearn.feature_extraction.text import TfidfVectorizer  # loads seconds of code, needed here alone
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    characters = TfidfVectorizer(preprocessor=normal, analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    return make_pipeline(characters, LogisticRegression(C=10, class_weight="balanced", max_iter=1000))


def _unseen(model, titles, own):
    """What ``model`` says of every title when it has learned from the other parts."""
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

    groups = [re.sub(r"[\d一二三四五六七八九十]+", "", normal(title)) for title in titles]
    parts = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    splits = list(parts.split(titles, own != own.mode()[0], groups))
    return cross_val_predict(model, titles, own, cv=splits)
