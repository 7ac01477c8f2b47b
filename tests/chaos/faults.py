"""What goes wrong, one or two things at a time, for random times."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field

from tests.chaos.database import Database
from tests.chaos.proxy import Proxy, Weather
from tests.servers.rabbitmq import RabbitMq
from tests.split.site import RoleProcess


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong for up to `longest` seconds. `about` tells what it is about:
    two at a time are never about the same. `begin` and `end` return when it is so."""

    kind: str
    about: str
    longest: float
    weight: int
    begin: Callable[[], None]
    end: Callable[[], None]


def faults_of_role(role: RoleProcess) -> list[Fault]:
    """A role is killed, paused or stopped, and comes back."""
    kind = role.role

    def back() -> None:
        role.restart().wait_ready()

    return [
        Fault(f"{kind} killed", role.name, 3.0, 3, role.kill, back),
        Fault(f"{kind} paused", role.name, 5.0, 2, role.pause, role.resume),
        Fault(f"{kind} stopped", role.name, 2.0, 2, lambda: _stop(role), back),
    ]


def faults_of_database(server: Database, proxy: Proxy, starter: Executor) -> list[Fault]:
    """The database, or the way to it. Servers end with the thread that started them, which is
    therefore the `starter`'s."""
    name = "database"

    def start() -> None:
        starter.submit(server.start).result()

    return [
        Fault("database killed", name, 2.0, 3, server.kill, start),
        Fault("database session killed", name, 0.5, 2, server.kill_session, server.wait_ready),
        Fault("database paused", name, 4.0, 2, server.pause, server.resume),
        *_faults_of_way(name, proxy),
    ]


def faults_of_broker(server: RabbitMq, proxy: Proxy, starter: Executor) -> list[Fault]:
    """RabbitMQ, or the way to it."""
    name = "broker"

    def start() -> None:
        starter.submit(server.start).result()

    def lose_everything() -> None:
        server.kill()
        server.lose_data()

    return [
        Fault("broker killed", name, 2.0, 2, server.kill, start),
        Fault("broker killed and its data lost", name, 2.0, 1, lose_everything, start),
        Fault("broker paused", name, 4.0, 2, server.pause, server.resume),
        *_faults_of_way(name, proxy),
    ]


def _faults_of_way(name: str, proxy: Proxy) -> list[Fault]:
    def clear() -> None:
        proxy.set(Weather.CLEAR)

    def become(weather: Weather) -> Callable[[], None]:
        return lambda: proxy.set(weather)

    return [
        Fault(f"{name} {weather}", name, 5.0, 1, become(weather), clear)
        for weather in Weather
        if weather is not Weather.CLEAR
    ]


def _stop(role: RoleProcess) -> None:
    assert role.stop() == 0, role.said


@dataclass
class Storm:
    """Has faults come and go, in a thread of its own.

    `over` are the times (monotonic clock) in which something was wrong, the last of which
    may not be over; `now` is what is wrong.
    """

    faults: list[Fault]
    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    times: list[tuple[float, float]] = field(default_factory=list)
    now: tuple[str, ...] = ()
    failure: BaseException | None = None
    _end: threading.Event = field(default_factory=threading.Event)
    _began: float | None = None

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._thread = threading.Thread(target=self._run, name="storm", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """No more faults; all that went wrong was mended when this returns."""
        self._end.set()
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def calm(self, since: float, until: float) -> float:
        """For how many of the seconds between two times nothing was wrong."""
        began = self._began
        times = [*self.times, *([(began, until)] if began is not None else [])]
        wrong = sum(max(0.0, min(end, until) - max(begin, since)) for begin, end in times)
        return until - since - wrong

    def _run(self) -> None:
        try:
            while not self._end.wait(self._random.uniform(0.2, 3.0)):
                self._strike(self._pick())
        except BaseException as failure:  # noqa: BLE001 - told by `stop`
            self.failure = failure

    def _pick(self) -> list[Fault]:
        weights = [fault.weight for fault in self.faults]
        number = self._random.choice((1, 1, 1, 2))
        picked = self._random.choices(self.faults, weights, k=number)
        return list({fault.about: fault for fault in picked}.values())

    def _strike(self, faults: list[Fault]) -> None:
        longest = min(fault.longest for fault in faults)
        seconds = self._random.uniform(0.1, longest)
        self._began = time.monotonic()
        self.now = tuple(fault.kind for fault in faults)
        for fault in faults:
            self.counts[fault.kind] += 1
            fault.begin()
        self._end.wait(seconds)
        # A role that starts waits for the database and the broker.
        for fault in sorted(faults, key=lambda each: each.about not in ("database", "broker")):
            fault.end()
        self.times.append((self._began, time.monotonic()))
        self._began, self.now = None, ()
