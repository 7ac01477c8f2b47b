"""What was sent and is not safe with the broker yet."""

import itertools
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from pika import BasicProperties
from pika.channel import Channel
from pika.frame import Method
from pika.spec import Basic

_MOST_UNCONFIRMED = 1000
"""How many messages are with the broker unconfirmed at a time; more wait their turn."""


@dataclass(slots=True, kw_only=True)
class Outgoing:
    """A message. A `mandatory` one that no queue takes comes back."""

    exchange: str
    routing_key: str
    body: bytes = field(repr=False)
    properties: BasicProperties
    mandatory: bool = False
    number: int = 0


class MessageIds:
    """Ids for the messages of one process."""

    def __init__(self) -> None:
        self._process = secrets.token_hex(8)
        self._numbers = itertools.count(1)

    def next(self) -> str:
        """An id that no other message has."""
        return f"{self._process}-{next(self._numbers)}"


class Outbox:
    """Keeps messages until the broker confirmed them, through any number of channels.

    They go out in the order in which they were added, and again on a new channel. While more
    than `most_bytes` wait to be sent, the oldest are dropped. In the link's own thread only.
    `on_nack` is called when the broker could not take a message; `on_confirmed` at each
    confirmation.
    """

    def __init__(
        self,
        *,
        on_nack: Callable[[], None],
        on_confirmed: Callable[[], None],
        most_bytes: int | None = None,
    ) -> None:
        self._on_nack = on_nack
        self._on_confirmed = on_confirmed
        self._most_bytes = most_bytes
        self._channel: Channel | None = None
        self._held_up = False
        self._numbers = itertools.count(1)
        self._last_number = 0
        self._last_tag = 0
        self._waiting: deque[Outgoing] = deque()
        self._waiting_bytes = 0
        self._sent: dict[int, Outgoing] = {}
        """By delivery tag: the oldest first."""
        self._barriers: deque[tuple[int, Callable[[], None]]] = deque()

    @property
    def is_empty(self) -> bool:
        """Whether all is confirmed."""
        return not self._waiting and not self._sent and not self._barriers

    def add(self, message: Outgoing) -> None:
        """Send a message, as soon as can be."""
        message.number = self._last_number = next(self._numbers)
        self._waiting.append(message)
        self._waiting_bytes += len(message.body)
        self._send()
        while self._most_bytes is not None and self._waiting_bytes > self._most_bytes:
            self._waiting_bytes -= len(self._waiting.popleft().body)

    def when_confirmed(self, action: Callable[[], None]) -> None:
        """Do something once all that was added before is confirmed, or dropped."""
        self._barriers.append((self._last_number, action))
        self._pass_barriers()

    def open(self, channel: Channel) -> None:
        """Send by this channel; what the old one has not confirmed goes first."""
        channel.confirm_delivery(self._on_confirmation)
        self._channel = channel
        self._held_up = False
        self._last_tag = 0
        self._send()

    def close(self) -> None:
        """The channel is of no use any more."""
        self._channel = None
        unsafe = list(self._sent.values())
        self._sent.clear()
        self._waiting.extendleft(reversed(unsafe))
        self._waiting_bytes += sum(len(message.body) for message in unsafe)

    def hold_up(self, *, held_up: bool) -> None:
        """Send nothing for now, or do again."""
        self._held_up = held_up
        self._send()

    def _send(self) -> None:
        channel = self._channel
        if channel is None or self._held_up or not channel.is_open:
            return
        while self._waiting and len(self._sent) < _MOST_UNCONFIRMED:
            message = self._waiting.popleft()
            self._waiting_bytes -= len(message.body)
            self._last_tag += 1
            self._sent[self._last_tag] = message
            channel.basic_publish(
                message.exchange,
                message.routing_key,
                message.body,
                message.properties,
                mandatory=message.mandatory,
            )

    def _on_confirmation(self, frame: Method[Basic.Ack | Basic.Nack]) -> None:
        if isinstance(frame.method, Basic.Nack):
            self._on_nack()
            return
        tag = frame.method.delivery_tag
        if frame.method.multiple:
            for each in list(itertools.takewhile(lambda each: each <= tag, self._sent)):
                del self._sent[each]
        else:
            self._sent.pop(tag, None)
        self._pass_barriers()
        self._send()
        self._on_confirmed()

    def _pass_barriers(self) -> None:
        oldest = next(iter(self._sent.values()), None) or next(iter(self._waiting), None)
        while self._barriers and (oldest is None or oldest.number > self._barriers[0][0]):
            _, action = self._barriers.popleft()
            action()
