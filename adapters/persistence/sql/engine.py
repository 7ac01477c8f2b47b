"""Connections: the one place that knows how databases differ."""

import os
import select
import socket
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from adapters.persistence.sql.round_trip import settle
from core.ports.store import StoreFailure

_POOL_SIZE = 16
_POOL_SECONDS = 10
"""How long a unit of work waits for a connection when all are in use."""
_BUSY_SECONDS = 10
"""How long a statement waits for what another unit of work holds."""
_FILE_SECONDS = 30
"""The same in SQLite, whose processes wait in no order."""
_CONNECT_SECONDS = 5
_IDLE_SECONDS = 10
"""After which a server ends a unit of work in which nothing happens: a process that hangs or
whose machine was paused must not keep all others from writing."""
_PROBES = {"keepalives_idle": 4, "keepalives_interval": 2, "keepalives_count": 3}
"""After how many seconds of silence TCP asks whether the other end is there, how often then,
and how many times in vain: a network that was cut shows within ten seconds."""
_UNHEARD_MILLISECONDS = 10_000
"""After which TCP gives up on what was sent and not acknowledged."""
_SENT_BYTES = 1_000_000
_DRIVERS = {"postgresql": "psycopg", "mysql": "pymysql", "mariadb": "pymysql"}
"""What is taken for a URL that names no driver."""
_WRITES = "pierhead_writes"
BEGIN_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED"
"""How a write unit of work begins in PostgreSQL."""
BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
"""How a read unit does."""
# Of the next transaction alone.
_READ_NEXT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"


def open_engine(url: str | URL) -> Engine:
    """An engine whose connections are as the units of work need them."""
    address = make_url(url)
    if address.drivername in _DRIVERS:
        address = address.set(drivername=f"{address.drivername}+{_DRIVERS[address.drivername]}")
    backend = address.get_backend_name()
    if backend == "sqlite":
        return _open_file(address)
    is_postgresql = backend == "postgresql"
    engine = create_engine(
        address,
        # PostgreSQL is told where a transaction begins, by `begin`.
        isolation_level="AUTOCOMMIT" if is_postgresql else "READ COMMITTED",
        pool_size=_POOL_SIZE,
        max_overflow=0,
        pool_timeout=_POOL_SECONDS,
        # Whoever leaves a transaction open has SQLAlchemy undo it.
        pool_reset_on_return=None,
        connect_args=_unless_named(address, _POSTGRESQL if is_postgresql else _MYSQL),
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_postgresql if is_postgresql else _prepare_mysql)
    event.listen(engine, "checkout", _check_open)
    return engine


def _open_file(address: URL) -> Engine:
    engine = create_engine(
        address,
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_SIZE,
        pool_timeout=_POOL_SECONDS,
        connect_args={"timeout": _FILE_SECONDS, "check_same_thread": False},
        # Errors are logged, and what is stored is nobody's business there.
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


_POSTGRESQL = {
    "connect_timeout": _CONNECT_SECONDS,
    "tcp_user_timeout": _UNHEARD_MILLISECONDS,
    **_PROBES,
}
_MYSQL = {"connect_timeout": _CONNECT_SECONDS, "read_timeout": _CONNECT_SECONDS}


def _unless_named(address: URL, wanted: Mapping[str, int]) -> dict[str, int]:
    """What the URL does not say itself."""
    return {name: value for name, value in wanted.items() if name not in address.query}


def for_writing(engine: Engine) -> Engine:
    """The same connections for units of work that change things."""
    return engine.execution_options(**{_WRITES: True})


def connected(engine: Engine) -> Connection:
    """A connection. Raises StoreFailure."""
    try:
        return engine.connect()
    except PoolTimeout as error:
        raise StoreFailure("all connections to the database are in use") from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The standard module would begin transactions by its own rules.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _prepare_mysql(connection: Any, _record: object) -> None:
    _probe(connection)
    # It is for the greeting, which PyMySQL would wait for without end; statements take longer.
    connection._read_timeout = None
    cursor = connection.cursor()
    # A server may be set up to cut off what is too long for its column, and say nothing.
    cursor.execute(
        "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'),"
        f" idle_transaction_timeout = {_IDLE_SECONDS},"
        f" innodb_lock_wait_timeout = {_BUSY_SECONDS}, lock_wait_timeout = {_BUSY_SECONDS}"
    )
    cursor.close()


def _probe(connection: Any) -> None:
    """Have TCP notice a network that was cut; PyMySQL has no setting for it."""
    end = getattr(connection, "_sock", None)
    if end is None or end.family == socket.AF_UNIX:
        return
    end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", _PROBES["keepalives_idle"]),
        ("TCP_KEEPINTVL", _PROBES["keepalives_interval"]),
        ("TCP_KEEPCNT", _PROBES["keepalives_count"]),
        ("TCP_USER_TIMEOUT", _UNHEARD_MILLISECONDS),
    ):
        # Not every system has all of them.
        if hasattr(socket, name):
            end.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _prepare_postgresql(connection: Any, _record: object) -> None:
    _widen(connection.fileno())
    # Joins here are of few given rows with a large table by its key. For some numbers of rows
    # the server thinks it better to read all of the table, which takes ten times as long.
    connection.execute(
        f"SET idle_in_transaction_session_timeout = '{_IDLE_SECONDS}s';"
        f"SET lock_timeout = '{_BUSY_SECONDS}s';"
        "SET enable_hashjoin = off;"
        "SET enable_mergejoin = off;"
        "SET random_page_cost = 1.1"
    )


def _widen(number: int) -> None:
    """Let a socket of this machine take more than its 200 kB of what the server has no time for
    yet; TCP does so by itself."""
    with socket.socket(fileno=os.dup(number)) as end:
        if end.family == socket.AF_UNIX:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SENT_BYTES)


def _check_open(connection: Any, record: Any, _proxy: object) -> None:
    """Pass over connections that the server closed, without asking it: an idle one has nothing
    to read until then. One that is dead and silent fails its first statement."""
    settle(record.info)
    number = _file_number(connection)
    poll = select.poll()
    if number is not None:
        poll.register(number, select.POLLIN)
    if number is None or poll.poll(0):
        raise InvalidatePoolError("the server closed the connection")


def _file_number(connection: Any) -> int | None:
    """That of the socket; None: it is closed."""
    if hasattr(connection, "pgconn"):
        return None if connection.closed else int(connection.fileno())
    end = connection._sock  # PyMySQL has no other way to it.
    return None if end is None else int(end.fileno())


def lift_limits(connection: Connection) -> None:
    """Let what is done on a connection, which is not used for anything else, take its time."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "SET idle_in_transaction_session_timeout = 0; SET lock_timeout = 0"
        )
    elif connection.dialect.name in ("mysql", "mariadb"):
        connection.exec_driver_sql(
            "SET SESSION idle_transaction_timeout = 0, lock_wait_timeout = DEFAULT"
        )
    connection.commit()


def begin(connection: Connection) -> None:
    """Begin a transaction, of a write unit of work on a connection of `for_writing`.

    Not by an event of the engine, which would slow down every statement.
    """
    connection.begin()
    writes = connection.get_execution_options().get(_WRITES, False)
    if connection.dialect.name == "sqlite":
        # A write unit must not find out at its first change that another one was faster.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    elif connection.dialect.name == "postgresql":
        connection.exec_driver_sql(BEGIN_WRITE if writes else BEGIN_READ)
    elif not writes:
        connection.exec_driver_sql(_READ_NEXT)
