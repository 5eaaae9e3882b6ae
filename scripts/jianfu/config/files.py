"""Reading YAML so that every mistake in it ends in one sentence with file and line."""

import os
from collections.abc import Hashable
from pathlib import Path

import yaml

from jianfu.core.errors import ConfigError

MERGE = "tag:yaml.org,2002:merge"  # the key <<, which takes over the entries of another group


class _Loader(yaml.SafeLoader):
    """Safe YAML that keeps dates as text and refuses a key written twice."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag == MERGE:
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key must be one word or number, not a list or group", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key}' stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path):
    """Content of a YAML file; raises :class:`ConfigError` with file and line where it cannot be read."""
    name = display(path)
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError:
        raise ConfigError(
            f"{name}: the file cannot be opened; check the name and that you may read it."
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{name}: the file is not UTF-8 text; save it again with encoding UTF-8.") from None
    try:
        return yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 1})" if mark else ""
        problem = getattr(error, "problem", None) or "it is not valid YAML"
        raise ConfigError(f"{name}{line}: {problem}; check indentation, colons and quotes there.") from None


def display(path):
    """A path as a user would write it: relative where it lies inside the working directory."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
