"""An own PostgreSQL."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tests.servers.process import folder_for, prepare, program, running

_USER = "postgres"
_BINARIES = "/usr/lib/postgresql/*/bin"


@dataclass(frozen=True)
class Postgres:
    """A running server, reached by a socket in `folder`."""

    folder: Path
    pid: int

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://{_USER}@/{database}?host={self.folder}"

    def create(self, database: str) -> str:
        """Make an empty database; its URL."""
        self._execute("CREATE DATABASE {}", database)
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, whoever uses it."""
        self._execute("DROP DATABASE {} WITH (FORCE)", database)

    def vacuum(self, database: str) -> None:
        """Do now what autovacuum would do some time."""
        with psycopg.connect(
            host=str(self.folder), user=_USER, dbname=database, autocommit=True
        ) as connection:
            connection.execute("VACUUM (ANALYZE)")

    def _execute(self, statement: str, database: str) -> None:
        with psycopg.connect(host=str(self.folder), user=_USER, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(database)))


@contextmanager
def postgres(*, durable: bool = False, **settings: str) -> Iterator[Postgres]:
    """A server of one's own, with these settings besides. Unless `durable`, what it
    acknowledged may be lost when the machine fails, which is faster."""
    with folder_for(_USER) as folder:
        data = folder / "data"
        prepare(
            _USER,
            [
                *(program("initdb", _BINARIES), "--pgdata", str(data), "--username", _USER),
                *("--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync"),
            ],
            folder,
        )
        wanted = {
            "listen_addresses": "",
            "unix_socket_directories": str(folder),
            "max_connections": "200",
            "shared_buffers": "128MB",
            "fsync": "on" if durable else "off",
            "synchronous_commit": "on" if durable else "off",
            "full_page_writes": "on" if durable else "off",
            **settings,
        }
        options = [part for name, value in wanted.items() for part in ("-c", f"{name}={value}")]
        command = [program("postgres", _BINARIES), "-D", str(data), *options]
        with running(
            _USER, command, folder, ready=lambda: _answers(folder), stop=signal.SIGINT
        ) as server:
            yield Postgres(folder, server.pid)


def _answers(folder: Path) -> bool:
    try:
        psycopg.connect(host=str(folder), user=_USER).close()
    except psycopg.OperationalError:
        return False
    return True
