"""Real requests to VIPs, each on a connection of its own."""

import http.client
import threading
from http.cookies import SimpleCookie

from features.deployments.base import Answer, Endpoint, PortClosed
from features.support.servers import SERVED_BY

_TIMEOUT = 5.0


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
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        response.read()
    except ConnectionRefusedError as refused:
        raise PortClosed(f"{vip.address}:{vip.port}") from refused
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


class SteadyTraffic:
    """Requests one after another from a thread, with pauses (seconds) between, until `stop`."""

    def __init__(self, vip: Endpoint, pause: float = 0.0) -> None:
        self._vip = vip
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
                answer = send(self._vip, source=None, cookies=None, path="/")
            except (OSError, http.client.HTTPException, PortClosed) as failure:
                self.failures.append(repr(failure))
                continue
            if answer.member is None:
                self.failures.append("no member answered")
            else:
                self.answered += 1


def _endpoint(text: str) -> Endpoint:
    address, _, port = text.rpartition(":")
    return Endpoint(address, int(port))
