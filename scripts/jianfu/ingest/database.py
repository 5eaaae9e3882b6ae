"""A query of a database as columns of text: a server behind a URL, or a DuckDB or SQLite file.

The URL stands in an environment variable, never in a file, and appears in no message. Queries run in a read-only
transaction where the database knows one; rows come in batches from a cursor on the server and are counted from 1.
"""

import importlib
import logging
import os
import sqlite3

import duckdb
import pyarrow as pa
import sqlalchemy
from sqlalchemy import exc

from jianfu.core.errors import DataError
from jianfu.core.reasons import Reason
from jianfu.ingest.sheet import Sheet, unreadable
from jianfu.ingest.tabular import BATCH_ROWS, arrow_sheets, arrow_text, values_array

LOG = logging.getLogger("jianfu")
SQLITE = b"SQLite format 3\0"
DUCKDB = (8, b"DUCK")  # place and text of the mark in a DuckDB file
_POSTGRES = ("postgres", "postgresql", "kingbase", "kingbase8", "kingbasees")
_SYNTAX = "42"  # class of SQLSTATE for mistakes in a query; their messages name columns, never values


def batches(entry, path, name, size=BATCH_ROWS):
    """Yields the rows of a query as :class:`Sheet` of at most ``size`` rows, at least one.

    ``entry`` is the group ``database`` of a source, ``path`` its file or None, ``name`` as from
    :func:`jianfu.core.sources.query_names`.
    Raises :class:`DataError` with one sentence that holds neither the URL nor any value of the database.
    """
    query = entry["query"].strip().rstrip(";")
    if path is not None:
        read, url = _file_kind(path, name), path
    else:
        url = os.environ.get(entry["url_env"], "").strip()
        if not url:
            raise unreadable(name, "database_variable_unset", variable=entry["url_env"])
        read = _adbc if url.startswith("adbc+") else _odbc if url.startswith("odbc:") else _server
    LOG.info("querying %s", name)
    try:
        yield from read(url, query, name, size)
    except DataError:
        raise
    except ImportError as error:
        package = (error.name or "").partition(".")[0] or Reason("the_driver")
        raise unreadable(name, "database_driver_missing", package=package) from None
    except Exception as error:  # drivers have many error types, and their texts may hold passwords or values
        raise DataError("in_file", file=name, what=_failure(error, entry)) from None


def _file_kind(path, name):
    try:
        with open(path, "rb") as file:
            start = file.read(16)
    except OSError:
        raise unreadable(name, "database_unopened") from None
    if start == SQLITE:
        return _sqlite
    if start[DUCKDB[0] : DUCKDB[0] + len(DUCKDB[1])] == DUCKDB[1]:
        return _duckdb
    raise unreadable(name, "database_unknown")


# --- one reader per kind of database -----------------------------------------------------------------------------


def _duckdb(path, query, name, size):
    # a query comes from a province file: it reads the database and neither reads nor writes any other file
    settings = {"threads": 2, "autoinstall_known_extensions": False, "autoload_known_extensions": False}
    settings |= {"enable_external_access": False, "lock_configuration": True}
    with duckdb.connect(str(path), read_only=True, config=settings) as connection:
        table = connection.sql(query)
        if table is None:
            raise unreadable(name, "query_without_table")
        reader = table.to_arrow_reader(size)
        yield from arrow_sheets(reader, reader.schema, name)


def _sqlite(path, query, name, size):
    url = sqlalchemy.URL.create(
        "sqlite", database=f"{path.resolve().as_uri()}", query={"mode": "ro", "uri": "true"}
    )
    engine = sqlalchemy.create_engine(url)
    sqlalchemy.event.listen(engine, "connect", _attach_nothing)
    yield from _alchemy(engine, query, name, size)


def _attach_nothing(connection, _):
    """No other file: ATTACH makes one, and so does VACUUM INTO, although the database is open for reading only."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)


def _server(url, query, name, size):
    address = sqlalchemy.make_url(url)
    options = {}
    if address.drivername in _POSTGRES:
        address = address.set(drivername="postgresql+psycopg")
        options = {"client_encoding": "utf8", "use_native_hstore": False}
    engine = sqlalchemy.create_engine(address, poolclass=sqlalchemy.NullPool, **options)
    if engine.dialect.name == "postgresql":
        # relatives of PostgreSQL (KingbaseES, openGauss) name their version in ways that the library cannot read
        engine.dialect._get_server_version_info = lambda connection: (12, 0)
    yield from _alchemy(engine, query, name, size)


def _alchemy(engine, query, name, size):
    readonly = {"postgresql_readonly": True} if engine.dialect.name == "postgresql" else {}
    with engine.connect().execution_options(
        stream_results=True, max_row_buffer=size, **readonly
    ) as connection:
        # the text goes to the server as it is: % and : are no placeholders
        result = connection.execution_options(no_parameters=True).exec_driver_sql(query)
        if not result.returns_rows:
            raise unreadable(name, "query_without_table")
        yield from _rows(result, list(result.keys()), name, size)


def _adbc(url, query, name, size):
    kind = url.removeprefix("adbc+").partition(":")[0]
    driver = importlib.import_module(f"adbc_driver_{kind}.dbapi")
    with driver.connect(url.removeprefix("adbc+")) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        reader = cursor.fetch_record_batch()
        yield from arrow_sheets(reader, reader.schema, name)


def _odbc(url, query, name, size):
    connection = importlib.import_module("pyodbc").connect(url.removeprefix("odbc:"), readonly=True)
    try:
        cursor = connection.cursor().execute(query)
        yield from _rows(cursor, [column[0] for column in cursor.description], name, size)
    finally:
        connection.close()


def _rows(cursor, names, name, size):
    headings, start = [[str(column)] for column in names], 0
    while rows := cursor.fetchmany(size):
        columns = [arrow_text(values_array(values)) for values in zip(*rows, strict=True)]
        yield Sheet(name, "", columns, headings=headings, start=start)
        start += len(rows)
    if start == 0:
        yield Sheet(name, "", [pa.array([], pa.string()) for _ in headings], headings=headings)


# --- failures ---------------------------------------------------------------------------------------------------


def _failure(error, entry):
    """What went wrong as a :class:`Reason`, without address, password or value."""
    variable = entry.get("url_env")
    source = Reason("address_in_variable", variable=variable) if variable else Reason("the_database_file")
    if isinstance(error, exc.NoSuchModuleError):
        return Reason("database_kind_unknown", source=source)
    if isinstance(error, exc.ArgumentError | ValueError) and not isinstance(error, UnicodeError):
        return Reason("database_no_address", source=source)
    origin = getattr(error, "orig", None) or error
    state = getattr(origin, "sqlstate", None) or ""
    if str(state).startswith(_SYNTAX) and getattr(origin, "diag", None):
        return Reason("query_wrong", detail=_one_line(origin.diag.message_primary))
    in_duckdb = isinstance(origin, duckdb.Error) and type(origin).__name__ in _DUCKDB_QUERY
    if in_duckdb or (type(origin).__module__, type(origin).__name__) == ("sqlite3", "OperationalError"):
        return Reason("query_wrong", detail=_one_line(origin))
    if not state and isinstance(error, exc.OperationalError | exc.InterfaceError):
        return Reason("database_silent", source=source)
    return Reason("query_stopped_with", state=str(state)) if state else Reason("query_stopped")


_DUCKDB_QUERY = ("BinderException", "CatalogException", "ParserException", "SyntaxException")


def _one_line(message):
    return str(message).strip().splitlines()[0].rstrip(".;")
