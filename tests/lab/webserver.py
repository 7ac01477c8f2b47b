"""A web server that says who it is."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer

SERVED_BY = "X-Served-By"
"""The header with the server's address:port, which is the body too."""


class WebServer(ThreadingHTTPServer):
    """Listens from the start, in the network namespace of the thread that makes it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: str, port: int) -> None:
        self.name = f"{address}:{port}"
        super().__init__((address, port), _Handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def server_bind(self) -> None:
        """As the base does, without looking up the host's name, which takes seconds."""
        TCPServer.server_bind(self)
        self.server_name = self.name

    def stop(self) -> None:
        """Stop listening."""
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: WebServer

    def do_GET(self) -> None:
        body = f"{self.server.name}\n".encode()
        self.send_response(200)
        self.send_header(SERVED_BY, self.server.name)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing: who answered is told by the header."""
