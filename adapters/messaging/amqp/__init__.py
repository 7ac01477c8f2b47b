"""The bus between server and agents on RabbitMQ."""

from adapters.messaging.amqp.address import BusAddress
from adapters.messaging.amqp.agent_bus import AmqpAgentBus
from adapters.messaging.amqp.dead_letters import AmqpDeadLetters
from adapters.messaging.amqp.doorbell import AmqpDoorbell
from adapters.messaging.amqp.server_bus import AmqpServerBus

__all__ = ["AmqpAgentBus", "AmqpDeadLetters", "AmqpDoorbell", "AmqpServerBus", "BusAddress"]
