"""Threads that repeat a round until they are stopped."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from core.ports.store import StoreConflict, StoreFailure
from pierhead.collector import collect_between_rounds

AFTER_A_FAILURE = 1.0
"""Seconds of rest after a round that failed."""

_log = structlog.get_logger(__name__)


@dataclass
class Loop:
    """A round and how it is repeated. `patient`: a round may take as long as it likes."""

    name: str
    round: Callable[[], None]
    patient: bool = False
    began: float = field(default_factory=time.monotonic)
    """When the present round began, on the monotonic clock."""


class Loops:
    """Starts and stops the threads of some loops. A round that fails is logged, and the next is
    made."""

    def __init__(self, loops: Sequence[Loop]) -> None:
        self._loops = loops
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(each,), name=each.name, daemon=True)
            for each in loops
        ]

    @property
    def stopping(self) -> bool:
        """Whether the loops are to end."""
        return self._stopping.is_set()

    def start(self) -> None:
        """Begin."""
        for loop, thread in zip(self._loops, self._threads, strict=True):
            loop.began = time.monotonic()
            thread.start()

    def ask_to_stop(self) -> None:
        """Have every loop end after its present round."""
        self._stopping.set()

    def join(self, seconds: float) -> bool:
        """Wait for the ends of the rounds under way; False when some take longer."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(deadline - time.monotonic(), 0.0))
        return not any(thread.is_alive() for thread in self._threads)

    def rest(self, seconds: float) -> None:
        """Wait, unless the loops are to end."""
        self._stopping.wait(seconds)

    def stuck(self, seconds: float) -> list[str]:
        """The names of loops that have been in one round for longer than `seconds`, but for
        patient ones, and of those whose threads ended."""
        now = time.monotonic()
        return [
            loop.name
            for loop, thread in zip(self._loops, self._threads, strict=True)
            if not thread.is_alive() or (not loop.patient and now - loop.began > seconds)
        ]

    def _repeat(self, loop: Loop) -> None:
        while not self._stopping.is_set():
            loop.began = time.monotonic()
            try:
                loop.round()
                collect_between_rounds()
            except StoreConflict:
                continue
            except StoreFailure as failure:
                _log.warning("the database is away", loop=loop.name, reason=str(failure))
                self._stopping.wait(AFTER_A_FAILURE)
            except Exception:  # noqa: BLE001 - logged; the next round may do better
                _log.exception("round failed", loop=loop.name)
                self._stopping.wait(AFTER_A_FAILURE)
