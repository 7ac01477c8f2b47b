"""A client of a VIP, made of one socket: light, and strict about what counts as an answer."""

import select
import socket

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Unanswered(Exception):
    """A request that got no good answer; the text says what came instead."""


class Visitor:
    """Sends one request after another to `target`.

    With `keep_alive` it stays on one connection for as long as the server does. A
    connection that the server closed while it was idle is replaced, as every HTTP client
    does (RFC 9112, 9.5); `reconnections` counts that. Anything else is Unanswered.
    """

    def __init__(
        self, target: tuple[str, int], *, keep_alive: bool = False, timeout: float = 5.0
    ) -> None:
        self._target = target
        self._keep_alive = keep_alive
        self._timeout = timeout
        self._socket: socket.socket | None = None
        connection = "keep-alive" if keep_alive else "close"
        self._request = (
            f"GET / HTTP/1.1\r\nHost: {target[0]}\r\nConnection: {connection}\r\n\r\n".encode()
        )
        self.reconnections = 0

    def ask(self) -> str:
        """The body of the answer. Raises Unanswered."""
        try:
            connection = self._connection()
            connection.sendall(self._request)
            status, body, stays = _read_answer(connection)
        except OSError as error:
            self.close()
            raise Unanswered(error.strerror or str(error)) from error
        except Unanswered:
            self.close()
            raise
        if not (self._keep_alive and stays):
            self.close()
        if status != 200:
            raise Unanswered(f"status {status}")
        return body.decode()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connection(self) -> socket.socket:
        if self._socket is not None and _has_been_closed(self._socket):
            self.close()
            self.reconnections += 1
        if self._socket is None:
            self._socket = socket.create_connection(self._target, self._timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket


def _has_been_closed(connection: socket.socket) -> bool:
    """An idle connection has nothing to read, unless it is its end."""
    readable, _, _ = select.select([connection], [], [], 0)
    return bool(readable)


def _read_answer(connection: socket.socket) -> tuple[int, bytes, bool]:
    """Status, body, and whether the server keeps the connection."""
    received = b""
    while _END_OF_HEAD not in received:
        received += _more(connection, received)
    head, _, body = received.partition(_END_OF_HEAD)
    lines = head.lower().split(b"\r\n")
    length = next((int(line[len(_LENGTH) :]) for line in lines if line.startswith(_LENGTH)), None)
    if length is None:
        raise Unanswered("an answer without a length")
    while len(body) < length:
        body += _more(connection, body)
    return int(head.split(b" ", 2)[1]), body, b"connection: close" not in lines


def _more(connection: socket.socket, so_far: bytes) -> bytes:
    data = connection.recv(65536)
    if not data:
        what = "in the middle of the answer" if so_far else "without an answer"
        raise Unanswered(f"connection closed {what}")
    return data
