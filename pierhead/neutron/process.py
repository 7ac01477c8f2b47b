"""What one process of Neutron has of us. Threads and connections do not survive a fork, so each
process makes its own at first use."""

import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class PerProcess(Generic[Thing]):
    """Something of which each process has its own."""

    def __init__(self, make: Callable[[], Thing]) -> None:
        self._make = make
        self._guard = threading.Lock()
        self._made: tuple[int, Thing] | None = None

    def __call__(self) -> Thing:
        """The thing of this process. What `make` raises is raised, and tried again next time."""
        made = self._made
        if made is not None and made[0] == os.getpid():
            return made[1]
        with self._guard:
            if self._made is None or self._made[0] != os.getpid():
                self._made = (os.getpid(), self._make())
            return self._made[1]
