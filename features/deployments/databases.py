"""Database servers of one's own that can be cut off from those who use them."""

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import psycopg
import pymysql

from features.support.polling import eventually
from tests.servers.mariadb import mariadb
from tests.servers.postgres import postgres

_NAME = "pierhead"


class Database(Protocol):
    """A running server with an empty database at `url`; what it stores is below `folder`."""

    url: str
    folder: Path

    def cut_off(self) -> None:
        """Nobody reaches it from now on, and all connections are lost."""

    def restore(self) -> None:
        """It can be reached again, if it could not."""


class _ByItsSocket:
    """A server is reached by one socket, which is away while nobody shall find it."""

    def __init__(self, url: str, folder: Path, socket: str, away: str) -> None:
        self.url = url
        self.folder = folder
        self._socket = folder / socket
        self._away = folder / away

    def cut_off(self) -> None:
        """See Database.cut_off."""
        self._socket.rename(self._away)
        eventually(self._end_all)

    def restore(self) -> None:
        """See Database.restore."""
        if self._away.exists():
            self._away.rename(self._socket)

    def _end_all(self) -> None:
        left = self.end_connections()
        assert not left, f"{left} connections are left"

    def end_connections(self) -> int:
        """End all other connections by the socket that is away; how many there were."""
        raise NotImplementedError


class Postgresql(_ByItsSocket):
    """Implements Database."""

    def end_connections(self) -> int:
        """See _ByItsSocket. The name of the socket that is away is that of the next port."""
        with psycopg.connect(host=str(self.folder), port=5433, user="postgres") as connection:
            ended = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND pid <> pg_backend_pid()",
                [_NAME],
            )
            return len(ended.fetchall())


class Mariadb(_ByItsSocket):
    """Implements Database."""

    def end_connections(self) -> int:
        """See _ByItsSocket."""
        connection = pymysql.connect(user="root", unix_socket=str(self._away))
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT id FROM information_schema.processlist WHERE db = %s", [_NAME])
            found = [row[0] for row in cursor.fetchall()]
            for each in found:
                with contextlib.suppress(pymysql.OperationalError):  # it ended by itself
                    cursor.execute(f"KILL {each}")
            return len(found)


@contextmanager
def _postgresql() -> Iterator[Database]:
    with postgres() as server:
        yield Postgresql(server.create(_NAME), server.folder, ".s.PGSQL.5432", ".s.PGSQL.5433")


@contextmanager
def _mariadb() -> Iterator[Database]:
    with mariadb() as server:
        yield Mariadb(server.create(_NAME), server.folder, "socket", "away")


def open_database(kind: str) -> AbstractContextManager[Database]:
    """A server: postgresql or mariadb."""
    return {"postgresql": _postgresql, "mariadb": _mariadb}[kind]()
