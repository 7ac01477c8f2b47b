"""Requests in numbers: bursts that are counted, and streams that run while things change."""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from pierhead.demo.visitor import Unanswered, Visitor


@dataclass(frozen=True, slots=True)
class Answer:
    """One request's end: when (monotonic seconds), and who answered or why nobody did."""

    at: float
    who: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """Many requests in sum: who answered how often, and each kind of failure."""

    answers: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.answers.total() + self.failures.total()

    @property
    def failed(self) -> int:
        return self.failures.total()

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.answers + other.answers, self.failures + other.failures)


def tally(answers: Iterable[Answer]) -> Tally:
    """Count answers."""
    sums = Tally()
    for answer in answers:
        if answer.failure:
            sums.failures[answer.failure] += 1
        else:
            sums.answers[answer.who] += 1
    return sums


def burst(target: tuple[str, int], requests: int, *, clients: int = 4) -> Tally:
    """Send `requests` requests from several clients, each on a connection of its own."""
    visitors = [Visitor(target) for _ in range(clients)]
    shares = [requests // clients + (n < requests % clients) for n in range(clients)]
    collected: list[Answer] = []
    threads = [
        threading.Thread(target=_ask_times, args=(visitor, share, collected), daemon=True)
        for visitor, share in zip(visitors, shares, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally(collected)


class Stream:
    """Clients that ask without end from `start` to `stop`.

    Every second client keeps its connection. `pause` is what each waits between two requests,
    in seconds.
    """

    def __init__(
        self, targets: Sequence[tuple[str, int]], *, clients: int = 4, pause: float = 0.01
    ) -> None:
        self._pause = pause
        self._visitors = [
            Visitor(targets[n % len(targets)], keep_alive=bool(n // len(targets) % 2))
            for n in range(clients)
        ]
        self._answers: list[Answer] = []
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(visitor,), daemon=True)
            for visitor in self._visitors
        ]

    @property
    def reconnections(self) -> int:
        """How often an idle connection had been closed and was replaced."""
        return sum(visitor.reconnections for visitor in self._visitors)

    def start(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Let the requests under way end, and send no more."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def between(self, begin: float, end: float | None = None) -> Tally:
        """Requests that ended from `begin` on and before `end` (monotonic seconds)."""
        return tally(
            answer
            for answer in self._answers.copy()
            if begin <= answer.at and (end is None or answer.at < end)
        )

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self, visitor: Visitor) -> None:
        while not self._stopping.is_set():
            self._answers.append(_ask(visitor))
            self._stopping.wait(self._pause)
        visitor.close()


def _ask_times(visitor: Visitor, times: int, collected: list[Answer]) -> None:
    collected.extend(_ask(visitor) for _ in range(times))
    visitor.close()


def _ask(visitor: Visitor) -> Answer:
    try:
        who = visitor.ask()
    except Unanswered as failure:
        return Answer(time.monotonic(), failure=str(failure))
    return Answer(time.monotonic(), who=who)
