"""What came from the broker and waits for somebody to take it."""

import threading
from dataclasses import dataclass
from typing import Generic, TypeVar

from pika.channel import Channel

T = TypeVar("T")


class Acknowledgements:
    """Acknowledges the deliveries of one channel in order, many at once."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._acknowledged = 0
        self._done: set[int] = set()

    def settle(self, *tags: int) -> None:
        """These need not come again. They are acknowledged when all before them are."""
        self._done.update(tags)
        last = self._acknowledged
        while last + 1 in self._done:
            last += 1
            self._done.discard(last)
        if last > self._acknowledged and self._channel.is_open:
            self._acknowledged = last
            self._channel.basic_ack(last, multiple=True)


@dataclass(frozen=True, slots=True)
class Mail(Generic[T]):
    """A message, and where to acknowledge it."""

    content: T
    acknowledgements: Acknowledgements
    tag: int


class Inbox(Generic[T]):
    """Hands out all that waits at once. For use by many threads."""

    def __init__(self) -> None:
        self._came = threading.Condition()
        self._waiting: list[Mail[T]] = []

    def put(self, mail: Mail[T]) -> None:
        """Something came."""
        with self._came:
            self._waiting.append(mail)
            self._came.notify()

    def take(self, timeout: float) -> list[Mail[T]]:
        """All that waits, nothing after `timeout` seconds."""
        with self._came:
            self._came.wait_for(lambda: self._waiting, timeout)
            taken, self._waiting = self._waiting, []
            return taken

    def forget(self) -> None:
        """Drop what nobody took: it will be delivered again."""
        with self._came:
            self._waiting.clear()
