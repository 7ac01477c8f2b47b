"""What tests of the bus on RabbitMQ need."""

import secrets
import select
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pika

from adapters.messaging.amqp import BusAddress

ROOT = Path(__file__).parents[4]
_CHUNK = 65536


class Proxy:
    """A way to a server that can be cut."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname, parts.port)
        self._listener = socket.create_server((f"127.{secrets.randbelow(250) + 1}.7.7", 0))
        host, port = self._listener.getsockname()
        self.url = f"amqp://{host}:{port}/"
        self._guard = threading.Lock()
        self._open = True
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def cut(self) -> None:
        """End all connections, and let none come about."""
        with self._guard:
            self._open = False
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                # The other thread closes it, if it has not yet.
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Let connections come about again."""
        with self._guard:
            self._open = True

    def close(self) -> None:
        self.cut()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._guard:
                if not self._open:
                    client.close()
                    continue
                server = socket.create_connection(self._target)
                self._pairs.append((client, server))
                thread = threading.Thread(target=_carry, args=(client, server), daemon=True)
                self._threads.append(thread)
                thread.start()


def _carry(client: socket.socket, server: socket.socket) -> None:
    others = {client: server, server: client}
    try:
        while True:
            for end in select.select(list(others), [], [])[0]:
                data = end.recv(_CHUNK)
                if not data:
                    return
                others[end].sendall(data)
    except OSError:
        return
    finally:
        client.close()
        server.close()


def die_over_a_command(address: BusAddress, agent_id: str, done: bool = False) -> str:
    """Have another process take a command as this agent, and be killed; the device's id.

    It says that it is `done` just before, and has reported it.
    """
    code = (
        "import os\n"
        "from adapters.messaging.amqp import AmqpAgentBus, BusAddress\n"
        "from core.domain.messages import DeviceReleased\n"
        f"bus = AmqpAgentBus(BusAddress(urls={address.urls!r}, prefix={address.prefix!r}),"
        f" {agent_id!r})\n"
        "batch = bus.take(30)\n"
        f"if {done}:\n"
        "    bus.report(DeviceReleased(device_id=batch.device_id))\n"
        "    bus.done(batch)\n"
        "    bus.close()\n"
        "os.write(2, batch.device_id.encode())\n"
        "os.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return ended.stderr


def publish(
    address: BusAddress, exchange: str, key: str, body: bytes, **properties: object
) -> None:
    """Send something that our own code would not send."""
    with pika.BlockingConnection(pika.URLParameters(address.urls[0])) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish(
            exchange, key, body, pika.BasicProperties(**properties), mandatory=True
        )
