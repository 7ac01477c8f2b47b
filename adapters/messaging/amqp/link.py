"""A connection to the broker that comes back by itself."""

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog
from pika import SelectConnection
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.exceptions import StreamLostError

from adapters.messaging.amqp.address import BusAddress

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0
_STEADY_SECONDS = 10.0
"""A connection that lasted for so long was no failure of its own."""

_READY_SECONDS = 10.0
"""A queue that does not answer for so long after a connection is of no use."""

_HANDOVER_SECONDS = 3.0
_PARTING_SECONDS = 1.0
_END_SECONDS = 3.0

# Its lines are stack traces of what ours say in words.
logging.getLogger("pika").setLevel(logging.CRITICAL)

_log = structlog.get_logger(__name__)


class _Connection(SelectConnection):
    """Hands each message to the kernel at once, not in its three frames: that takes a quarter
    of the time off both sides."""

    def _output_marshaled_frames(self, marshaled_frames: Sequence[bytes]) -> None:
        super()._output_marshaled_frames([b"".join(marshaled_frames)])

    def end(self, patience: float) -> None:
        """Close, after `patience` seconds without the broker's consent."""
        if not self.is_closing and not self.is_closed:
            self.close()
        self.ioloop.call_later(patience, self._give_up)

    def _give_up(self) -> None:
        if not self.is_closed:
            self._terminate_stream(StreamLostError("the broker does not let go"))


class LinkUser(Protocol):
    """Who uses a link. All of it is called in the link's own thread."""

    def opened(self, channels: Sequence[Channel]) -> None:
        """New channels are open; the user says when it is `ready`."""

    def unanswered(self) -> None:
        """The user was not ready in time. The link is about to be lost."""

    def lost(self) -> None:
        """The channels are of no use any more."""

    def held_up(self, *, by_broker: bool) -> None:
        """The broker is short of something and takes nothing for now, or does again."""

    def is_idle(self) -> bool:
        """Nothing waits to be handed over."""


class Link:
    """One connection and the thread that owns it: nothing else touches pika.

    Connects for ever, to the nodes of a cluster in turns. `post` is for any thread; all the
    rest of what happens is told to the `user`.
    """

    def __init__(self, address: BusAddress, name: str, user: LinkUser, channels: int = 1) -> None:
        self._address = address
        self._name = name
        self._user = user
        self._wanted = channels
        self._loop = IOLoop()
        self._actions: deque[Callable[[], None]] = deque()
        self._woken = False
        self._closing = False
        self._ending = False
        self._idle = threading.Event()
        self._attempts = itertools.count()
        self._node = ""
        self._pause = _FIRST_PAUSE
        self._connection: _Connection | None = None
        self._channels: list[Channel] = []
        self._opened_at: float | None = None
        self._ready = False
        self._away = False
        self._thread = threading.Thread(target=self._run, name=f"bus-{name}", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def post(self, action: Callable[[], None]) -> None:
        """Have the link's thread do something soon, in the order of the calls."""
        self._actions.append(action)
        if not self._woken:
            self._woken = True
            self._loop.add_callback_threadsafe(self._act)

    def ready(self) -> None:
        """The user can work now. In the link's own thread."""
        self._ready = True
        self._away = False
        _log.info("bus connected", bus=self._name, node=self._node)

    def reconnect(self, why: str) -> None:
        """Something is wrong with the connection. In the link's own thread."""
        self._say_away(why)
        if self._connection is not None:
            self._connection.end(_PARTING_SECONDS)

    def note_progress(self) -> None:
        """Something was handed over. In the link's own thread."""
        if self._closing and self._user.is_idle():
            self._idle.set()

    def close(self) -> None:
        """Wait a few seconds for the user to be idle, then end. Doing so again does nothing."""
        if self._closing:
            return
        self._closing = True
        self.post(self.note_progress)
        self._idle.wait(_HANDOVER_SECONDS)
        self.post(self._end)
        self._thread.join(_END_SECONDS)
        if self._thread.is_alive():
            self.post(self._loop.stop)
            self._thread.join()

    def _run(self) -> None:
        self._connect()
        self._loop.start()
        self._loop.close()

    def _act(self) -> None:
        self._woken = False
        while self._actions:
            action = self._actions.popleft()
            try:
                action()
            except Exception:  # noqa: BLE001 - the thread must go on for everybody else
                _log.exception("defect in the bus", bus=self._name)

    def _connect(self) -> None:
        number = next(self._attempts)
        self._node = self._address.node(number)
        self._connection = _Connection(
            self._address.parameters(number, self._name),
            on_open_callback=self._on_open,
            on_open_error_callback=self._on_end,
            on_close_callback=self._on_end,
            custom_ioloop=self._loop,
        )

    def _on_open(self, connection: SelectConnection) -> None:
        connection.add_on_connection_blocked_callback(lambda *_: self._on_blocked(blocked=True))
        connection.add_on_connection_unblocked_callback(lambda *_: self._on_blocked(blocked=False))
        self._channels = []
        for _ in range(self._wanted):
            connection.channel(on_open_callback=self._on_channel)

    def _on_channel(self, channel: Channel) -> None:
        channel.add_on_close_callback(lambda _, reason: self.reconnect(str(reason)))
        channel.add_on_cancel_callback(lambda _: self.reconnect("a queue is gone"))
        self._channels.append(channel)
        if len(self._channels) == self._wanted:
            self._opened_at = time.monotonic()
            self._ready = False
            connection = self._connection
            self._loop.call_later(_READY_SECONDS, lambda: self._expect_ready(connection))
            self._user.opened(self._channels)

    def _expect_ready(self, connection: _Connection | None) -> None:
        if self._connection is connection and self._opened_at is not None and not self._ready:
            self._user.unanswered()
            self.reconnect("its queues do not answer")

    def _on_blocked(self, *, blocked: bool) -> None:
        if blocked:
            _log.warning("bus takes no messages", bus=self._name, node=self._node)
        self._user.held_up(by_broker=blocked)

    def _on_end(self, _connection: SelectConnection, reason: BaseException | str) -> None:
        if self._opened_at is not None:
            if time.monotonic() - self._opened_at > _STEADY_SECONDS:
                self._pause = _FIRST_PAUSE
            self._opened_at = None
            self._user.lost()
        self._connection = None
        if self._ending:
            self._loop.stop()
            return
        self._say_away(str(reason) or type(reason).__name__)
        self._loop.call_later(self._pause, self._connect)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    def _say_away(self, why: str) -> None:
        if not self._away and not self._ending:
            self._away = True
            _log.warning("bus away", bus=self._name, node=self._node, reason=why)

    def _end(self) -> None:
        self._ending = True
        if self._connection is None:
            self._loop.stop()
        else:
            self._connection.end(_PARTING_SECONDS)
