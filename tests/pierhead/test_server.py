"""The HTTP server leaves in good order."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import requests

from pierhead.server import Server, listen

SECONDS = 20.0


class Exit:
    """What `Leaving` is to the server, without signals."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._wake: Callable[[], None] = lambda: None

    @property
    def asked(self) -> bool:
        return self._asked.is_set()

    def wake_with(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def ask(self) -> None:
        self._asked.set()
        self._wake()


@dataclass
class Served:
    """A server whose answers are held back until `answer` is set."""

    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    answer: threading.Event = field(default_factory=threading.Event)
    drains: threading.Event = field(default_factory=threading.Event)
    leaving: Exit = field(default_factory=Exit)

    def __post_init__(self) -> None:
        listener = listen("127.0.0.1", 0)
        self.address = listener.getsockname()
        self.server = Server(self._app, listener, threads=2)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _app(self, environment, start):
        self.arrived.release()
        assert self.answer.wait(SECONDS)
        start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
        return [b"done"]

    def _run(self) -> None:
        self.server.run(self.leaving, draining=self.drains.set)

    def ended(self) -> bool:
        self.thread.join(SECONDS)
        return not self.thread.is_alive()


@pytest.fixture
def served() -> Iterator[Served]:
    served = Served()
    yield served
    served.answer.set()
    if not served.leaving.asked:
        served.leaving.ask()
    assert served.ended()


def ask(served: Served) -> tuple[threading.Thread, list[str]]:
    answers: list[str] = []

    def get() -> None:
        with requests.Session() as session:
            answers.append(session.get(served.server.url, timeout=SECONDS).text)

    thread = threading.Thread(target=get)
    thread.start()
    assert served.arrived.acquire(timeout=SECONDS)
    return thread, answers


def test_what_is_being_answered_is_finished_and_nothing_more_is_accepted(served):
    client, answers = ask(served)
    url = served.server.url
    with socket.create_connection(served.address) as idle:
        served.leaving.ask()
        assert served.drains.wait(SECONDS)
        # An idle connection is closed once the port is.
        idle.settimeout(SECONDS)
        assert idle.recv(1) == b""
        with pytest.raises(requests.ConnectionError):
            requests.get(url, timeout=SECONDS)
    assert not answers
    served.answer.set()
    client.join(SECONDS)
    assert answers == ["done"]
    assert served.ended()


def test_a_server_without_requests_ends_at_once(served):
    served.leaving.ask()
    assert served.ended()


def test_requests_that_nobody_comes_to_answer_are_noticed(served):
    assert served.server.stuck(5.0) == ()
    held = [ask(served)[0] for _ in range(2)]
    waiting = threading.Thread(target=requests.get, args=[served.server.url])
    waiting.start()
    while served.server.stuck(1.5) != ("requests",):
        assert served.thread.is_alive()
    served.answer.set()
    for client in (*held, waiting):
        client.join(SECONDS)
    assert served.server.stuck(5.0) == ()


def test_connections_that_nobody_looks_at_are_noticed(served):
    served.leaving.ask()
    assert served.ended()
    while served.server.stuck(0.05) != ("connections",):
        pass
