"""Server programs as children that end with whoever started them."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_START_SECONDS = 60
_STOP_SECONDS = 20


class NotInstalled(Exception):
    """A program is not on this machine."""


def program(name: str, *folders: str) -> str:
    """The path of a program, from one of these folders (patterns) or the PATH."""
    for pattern in folders:
        for folder in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True):
            if (folder / name).exists():
                return str(folder / name)
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        raise NotInstalled(f"{name} is not installed; run: python -m tests.servers --install")
    return found


@contextmanager
def folder_for(user: str) -> Iterator[Path]:
    """A short-lived folder that belongs to whoever `run_as` makes of us."""
    folder = Path(tempfile.mkdtemp(prefix="pierhead-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            account = pwd.getpwnam(user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        yield folder
    finally:
        shutil.rmtree(folder)


def run_as(user: str, command: Sequence[str]) -> list[str]:
    """The command for `user` when we are root, which servers refuse to run as; it is stopped
    when we die, or the thread of ours that starts it."""
    prefix = [program("setpriv"), "--pdeathsig", "KILL"]
    if os.geteuid() == 0:
        prefix += ["--reuid", user, "--regid", user, "--init-groups"]
    return [*prefix, *command]


def prepare(
    user: str,
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a command to its end; what it says. Raises RuntimeError when it fails."""
    done = subprocess.run(
        run_as(user, command),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")
    return done.stdout


@contextmanager
def running(
    user: str,
    command: Sequence[str],
    folder: Path,
    *,
    ready: Callable[[], bool],
    stop: signal.Signals,
    environment: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A server, from when it is ready to its end by the signal `stop`."""
    log = folder / "log"
    with log.open("wb") as said:
        server = subprocess.Popen(
            run_as(user, command),
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until(ready, server, log)
        yield server
    finally:
        server.send_signal(stop)
        try:
            server.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_until(ready: Callable[[], bool], server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not ready():
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{server.args!r} did not start: {log.read_text()[-2000:]}")
        time.sleep(0.02)
