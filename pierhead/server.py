"""Serves the WSGI application from threads of this process."""

import socket
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from waitress import wasyncore
from waitress.server import create_server

from pierhead.errors import StartupError
from pierhead.leaving import Leaving

_BODY_LIMIT = 4 * 1024 * 1024
"""Bytes that are read of a request at all; the application has a smaller limit of its own."""
_BACKLOG = 1024
_TURN_SECONDS = 1.0
_DRAIN_SECONDS = 20.0
"""How long requests under way may take once it is time to leave."""
_DRAIN_TURN_SECONDS = 0.05


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
        self._app = app
        self._listener = listener
        self._sockets: dict[int, Any] = {}
        self._server = create_server(
            self._answer,
            map=self._sockets,
            sockets=[self._listener],
            threads=threads,
            ident="pierhead",
            clear_untrusted_proxy_headers=True,
            max_request_body_size=_BODY_LIMIT,
            channel_timeout=60,
            backlog=_BACKLOG,
        )
        self._turned_at = self._answered_at = time.monotonic()

    @property
    def url(self) -> str:
        host, port = self._listener.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def run(self, leaving: Leaving, draining: Callable[[], None]) -> None:
        """Serve until it is time to leave; then say so by `draining`, accept nothing more, and
        finish what is being answered."""
        leaving.wake_with(self._server.pull_trigger)
        while not leaving.asked:
            self._turn(_TURN_SECONDS)
        draining()
        # Whoever has connected already is answered too.
        self._turn(0.0)
        wasyncore.dispatcher.close(self._server)
        deadline = time.monotonic() + _DRAIN_SECONDS
        while self._server.active_channels and time.monotonic() < deadline:
            self._dismiss_idle()
            self._turn(_DRAIN_TURN_SECONDS)
        self._server.task_dispatcher.shutdown(timeout=1)
        wasyncore.close_all(self._sockets, ignore_all=True)

    def stuck(self, seconds: float) -> Sequence[str]:
        """See Watched: connections that nobody looks at, or requests that wait while none of
        those that are being answered comes to an end."""
        now = time.monotonic()
        if now - self._turned_at >= seconds:
            return ("connections",)
        return ("requests",) if now - self._answered_at >= seconds else ()

    def _turn(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._sockets, count=1)
        self._turned_at = time.monotonic()
        if not self._server.task_dispatcher.queue:
            self._answered_at = self._turned_at

    def _dismiss_idle(self) -> None:
        """Close the connections on which nothing is being asked or answered."""
        for channel in self._server.active_channels.values():
            if not channel.requests and channel.request is None:
                channel.close_when_flushed = True

    def _answer(self, environment: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        try:
            return self._app(environment, start)
        finally:
            self._answered_at = time.monotonic()
