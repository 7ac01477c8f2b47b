"""The server's end on RabbitMQ."""

import itertools
import threading
import time
from collections.abc import Sequence
from typing import Any

import structlog
from pika import BasicProperties
from pika.channel import Channel
from pika.spec import Basic

from adapters.messaging.amqp import letters
from adapters.messaging.amqp.address import BusAddress
from adapters.messaging.amqp.inbox import Acknowledgements, Inbox, Mail
from adapters.messaging.amqp.link import Link
from adapters.messaging.amqp.outbox import MessageIds, Outbox, Outgoing
from adapters.messaging.amqp.topology import Topology
from adapters.messaging.codec import (
    BadMessage,
    decode_hello,
    decode_report,
    encode_lease,
    encode_report,
)
from adapters.messaging.sealing import UNSEALED, CommandSeal
from core.domain.messages import AgentHello, AgentLease, Command, Report
from core.ports.server_bus import Delivery, Greeting

_MOST_REPORTS = 500
_MOST_HELLOS = 50
"""What the broker delivers ahead of being done or taken. Others may take more hellos."""

_MOST_GREETERS = 1000
"""Hellos that were taken and may still be answered."""

_MOST_COMMAND_BYTES = 64 * 1024 * 1024
"""Commands that wait for the broker; the conductor sends again what is dropped."""

_log = structlog.get_logger(__name__)


