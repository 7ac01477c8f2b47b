"""The all-in-one daemon as its own process, with real HAProxy and real traffic."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import requests

from features.deployments.base import Answer, Endpoint
from features.support.polling import eventually
from features.support.servers import MemberServer
from features.support.traffic import send

_ROOT = Path(__file__).resolve().parents[2]
_LOG = "daemon.log"

_START_DEADLINE = 60.0
"""Seconds that a start may take on a busy machine, where imports alone take many."""


class DaemonDeployment:
    """Implements Deployment with ``pierhead serve`` in a temporary state directory."""

    driver = "haproxy"
    lacks = frozenset({"limited"})

    def __init__(self) -> None:
        self._port = _free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._members: dict[Endpoint, MemberServer] = {}

    def start(self) -> None:
        """See Deployment.start."""
        self._directory = Path(tempfile.mkdtemp(prefix="pierhead-features-"))
        path = [str(self._lite_plugin()), str(_ROOT), os.environ.get("PYTHONPATH", "")]
        self._environment = {
            **os.environ,
            "PIERHEAD_DRIVERS": "haproxy,lite,memory-advised",
            "PIERHEAD_OBSERVE_SECONDS": "0.2",
            "PYTHONPATH": os.pathsep.join(filter(None, path)),
        }
        self.restart()

    def stop(self) -> None:
        """See Deployment.stop."""
        self.remove_members()
        if self._process is None:
            self.restart()
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
        try:
            eventually(self._assert_nothing_runs)
        finally:
            for left_over in self.device_processes(""):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(left_over, signal.SIGKILL)
            shutil.rmtree(self._directory)

    def kill(self) -> None:
        """See Deployment.kill."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def restart(self) -> None:
        """See Deployment.restart."""
        self.kill()
        command = [sys.executable, "-m", "pierhead", "serve", "--stop-devices"]
        command += ["--port", str(self._port), "--state-dir", str(self._directory / "state")]
        with (self._directory / _LOG).open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )
        eventually(self._answers, within=_START_DEADLINE)

    def add_member(self, endpoint: Endpoint) -> None:
        """See Deployment.add_member."""
        self._members[endpoint] = MemberServer(endpoint)
        self._members[endpoint].start()

    def set_member_alive(self, endpoint: Endpoint, *, alive: bool) -> None:
        """See Deployment.set_member_alive."""
        server = self._members[endpoint]
        (server.start if alive else server.stop)()

    def remove_members(self) -> None:
        """See Deployment.remove_members."""
        for server in self._members.values():
            server.stop()
        self._members.clear()

    def request(
        self,
        vip: Endpoint,
        *,
        source: str | None = None,
        cookies: dict[str, str] | None = None,
        path: str = "/",
    ) -> Answer:
        """See Deployment.request."""
        return send(vip, source=source, cookies=cookies, path=path)

    def traces_of(self, text: str) -> list[str]:
        """See Deployment.traces_of."""
        files = [path for path in self._directory.rglob("*") if path.is_file()]
        return [str(path) for path in files if text.encode() in path.read_bytes()]

    def device_processes(self, device_id: str) -> list[int]:
        """See Deployment.device_processes. A device's files are named in its command line."""
        mark = f"{self._directory}/state/devices/".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                command = path.read_bytes()
                if mark in command and device_id.encode() in command:
                    found.append(int(path.parent.name))
        return found

    def _assert_nothing_runs(self) -> None:
        left_over = self.device_processes("")
        assert not left_over, f"--stop-devices left processes: {left_over}"

    def _answers(self) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            log = (self._directory / _LOG).read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"the daemon ended by itself; its log:\n{log}")
        try:
            answer = requests.get(f"{self.url}/v2.0/fleet/drivers", timeout=5)
        except requests.RequestException as failure:
            raise AssertionError("the daemon does not answer") from failure
        assert answer.status_code == 200, answer.text

    def _lite_plugin(self) -> Path:
        """An installed distribution, as far as Python looks, that brings the lite driver."""
        plugins = self._directory / "plugins"
        metadata = plugins / "pierhead_lite-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: pierhead-lite\nVersion: 1.0\n", encoding="utf-8"
        )
        (metadata / "entry_points.txt").write_text(
            "[pierhead.drivers]\nlite = features.deployments.lite:PLUGIN\n", encoding="utf-8"
        )
        return plugins


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
