"""What the service manager is told, over a real socket; and when it is told nothing any more."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pierhead.notify import Notifier, Watchdog
from pierhead.runtime.loops import Loop, Loops

SECONDS = 10.0


@pytest.fixture(params=["file", "abstract"])
def manager(request, tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        own = f"\0pierhead-{os.getpid()}-{id(listener)}"
        listener.bind(own if request.param == "abstract" else str(tmp_path / "notify"))
        listener.settimeout(SECONDS)
        yield listener


def environment(manager: socket.socket, **variables: str) -> dict[str, str]:
    name = manager.getsockname()
    address = name if isinstance(name, str) else f"@{name[1:].decode()}"
    return {"NOTIFY_SOCKET": address, **variables}


def test_each_message_is_one_datagram(manager):
    notifier = Notifier(environment(manager))
    notifier.ready()
    notifier.status("two\nlines, é")
    notifier.alive()
    notifier.stopping()
    assert [manager.recv(4096).decode() for _ in range(4)] == [
        "READY=1",
        "STATUS=two lines, é",
        "WATCHDOG=1",
        "STOPPING=1",
    ]


def test_a_long_status_is_cut_between_characters(manager):
    Notifier(environment(manager)).status("é" * 5000)
    text = manager.recv(65536).decode()
    assert 900 < len(text.encode()) < 1100
    assert set(text.removeprefix("STATUS=")) == {"é"}


def test_without_a_manager_or_when_it_is_gone_nothing_happens(tmp_path):
    for variables in ({}, {"NOTIFY_SOCKET": str(tmp_path / "gone")}):
        notifier = Notifier(variables)
        notifier.ready()
        notifier.status("works")


@pytest.mark.parametrize(
    ("variables", "interval"),
    [
        ({"WATCHDOG_USEC": "3000000"}, 1.5),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, 1.5),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_signs_of_life_come_twice_as_often_as_they_must(manager, variables, interval):
    assert Notifier(environment(manager, **variables)).watchdog_interval == interval


def test_nobody_waits_for_signs_of_life_without_a_socket():
    assert Notifier({"WATCHDOG_USEC": "3000000"}).watchdog_interval is None


class Wheel:
    """Loops that go round, one of which can be held up for as long as a test likes."""

    def __init__(self) -> None:
        self.rounds = 0
        self._let_go, self._entered = os.pipe(), os.pipe()
        self.hold = False
        self.loops = Loops([Loop("wheel", self._turn)])

    def _turn(self) -> None:
        self.rounds += 1
        self.loops.rest(0.01)
        if self.hold:
            os.write(self._entered[1], b"x")
            os.read(self._let_go[0], 1)

    def get_stuck(self) -> None:
        self.hold = True
        os.read(self._entered[0], 1)

    def go_on(self) -> None:
        self.hold = False
        os.write(self._let_go[1], b"x")

    def stop(self) -> None:
        self.loops.ask_to_stop()
        self.loops.join(SECONDS)
        for end in (*self._let_go, *self._entered):
            os.close(end)


@pytest.fixture
def wheel() -> Iterator[Wheel]:
    wheel = Wheel()
    wheel.loops.start()
    yield wheel
    wheel.stop()


@pytest.mark.slow
def test_a_stuck_loop_stops_the_signs_of_life(manager, wheel):
    said: list[str] = []
    notifier = Notifier(environment(manager, WATCHDOG_USEC="100000"))
    watchdog = Watchdog(notifier, [wheel.loops], 0.5, said.append)
    watchdog.start()
    assert manager.recv(100) == b"WATCHDOG=1"
    wheel.get_stuck()
    while (message := manager.recv(100)) == b"WATCHDOG=1":
        assert wheel.hold
    assert message == b"STATUS=stuck: wheel"
    manager.settimeout(0.3)
    with pytest.raises(TimeoutError):
        manager.recv(100)
    manager.settimeout(SECONDS)
    wheel.go_on()
    assert {manager.recv(100), manager.recv(100)} == {b"WATCHDOG=1", b"STATUS=working"}
    watchdog.stop()
    assert said == ["stuck: wheel", "working"]


def test_a_loop_whose_thread_is_gone_is_stuck(manager):
    loops = Loops([Loop("short", lambda: None)])
    loops.start()
    loops.ask_to_stop()
    loops.join(SECONDS)
    said: list[str] = []
    watchdog = Watchdog(Notifier(environment(manager)), [loops], 60.0, said.append)
    assert not watchdog.look()
    assert said == ["stuck: short"]
