"""A thread that makes calls for others, who wait for them as long as they like."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any


@dataclass(slots=True)
class Call:
    """One call: what to call, and what came of it once `done` is set."""

    function: Callable[[], Any]
    done: threading.Event = field(default_factory=threading.Event)
    result: Any = None
    error: BaseException | None = None

    def run(self) -> None:
        """Carry it out."""
        try:
            self.result = self.function()
        except BaseException as error:  # noqa: BLE001 - the caller's, who is in another thread
            self.error = error
        finally:
            self.done.set()


class Worker:
    """One thread, started with the first call. It does not keep the process from ending."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: SimpleQueue[Call] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self, function: Callable[[], Any]) -> Call:
        """Have a function called once the calls before it are done."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
            self._thread.start()
        call = Call(function)
        self._calls.put(call)
        return call

    def _serve(self) -> None:
        while True:
            self._calls.get().run()