class AmqpServerBus:
    """A ServerBus. Connects in the background, and again whenever the broker comes back."""

    def __init__(self, address: BusAddress, seal: CommandSeal = UNSEALED) -> None:
        self._seal = seal
        self._topology = Topology(address.prefix)
        self._ids = MessageIds()
        self._numbers = itertools.count(1)
        self._guard = threading.Lock()
        self._reports: Inbox[Report] = Inbox()
        self._hellos: Inbox[tuple[AgentHello, BasicProperties]] = Inbox()
        self._taken: dict[int, list[Mail[Report]]] = {}
        """By the delivery's number."""
        self._greeters: dict[int, BasicProperties] = {}
        """By the greeting's number: where the answer goes."""
        self._listening_since: float | None = None
        self._up: Channel | None = None
        """Reports and hellos come by it; answers go by it unconfirmed."""
        self._link = Link(address, "server", self, channels=3)
        self._outbox = Outbox(
            on_nack=lambda: self._link.reconnect("a command was not taken"),
            on_confirmed=self._link.note_progress,
            most_bytes=_MOST_COMMAND_BYTES,
        )
        self._link.start()

    @property
    def connected(self) -> bool:
        """Whether reports and hellos can come, as far as is known."""
        return self._listening_since is not None

    def send(self, agent_id: str, command: Command) -> None:
        message = Outgoing(
            exchange=self._topology.commands,
            routing_key=agent_id,
            body=self._seal.encode(command),
            properties=letters.durable(command, self._ids.next(), letters.command_trace(command)),
            mandatory=True,
        )
        self._link.post(lambda: self._outbox.add(message))

    def reports(self, timeout: float) -> Delivery | None:
        mail = self._reports.take(timeout)
        if not mail:
            return None
        delivery = Delivery(next(self._numbers), tuple(each.content for each in mail))
        with self._guard:
            self._taken[delivery.number] = mail
        return delivery

    def done(self, delivery: Delivery, refused: Sequence[tuple[Report, str]] = ()) -> None:
        with self._guard:
            mail = self._taken.pop(delivery.number, [])
        asides = [
            self._aside(
                letters.durable(report, self._ids.next(), letters.report_trace(report)),
                encode_report(report),
                queue=self._topology.reports,
                reason=reason,
            )
            for report, reason in refused
        ]
        self._link.post(lambda: self._settle(mail, asides))

    def hellos(self, timeout: float) -> Sequence[Greeting]:
        mail = self._hellos.take(timeout)
        greetings = []
        for each in mail:
            hello, properties = each.content
            greeting = Greeting(next(self._numbers), hello)
            with self._guard:
                self._greeters[greeting.number] = properties
                if len(self._greeters) > _MOST_GREETERS:
                    del self._greeters[next(iter(self._greeters))]
            greetings.append(greeting)
        if mail:
            # What is not answered is said again.
            self._link.post(lambda: self._settle(mail, ()))
        return greetings

    def answer(self, greeting: Greeting, lease: AgentLease) -> None:
        body = encode_lease(lease)
        with self._guard:
            properties = self._greeters.pop(greeting.number, None)
        if properties is not None:
            self._link.post(lambda: self._answer(properties, body))

    def listening_since(self) -> float | None:
        return self._listening_since

    def close(self) -> None:
        self._link.close()

    def opened(self, channels: Sequence[Channel]) -> None:
        """The link is there."""
        self._up, down, hellos = channels
        self._topology.declare(self._up)
        down.add_on_return_callback(_note_unroutable)
        self._outbox.open(down)
        acknowledgements = Acknowledgements(self._up)
        self._up.basic_qos(prefetch_count=_MOST_REPORTS)
        self._up.basic_consume(
            self._topology.reports,
            lambda _, method, properties, body: self._on_report(
                acknowledgements, method, properties, body
            ),
            callback=lambda _: self._listen(hellos),
        )

    def unanswered(self) -> None:
        """Nothing can be done: the queue of reports is everybody's."""

    def lost(self) -> None:
        """The link is gone."""
        self._up = None
        self._listening_since = None
        self._outbox.close()
        self._reports.forget()
        self._hellos.forget()

    def held_up(self, *, by_broker: bool) -> None:
        """The broker takes nothing for now, or does again."""
        self._outbox.hold_up(held_up=by_broker)

    def is_idle(self) -> bool:
        """Nothing waits to be handed over."""
        return self._outbox.is_empty

    def _listen(self, channel: Channel) -> None:
        """All is declared: take hellos."""
        if not channel.is_open:
            return
        acknowledgements = Acknowledgements(channel)
        channel.basic_qos(prefetch_count=_MOST_HELLOS)
        channel.basic_consume(
            self._topology.greetings,
            lambda _, method, properties, body: self._on_hello(
                acknowledgements, method, properties, body
            ),
            callback=lambda _: self._note_listening(),
        )

    def _note_listening(self) -> None:
        self._link.ready()
        self._listening_since = time.monotonic()

    def _on_report(
        self,
        acknowledgements: Acknowledgements,
        method: Basic.Deliver,
        properties: BasicProperties,
        body: bytes,
    ) -> None:
        tag = method.delivery_tag
        try:
            report = decode_report(body)
        except BadMessage as bad:
            aside = self._aside(properties, body, queue=self._topology.reports, reason=str(bad))
            self._outbox.add(aside)
            self._outbox.when_confirmed(lambda: acknowledgements.settle(tag))
        else:
            self._reports.put(Mail(report, acknowledgements, tag))

    def _on_hello(
        self,
        acknowledgements: Acknowledgements,
        method: Basic.Deliver,
        properties: BasicProperties,
        body: bytes,
    ) -> None:
        try:
            hello = decode_hello(body)
        except BadMessage as bad:
            _log.warning("message put aside", queue=self._topology.greetings, reason=str(bad))
            acknowledgements.settle(method.delivery_tag)
        else:
            self._hellos.put(Mail((hello, properties), acknowledgements, method.delivery_tag))

    def _settle(self, mail: Sequence[Mail[Any]], asides: Sequence[Outgoing]) -> None:
        for aside in asides:
            self._outbox.add(aside)
        if asides:
            self._outbox.when_confirmed(lambda: _acknowledge(mail))
        else:
            _acknowledge(mail)

    def _answer(self, greeter: BasicProperties, body: bytes) -> None:
        if self._up is not None and self._up.is_open and greeter.reply_to:
            properties = BasicProperties(
                content_type=letters.JSON,
                type=AgentLease.__name__,
                correlation_id=greeter.correlation_id,
            )
            self._up.basic_publish("", greeter.reply_to, body, properties)

    def _aside(
        self, properties: BasicProperties, body: bytes, *, queue: str, reason: str
    ) -> Outgoing:
        message_id = properties.message_id or self._ids.next()
        _log.warning("message put aside", queue=queue, message=message_id, reason=reason)
        return Outgoing(
            exchange=self._topology.dead,
            routing_key=queue,
            body=body,
            properties=letters.dead(properties, message_id=message_id, queue=queue, reason=reason),
        )


def _note_unroutable(
    _: Channel, method: Basic.Return, properties: BasicProperties, __: bytes
) -> None:
    _log.info("no such agent", agent=method.routing_key, kind=properties.type)


def _acknowledge(mail: Sequence[Mail[Any]]) -> None:
    for channel in {id(each.acknowledgements): each.acknowledgements for each in mail}.values():
        channel.settle(*(each.tag for each in mail if each.acknowledgements is channel))
