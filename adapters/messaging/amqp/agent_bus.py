"""The agent's end on RabbitMQ."""

from collections.abc import Sequence

import structlog
from pika import BasicProperties
from pika.channel import Channel
from pika.spec import Basic

from adapters.messaging.amqp import letters
from adapters.messaging.amqp.address import BusAddress
from adapters.messaging.amqp.deliveries import Deliveries
from adapters.messaging.amqp.greetings import Greetings
from adapters.messaging.amqp.link import Link
from adapters.messaging.amqp.outbox import MessageIds, Outbox, Outgoing
from adapters.messaging.amqp.topology import REPLY_TO, Topology
from adapters.messaging.codec import BadMessage, encode_hello, encode_report
from adapters.messaging.device_queues import Arrived, DeviceQueues
from adapters.messaging.sealing import UNSEALED, CommandSeal
from core.domain.messages import AgentHello, AgentLease, Report
from core.ports.agent_bus import Batch

_MOST_COMMANDS = 200
"""Commands that the broker delivers ahead of being done."""

_log = structlog.get_logger(__name__)


class AmqpAgentBus:
    """An AgentBus. Connects in the background, and again whenever the broker comes back."""

    def __init__(self, address: BusAddress, agent_id: str, seal: CommandSeal = UNSEALED) -> None:
        self._seal = seal
        self._agent_id = agent_id
        self._topology = Topology(address.prefix)
        self._queue = self._topology.agent_queue(agent_id)
        self._ids = MessageIds()
        self._commands = DeviceQueues()
        self._deliveries = Deliveries()
        self._greetings = Greetings(self._topology)
        self._link = Link(address, f"agent {agent_id}", self, channels=2)
        self._outbox = Outbox(
            on_nack=lambda: self._link.reconnect("a report was not taken"),
            on_confirmed=self._link.note_progress,
        )
        self._queue_is_broken = False
        self._link.start()

    @property
    def connected(self) -> bool:
        """Whether commands can come, as far as is known."""
        return self._greetings.is_open

    def take(self, timeout: float) -> Batch | None:
        return self._commands.take(timeout)

    def done(self, batch: Batch, rest: float = 0.0) -> None:
        items = self._commands.done(batch, rest)
        if items:
            message_ids = [item.message_id for item in items]
            self._link.post(lambda: self._finish(message_ids))

    def report(self, report: Report) -> None:
        message = Outgoing(
            exchange=self._topology.uplink,
            routing_key=self._topology.reports,
            body=encode_report(report),
            properties=letters.durable(report, self._ids.next(), letters.report_trace(report)),
        )
        self._link.post(lambda: self._outbox.add(message))

    def greet(self, hello: AgentHello, timeout: float) -> AgentLease | None:
        question = self._greetings.ask(hello, encode_hello(hello), self._ids.next())
        self._link.post(lambda: self._greetings.send(question))
        try:
            return question.wait(timeout)
        finally:
            self._greetings.forget(question)

    def backlog(self) -> int:
        return self._commands.backlog()

    def close(self) -> None:
        self._link.close()

    def opened(self, channels: Sequence[Channel]) -> None:
        """The link is there."""
        channel, hellos = channels
        self._topology.declare(channel)
        if self._queue_is_broken:
            self._queue_is_broken = False
            channel.queue_delete(self._queue)
        self._topology.declare_agent(channel, self._agent_id)
        hellos.basic_consume(REPLY_TO, self._greetings.answered, auto_ack=True)
        self._outbox.open(channel)
        self._deliveries.open(channel)
        channel.basic_qos(prefetch_count=_MOST_COMMANDS)
        channel.basic_consume(self._queue, self._on_command, callback=lambda _: self._ready(hellos))

    def unanswered(self) -> None:
        """The queue does not work, as happens when RabbitMQ is killed just after it was made. It
        is made anew: the server sends again what was in it."""
        self._queue_is_broken = True

    def lost(self) -> None:
        """The link is gone."""
        self._greetings.close()
        self._outbox.close()
        dropped = self._commands.forget_waiting()
        self._deliveries.close(item.message_id for item in dropped)

    def held_up(self, *, by_broker: bool) -> None:
        """The broker takes nothing for now, or does again."""
        self._outbox.hold_up(held_up=by_broker)

    def is_idle(self) -> bool:
        """Nothing waits to be handed over."""
        return self._outbox.is_empty

    def _ready(self, hellos: Channel) -> None:
        self._link.ready()
        self._greetings.open(hellos)

    def _finish(self, message_ids: Sequence[str]) -> None:
        self._outbox.when_confirmed(lambda: self._deliveries.finish(message_ids))

    def _on_command(
        self, _: Channel, method: Basic.Deliver, properties: BasicProperties, body: bytes
    ) -> None:
        message_id = properties.message_id or self._ids.next()
        if not self._deliveries.arrived(message_id, method.delivery_tag):
            return
        try:
            command, unreadable = self._seal.decode(body)
        except BadMessage as bad:
            self._put_aside(message_id, properties, body, str(bad))
        else:
            if unreadable is not None:
                _log.warning("command not opened", device=command.device.id, reason=unreadable)
            self._commands.put(Arrived(command, message_id, unreadable))

    def _put_aside(
        self, message_id: str, properties: BasicProperties, body: bytes, reason: str
    ) -> None:
        _log.warning("message put aside", queue=self._queue, message=message_id, reason=reason)
        aside = letters.dead(properties, message_id=message_id, queue=self._queue, reason=reason)
        self._outbox.add(
            Outgoing(
                exchange=self._topology.dead, routing_key=self._queue, body=body, properties=aside
            )
        )
        self._finish([message_id])
