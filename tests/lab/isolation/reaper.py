"""A way to Neutron that kills who takes it, right before or after a change took effect."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

_CHANGES = frozenset({"POST", "PUT", "DELETE"})


class When(StrEnum):
    """When the caller dies."""

    BEFORE = "before"
    """Neutron never hears of the change."""
    AFTER = "after"
    """The caller never hears of what was done."""


class Reaper:
    """Passes requests on to Neutron at `target`; `kill` ends whoever makes them."""

    def __init__(self, target: str, kill: Callable[[], None]) -> None:
        self._target = target
        self._kill = kill
        self._turn = threading.Lock()
        self._left = 0
        self._when = When.BEFORE
        self.struck = threading.Event()
        """Set once the caller was killed."""

    def arm(self, number: int, when: When) -> None:
        """Strike at this change, counted from 1 on."""
        with self._turn:
            self._left, self._when = number, when
            self.struck.clear()

    def pass_on(self, handler: BaseHTTPRequestHandler) -> requests.Response | None:
        """Neutron's answer to a request; None: there is nobody to be answered."""
        strikes = handler.command in _CHANGES and self._is_its_turn()
        if strikes and self._when is When.BEFORE:
            return self._strike()
        length = int(handler.headers.get("Content-Length") or 0)
        with requests.Session() as session:
            answer = session.request(
                handler.command,
                self._target + handler.path,
                data=handler.rfile.read(length),
                headers={k: v for k, v in handler.headers.items() if k != "Host"},
                timeout=60,
            )
        return self._strike() if strikes else answer

    def _is_its_turn(self) -> bool:
        with self._turn:
            self._left -= 1
            return self._left == 0

    def _strike(self) -> None:
        self._kill()
        self.struck.set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    reaper: Reaper


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def _handle(self) -> None:
        answer = self.server.reaper.pass_on(self)
        if answer is None:
            self.close_connection = True
            return
        try:
            self.send_response(answer.status_code)
            for name in ("Content-Type", "X-Openstack-Request-Id"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)
        except OSError:
            # Whoever asked was killed meanwhile.
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - the base's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


@contextmanager
def listening(reaper: Reaper) -> Iterator[str]:
    """Serve; the URL to be taken for Neutron's."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.reaper = reaper
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
