"""What roles share with others, from their settings."""

import socket

from adapters.messaging.amqp import BusAddress
from core.usecases.agent.identity import AgentIdentity
from pierhead.errors import StartupError
from pierhead.settings import Settings
from pierhead.version import VERSION


def bus_address(settings: Settings) -> BusAddress:
    """Where the bus is. Raises StartupError."""
    try:
        return BusAddress(
            urls=settings.amqp_url,
            password=settings.amqp_password(),
            prefix=settings.amqp_prefix,
            ca_file=settings.amqp_ca_file or None,
        )
    except ValueError as error:
        raise StartupError(f"amqp_url: {error}") from error


def agent_identity(settings: Settings) -> AgentIdentity:
    """Who the agent is."""
    host = settings.agent_host or socket.gethostname()
    return AgentIdentity(
        id=settings.agent_id or host,
        host=host,
        version=VERSION,
        group=settings.agent_group,
        zones=settings.agent_zones,
        heartbeat=settings.heartbeat_seconds,
    )
