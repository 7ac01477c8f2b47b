"""Servers that start at the same time."""

import threading
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")


class Together:
    """Enters contexts, each in a thread of its own that lives as long as the context: the
    children of a thread may end with it. Leaves them all when it is left."""

    def __init__(self) -> None:
        self._leave = threading.Event()
        self._threads: list[threading.Thread] = []
        self._failures: list[BaseException] = []

    def enter(self, context: AbstractContextManager[T]) -> "Future[T]":
        """Begin to enter a context; what it gives, or its failure, comes later."""
        entered: Future[T] = Future()
        thread = threading.Thread(target=self._hold, args=(context, entered))
        thread.start()
        self._threads.append(thread)
        return entered

    def _hold(self, context: AbstractContextManager[T], entered: "Future[T]") -> None:
        with ExitStack() as stack:
            try:
                entered.set_result(stack.enter_context(context))
            except BaseException as failure:  # noqa: BLE001  # whoever waits gets it
                entered.set_exception(failure)
                return
            self._leave.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave.set()
        for thread in self._threads:
            thread.join()
