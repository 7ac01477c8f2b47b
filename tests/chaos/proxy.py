"""A TCP proxy that can cut connections off, delay them, and leave them half open."""

import asyncio
import contextlib
import random
import secrets
import socket
import struct
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

_CHUNK = 64 * 1024
_LOOK_AGAIN = 0.02
"""Seconds."""
_AT_ONCE = struct.pack("ii", 1, 0)
"""Closing tells the other end that the connection broke."""

Dial = Callable[[], Coroutine[Any, Any, tuple[StreamReader, StreamWriter]]]


class Weather(StrEnum):
    """What the proxy does with what it gets."""

    CLEAR = "clear"
    CUT_OFF = "cut off"
    """All connections are reset, and new ones at once."""
    DELAYED = "delayed"
    """Each piece of data takes up to 0.2 s longer."""
    FROZEN = "frozen"
    """Connections stay, and nothing passes."""
    DEAF = "deaf"
    """What clients say gets lost in between; what servers say passes."""
    MUTE = "mute"
    """What servers say gets lost in between; what clients say passes."""


@dataclass(eq=False)
class _Connection:
    """Both halves of a connection, and whether something got lost on it."""

    writers: tuple[StreamWriter, ...]
    lost: bool = False

    def reset(self) -> None:
        """End it as a failure of the way would."""
        for writer in self.writers:
            _reset(writer)


class Proxy:
    """Stands before one server, on an address of its own. For use by any thread.

    A connection that lost something is reset when the weather clears.
    """

    def __init__(self, dial: Dial, seed: int) -> None:
        self.weather = Weather.CLEAR
        self.host = f"127.{secrets.randbelow(100) + 100}.{secrets.randbelow(254) + 1}.2"
        self.port = 0
        self._dial = dial
        self._random = random.Random(seed)
        self._open: list[_Connection] = []
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def set(self, weather: Weather) -> None:
        """Change the weather."""
        asyncio.run_coroutine_threadsafe(self._change(weather), self._loop).result()

    def __enter__(self) -> Self:
        self._thread.start()
        self._listening.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._accept, self.host, self.port)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _change(self, weather: Weather) -> None:
        self.weather = weather
        for connection in list(self._open):
            if weather is Weather.CUT_OFF or (weather is Weather.CLEAR and connection.lost):
                connection.reset()

    async def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        if self.weather is Weather.CUT_OFF:
            _reset(writer)
            return
        try:
            up_reader, up_writer = await self._dial()
        except OSError:
            _reset(writer)
            return
        connection = _Connection((writer, up_writer))
        self._open.append(connection)
        try:
            await asyncio.gather(
                self._pump(reader, up_writer, connection, Weather.DEAF),
                self._pump(up_reader, writer, connection, Weather.MUTE),
            )
        finally:
            self._open.remove(connection)

    async def _pump(
        self, reader: StreamReader, writer: StreamWriter, of: _Connection, losing: Weather
    ) -> None:
        try:
            while data := await reader.read(_CHUNK):
                if self.weather is Weather.DELAYED:
                    await asyncio.sleep(self._random.uniform(0.0, 0.2))
                while self.weather is Weather.FROZEN:
                    await asyncio.sleep(_LOOK_AGAIN)
                if self.weather is losing:
                    of.lost = True
                else:
                    writer.write(data)
                    await writer.drain()
        except OSError:
            of.reset()
        finally:
            with contextlib.suppress(OSError, RuntimeError):
                writer.close()


def _reset(writer: StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    # It may have come to its end already.
    with contextlib.suppress(OSError):
        if connection is not None and connection.family == socket.AF_INET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    writer.transport.abort()
