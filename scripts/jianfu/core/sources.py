"""Where the rows of a source come from: files of the data folder, a database file, or a database server."""

import os
from collections import Counter
from pathlib import Path

from jianfu.core.errors import ConfigError, DataError
from jianfu.core.spelling import all_of


def check_readable(folder: str | Path) -> None:
    """Raise :class:`ConfigError` where the user may not look into a folder: it would seem to be empty."""
    if not os.access(folder, os.R_OK | os.X_OK):
        raise ConfigError("folder_unreadable", folder=str(folder))


def matching_files(folder, source):
    """Files that the patterns of a source match, and its database file; a source on a server has none."""
    if "database" in source:
        file = source["database"].get("file")
        return [Path(folder) / file] if file else []
    found = {path for pattern in source["files"] for path in Path(folder).glob(pattern)}
    return sorted(p for p in found if p.is_file() and not p.name.startswith(("~$", ".")))


def find_files(folder, sources):
    """``[(path, name, source)]`` of everything that ``sources`` name, in code-point order of names.

    A database query has the name of :func:`query_names`; on a server its path is None. Raises
    :class:`DataError` where a pattern matches nothing, and where two sources would read the same sheets.
    """
    found = []
    for source, name in zip(sources, query_names(sources), strict=True):
        if name:
            found.append((next(iter(matching_files(folder, source)), None), name, source))
            continue
        for pattern in source["files"]:
            paths = matching_files(folder, {"files": [pattern]})
            if not paths:
                raise DataError("no_file_matches", pattern=pattern, table=source["table"])
            found += [(path, path.relative_to(folder).as_posix(), source) for path in paths]
    unique = {(name, id(source)): (path, name, source) for path, name, source in found}
    readers = {}
    for _, name, source in unique.values():
        readers.setdefault(name, []).append(source)
    for name, rivals in readers.items():
        if len(rivals) > 1 and not all(source.get("sheets") for source in rivals):
            tables = all_of([source["table"] for source in rivals])
            raise DataError("two_sources_one_file", file=name, tables=tables)
    return sorted(unique.values(), key=lambda entry: entry[1])


def query_names(sources):
    """What messages and counts call each source: '<variable or file>/<table>', numbered where there are several.

    None for sources that are files.
    """
    plain = []
    for source in sources:
        entry = source.get("database")
        plain.append(entry and f"{entry.get('url_env') or entry['file']}/{source['table']}")
    several, seen, names = Counter(plain), Counter(), []
    for name in plain:
        seen[name] += 1
        names.append(f"{name}-{seen[name]}" if name and several[name] > 1 else name)
    return names
