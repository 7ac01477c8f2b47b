"""A WSGI application behind a real socket, for as long as a test needs it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from wsgiref.types import WSGIApplication

from waitress import wasyncore
from waitress.server import create_server


@contextmanager
def served(app: WSGIApplication) -> Iterator[str]:
    """Serve on a free port of loopback; gives the URL."""
    sockets: dict[int, object] = {}
    server = create_server(app, map=sockets, host="127.0.0.1", port=0, threads=2)
    stopping = threading.Event()

    def loop() -> None:
        # Closing the sockets while their loop runs would be a race with it.
        while not stopping.is_set():
            wasyncore.loop(timeout=0.02, map=sockets, count=1)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        stopping.set()
        thread.join(20)
        server.task_dispatcher.shutdown()
        wasyncore.close_all(sockets, ignore_all=True)
