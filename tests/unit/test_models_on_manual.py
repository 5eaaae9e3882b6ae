"""Every estimator has a line in the vocabulary of the manual and an example there that runs."""

import json
import re

import pandas as pd
import pytest
from province_cases import ROOT, load_command

from documents import estimators
from jianfu.config.files import read_yaml
from jianfu.core.labels import Labels
from jianfu.models.estimates import RELEASED_COLUMNS
from jianfu.models.estimators.vocabulary import ESTIMATORS, MODULES
from run_models_on import main

MANUAL = (ROOT / "config" / "own-tables.md").read_text(encoding="utf-8")
SHARED = MANUAL.split("<!-- shared:")[1].split("<!-- end of shared")[0]
FOLDER = ROOT / "scripts" / "jianfu" / "models" / "estimators"
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
    listed = re.findall(r"^\| `(\w+)` \|", MANUAL.split("· Vocabulary\n")[1].split("\n## ")[0], re.M)
    assert sorted(listed) == sorted(ESTIMATORS)
    assert sorted(EXAMPLES) == sorted(ESTIMATORS)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_option_has_its_meaning_and_no_word_is_left_over(name):
    file = read_yaml(FOLDER / f"{MODULES[name]}.yaml")
    own = ESTIMATORS[name].options
    for words in estimators.meanings(name).items():
        assert words[1]["zh"] and words[1]["en"], words
    assert not [option for option in own if option not in estimators.meanings(name)]
    assert not [option for option in file["estimators"][name].get("options", {}) if option not in own]
    of_module = {option for other in file["estimators"] for option in ESTIMATORS[other].options}
    assert set(file.get("options", {})) <= of_module
    assert set(file["estimators"]) == {other for other, module in MODULES.items() if module == MODULES[name]}
    listed = [values for option, values in own.items() if isinstance(values, tuple) and len(values) > 1]
    section = MANUAL.split(f"\n### {name}\n")[1].split("\n### ")[0]
    assert all(f"`{value}`" in section + SHARED for values in listed for value in values)


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
