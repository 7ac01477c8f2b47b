"""A doorbell between processes."""

import secrets
import threading
from collections.abc import Sequence

from pika import BasicProperties
from pika.channel import Channel
from pika.spec import Basic

from adapters.messaging.amqp.address import BusAddress
from adapters.messaging.amqp.link import Link
from adapters.messaging.amqp.topology import Topology


class AmqpDoorbell:
    """A Doorbell: rings go to all that `listen`, this one included, and to nobody while the
    broker is away. Rings that were not sent yet add up to one."""

    def __init__(self, address: BusAddress, *, listen: bool) -> None:
        self._topology = Topology(address.prefix)
        self._listens = listen
        self._changed = threading.Condition()
        self._rung = False
        self._ringing = False
        self._channel: Channel | None = None
        self._link = Link(address, "doorbell", self)
        self._link.start()

    @property
    def connected(self) -> bool:
        """Whether rings get through, as far as is known."""
        return self._channel is not None

    def ring(self) -> None:
        if self._channel is not None and not self._ringing:
            self._ringing = True
            self._link.post(self._send)

    def wait(self, timeout: float) -> bool:
        with self._changed:
            rang = self._changed.wait_for(lambda: self._rung, timeout)
            self._rung = False
            return rang

    def close(self) -> None:
        """Say a last ring, if need be, and end."""
        self._link.close()

    def opened(self, channels: Sequence[Channel]) -> None:
        """The link is there."""
        (channel,) = channels
        self._topology.declare_doorbell(channel)
        if not self._listens:
            self._ready(channel)
            return
        queue = f"{self._topology.doorbell}.{secrets.token_hex(8)}"
        channel.queue_declare(
            queue, exclusive=True, auto_delete=True, arguments={"x-max-length": 1}
        )
        channel.queue_bind(queue, self._topology.doorbell)
        channel.basic_consume(
            queue, self._on_ring, auto_ack=True, callback=lambda _: self._ready(channel)
        )

    def unanswered(self) -> None:
        """The next connection makes another queue."""

    def lost(self) -> None:
        """The link is gone."""
        self._channel = None

    def held_up(self, *, by_broker: bool) -> None:
        """The broker takes nothing for now: a ring would come too late to be of use."""

    def is_idle(self) -> bool:
        """Nothing waits to be handed over."""
        return not self._ringing

    def _ready(self, channel: Channel) -> None:
        self._link.ready()
        self._ringing = False
        self._channel = channel
        if self._listens:
            # Others may have rung while nobody heard them.
            self._note_ring()

    def _send(self) -> None:
        self._ringing = False
        if self._channel is not None and self._channel.is_open:
            self._channel.basic_publish(self._topology.doorbell, "", b"", BasicProperties())

    def _on_ring(self, *_: Channel | Basic.Deliver | BasicProperties | bytes) -> None:
        self._note_ring()

    def _note_ring(self) -> None:
        with self._changed:
            self._rung = True
            self._changed.notify()
