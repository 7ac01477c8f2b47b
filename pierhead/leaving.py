"""SIGTERM and SIGINT: the first asks the process to finish, the second ends it at once."""

import signal
import threading
from collections.abc import Callable
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Leaving:
    """Whether the process was asked to leave. Made in the main thread, once for a process."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._wake: Callable[[], None] = _nothing
        for number in _SIGNALS:
            signal.signal(number, self._ask)

    @property
    def asked(self) -> bool:
        return self._asked.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is asked, at most so long; whether it was."""
        return self._asked.wait(seconds)

    def wake_with(self, wake: Callable[[], None]) -> None:
        """Have `wake` called, in the main thread, when it is asked."""
        self._wake = wake

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        # From now on the kernel's way holds, which works however stuck we are.
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        self._asked.set()
        self._wake()


def _nothing() -> None:
    """Nobody is to be woken."""
