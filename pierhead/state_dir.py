"""The state directory: private, and used by one daemon at a time."""

import fcntl
import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Self

from pierhead.errors import StartupError

_MODE = 0o700


class StateDir:
    """Holds the directory's lock from `open` until the process ends or `close`.

    What belongs to devices is in `devices`, which several may share.
    """

    def __init__(self, path: Path, devices: Path, lock: int) -> None:
        self.path = path
        self._devices = devices
        self._lock = lock

    @classmethod
    def open(cls, path: Path, devices: Path | None = None) -> Self:
        """Create the directory if need be and lock it. Without `devices` these are below it.

        Raises StartupError.
        """
        try:
            path.mkdir(parents=True, exist_ok=True, mode=_MODE)
            _make_private(path)
            lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StartupError(
                f"state directory {path}: {error.strerror}; choose another with --state-dir"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise StartupError(
                f"state directory {path} is in use by another pierhead; "
                "stop it or choose another with --state-dir"
            ) from error
        return cls(path, devices or path / "devices", lock)

    @property
    def database_url(self) -> str:
        return database_url(self.path)

    @property
    def key_file(self) -> Path:
        return self.path / "secrets.key"

    def driver_dir(self, driver: str) -> Path:
        """Where a driver keeps what belongs to its devices."""
        path = self._devices / driver
        try:
            path.mkdir(parents=True, exist_ok=True, mode=_MODE)
        except OSError as error:
            raise StartupError(f"directory of devices {path}: {error.strerror}") from error
        return path

    def close(self) -> None:
        """Let another daemon use the directory."""
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def database_url(path: Path) -> str:
    """The URL of the database in a state directory."""
    return f"sqlite:///{path / 'pierhead.db'}"


def _make_private(path: Path) -> None:
    """Others must not find the database, whoever made the directory; unless it is another's."""
    found = path.stat()
    if found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) != _MODE:
        path.chmod(_MODE)
