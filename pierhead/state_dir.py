"""The state directory: private, and used by one daemon at a time."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from pierhead.errors import StartupError


class StateDir:
    """Holds the directory's lock from `open` until the process ends or `close`."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def open(cls, path: Path) -> Self:
        """Create the directory if need be and lock it. Raises StartupError."""
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
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
        return cls(path, lock)

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.path / 'pierhead.db'}"

    @property
    def key_file(self) -> Path:
        return self.path / "secrets.key"

    def driver_dir(self, driver: str) -> Path:
        """Where a driver keeps what belongs to its devices."""
        path = self.path / "devices" / driver
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
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
