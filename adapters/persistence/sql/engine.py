"""Connections: the one place that knows how databases differ."""

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

_POOL_SIZE = 16
_BUSY_SECONDS = 30
_IDLE_SECONDS = 30
"""After which a server ends a unit of work in which nothing happens: a process that hangs or
whose machine was paused must not keep all others from writing."""
_DRIVERS = {"postgresql": "psycopg", "mysql": "pymysql", "mariadb": "pymysql"}
"""What is taken for a URL that names no driver."""
_WRITES = "pierhead_writes"
BEGIN_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED"
"""How a transaction of `for_writing` begins in PostgreSQL."""


def open_engine(url: str | URL) -> Engine:
    """An engine whose connections are as the units of work need them."""
    address = make_url(url)
    if address.drivername in _DRIVERS:
        address = address.set(drivername=f"{address.drivername}+{_DRIVERS[address.drivername]}")
    if address.get_backend_name() != "sqlite":
        server = create_engine(
            address,
            pool_size=_POOL_SIZE,
            max_overflow=0,
            pool_pre_ping=True,
            hide_parameters=True,
        )
        is_postgresql = server.dialect.name == "postgresql"
        event.listen(server, "connect", _prepare_postgresql if is_postgresql else _prepare_mysql)
        return server
    engine = create_engine(
        address,
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_SIZE,
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
        # Errors are logged, and what is stored is nobody's business there.
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def for_writing(engine: Engine) -> Engine:
    """The same connections for units of work that change things."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{_WRITES: True})
    # PostgreSQL is told where a transaction begins, by `begin`.
    level = "AUTOCOMMIT" if engine.dialect.name == "postgresql" else "READ COMMITTED"
    return engine.execution_options(isolation_level=level, **{_WRITES: True})


def for_reading(engine: Engine) -> Engine:
    """The same connections for units of work that look at one consistent state."""
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The standard module would begin transactions by its own rules.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _prepare_mysql(connection: Any, _record: object) -> None:
    # A server may be set up to cut off what is too long for its column, and say nothing.
    cursor = connection.cursor()
    cursor.execute("SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')")
    cursor.execute(f"SET SESSION idle_transaction_timeout = {_IDLE_SECONDS}")
    cursor.close()


def _prepare_postgresql(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET idle_in_transaction_session_timeout = '{_IDLE_SECONDS}s'")
    # Joins here are of few given rows with a large table by its key. For some numbers of rows
    # the server thinks it better to read all of the table, which takes ten times as long.
    cursor.execute("SET enable_hashjoin = off")
    cursor.execute("SET enable_mergejoin = off")
    cursor.execute("SET random_page_cost = 1.1")
    cursor.close()
    connection.commit()


def begin(connection: Connection) -> None:
    """Begin a transaction on a connection of `for_writing` or `for_reading`.

    Not by an event of the engine, which would slow down every statement.
    """
    connection.begin()
    writes = connection.get_execution_options().get(_WRITES, False)
    if connection.dialect.name == "sqlite":
        # A write unit must not find out at its first change that another one was faster.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    elif connection.dialect.name == "postgresql" and writes:
        connection.exec_driver_sql(BEGIN_WRITE)
