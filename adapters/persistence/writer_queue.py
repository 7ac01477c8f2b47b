"""A lock that lets writers in one at a time, in the order in which they came."""

import threading
from collections import deque

from adapters.persistence.misuse import NestedWrite


class Inside:
    """The threads that are inside a write unit of work. It refuses one that is already."""

    def __init__(self) -> None:
        self._threads: set[int] = set()

    def enter(self) -> None:
        """Come in. Raises NestedWrite when the thread is inside already."""
        me = threading.get_ident()
        if me in self._threads:
            raise NestedWrite("this thread is inside a write unit of work already")
        self._threads.add(me)

    def leave(self) -> None:
        """Go out."""
        self._threads.discard(threading.get_ident())


class WriterQueue:
    """A fair lock, held by threads. It refuses a thread that holds it already."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._holder: int | None = None
        self._waiting: deque[tuple[int, threading.Lock]] = deque()

    def enter(self) -> None:
        """Wait for one's turn. Raises NestedWrite when the thread is inside already."""
        me = threading.get_ident()
        turn = threading.Lock()
        with self._guard:
            if self._holder == me:
                raise NestedWrite("this thread is inside a write unit of work already")
            if self._holder is None:
                self._holder = me
                return
            turn.acquire()
            self._waiting.append((me, turn))
        try:
            turn.acquire()
        except BaseException:
            self._give_up(me, turn)
            raise

    def leave(self) -> None:
        """Let the next one in."""
        with self._guard:
            self._hand_over()

    def _hand_over(self) -> None:
        if self._waiting:
            self._holder, turn = self._waiting.popleft()
            turn.release()
        else:
            self._holder = None

    def _give_up(self, me: int, turn: threading.Lock) -> None:
        with self._guard:
            if (me, turn) in self._waiting:
                self._waiting.remove((me, turn))
            elif self._holder == me:
                self._hand_over()
