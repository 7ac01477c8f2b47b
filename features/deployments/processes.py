"""Deployments of real processes: real HAProxy, members and traffic, below one directory."""

import contextlib
import os
import shutil
import signal
import socket
import tempfile
from pathlib import Path

from features.deployments.base import Answer, Endpoint, Lent
from features.support.servers import MemberServer
from features.support.traffic import connect, send

ROOT = Path(__file__).resolve().parents[2]

DRIVERS = ("haproxy", "lite", "memory-advised")

OBSERVE_SECONDS = 0.2


class ProcessDeployment:
    """What such deployments have in common: `begin` and `end` frame their lives."""

    driver = "haproxy"

    def __init__(self) -> None:
        self._port = _free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._directory = Path()
        self._members: dict[Endpoint, MemberServer] = {}

    def begin(self) -> None:
        """Have a directory, with an installed distribution, as far as Python looks, that brings
        the lite driver."""
        self._directory = Path(tempfile.mkdtemp(prefix="pierhead-features-"))
        metadata = self._plugins / "pierhead_lite-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: pierhead-lite\nVersion: 1.0\n", encoding="utf-8"
        )
        (metadata / "entry_points.txt").write_text(
            "[pierhead.drivers]\nlite = features.deployments.lite:PLUGIN\n", encoding="utf-8"
        )

    def end(self) -> None:
        """Leave no process and no file; to be called when all roles have ended."""
        self.remove_members()
        for left_over in self.device_processes(""):
            with contextlib.suppress(ProcessLookupError):
                os.kill(left_over, signal.SIGKILL)
        shutil.rmtree(self._directory)

    @property
    def python_path(self) -> str:
        """Where Pierhead's processes look for modules."""
        path = [str(self._plugins), str(ROOT), os.environ.get("PYTHONPATH", "")]
        return os.pathsep.join(filter(None, path))

    def lend_network(self, project: str) -> Lent | None:
        """See Deployment.lend_network."""
        return None

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

    def connect(self, vip: Endpoint) -> socket.socket:
        """See Deployment.connect."""
        return connect(vip)

    def sources(self, vip: Endpoint, count: int) -> list[str]:
        """See Deployment.sources."""
        return [f"127.0.0.{number}" for number in range(10, 10 + count)]

    def traces_of(self, text: str) -> list[str]:
        """See Deployment.traces_of."""
        return traces_below(self._directory, text)

    def device_processes(self, device_id: str) -> list[int]:
        """See Deployment.device_processes. A device's files are named in its command line."""
        return device_processes(self._directory, device_id)

    @property
    def _plugins(self) -> Path:
        return self._directory / "plugins"


def device_processes(folder: Path, device_id: str) -> list[int]:
    """The processes of a device whose files are below a folder; of all devices for an empty id."""
    mark = f"{folder}/".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            command = path.read_bytes()
            if mark in command and b"/devices/" in command and device_id.encode() in command:
                found.append(int(path.parent.name))
    return found


def traces_below(folder: Path, text: str) -> list[str]:
    """The files of a folder in which `text` stands. Files may go meanwhile."""
    found = []
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            if path.is_file() and text.encode() in path.read_bytes():
                found.append(str(path))
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
