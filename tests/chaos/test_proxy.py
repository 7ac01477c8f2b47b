"""What the proxy does to connections in each weather."""

import contextlib
import socket
import threading
from asyncio import open_connection
from collections.abc import Iterator

import pytest

from tests.chaos.proxy import Proxy, Weather

SECONDS = 10.0


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """Before a server that says each thing again."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_echo, args=(server,), daemon=True).start()
        with Proxy(lambda: open_connection(*server.getsockname()), 1) as proxy:
            yield proxy
        server.shutdown(socket.SHUT_RDWR)


def _echo(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_repeat, args=(connection,), daemon=True).start()


def _repeat(connection: socket.socket) -> None:
    with connection, contextlib.suppress(ConnectionResetError):
        while data := connection.recv(100):
            connection.sendall(data)


def connected(proxy: Proxy) -> socket.socket:
    return socket.create_connection((proxy.host, proxy.port), SECONDS)


def echoed(connection: socket.socket, data: bytes) -> bytes:
    connection.sendall(data)
    return connection.recv(100)


def test_clear_and_delayed_weather_let_everything_pass(proxy):
    with connected(proxy) as connection:
        assert echoed(connection, b"one") == b"one"
        proxy.set(Weather.DELAYED)
        assert echoed(connection, b"two") == b"two"


def test_cut_off_connections_are_reset_and_new_ones_come_when_it_clears(proxy):
    with connected(proxy) as connection:
        assert echoed(connection, b"one") == b"one"
        proxy.set(Weather.CUT_OFF)
        with pytest.raises(ConnectionResetError):
            connection.recv(100)
    # A new one may be reset before it can be used.
    with pytest.raises(ConnectionResetError), connected(proxy) as connection:
        connection.recv(100)
    proxy.set(Weather.CLEAR)
    with connected(proxy) as connection:
        assert echoed(connection, b"two") == b"two"


def test_what_is_frozen_comes_later(proxy):
    with connected(proxy) as connection:
        assert echoed(connection, b"one") == b"one"
        proxy.set(Weather.FROZEN)
        connection.sendall(b"two")
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(100)
        proxy.set(Weather.CLEAR)
        connection.settimeout(SECONDS)
        assert connection.recv(100) == b"two"


@pytest.mark.parametrize("weather", [Weather.DEAF, Weather.MUTE])
def test_a_connection_that_lost_something_is_reset_when_it_clears(proxy, weather):
    with connected(proxy) as connection:
        assert echoed(connection, b"one") == b"one"
        proxy.set(weather)
        connection.sendall(b"two")
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(100)
        proxy.set(Weather.CLEAR)
        connection.settimeout(SECONDS)
        with pytest.raises(ConnectionResetError):
            connection.recv(100)
