"""The exchanges and queues on the broker. Whoever comes first makes them."""

from dataclasses import dataclass

from pika.adapters.blocking_connection import BlockingChannel
from pika.channel import Channel

COMMAND_DELIVERIES = 5
"""How often a command is delivered again, to agents that died over it, before it is given up."""

REPORT_DELIVERIES = 20
"""The same of reports, which the server prefetches by the hundred and seldom dies over."""

_UNUSED_SECONDS = 24 * 3600
"""An agent's queue goes when no agent had it for so long."""

_MOST_DEAD = 10_000
"""Dead letters that are kept; the oldest go first."""

_DEAD_DELIVERIES = 1_000_000
"""How often one can look at a dead letter. Some versions of RabbitMQ drop it soon if not told."""

REPLY_TO = "amq.rabbitmq.reply-to"
"""The broker's own name for answers to whoever asks on the same channel."""


AnyChannel = Channel | BlockingChannel


@dataclass(frozen=True, slots=True)
class Topology:
    """All names, which begin with `prefix`."""

    prefix: str

    @property
    def commands(self) -> str:
        """The direct exchange of commands; routing keys are the agents' ids."""
        return f"{self.prefix}.commands"

    @property
    def uplink(self) -> str:
        """The direct exchange of what agents say; routing keys are `reports` and `hellos`."""
        return f"{self.prefix}.uplink"

    @property
    def reports(self) -> str:
        """The queue of reports, which one server at a time gets."""
        return f"{self.prefix}.reports"

    @property
    def hellos(self) -> str:
        """The routing key of hellos. Versions before this one have a classic queue of the same
        name, which is lost with its node."""
        return f"{self.prefix}.hellos"

    @property
    def greetings(self) -> str:
        """The queue of hellos, each of which goes to any server."""
        return f"{self.prefix}.greetings"

    @property
    def dead(self) -> str:
        """The fanout exchange, and the queue, of dead letters."""
        return f"{self.prefix}.dead"

    @property
    def doorbell(self) -> str:
        """The fanout exchange of rings."""
        return f"{self.prefix}.doorbell"

    def agent_queue(self, agent_id: str) -> str:
        """The queue of an agent's commands."""
        return f"{self.prefix}.agent.{agent_id}"

    def declare(self, channel: AnyChannel) -> None:
        """What all have in common."""
        for exchange, kind in (
            (self.commands, "direct"),
            (self.uplink, "direct"),
            (self.dead, "fanout"),
        ):
            channel.exchange_declare(exchange, exchange_type=kind, durable=True)
        dead = {
            "x-queue-type": "quorum",
            "x-max-length": _MOST_DEAD,
            "x-delivery-limit": _DEAD_DELIVERIES,
        }
        channel.queue_declare(self.dead, durable=True, arguments=dead)
        channel.queue_bind(self.dead, self.dead)
        reports = self._quorum(REPORT_DELIVERIES) | {"x-single-active-consumer": True}
        channel.queue_declare(self.reports, durable=True, arguments=reports)
        channel.queue_bind(self.reports, self.uplink, routing_key=self.reports)
        channel.queue_declare(self.greetings, durable=True, arguments={"x-queue-type": "quorum"})
        channel.queue_bind(self.greetings, self.uplink, routing_key=self.hellos)

    def declare_agent(self, channel: AnyChannel, agent_id: str) -> None:
        """An agent's own queue."""
        queue = self.agent_queue(agent_id)
        arguments = self._quorum(COMMAND_DELIVERIES) | {"x-expires": _UNUSED_SECONDS * 1000}
        channel.queue_declare(queue, durable=True, arguments=arguments)
        channel.queue_bind(queue, self.commands, routing_key=agent_id)

    def declare_doorbell(self, channel: AnyChannel) -> None:
        """What the doorbell needs."""
        channel.exchange_declare(self.doorbell, exchange_type="fanout", durable=True)

    def _quorum(self, deliveries: int) -> dict[str, object]:
        return {
            "x-queue-type": "quorum",
            "x-delivery-limit": deliveries,
            "x-dead-letter-exchange": self.dead,
        }
