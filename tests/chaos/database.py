"""A durable PostgreSQL that can be killed and started again on its data."""

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from tests.servers.process import folder_for, prepare, program, running

_USER = "postgres"
_BINARIES = "/usr/lib/postgresql/*/bin"
_PORT = 5432
_READY_SECONDS = 60.0


class Database:
    """A server, reached by a socket in `folder`, and at `address` if there is one, that keeps what
    it acknowledged. It has no data yet."""

    def __init__(self, folder: Path, address: str = "") -> None:
        self.folder = folder
        self.address = address
        self._running = ExitStack()
        self._pid = 0

    def initialize(self) -> None:
        """Make it one of its own."""
        own = ("--username", _USER, "--auth", "trust", "--encoding", "UTF8", "--no-locale")
        self._prepare("initdb", "--pgdata", str(self._data), *own)

    def follow(self, primary: "Database") -> None:
        """Make it a standby of another, whatever data it had, to be told all that it does."""
        shutil.rmtree(self._data, ignore_errors=True)
        source = f"host={primary.address} port={_PORT} user={_USER} application_name=standby"
        how = ("--write-recovery-conf", "--checkpoint", "fast", "--no-sync")
        self._prepare("pg_basebackup", "--pgdata", str(self._data), "--dbname", source, *how)

    def promote(self) -> None:
        """Make it a primary, which takes writes when this returns."""
        self.execute("SELECT pg_promote()")

    def execute(self, statement: LiteralString) -> list[tuple[Any, ...]]:
        """The rows of a statement, which is in no transaction."""
        with self._connect() as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _prepare(self, name: str, *arguments: str) -> None:
        prepare(_USER, [program(name, _BINARIES), *arguments], self.folder)

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.folder / f".s.PGSQL.{_PORT}"

    @property
    def url(self) -> str:
        """The URL for whoever is on the same machine."""
        return f"postgresql+psycopg://{_USER}@/{_USER}?host={self.folder}"

    def url_by(self, host: str, port: int) -> str:
        """The URL for whoever comes by a proxy."""
        return f"postgresql+psycopg://{_USER}@{host}:{port}/{_USER}"

    def start(self) -> None:
        """Have it run, with the data that it has."""
        settings = {
            "listen_addresses": self.address,
            "unix_socket_directories": str(self.folder),
            "max_connections": "200",
            "shared_buffers": "64MB",
            # What looks for its primary in vain is promoted no sooner than it looks again.
            "wal_retrieve_retry_interval": "200ms",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [program("postgres", _BINARIES), "-D", str(self._data), *options]
        server = self._running.enter_context(
            running(_USER, command, self.folder, ready=self._answers, stop=signal.SIGINT)
        )
        self._pid = server.pid

    def stop(self) -> None:
        """End it in good order."""
        self._running.close()

    def kill(self) -> None:
        """End it at once with all its processes, as a failure of the machine would."""
        processes = self._processes()
        for pid in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._running.close()
        # A new one refuses to start beside what is left of the old.
        deadline = time.monotonic() + 10.0
        while any(Path(f"/proc/{pid}").exists() for pid in processes):
            assert time.monotonic() < deadline, "the killed database lives on"
            time.sleep(0.01)

    def kill_session(self) -> None:
        """Kill a process that serves a connection, on which the server begins anew."""
        with contextlib.suppress(ProcessLookupError, psycopg.Error), self._connect() as connection:
            row = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' "
                "AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"
            ).fetchone()
            if row is not None:
                os.kill(row[0], signal.SIGKILL)

    def wait_ready(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + _READY_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, "the database does not come back"
            time.sleep(0.02)

    def pause(self) -> None:
        """Stop it in its tracks."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for pid in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _processes(self) -> list[int]:
        children = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split()
        return [self._pid, *map(int, children)]

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(host=str(self.folder), user=_USER, autocommit=True)

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True


@contextlib.contextmanager
def database() -> Iterator[Database]:
    """A server of one's own."""
    with folder_for(_USER) as folder:
        server = Database(folder)
        server.initialize()
        server.start()
        try:
            yield server
        finally:
            server.stop()
