"""Databases of one's own, filled in bulk, and what is in them when all is done."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from adapters.persistence.sql import SqlStore, open_sql_store
from benchmarks.machine import CpuTime
from benchmarks.placement.rows import Content
from tests.servers.postgres import Postgres, postgres

_SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "15min"}

_OVER = (
    "SELECT count(*) FROM pierhead_device_counters"
    " WHERE used > ceiling AND resource <> 'connections'"
)
_BOUND = "SELECT count(*) FROM pierhead_bindings"
_DECIDED = "SELECT count(*) FROM pierhead_decisions"
_WRONG = """
SELECT count(*) FROM pierhead_device_counters c LEFT JOIN (
    SELECT device_id, count(*) AS number FROM pierhead_bindings GROUP BY device_id
) b ON b.device_id = c.device_id
WHERE c.resource = 'vips' AND c.used <> coalesce(b.number, 0)
"""
_WRONG_VLANS = """
SELECT count(*) FROM pierhead_device_counters c LEFT JOIN (
    SELECT device_id, count(*) AS number FROM pierhead_device_networks GROUP BY device_id
) n ON n.device_id = c.device_id
WHERE c.resource = 'vlans:eth1' AND c.used <> coalesce(n.number, 0)
"""


@dataclass(frozen=True)
class Recount:
    """What a database holds: VIPs, decisions, counters above their limit, and counters that
    differ from a recount."""

    bound: int
    decided: int
    over: int
    wrong: int


class Database:
    """One database with the product's tables. `pid` is its server's; None: inside this process."""

    name: str
    url: str
    pid: int | None = None

    def open(self) -> SqlStore:
        """The store, its tables made."""
        return open_sql_store(self.url)

    def load(self, content: Content) -> None:
        """Store rows in bulk."""
        raise NotImplementedError

    def settle(self) -> None:
        """What a database would do by and by after so many rows."""

    def number(self, statement: str) -> int:
        """The answer to a question."""
        raise NotImplementedError

    def recount(self) -> Recount:
        """Look at everything."""
        return Recount(
            bound=self.number(_BOUND),
            decided=self.number(_DECIDED),
            over=self.number(_OVER),
            wrong=self.number(_WRONG) + self.number(_WRONG_VLANS),
        )

    def server_seconds(self) -> float:
        """CPU seconds of the server since it began; 0 inside this process."""
        return 0.0 if self.pid is None else _with_children(self.pid)


class PostgresDatabase(Database):
    """A database of a durable server."""

    def __init__(self, server: Postgres, database: str) -> None:
        self.name = "PostgreSQL"
        self.url = server.create(database)
        self.pid = server.pid
        self._server = server
        self._database = database

    def load(self, content: Content) -> None:
        table, names, rows = content
        columns = sql.SQL(", ").join(map(sql.Identifier, names))
        copy = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)
        with self._connect() as connection, connection.cursor() as cursor, cursor.copy(copy) as to:
            for row in rows:
                to.write_row(row)

    def settle(self) -> None:
        with self._connect() as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")

    def number(self, statement: str) -> int:
        with self._connect() as connection:
            row = connection.execute(statement.encode()).fetchone()
        return int(row[0]) if row else 0

    def drop(self) -> None:
        """Remove it."""
        self._server.drop(self._database)

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self._server.folder), user="postgres", dbname=self._database, autocommit=True
        )


class SqliteDatabase(Database):
    """A file."""

    def __init__(self, folder: Path) -> None:
        self.name = "SQLite"
        self._path = folder / "placement.db"
        self.url = f"sqlite:///{self._path}"

    def load(self, content: Content) -> None:
        table, names, rows = content
        marks = ", ".join("?" for _ in names)
        quoted = ", ".join(f'"{name}"' for name in names)
        connection = self._connect()
        with connection:
            connection.executemany(f"INSERT INTO {table.name} ({quoted}) VALUES ({marks})", rows)
        connection.close()

    def settle(self) -> None:
        connection = self._connect()
        connection.execute("ANALYZE")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    def number(self, statement: str) -> int:
        connection = self._connect()
        try:
            return int(connection.execute(statement).fetchone()[0])
        finally:
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path)
        connection.execute("PRAGMA synchronous = OFF")
        return connection


@contextmanager
def server() -> Iterator[Postgres]:
    """A PostgreSQL that loses nothing that it acknowledged."""
    with postgres(durable=True, **_SETTINGS) as running:
        yield running


@contextmanager
def sqlite_database() -> Iterator[SqliteDatabase]:
    """A file that is removed again."""
    with tempfile.TemporaryDirectory(prefix="pierhead-bench-") as folder:
        yield SqliteDatabase(Path(folder))


def _with_children(pid: int) -> float:
    """CPU seconds of a process, its children and those children that ended."""
    total = sum(CpuTime.of(pid))
    for path in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        try:
            total += CpuTime.of(int(path)).own
        except FileNotFoundError:
            continue
    return total
