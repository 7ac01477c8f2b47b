"""Work that is asked for often and done once, beside whoever asks."""

import threading
from collections.abc import Callable

import structlog

_log = structlog.get_logger("pierhead.neutron")


class Soon:
    """Does something in a thread of its own; what is asked for while it waits to begin adds up
    to one."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self._name = name
        self._work = work
        self._guard = threading.Lock()
        self._waits = False
        self._turn = threading.Lock()

    def __call__(self) -> None:
        """Have it done. Returns at once."""
        with self._guard:
            if self._waits:
                return
            self._waits = True
        threading.Thread(target=self._do, name=self._name, daemon=True).start()

    def _do(self) -> None:
        with self._turn:
            with self._guard:
                self._waits = False
            try:
                self._work()
            except Exception:  # noqa: BLE001 - nobody waits for it
                _log.exception("failed", work=self._name)
