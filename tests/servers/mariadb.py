"""An own MariaDB."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pymysql

from tests.servers.process import folder_for, prepare, program, running

_USER = "mysql"
_SOCKET = "socket"
_PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class MariaDb:
    """A running server, reached by a socket in `folder`."""

    folder: Path
    pid: int

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database."""
        return f"mariadb+pymysql://root@localhost/{database}?unix_socket={self.folder / _SOCKET}"

    def create(self, database: str) -> str:
        """Make an empty database; its URL."""
        self._execute(f"CREATE DATABASE `{database}`")
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database."""
        self._execute(f"DROP DATABASE `{database}`")

    def _execute(self, statement: str) -> None:
        connection = pymysql.connect(user="root", unix_socket=str(self.folder / _SOCKET))
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)


def install(folder: Path) -> None:
    """Make the data of a server whose folder it is, where root needs no password."""
    prepare(
        _USER,
        [
            *(program("mariadb-install-db"), "--no-defaults", *_own(folder), "--skip-test-db"),
            *("--auth-root-authentication-method=normal", "--skip-name-resolve"),
            "--innodb-use-native-aio=0",
        ],
        folder,
    )


def _own(folder: Path) -> tuple[str, ...]:
    # At its start, a server removes what others have in a folder for passing tables.
    return f"--datadir={folder / 'data'}", f"--tmpdir={folder}"


@contextmanager
def mariadb(*, durable: bool = False, **settings: str) -> Iterator[MariaDb]:
    """A server of one's own, with these settings besides. Unless `durable`, what it
    acknowledged may be lost when the machine fails, which is faster."""
    with folder_for(_USER) as folder:
        install(folder)
        wanted = {
            "innodb-buffer-pool-size": "128M",
            "innodb-log-file-size": "64M",
            "innodb-flush-log-at-trx-commit": "1" if durable else "0",
            "innodb-flush-method": "O_DIRECT" if durable else "nosync",
            "max-connections": "200",
            # The kernel has few of these for all servers of a machine.
            "innodb-use-native-aio": "0",
            **settings,
        }
        command = [
            *(program("mariadbd", "/usr/sbin"), "--no-defaults", *_own(folder)),
            "--skip-networking",
            *(f"--socket={folder / _SOCKET}", f"--pid-file={folder / 'pid'}"),
            *(f"--{name}={value}" for name, value in wanted.items()),
        ]
        with running(
            _USER, command, folder, ready=lambda: answers(folder), stop=signal.SIGTERM
        ) as server:
            yield MariaDb(folder, server.pid)


def answers(folder: Path) -> bool:
    """Whether the server of a folder greets."""
    with socket.socket(socket.AF_UNIX) as probe:
        # It listens some time before it greets.
        probe.settimeout(_PATIENCE_SECONDS)
        return probe.connect_ex(str(folder / _SOCKET)) == 0 and bool(probe.recv(1))
