"""Web servers that stand in for a tenant's own."""

import subprocess
import sys
from dataclasses import dataclass

from pierhead.demo.errors import NotObserved


@dataclass(frozen=True)
class WebServer:
    """One running web server, which answers with its name."""

    name: str
    address: str
    port: int
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """End it at once, with whatever it is answering. Killing it twice does no harm."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


def start_web_servers(names_and_addresses: dict[str, str]) -> list[WebServer]:
    """Start them side by side. Raises NotObserved when one does not come up."""
    started = [
        (name, address, _start(name, address)) for name, address in names_and_addresses.items()
    ]
    servers = [
        WebServer(name, address, _port_of(process), process) for name, address, process in started
    ]
    for server in servers:
        if server.port == 0:
            for each in servers:
                each.kill()
            raise NotObserved(f"web server {server.name} listens on {server.address}")
    return servers


def _start(name: str, address: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "pierhead.demo.webserver", address, name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def _port_of(process: subprocess.Popen[bytes]) -> int:
    """The port that it prints; 0 when it ended without."""
    line = process.stdout.readline() if process.stdout is not None else b""
    return int(line or 0)
