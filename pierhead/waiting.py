"""A role waits for what it needs, and says for what."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from pierhead.leaving import Leaving
from pierhead.notify import Notifier

T = TypeVar("T")

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0
_REPEAT_SECONDS = 30.0

_log = logging.getLogger(__name__)


class NotYet(Exception):
    """Something is not there. The text says what is the matter, in one line."""


class Left(Exception):
    """The process was asked to leave while it waited."""


class Waiting:
    """Tries again and again, and tells the operator: at first, when the reason is another one,
    and every 30 s."""

    def __init__(self, leaving: Leaving, notifier: Notifier) -> None:
        self._leaving = leaving
        self._notifier = notifier

    def wait_for(self, what: str, attempt: Callable[[], T], *, patience: float = 0.0) -> T:
        """What `attempt` returns once it does not raise NotYet. Nothing is told in the first
        `patience` seconds. Raises Left."""
        pause, told, told_at = _FIRST_PAUSE, "", 0.0
        quiet_until = time.monotonic() + patience
        while not self._leaving.asked:
            try:
                found = attempt()
            except NotYet as reason:
                text, now = f"waiting for {what}: {reason}", time.monotonic()
                due = text != told or now - told_at >= _REPEAT_SECONDS
                if due and now >= quiet_until:
                    told, told_at = text, now
                    _log.warning(text)
                    self._notifier.status(text)
            else:
                if told:
                    _log.info("%s is there", what)
                return found
            self._leaving.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        raise Left
