"""Waiting for what must come true, without guessing how long it takes."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

DEADLINE = 15.0
"""Seconds within which everything that the features promise must have happened."""

_PAUSE = 0.02


def eventually(check: Callable[[], T], within: float = DEADLINE) -> T:
    """The result of `check` as soon as it raises no AssertionError; its last one else."""
    end = time.monotonic() + within
    while True:
        try:
            return check()
        except AssertionError:
            if time.monotonic() >= end:
                raise
        time.sleep(_PAUSE)
