"""The daemon as a process of its own, in a state directory that is thrown away."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from pierhead.demo.api import Api, Kind
from pierhead.demo.errors import NotObserved
from pierhead.demo.processes import end_processes_of, processes_of

_HOST = "127.0.0.1"
_START_SECONDS = 20.0
_STOP_SECONDS = 10.0


class Daemon:
    """``pierhead serve`` on a free port. Leaving the context ends it and its devices, and
    removes the directory."""

    def __init__(self, prefix: str) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix=prefix)).resolve()
        self.port = _free_port()
        self.url = f"http://{_HOST}:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return self._running().pid

    @property
    def device_processes(self) -> frozenset[int]:
        """Processes of the devices: all that use the directory but the daemon itself."""
        mine = {self._process.pid} if self._process is not None else set()
        return processes_of(self.directory) - mine

    def start(self) -> float:
        """Start it and return after how many seconds it answered. Raises NotObserved."""
        began = time.monotonic()
        with (self.directory / "daemon.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_plain_environment(),
                # A Ctrl-C at the terminal is for whoever holds this object, who then stops it.
                start_new_session=True,
            )
        self._wait_for_answer(began + _START_SECONDS)
        return time.monotonic() - began

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL, and no chance to tidy up."""
        process = self._running()
        process.kill()
        process.wait()
        self._process = None

    def stop(self) -> None:
        """End it as an operator would. Raises NotObserved if it does not leave well."""
        process = self._running()
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise NotObserved(
                f"the daemon ends on SIGTERM: not within {_STOP_SECONDS:g} s"
            ) from None
        self._process = None
        if status != 0:
            raise NotObserved(f"the daemon ends well: exit status {status}; {self._last_words()}")

    def answers(self) -> bool:
        """Whether somebody accepts connections at its port."""
        with socket.socket() as probe:
            return probe.connect_ex((_HOST, self.port)) == 0

    def clear_away(self) -> None:
        """Leave nothing behind, whatever state things are in."""
        if self._process is not None:
            self.kill()
        try:
            end_processes_of(self.directory)
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.clear_away()

    def _command(self) -> list[str]:
        where = ["--host", _HOST, "--port", str(self.port)]
        state = ["--state-dir", str(self.directory / "state")]
        return [sys.executable, "-m", "pierhead", "serve", *where, *state]

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the daemon was not started")
        return self._process

    def _wait_for_answer(self, deadline: float) -> None:
        process = self._running()
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise NotObserved(
                    f"the daemon starts: it ended with {process.returncode}; {self._last_words()}"
                )
            if self.answers() and self._serves():
                return
            time.sleep(0.01)
        raise NotObserved(f"the daemon answers: not within {_START_SECONDS:g} s")

    def _serves(self) -> bool:
        try:
            return bool(Api(self.url).find(Kind.DRIVER))
        except NotObserved:
            return False

    def _last_words(self) -> str:
        lines = (self.directory / "daemon.log").read_text(errors="replace").strip().splitlines()
        return f"its last words: {lines[-1]}" if lines else "it said nothing"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _plain_environment() -> dict[str, str]:
    """The environment without settings that are meant for the user's own daemon."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PIERHEAD_")}
