"""Waiting for something to become true, with an end."""

import time
from collections.abc import Callable
from typing import TypeVar

from pierhead.demo.errors import NotObserved

T = TypeVar("T")


def until(look: Callable[[], T | None], *, what: str, seconds: float, pause: float = 0.01) -> T:
    """The first answer of `look` that is true, as Python sees it.

    Raises NotObserved, naming `what`, when there is none within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() >= deadline:
            raise NotObserved(f"{what}: not within {seconds:g} s")
        time.sleep(pause)
