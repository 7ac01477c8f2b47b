"""A doorbell between threads of one process."""

import threading


class ThreadDoorbell:
    """Rings add up to one until somebody waits; one waiter takes them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._rung = False

    def ring(self) -> None:
        with self._changed:
            self._rung = True
            self._changed.notify()

    def wait(self, timeout: float) -> bool:
        with self._changed:
            rang = self._changed.wait_for(lambda: self._rung, timeout)
            self._rung = False
            return rang
