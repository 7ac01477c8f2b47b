"""Roles as forks of a process that has imported everything: a start takes milliseconds.

``python -m tests.split.kill.zygote`` reads one request a line and answers each with a line; it
and all its roles end with whoever holds the other end. See `Zygote`.

The pauses of conductors are those of `core.usecases.conductor.timing` unless the zygote was
given others, which then hold in all its roles: what was lost is noticed by a deadline, and no
test can wait for many of 30 s.
"""

import ctypes
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.split.kill.faults import Plan, install
from tests.split.site import ROOT

SHORT_PAUSES: Mapping[str, float] = {
    "core.usecases.conductor.timing.STEP_DEADLINE": 1.0,
    "core.usecases.conductor.timing.WIRING_DEADLINE": 1.0,
    "core.usecases.conductor.timing.PROBE_AGAIN": 0.5,
    "core.usecases.conductor.timing._FIRST_PAUSE": 0.2,
    "core.usecases.conductor.conductor.DETACH_EVERY": 1.0,
    "core.usecases.conductor.agents.LOOK_EVERY": 0.1,
    "core.usecases.conductor.agents.SPREAD_EVERY": 0.3,
    "pierhead.runtime.loops.AFTER_A_FAILURE": 0.2,
    "adapters.messaging.amqp.link._LONGEST_PAUSE": 0.5,
}
"""Constants of modules, and what they are for roles that are killed all the time; seconds."""

_MODULES = (
    "pierhead.connections",
    "pierhead.containers.agent",
    "pierhead.containers.split",
    "pierhead.database",
    "pierhead.logs",
    "pierhead.main",
    "pierhead.server",
    "pierhead.state_dir",
    "psycopg",
)
"""With all that they import, what roles import as they begin."""

_DIE_WITH_PARENT = 1


class Forked:
    """A role's process, in the manner of subprocess.Popen."""

    def __init__(self, zygote: "Zygote", pid: int) -> None:
        self._zygote = zygote
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        if self.returncode is None:
            self.returncode = self._zygote.ask(wait=self.pid, block=False)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises subprocess.TimeoutExpired."""
        if timeout is not None:
            descriptor = os.pidfd_open(self.pid)
            try:
                self._wait_for(descriptor, timeout)
            finally:
                os.close(descriptor)
        if self.returncode is None:
            self.returncode = self._zygote.ask(wait=self.pid, block=True)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal; its pid is nobody else's until its end was seen here."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def _wait_for(self, descriptor: int, timeout: float) -> None:
        if not select.select([descriptor], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(f"role {self.pid}", timeout)


class Zygote:
    """Starts roles. `constants` as SHORT_PAUSES. Safe between threads."""

    def __init__(self, constants: Mapping[str, float] | None = None) -> None:
        self._guard = threading.Lock()
        own = {name: each for name, each in os.environ.items() if not name.startswith("PIERHEAD_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.split.kill.zygote", json.dumps(dict(constants or {}))],
            cwd=ROOT,
            env={**own, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def fork(self, role: str, config: Path, log: Path, plan: Plan | None) -> Forked:
        """Start a role; what it says is added to `log`."""
        wanted = None if plan is None else asdict(plan)
        return Forked(self, self.ask(role=role, config=str(config), log=str(log), plan=wanted))

    def ask(self, **request: Any) -> Any:
        """One request and its answer."""
        assert self._process.stdin
        assert self._process.stdout
        with self._guard:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._process:
            pass


def _serve() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        answer = _wait(**request) if "wait" in request else _fork(**request)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _wait(*, wait: int, block: bool) -> int | None:
    pid, status = os.waitpid(wait, 0 if block else os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if pid else None


def _fork(*, role: str, config: str, log: str, plan: dict[str, Any] | None) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() == parent:
            _redirect(log)
            status = _play(role, Path(config), None if plan is None else Plan(**plan))
    except BaseException:  # noqa: BLE001 - the log is all that anybody sees of it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _redirect(log: str) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for target, source in ((0, nothing), (1, said), (2, said)):
        os.dup2(source, target)


def _play(role: str, config: Path, plan: Plan | None) -> int:
    import typer

    import pierhead.agent
    import pierhead.api
    import pierhead.conductor
    from pierhead.requirements import Role
    from pierhead.role import play

    modules = {
        Role.API: pierhead.api,
        Role.CONDUCTOR: pierhead.conductor,
        Role.AGENT: pierhead.agent,
    }
    if plan is not None:
        install(plan)
    try:
        play(Role(role), config, {}, modules[Role(role)]._run)
    except typer.Exit as end:
        return end.exit_code
    return 0


def _set(constants: Mapping[str, float]) -> None:
    """Set constants before anything imports them by name: what others import comes first."""
    for name, value in sorted(constants.items(), key=lambda each: ".timing." not in each[0]):
        module, _, constant = name.rpartition(".")
        found = importlib.import_module(module)
        assert hasattr(found, constant), name
        setattr(found, constant, value)


def _import_all() -> None:
    for module in _MODULES:
        importlib.import_module(module)
    importlib.import_module("pierhead.drivers").load_drivers(["memory"])


if __name__ == "__main__":
    _set(json.loads(sys.argv[1]))
    _import_all()
    _serve()
