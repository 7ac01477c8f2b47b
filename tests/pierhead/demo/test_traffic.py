"""The clients of the demonstration, against servers that answer well, badly or not at all."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pierhead.demo.members import start_web_servers
from pierhead.demo.polling import until
from pierhead.demo.traffic import Stream, burst
from pierhead.demo.visitor import Unanswered, Visitor

Target = tuple[str, int]

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalpha"


@contextmanager
def answering(*answers: bytes) -> Iterator[Target]:
    """A server that gives each connection the next of the answers, the last one for ever, and
    then closes it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_answer, args=(listener, list(answers)), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _answer(listener: socket.socket, answers: list[bytes]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.recv(65536)
            connection.sendall(answers[0])
        if len(answers) > 1:
            answers.pop(0)


def test_the_body_says_who_answered() -> None:
    with answering(GOOD) as target:
        assert Visitor(target).ask() == "alpha"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "connection closed without an answer"),
        (GOOD[:-2], "connection closed in the middle"),
        (GOOD[:20], "connection closed in the middle"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "without a length"),
        (b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", "status 503"),
    ],
)
def test_anything_but_a_whole_good_answer_is_a_failure(answer: bytes, reason: str) -> None:
    with answering(answer) as target, pytest.raises(Unanswered, match=reason):
        Visitor(target).ask()


def test_a_refused_connection_is_a_failure() -> None:
    with answering(GOOD) as target:
        pass
    with pytest.raises(Unanswered, match="Connection refused"):
        Visitor(target).ask()


def test_a_kept_connection_that_the_server_closed_while_idle_is_replaced() -> None:
    with answering(GOOD) as target:
        visitor = Visitor(target, keep_alive=True)
        assert visitor.ask() == "alpha"
        until(lambda: _asks_again(visitor), what="the end of the connection", seconds=5)
    assert visitor.reconnections == 1
    visitor.close()


def _asks_again(visitor: Visitor) -> bool:
    """Before the end has arrived the request goes out on the closing connection."""
    connection = visitor._socket
    assert connection is not None
    connection.settimeout(5)
    assert connection.recv(1, socket.MSG_PEEK) == b""
    return visitor.ask() == "alpha"


def test_a_burst_counts_each_answer_and_each_failure() -> None:
    with answering(
        GOOD, GOOD, b"", b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n", GOOD
    ) as target:
        tally = burst(target, 10, clients=3)
    assert tally.answers == {"alpha": 8}
    assert tally.failures == {"connection closed without an answer": 1, "status 502": 1}


def test_a_stream_goes_on_through_failures_and_tells_when() -> None:
    with answering(GOOD, GOOD, GOOD, b"", GOOD) as target:
        began = time.monotonic()
        with Stream([target], clients=1, pause=0.001) as stream:
            until(lambda: stream.between(began).total >= 8, what="eight requests", seconds=5)
        ended = time.monotonic()
    assert stream.between(began).failed == 1
    assert stream.between(ended).total == 0
    assert stream.between(began, began).total == 0


def test_web_servers_answer_with_their_names_until_they_are_killed() -> None:
    servers = start_web_servers({"alpha": "127.0.0.1", "beta": "127.77.0.9"})
    try:
        for server in servers:
            visitor = Visitor((server.address, server.port), keep_alive=True)
            assert [visitor.ask(), visitor.ask()] == [server.name] * 2
            visitor.close()
    finally:
        for server in servers:
            server.kill()
    with pytest.raises(Unanswered, match="Connection refused"):
        Visitor((servers[0].address, servers[0].port)).ask()


def test_a_web_server_ends_with_whoever_holds_its_input() -> None:
    (server,) = start_web_servers({"alpha": "127.0.0.1"})
    assert server.process.stdin is not None
    server.process.stdin.close()
    assert server.process.wait(10) == 0
    server.kill()
