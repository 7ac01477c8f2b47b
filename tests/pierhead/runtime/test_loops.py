"""Loops repeat their rounds, come over failures, and tell when they hang."""

import gc
import threading
import time
import weakref
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from core.ports.store import StoreConflict, StoreFailure
from pierhead.runtime import loops as module
from pierhead.runtime.loops import Loop, Loops

PATIENCE = 10.0


class Rounds:
    """A loop's round that does what it is told, one thing a time, and notes when."""

    def __init__(self, *outcomes: Exception) -> None:
        self._outcomes = list(outcomes)
        self.times: list[float] = []
        self.finished = threading.Event()

    def __call__(self) -> None:
        self.times.append(time.monotonic())
        if self._outcomes:
            raise self._outcomes.pop(0)
        self.finished.set()
        threading.Event().wait(0.001)


@pytest.fixture
def running() -> Iterator[list[Loops]]:
    made: list[Loops] = []
    yield made
    for loops in made:
        loops.ask_to_stop()
        assert loops.join(PATIENCE)


def start(running: list[Loops], *loops: Loop) -> Loops:
    made = Loops(loops)
    running.append(made)
    made.start()
    return made


class Ring:
    """Garbage that only the collector can find."""

    def __init__(self) -> None:
        self.itself = self


@pytest.mark.parametrize(("number", "is_collected"), [(5_000, True), (100, False)])
def test_much_garbage_is_collected_after_a_round(running, number, is_collected):
    seen: list[bool] = []
    finished = threading.Event()
    rings: list[weakref.ref[Ring]] = []

    def round_() -> None:
        if rings:
            seen.append(rings[-1]() is None)
            finished.set()
            threading.Event().wait(0.001)
        else:
            rings.extend(weakref.ref(Ring()) for _ in range(number))

    gc.collect()
    before = gc.get_threshold()
    gc.set_threshold(0)
    try:
        start(running, Loop("littering", round_))
        assert finished.wait(PATIENCE)
    finally:
        gc.set_threshold(*before)
    assert seen[0] is is_collected


def test_a_round_is_made_again_until_the_loop_is_stopped():
    rounds = Rounds()
    loops = Loops([Loop("busy", rounds)])
    loops.start()
    assert rounds.finished.wait(PATIENCE)
    loops.ask_to_stop()
    assert loops.stopping
    assert loops.join(PATIENCE)
    made = len(rounds.times)
    assert made >= 1
    time.sleep(0.01)
    assert len(rounds.times) == made


def test_a_conflict_is_followed_by_the_next_round_at_once(running, monkeypatch):
    monkeypatch.setattr(module, "AFTER_A_FAILURE", PATIENCE)
    rounds = Rounds(StoreConflict("deadlock"), StoreConflict("deadlock"))
    with capture_logs() as logs:
        start(running, Loop("busy", rounds))
        assert rounds.finished.wait(PATIENCE / 2)
    assert logs == []


def test_a_store_that_is_away_is_waited_for_without_a_traceback(running, monkeypatch):
    monkeypatch.setattr(module, "AFTER_A_FAILURE", 0.05)
    rounds = Rounds(StoreFailure("connection refused"))
    with capture_logs() as logs:
        start(running, Loop("busy", rounds))
        assert rounds.finished.wait(PATIENCE)
    first, second = rounds.times[:2]
    assert second - first >= 0.05
    [line] = logs
    assert (line["log_level"], line["loop"]) == ("warning", "busy")
    assert line["reason"] == "connection refused"
    assert not line.get("exc_info")


def test_a_defect_is_logged_and_the_next_round_made(running, monkeypatch):
    monkeypatch.setattr(module, "AFTER_A_FAILURE", 0.01)
    rounds = Rounds(ZeroDivisionError())
    with capture_logs() as logs:
        start(running, Loop("busy", rounds))
        assert rounds.finished.wait(PATIENCE)
    assert [(line["log_level"], line["loop"]) for line in logs] == [("error", "busy")]
    assert logs[0]["exc_info"]


def test_a_loop_that_hangs_is_named_and_those_that_may_take_long_are_not(running):
    released = threading.Event()
    rounds = Rounds()
    loops = start(
        running,
        Loop("hangs", lambda: released.wait(PATIENCE) and None),
        Loop("waits", lambda: released.wait(PATIENCE) and None, patient=True),
        Loop("busy", rounds),
    )
    assert rounds.finished.wait(PATIENCE)
    deadline = time.monotonic() + PATIENCE
    while loops.stuck(0.05) != ["hangs"] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert loops.stuck(0.05) == ["hangs"]
    assert loops.stuck(PATIENCE * 2) == []
    released.set()


def test_a_loop_whose_thread_ended_is_named(running):
    class End(BaseException):
        pass

    def end() -> None:
        raise End

    seen: list[object] = []
    previous, threading.excepthook = threading.excepthook, seen.append
    try:
        loops = start(running, Loop("ends", end, patient=True))
        deadline = time.monotonic() + PATIENCE
        while not loops.stuck(1e9) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert loops.stuck(1e9) == ["ends"]
    finally:
        threading.excepthook = previous


def test_a_rest_ends_when_the_loops_are_to_end():
    rested = threading.Event()

    resting = threading.Event()

    def rest() -> None:
        resting.set()
        loops.rest(PATIENCE * 10)
        rested.set()

    loops = Loops([Loop("rests", rest)])
    loops.start()
    assert resting.wait(PATIENCE)
    loops.ask_to_stop()
    assert rested.wait(PATIENCE)
    assert loops.join(PATIENCE)


def test_joining_says_when_a_round_takes_longer():
    released = threading.Event()
    loops = Loops([Loop("slow", lambda: released.wait(PATIENCE) and None)])
    loops.start()
    loops.ask_to_stop()
    assert not loops.join(0.01)
    released.set()
    assert loops.join(PATIENCE)
