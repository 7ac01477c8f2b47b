"""Does requests again that another one was in the way of, and refuses them while the store is
away."""

import random
import threading
import time
from collections.abc import Callable
from functools import wraps
from types import SimpleNamespace
from typing import Any, TypeVar

import structlog

from core.ports.store import StoreConflict, StoreFailure

ATTEMPTS = 5
LONGEST = 5.0
"""Seconds after which a request is not begun again."""
_FIRST_PAUSE = 0.005
"""Seconds; each pause is up to twice as long as the one before."""

_FAILURES = 3
"""So many failures, one after the other, mean that the store is away."""
_TRY_EVERY = 1.0
"""Seconds between requests that try whether it is back."""

Responder = Callable[..., None]
Answer = TypeVar("Answer")

log = structlog.get_logger("pierhead.http")


class Repetition:
    """Runs responders, each from its beginning again after a StoreConflict.

    While the store is away, one request at a time finds out whether it is back, and the others
    fail at once instead of keeping all threads waiting.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._guard = threading.Lock()
        self._failures = 0
        self._try_at = 0.0

    def repeating(self, resource: object) -> object:
        """A falcon resource with the responders of another one, repeated where that helps."""
        names = [name for name in dir(resource) if name.startswith("on_")]
        return SimpleNamespace(**{name: self._repeated(getattr(resource, name)) for name in names})

    def _repeated(self, responder: Responder) -> Responder:
        @wraps(responder)
        def run(*arguments: Any, **parameters: Any) -> None:
            self.run(lambda: responder(*arguments, **parameters))

        return run

    def run(self, once: Callable[[], Answer]) -> Answer:
        """What `once` returns, done from its beginning again after a StoreConflict. Raises
        StoreFailure, too, while the store is away."""
        deadline = self._clock() + LONGEST
        self._check_back()
        pause = _FIRST_PAUSE
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = once()
            except StoreConflict as conflict:
                if attempt == ATTEMPTS or self._clock() + pause > deadline:
                    raise
                log.info("request repeated", attempt=attempt, reason=str(conflict))
            except StoreFailure:
                self._failed()
                raise
            else:
                self._failures = 0
                return answer
            # Those that were in each other's way must not meet again.
            self._sleep(random.uniform(0, pause))  # noqa: S311 no secret
            pause *= 2

    def _check_back(self) -> None:
        """Raise StoreFailure while the store is away, unless it is time to try again."""
        if self._failures < _FAILURES:
            return
        with self._guard:
            now = self._clock()
            if now < self._try_at:
                raise StoreFailure("it failed a moment ago")
            self._try_at = now + _TRY_EVERY

    def _failed(self) -> None:
        with self._guard:
            self._failures += 1
            self._try_at = self._clock() + _TRY_EVERY
