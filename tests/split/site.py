"""Roles as child processes, any number of each, with their logs."""

import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import requests
from cryptography.fernet import Fernet

ROOT = Path(__file__).parents[2]

START_SECONDS = 60.0
STOP_SECONDS = 60.0


class Ended(Exception):
    """A role ended that should not have, or did not become what was waited for. Has its log."""


@dataclass
class RoleProcess:
    """One role's process. Its output, both streams of it, goes to `log_file`."""

    name: str
    role: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log_file: Path
    process: subprocess.Popen[bytes] = field(init=False)
    _seen: int = 0

    def start(self) -> None:
        """Begin, or begin anew with the same configuration; the log goes on."""
        self._seen = self.log_file.stat().st_size if self.log_file.exists() else 0
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    @property
    def log(self) -> str:
        """Everything that it has said, in all its lives."""
        return self.log_file.read_text(errors="replace")

    @property
    def said(self) -> str:
        """What it has said since its last start."""
        return self.log_file.read_bytes()[self._seen :].decode(errors="replace")

    @property
    def url(self) -> str:
        """Where an API listens; waits until it does."""
        found = re.search(r"pierhead: listening on (http://[^\s,]+)", self.wait_ready().said)
        assert found, f"{self.name} has no URL"
        return found[1]

    def wait_ready(self, seconds: float = START_SECONDS) -> Self:
        """Wait until it works."""
        return self.wait_for("pierhead: ", seconds)

    def wait_for(self, text: str, seconds: float = START_SECONDS) -> Self:
        """Wait until it has said something since its last start."""
        self.wait_until(lambda: text in self.said, f"says {text!r}", seconds)
        return self

    def wait_until(
        self, holds: Callable[[], bool], what: str, seconds: float = START_SECONDS
    ) -> None:
        """Wait for anything, as long as the process lives."""
        deadline = time.monotonic() + seconds
        while not holds():
            if not self.running and not holds():
                raise Ended(f"{self.name} ended ({self.process.returncode}): {self.said}")
            if time.monotonic() > deadline:
                raise Ended(f"{self.name} never {what}: {self.said}")
            time.sleep(0.02)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.running:
            self.process.send_signal(number)

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        self.signal(signal.SIGKILL)
        self.process.wait()

    def pause(self) -> None:
        """Let it do nothing (SIGSTOP), as if its machine hung."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on (SIGCONT)."""
        self.signal(signal.SIGCONT)

    def stop(self, seconds: float = STOP_SECONDS) -> int:
        """Ask it to end (SIGTERM) and wait; its exit status."""
        self.ask_to_stop()
        return self.wait_stopped(seconds)

    def ask_to_stop(self) -> None:
        """Ask it to end (SIGTERM). To be asked twice means: at once."""
        self.resume()
        self.signal(signal.SIGTERM)

    def wait_stopped(self, seconds: float = STOP_SECONDS) -> int:
        """Wait for the end that it was asked for; its exit status."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Ended(f"{self.name} did not stop: {self.said}") from None

    def restart(self) -> Self:
        """Start it again after it ended."""
        assert not self.running
        self.start()
        return self

    @property
    def rss_kib(self) -> int:
        """Resident memory in KiB."""
        return self._memory("Rss")

    @property
    def pss_kib(self) -> int:
        """Resident memory in KiB, of which pages shared with others count in parts."""
        return self._memory("Pss")

    def _memory(self, name: str) -> int:
        text = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return int(re.findall(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)[0])


class Site:
    """Starts roles on one database and one bus; ends them when it is left.

    `folder` gets configuration, logs and the agents' files. `drivers` are offered by all roles.
    `settings` are given to all roles besides, and variables of the `environment`. Names are
    unique; an agent's name is its id.
    Agents share the directory of devices, as those of one host must.
    """

    def __init__(
        self,
        database_url: str,
        amqp_url: str,
        folder: Path,
        *,
        drivers: Sequence[str] = ("memory",),
        heartbeat: float = 0.2,
        amqp_prefix: str | None = None,
        settings: Mapping[str, object] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self._environment = {**_environment(), **(environment or {})}
        self.roles: dict[str, RoleProcess] = {}
        folder.mkdir(parents=True, exist_ok=True)
        key = folder / "secrets.key"
        if not key.exists():
            key.touch(0o600)
            key.write_bytes(Fernet.generate_key())
        self.settings: dict[str, object] = {
            "database_url": database_url,
            "amqp_url": amqp_url,
            "amqp_prefix": amqp_prefix or f"test-{secrets.token_hex(4)}",
            "secret_key_file": str(key),
            "devices_dir": str(folder / "devices"),
            "drivers": list(drivers),
            "heartbeat_seconds": heartbeat,
            "observe_seconds": 0.5,
            "host": "127.0.0.1",
            "port": 0,
            "log_level": "info",
            **(settings or {}),
        }

    def start_api(self, name: str = "api", **settings: object) -> RoleProcess:
        """Start an API on a free port; `url` waits for it."""
        return self._start("api", name, settings)

    def start_conductor(self, name: str = "conductor", **settings: object) -> RoleProcess:
        """Start a conductor."""
        return self._start("conductor", name, settings)

    def start_agent(
        self, name: str = "agent", *, group: str = "default", **settings: object
    ) -> RoleProcess:
        """Start an agent with this id."""
        own = {
            "agent_id": name,
            "agent_group": group,
            "state_dir": str(self.folder / f"state-{name}"),
            **settings,
        }
        return self._start("agent", name, own)

    def upgrade(self) -> None:
        """Bring the database up to date."""
        config = self._configure("db", {})
        done = subprocess.run(
            [sys.executable, "-m", "pierhead", "db", "upgrade", "--config", str(config)],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Ended(f"pierhead db upgrade: {done.stdout}{done.stderr}")

    def stop(self) -> None:
        """End all roles: first those that give work, then those that do it."""
        for role in ("api", "conductor", "agent"):
            found = [each for each in self.roles.values() if each.role == role and each.running]
            for each in found:
                each.ask_to_stop()
            for each in found:
                each.wait_stopped()

    def kill(self) -> None:
        """End all roles at once."""
        for each in self.roles.values():
            each.kill()

    def session(self, *, project: str | None = None, roles: str = "admin") -> requests.Session:
        """A client's session with the identity headers."""
        session = requests.Session()
        session.headers.update({"X-Roles": roles})
        if project is not None:
            session.headers["X-Project-Id"] = project
        return session

    def logs(self) -> str:
        """What all roles have said."""
        return "\n".join(f"=== {name}\n{each.log}" for name, each in self.roles.items())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def _start(self, role: str, name: str, settings: Mapping[str, object]) -> RoleProcess:
        assert name not in self.roles, f"{name} was started already: restart() it"
        config = self._configure(name, settings)
        found = RoleProcess(
            name,
            role,
            [sys.executable, "-m", "pierhead", role, "--config", str(config)],
            self._environment,
            self.folder / f"{name}.log",
        )
        self.roles[name] = found
        found.start()
        return found

    def _configure(self, name: str, settings: Mapping[str, object]) -> Path:
        path = self.folder / f"{name}.toml"
        lines = (f"{key} = {toml(value)}" for key, value in {**self.settings, **settings}.items())
        path.touch(0o600)
        path.write_text("\n".join(lines) + "\n")
        return path


def _environment() -> dict[str, str]:
    """Ours, without settings that would hold for the roles."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PIERHEAD_")}
    return {**own, "PYTHONUNBUFFERED": "1"}


def toml(value: object) -> str:
    """A setting's value as it stands in a configuration file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, (int, float)):
        return str(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
