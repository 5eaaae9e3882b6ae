"""Every estimator has a line in the vocabulary of the manual and an example there that runs."""

import json
import re

import pandas as pd
import pytest
from province_cases import ROOT, load_command

from jianfu.core.labels import Labels
from jianfu.models.estimates import RELEASED_COLUMNS
from jianfu.models.estimators.vocabulary import ESTIMATORS
from run_models_on import main

MANUAL = (ROOT / "config" / "own-tables.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"\n### (\w+)\n.*?```yaml\n(.*?)```", MANUAL, re.S))


def run(text, folder):
    """Released estimates of a province file with the content ``text``."""
    (folder / "own.yaml").write_text(text.replace("../../tests", str(ROOT / "tests")), encoding="utf-8")
    settings = load_command({"provinces": "own", "provinces_dir": str(folder)})["own"]
    main(
        settings["models_on"],
        settings["inference"] | {"bootstrap": 99},
        settings["disclosure"],
        "own",
        False,
        Labels("zh", ROOT / "config" / "plan" / "labels.csv"),
        folder,
    )
    return pd.read_csv(folder / "estimates.csv", encoding="utf-8-sig")


def test_the_vocabulary_of_the_manual_is_that_of_the_engine():
    listed = re.findall(r"^\| `(\w+)` \|", MANUAL.split("## Vocabulary")[1].split("## ")[0], re.M)
    assert sorted(listed) == sorted(ESTIMATORS)
    assert sorted(EXAMPLES) == sorted(ESTIMATORS)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_example_runs(name, tmp_path):
    rows = run(EXAMPLES[name], tmp_path)
    assert list(rows.columns) == RELEASED_COLUMNS
    assert rows["converged"].all(), rows[["model", "note"]]
    withheld = rows["note"].str.contains(
        "不予公布（人数或自由度不足）", regex=False
    )  # points with few behind them
    assert (rows["estimate"].notna() ^ withheld).all(), rows[["model", "term", "note"]]
    assert rows.groupby("model")["estimate"].count().all()
    assert rows["note"].notna().all()
    assert not rows.duplicated(["model", "term", "outcome"]).any()
    for row in rows.itertuples():
        assert row.n_read - sum(json.loads(row.dropped_by_reason).values()) == row.n_used > 0
    assert (rows["specification"].str.startswith(f"{name}(")).any()


def test_the_first_example_runs_with_what_only_it_shows(tmp_path):
    first = re.search(r"```yaml\n(.*?)```", MANUAL, re.S)[1]
    rows = run(first, tmp_path)
    assert list(rows["term"]) == ["workload", "sex_男", "workload:cohort_90后", "log(age)"]
