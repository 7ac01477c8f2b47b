"""Waiting for what must come true, without guessing how long it takes."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

DEADLINE = 60.0
"""Seconds within which everything that the features promise must have happened: what got lost
is sent again after 30 seconds."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.25


def eventually(check: Callable[[], T], within: float = DEADLINE) -> T:
    """The result of `check` as soon as it raises no AssertionError; its last one else."""
    end = time.monotonic() + within
    pause = _FIRST_PAUSE
    while True:
        try:
            return check()
        except AssertionError:
            if time.monotonic() >= end:
                raise
        time.sleep(pause)
        pause = min(pause * 1.2, _LONGEST_PAUSE)
