"""A web server that answers every request with its name: ``… ADDRESS NAME``.

It prints its port, and ends when its standard input closes, so it never outlives the
process that started it.
"""

import asyncio
import sys

_END_OF_HEAD = b"\r\n\r\n"


class Answerer(asyncio.Protocol):
    """Answers on one connection. Requests have no body."""

    def __init__(self, name: str) -> None:
        body = name.encode()
        self._answer = (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *heads, self._unread = (self._unread + data).split(_END_OF_HEAD)
        assert isinstance(self._transport, asyncio.Transport)  # noqa: S101 - tells the type
        self._transport.write(self._answer * len(heads))


class _EndOfInput(asyncio.Protocol):
    def __init__(self, ended: asyncio.Event) -> None:
        self._ended = ended

    def connection_lost(self, _error: Exception | None) -> None:
        self._ended.set()


async def serve(address: str, name: str) -> None:
    """Serve at a free port until standard input closes."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    await loop.connect_read_pipe(lambda: _EndOfInput(ended), sys.stdin)
    server = await loop.create_server(lambda: Answerer(name), address, 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2]))
