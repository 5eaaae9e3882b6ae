"""The vocabulary of estimators: every name is exported by its module, and only what is looked up is imported."""

import ast
import subprocess
import sys
from pathlib import Path

from jianfu.core.labels import LANGUAGES, Labels
from jianfu.models.estimators import vocabulary
from jianfu.models.estimators.common import Estimator


def test_every_module_exports_what_the_vocabulary_says():
    for name in vocabulary.MODULES:
        assert isinstance(vocabulary.ESTIMATORS[name], Estimator)
    exported = {
        (name, module)
        for module in set(vocabulary.MODULES.values())
        for name in __import__(f"{vocabulary.PACKAGE}.{module}", fromlist=["ENTRIES"]).ENTRIES
    }
    assert exported == set(vocabulary.MODULES.items())


def test_every_estimator_has_words():
    """A table of results names the estimator of whatever model a province lists in it."""
    labels = Path(__file__).parents[2] / "config" / "plan" / "labels.csv"
    for language in LANGUAGES:
        words = Labels(language, str(labels))
        assert all(words(f"estimator_{name}") for name in vocabulary.ESTIMATORS)


def test_only_the_modules_of_named_estimators_are_imported():
    assert vocabulary.modules_of(["cloglog", "logit", "ols"]) == [
        "jianfu.models.estimators.hazards",
        "jianfu.models.estimators.ols",
    ]
    program = (
        "import sys; from jianfu.models import engine, sample; "
        "print([name for name in sys.modules if name.startswith('jianfu.models.estimators.')])"
    )
    scripts = Path(__file__).parents[2] / "scripts"
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=scripts, capture_output=True, text=True, check=True
    )
    assert sorted(ast.literal_eval(found.stdout)) == [
        "jianfu.models.estimators.common",
        "jianfu.models.estimators.vocabulary",
    ]
