"""Looks all the time how long objects stay unsettled, and that no limit is exceeded."""

import threading
import time
from dataclasses import dataclass, field

from core.domain.service import Cause, Service
from core.ports.store import StoreFailure
from tests.chaos.faults import Storm
from tests.split.kill.truth import Truth

_EVERY = 0.1
_CHECK_EVERY = 1.0
"""Seconds."""


@dataclass(frozen=True)
class Wait:
    """For how many seconds a service was unsettled at a stretch, and in how many of them nothing
    was wrong."""

    seconds: float
    calm: float
    service_id: str


NONE = Wait(0.0, 0.0, "")


@dataclass
class Watcher:
    """Looks at the database itself, in a thread of its own."""

    truth: Truth
    storm: Storm
    longest: Wait = NONE
    longest_calm: Wait = NONE
    looks: int = 0
    unsettled: int = 0
    over_commits: set[str] = field(default_factory=set)
    _since: dict[str, float] = field(default_factory=dict)
    _end: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        check_at = time.monotonic()
        while not self._end.wait(_EVERY):
            try:
                self._look()
                if time.monotonic() >= check_at:
                    check_at = time.monotonic() + _CHECK_EVERY
                    self.over_commits |= set(self.truth.inconsistencies())
            except StoreFailure:
                # It is away, and nobody knows anything.
                continue
            self.looks += 1

    def _look(self) -> None:
        services = self.truth.fleet().services
        now = time.monotonic()
        waiting = {each.id for each in services if not _is_at_rest(each)}
        self.unsettled = len(waiting)
        for identity in waiting:
            self._note(identity, self._since.setdefault(identity, now), now)
        for identity in set(self._since) - waiting:
            self._note(identity, self._since.pop(identity), now)

    def _note(self, identity: str, since: float, now: float) -> None:
        wait = Wait(now - since, self.storm.calm(since, now), identity)
        self.longest = max(self.longest, wait, key=lambda each: each.seconds)
        self.longest_calm = max(self.longest_calm, wait, key=lambda each: each.calm)


def _is_at_rest(service: Service) -> bool:
    """Settled, or waiting for room, which others must make."""
    return service.settled or service.cause is Cause.PLACEMENT
