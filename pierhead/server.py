"""Serves the WSGI application from threads of this process."""

import signal
import socket
from types import FrameType
from wsgiref.types import WSGIApplication

from waitress.server import create_server

from pierhead.errors import StartupError

_BODY_LIMIT = 4 * 1024 * 1024
"""Bytes that are read of a request at all; the application has a smaller limit of its own."""
_BACKLOG = 1024


def listen(host: str, port: int) -> socket.socket:
    """A socket that holds the address; whoever connects waits for a Server. Raises StartupError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise StartupError(f"host {host!r}: {error.strerror}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Only one that listens keeps others from the port.
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise StartupError(
            f"cannot listen on {host} port {port}: {error.strerror}; choose another with --port"
        ) from error
    return listener


class Server:
    """The threads behind a socket of `listen`."""

    def __init__(self, app: WSGIApplication, listener: socket.socket, threads: int) -> None:
        self._listener = listener
        self._server = create_server(
            app,
            sockets=[self._listener],
            threads=threads,
            ident="pierhead",
            clear_untrusted_proxy_headers=True,
            max_request_body_size=_BODY_LIMIT,
            channel_timeout=60,
            backlog=_BACKLOG,
        )

    @property
    def url(self) -> str:
        host, port = self._listener.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT, and finish what is being answered."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _leave)
        self._server.run()
        self._server.close()


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
