"""A query of a database as columns of text: a server behind a URL, or a DuckDB or SQLite file.

The URL stands in an environment variable, never in a file, and appears in no message. Queries run in a read-only
transaction where the database knows one; rows come in batches from a cursor on the server and are counted from 1.
"""

import importlib
import logging
import os

import duckdb
import pyarrow as pa
import sqlalchemy
from sqlalchemy import exc

from jianfu.core.errors import DataError
from jianfu.ingest.sheet import Sheet
from jianfu.ingest.tabular import BATCH_ROWS, arrow_sheets, arrow_text, values_array

LOG = logging.getLogger("jianfu")
SQLITE = b"SQLite format 3\0"
DUCKDB = (8, b"DUCK")  # place and text of the mark in a DuckDB file
_POSTGRES = ("postgres", "postgresql", "kingbase", "kingbase8", "kingbasees")
_SYNTAX = "42"  # class of SQLSTATE for mistakes in a query; their messages name columns, never values
_NO_TABLE = "the query gives no table; write a SELECT under 'query'."


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
            raise DataError(
                f"{name}: the environment variable {entry['url_env']} is not set; set it to the address of the "
                "database, e.g. postgresql://user:password@host:5432/name."
            )
        read = _adbc if url.startswith("adbc+") else _odbc if url.startswith("odbc:") else _server
    LOG.info("querying %s", name)
    try:
        yield from read(url, query, name, size)
    except DataError:
        raise
    except ImportError as error:
        raise DataError(f"{name}: {_no_driver(error)}") from None
    except Exception as error:  # drivers have many error types, and their texts may hold passwords or values
        raise DataError(f"{name}: {_sentence(error, entry)}") from None


def _file_kind(path, name):
    try:
        with open(path, "rb") as file:
            start = file.read(16)
    except OSError:
        raise DataError(
            f"{name}: the database file cannot be opened; correct 'file' under 'database', or check that you "
            "may read it."
        ) from None
    if start == SQLITE:
        return _sqlite
    if start[DUCKDB[0] : DUCKDB[0] + len(DUCKDB[1])] == DUCKDB[1]:
        return _duckdb
    raise DataError(
        f"{name}: the file is neither a DuckDB nor a SQLite database; name a file of one of these."
    )


# --- one reader per kind of database -----------------------------------------------------------------------------


def _duckdb(path, query, name, size):
    settings = {"threads": 2, "autoinstall_known_extensions": False, "autoload_known_extensions": False}
    with duckdb.connect(str(path), read_only=True, config=settings) as connection:
        table = connection.sql(query)
        if table is None:
            raise DataError(f"{name}: {_NO_TABLE}")
        reader = table.to_arrow_reader(size)
        yield from arrow_sheets(reader, reader.schema, name)


def _sqlite(path, query, name, size):
    url = sqlalchemy.URL.create(
        "sqlite", database=f"{path.resolve().as_uri()}", query={"mode": "ro", "uri": "true"}
    )
    yield from _alchemy(sqlalchemy.create_engine(url), query, name, size)


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
            raise DataError(f"{name}: {_NO_TABLE}")
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


# --- sentences ---------------------------------------------------------------------------------------------------


def _no_driver(error):
    package = (error.name or "the driver of this database").partition(".")[0]
    return f"the library {package} is not installed; install it into .venv, or export the table to a file."


def _sentence(error, entry):
    """What went wrong, without address, password or value."""
    source = f"the address in {entry['url_env']}" if entry.get("url_env") else "the database file"
    if isinstance(error, exc.NoSuchModuleError):
        return f"{source} names a kind of database that is not known; write e.g. postgresql://user:password@host/name."
    if isinstance(error, exc.ArgumentError | ValueError) and not isinstance(error, UnicodeError):
        return f"{source} is no address of a database; write e.g. postgresql://user:password@host:5432/name."
    origin = getattr(error, "orig", None) or error
    state = getattr(origin, "sqlstate", None) or ""
    if str(state).startswith(_SYNTAX) and getattr(origin, "diag", None):
        return (
            f"the query is wrong: {_one_line(origin.diag.message_primary)}; correct 'query' of this source."
        )
    if isinstance(origin, duckdb.Error) and type(origin).__name__ in _DUCKDB_QUERY:
        return f"the query is wrong: {_one_line(origin)}; correct 'query' of this source."
    if type(origin).__module__ == "sqlite3" and type(origin).__name__ == "OperationalError":
        return f"the query is wrong: {_one_line(origin)}; correct 'query' of this source."
    if not state and isinstance(error, exc.OperationalError | exc.InterfaceError):
        return f"the database does not answer or refuses the login; check {source}, and that you reach the server."
    code = f" (SQLSTATE {state})" if state else ""
    return f"the database stopped the query{code}; try it in a tool of the database, and cast unusual columns to text."


_DUCKDB_QUERY = ("BinderException", "CatalogException", "ParserException", "SyntaxException")


def _one_line(message):
    return str(message).strip().splitlines()[0].rstrip(".;")
