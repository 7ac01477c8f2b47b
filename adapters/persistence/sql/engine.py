"""Connections: the one place that knows how databases differ."""

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

_POOL_SIZE = 16
_BUSY_SECONDS = 30
_WRITES = "pierhead_writes"


def open_engine(url: str | URL) -> Engine:
    """An engine whose connections are as the units of work need them."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        server = create_engine(
            address,
            pool_size=_POOL_SIZE,
            max_overflow=0,
            pool_pre_ping=True,
            hide_parameters=True,
        )
        if server.dialect.name in ("mysql", "mariadb"):
            event.listen(server, "connect", _prepare_mysql)
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
    return engine.execution_options(isolation_level="READ COMMITTED")


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
    cursor.close()


def begin(connection: Connection) -> None:
    """Begin a transaction on a connection of `for_writing` or `for_reading`.

    Not by an event of the engine, which would slow down every statement.
    """
    connection.begin()
    if connection.dialect.name == "sqlite":
        # A write unit must not find out at its first change that another one was faster.
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
