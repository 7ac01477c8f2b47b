"""Real requests to VIPs, each on a connection of its own."""

import errno
import http.client
import socket
import threading
from collections.abc import Callable
from http.cookies import SimpleCookie

from features.deployments.base import Answer, Endpoint, PortClosed
from features.support.servers import SERVED_BY

_TIMEOUT = 5.0
_CLOSED = (errno.ECONNREFUSED, errno.EHOSTUNREACH)
"""Nobody listens there, or nobody has the address."""


def connect(vip: Endpoint) -> socket.socket:
    """A connection."""
    return socket.create_connection((vip.address, vip.port), timeout=_TIMEOUT)


def send(vip: Endpoint, *, source: str | None, cookies: dict[str, str] | None, path: str) -> Answer:
    """One request. Raises PortClosed; any other failure comes out as it is."""
    connection = http.client.HTTPConnection(
        vip.address,
        vip.port,
        timeout=_TIMEOUT,
        source_address=(source, 0) if source else None,
    )
    headers = {"Connection": "close"}
    if cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    try:
        _connect(connection, vip)
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        response.read()
    finally:
        connection.close()
    served_by = response.getheader(SERVED_BY) if response.status == 200 else None
    jar: SimpleCookie = SimpleCookie()
    for line in response.headers.get_all("Set-Cookie", []):
        jar.load(line)
    return Answer(
        member=_endpoint(served_by) if served_by else None,
        cookies={name: morsel.value for name, morsel in jar.items()},
    )


def _connect(connection: http.client.HTTPConnection, vip: Endpoint) -> None:
    """Raises PortClosed."""
    try:
        connection.connect()
    except OSError as refused:
        # Where nobody has the address, nothing need come back.
        if not isinstance(refused, TimeoutError) and refused.errno not in _CLOSED:
            raise
        raise PortClosed(f"{vip.address}:{vip.port}") from refused


class SteadyTraffic:
    """Requests one after another from a thread, with pauses (seconds) between, until `stop`."""

    def __init__(self, request: Callable[[], Answer], pause: float = 0.0) -> None:
        self._request = request
        self._pause = pause
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.answered = 0
        self.failures: list[str] = []

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the request under way."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._pause):
            try:
                answer = self._request()
            except (OSError, http.client.HTTPException, PortClosed) as failure:
                self.failures.append(repr(failure))
                continue
            if answer.member is None:
                self.failures.append("no member answered")
            else:
                self.answered += 1


def _endpoint(text: str) -> Endpoint:
    place, _, network = text.partition("@")
    address, _, port = place.rpartition(":")
    return Endpoint(address, int(port), network)
