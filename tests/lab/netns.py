"""Network namespaces in which a test acts: sends requests, serves, runs commands."""

import ctypes
import os
import secrets
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import requests

from tests.lab.webserver import WebServer

T = TypeVar("T")

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """A namespace with a loopback interface and what is added to it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._servers: list[WebServer] = []

    def run(self, *command: str) -> str:
        """Run a command in it; what it says."""
        return run("ip", "netns", "exec", self.name, *command)

    def call(self, act: Callable[[], T]) -> T:
        """Have a function run in it: sockets that it opens, and threads that it starts, are
        of this namespace."""
        done: Future[T] = Future()
        # The namespace is the thread's own, and nobody else gets this thread afterwards.
        thread = threading.Thread(target=self._enter, args=(act, done), daemon=True)
        thread.start()
        return done.result()

    def get(self, url: str, *, timeout: float = 5.0, **options: Any) -> requests.Response:
        """Send a GET from it, over a connection of its own; seconds for each step."""
        return self.call(lambda: _get(url, timeout, options))

    def reaches(self, address: str, port: int, *, seconds: float = 1.0) -> bool:
        """Whether a TCP connection is accepted within that time."""
        return self.call(lambda: _connects(address, port, seconds))

    def serve(self, address: str, port: int = 80) -> WebServer:
        """Have a web server listen in it until the namespace is closed."""
        server = self.call(lambda: WebServer(address, port))
        self._servers.append(server)
        return server

    def add_address(self, address: str, interface: str = "eth0") -> None:
        """Give it another address, with the length of its prefix."""
        self.run("ip", "address", "add", address, "dev", interface)

    def close(self) -> None:
        """Stop its servers and remove it with its interfaces."""
        for server in self._servers:
            server.stop()
        run("ip", "netns", "delete", self.name)

    def _enter(self, act: Callable[[], T], done: "Future[T]") -> None:
        try:
            with Path(f"/run/netns/{self.name}").open() as namespace:
                if _LIBC.setns(namespace.fileno(), _CLONE_NEWNET):
                    number = ctypes.get_errno()
                    raise OSError(number, os.strerror(number))
            done.set_result(act())
        except BaseException as failure:  # noqa: BLE001  # whoever called gets it
            done.set_exception(failure)


def make_namespace(name: str = "") -> Namespace:
    """A new namespace; somebody must close it."""
    namespace = Namespace(name or f"test-{secrets.token_hex(4)}")
    run("ip", "netns", "add", namespace.name)
    namespace.run("ip", "link", "set", "lo", "up")
    return namespace


@contextmanager
def namespace(name: str = "") -> Iterator[Namespace]:
    """A new namespace, for a while."""
    made = make_namespace(name)
    try:
        yield made
    finally:
        made.close()


def run(*command: str) -> str:
    """What a command says; raises with it when the command fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


def _get(url: str, timeout: float, options: dict[str, Any]) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, timeout=timeout, **options)


def _connects(address: str, port: int, seconds: float) -> bool:
    try:
        socket.create_connection((address, port), timeout=seconds).close()
    except OSError:
        return False
    return True
