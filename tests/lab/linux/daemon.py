"""A daemon, and what tenants ask of it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

DRIVER = "haproxy-namespace"
ADMIN = {"X-Project-Id": "ops", "X-Roles": "admin"}
_PATIENCE = 60.0
_PAUSE = 0.1


class Daemon:
    """`pierhead serve` on a free port, with the state in a folder of its own."""

    def __init__(self, folder: Path, wiring: str, **settings: str) -> None:
        self._wiring = wiring
        self._settings = {f"PIERHEAD_{name.upper()}": value for name, value in settings.items()}
        self._folder = folder
        self._log = folder.with_suffix(".log")
        self._process: subprocess.Popen[str] | None = None
        self._url = ""

    def start(self) -> None:
        command = [sys.executable, "-m", "pierhead", "serve", "--port", "0", "--drivers", DRIVER]
        command += ["--wiring", self._wiring, "--state-dir", str(self._folder)]
        environment = {**os.environ, **self._settings}
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith("pierhead: listening on "):
            self.kill()
            raise AssertionError(self.log)
        self._url = line.split()[3].rstrip(",")

    @property
    def log(self) -> str:
        """What it has said on standard error."""
        return self._log.read_text()

    def kill(self) -> None:
        """End it as a crash does."""
        self._end(lambda process: process.kill())

    def stop(self) -> None:
        self._end(lambda process: process.terminate())

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                method, f"{self._url}/v2.0/{path}", json=body, headers=headers or ADMIN, timeout=20
            )

    def make(self, path: str, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        """Create one object; what the answer says of it."""
        name = path.rpartition("/")[2].removesuffix("s")
        answer = self.ask("POST", path, {name: fields}, headers)
        assert answer.status_code == 201, answer.text
        return answer.json()[name]

    def show(self, path: str, identity: str) -> Any:
        """One object; None: it is gone."""
        answer = self.ask("GET", f"{path}/{identity}")
        return None if answer.status_code == 404 else next(iter(answer.json().values()))

    def remove(self, path: str, identity: str) -> None:
        """Delete one object, and wait until it is gone."""
        eventually(lambda: self.ask("DELETE", f"{path}/{identity}").status_code in (204, 404))
        eventually(lambda: self.show(path, identity) is None)

    def await_status(self, path: str, identity: str, status: str) -> None:
        try:
            eventually(lambda: self.show(path, identity)["status"] == status)
        except AssertionError:
            raise AssertionError(self.show(path, identity)) from None

    def remove_devices(self) -> None:
        """Have all devices stopped and forgotten, whatever is on them."""
        devices = self.ask("GET", "fleet/devices").json()["devices"]
        for each in devices:
            self.ask("DELETE", f"fleet/devices/{each['id']}?force=true")
        for each in devices:
            eventually(lambda each=each: self.show("fleet/devices", each["id"]) is None)

    def _end(self, how: Callable[[subprocess.Popen[str]], None]) -> None:
        if self._process is not None:
            how(self._process)
            self._process.communicate(timeout=30)
            self._process = None


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until it holds. Raises AssertionError when it does not within a minute."""
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(_PAUSE)
