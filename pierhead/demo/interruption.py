"""Ends a run as Ctrl-C does, whatever asks for it, so that everything is cleared away."""

import signal
from types import FrameType

EXIT_STATUS = 130


def interrupt_on_signals() -> None:
    """Turn a request to end, or the loss of the terminal, into KeyboardInterrupt."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
