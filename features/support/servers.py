"""Small real web servers, the members behind the VIPs."""

import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer

from features.deployments.base import Endpoint

SERVED_BY = "X-Served-By"
"""The header by which a server tells who it is, as address:port@network."""

SESSION_COOKIE = "session"
"""The cookie that a server sets for a client without one."""


class MemberServer:
    """A web server at one endpoint that can die and come back."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        """Listen, unless it does."""
        if self._server is not None:
            return
        self._server = _Server(self._endpoint)
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def _status(path: str) -> int:
    """What a path asks for: /status/503 is answered with 503, all else with 200."""
    head, _, code = path.rpartition("/")
    return int(code) if head == "/status" else 200


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        super().__init__((endpoint.address, endpoint.port), _Handler)

    def server_bind(self) -> None:
        """As the base does, without looking up the host's name, which takes seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.endpoint.address, self.endpoint.port


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        endpoint = self.server.endpoint
        served_by = f"{endpoint.address}:{endpoint.port}@{endpoint.network}"
        body = f"{served_by}\n".encode()
        self.send_response(_status(self.path))
        self.send_header(SERVED_BY, served_by)
        self.send_header("Content-Length", str(len(body)))
        if SESSION_COOKIE not in self.headers.get("Cookie", ""):
            self.send_header("Set-Cookie", f"{SESSION_COOKIE}={uuid.uuid4().hex}; Path=/")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing: who answered is told by the header."""
