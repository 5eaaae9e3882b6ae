"""What the manual of own tables takes from the estimators (``make docs``): vocabulary, meaning of options, examples.

What an estimator needs, takes and offers stands in its module; what that means, in the .yaml beside it.
"""

import textwrap
from pathlib import Path

from jianfu.config.files import read_yaml
from jianfu.core.messages import message
from jianfu.models.estimators import regression
from jianfu.models.estimators.common import Estimator, form_of
from jianfu.models.estimators.vocabulary import ESTIMATORS, MODULES

_FOLDER = Path(regression.__file__).parent
_TABLES = "../../tests/data/models_on/"
_VOCABULARY_HEAD = """\
| 方法 estimator | 做什么 | what | in R | convention | scale | 键 keys |
|---|---|---|---|---|---|---|
"""
_OPTIONS_HEAD = """\
| 选项 option | 值 | 含义 | values | meaning |
|---|---|---|---|---|
"""


def vocabulary_table() -> str:
    """Markdown: what every estimator is, its counterparts in R, conventions, scale and keys; needed keys are bold."""
    rows = ""
    for name, estimator in ESTIMATORS.items():
        words = _entry(name)
        keys = ", ".join([*(f"**{key}**" for key in estimator.needs), *estimator.takes])
        texts = [words["zh"], words["en"], words.get("in_r", ""), words.get("convention", "")]
        rows += _row(f"`{name}`", *texts, estimator.scale, keys)
    return _VOCABULARY_HEAD + rows


def shared_options() -> str:
    """Markdown: the options that regressions share."""
    words = _file("regression")["options"]
    return _OPTIONS_HEAD + "".join(
        _option(name, kind, words[name]) for name, kind in regression.OPTIONS.items()
    )


def examples() -> str:
    """Markdown: options of its own and an example of every estimator, under its name; required options are bold."""
    return "".join(_section(name, estimator) for name, estimator in ESTIMATORS.items())


def meanings(name: str) -> dict[str, dict]:
    """Words {"zh", "en"} of the options of an estimator: its own, those of its module, those of regressions."""
    parts = (
        _file("regression")["options"],
        _file(MODULES[name]).get("options", {}),
        _entry(name).get("options", {}),
    )
    return {option: words for part in parts for option, words in part.items()}


def _section(name: str, estimator: Estimator) -> str:
    words = meanings(name)
    shared = [option for option, kind in regression.OPTIONS.items() if estimator.options.get(option) is kind]
    rows = "".join(
        _option(option, kind, words[option], bold=option in estimator.required)
        for option, kind in estimator.options.items()
        if option not in shared
    )
    options = _OPTIONS_HEAD + rows + "\n" if rows else ""
    also = f"以及回归共有的选项；and options of regressions: {', '.join(shared)}.\n\n" if shared else ""
    example = _entry(name)["example"]
    for table in sorted(
        path.name for path in (Path(__file__).parents[2] / "tests/data/models_on").glob("*.csv")
    ):
        example = example.replace(table, _TABLES + table)
    text = textwrap.indent(example, "  ")
    return f"### {name}\n\n{options}{also}```yaml\nmodels_on:\n{text}```\n\n"


def _option(name, kind, words, *, bold=False):
    listed = " / ".join(f"`{value}`" for value in kind) if isinstance(kind, tuple) else ""
    zh, en = (listed or message(form_of(kind), language) for language in ("zh", "en"))
    return _row(f"**{name}**" if bold else name, zh, words["zh"], "" if listed else en, words["en"])


def _row(*cells):
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _file(module):
    return read_yaml(_FOLDER / f"{module}.yaml")


def _entry(name):
    return _file(MODULES[name])["estimators"][name]
