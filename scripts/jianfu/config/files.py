"""Reading YAML so that every mistake in it ends in one sentence with file and line."""

import os
import re
from collections.abc import Hashable
from pathlib import Path

import yaml

from jianfu.core.errors import ConfigError
from jianfu.core.files import write_text_file
from jianfu.core.reasons import Reason

MERGE = "tag:yaml.org,2002:merge"  # the key <<, which takes over the entries of another group

FULL_WIDTH = {"：": ":", "，": ",", "【": "[", "】": "]", "｛": "{", "｝": "}", "“": '"', "”": '"'}
TEXT = re.compile(r""" "[^"]*" | '[^']*' | \#.* """, re.X)  # in quotes, or a remark


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Safe YAML that keeps dates as text and refuses a key written twice."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, value_node in node.value:
            if key_node.tag == MERGE:
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise _refused(key_node, Reason("yaml_compound_key"))
            if key in seen:
                raise _refused(key_node, Reason("yaml_key_twice", key=key))
            seen.add(key)
            if (
                isinstance(key, str) and "：" in key and value_node.value == ""
            ):  # {85后：1985} has a key alone
                line = key_node.start_mark.line + 1
                raise _refused(key_node, Reason("yaml_full_width", line=line, sign="：", plain=":"))
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _refused(node, reason):
    """The error of a readable file that no settings file may be; its problem is a :class:`Reason`."""
    return yaml.constructor.ConstructorError(None, None, reason, node.start_mark)


def read_yaml(path: str | Path):
    """Content of a YAML file; raises :class:`ConfigError` with file and line where it cannot be read."""
    name = display(path)
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError:
        raise ConfigError("settings_unreadable", file=name) from None
    except UnicodeDecodeError:
        raise ConfigError("settings_not_utf8", file=name) from None
    try:
        return yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise ConfigError("yaml_problem", file=_place(name, error), what=_problem(text, error)) from None


def write_yaml(content, path: str | Path) -> None:
    """Write ``content`` (mappings, lists and plain values) in the order of its keys."""
    write_text_file(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), path)


def _place(name, error):
    mark = getattr(error, "problem_mark", None)
    return Reason("line_of_file", file=name, line=mark.line + 1) if mark else name


def _problem(text, error):
    """What is wrong, as a :class:`Reason`; the sentences of the YAML library itself are English only."""
    problem, mark = getattr(error, "problem", None), getattr(error, "problem_mark", None)
    if isinstance(problem, Reason):
        return problem
    if mark is None:
        return Reason("yaml_invalid")
    if text[mark.index : mark.index + 1] == "\t":
        return Reason("yaml_tab")
    lines = text.splitlines()
    for line in (mark.line, mark.line - 1):  # where it was noticed, and the line before
        bare = TEXT.sub("", lines[line]) if 0 <= line < len(lines) else ""
        braced, keyed = "{" in bare or "[" in bare, re.search(r":(\s|$)", bare)
        for sign in bare:  # in the text of a value these are right
            if sign in FULL_WIDTH and (braced or (sign == "：" and not keyed)):
                return Reason("yaml_full_width", line=line + 1, sign=sign, plain=FULL_WIDTH[sign])
    return Reason("yaml_invalid")


def display(path: str | Path) -> str:
    """A path as a user would write it, with / on every system: relative where it lies inside the working directory."""
    absolute, here = Path(os.path.abspath(path)), Path.cwd()  # on Windows maybe on two drives
    return (absolute.relative_to(here) if absolute.is_relative_to(here) else Path(path)).as_posix()
