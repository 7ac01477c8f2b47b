"""What roles share with others, from their settings."""

import socket
from pathlib import Path

from adapters.messaging.amqp import BusAddress
from adapters.messaging.sealing import UNSEALED, CommandSeal
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


def command_seal(settings: Settings) -> CommandSeal:
    """What conductors and agents seal commands with. Raises StartupError."""
    if not settings.bus_key_file:
        return UNSEALED
    # Imported here so that agents without a key start without it.
    from adapters.secrets import BadKeyFile, FernetSecretStore  # noqa: PLC0415

    try:
        return CommandSeal(FernetSecretStore(Path(settings.bus_key_file)))
    except (OSError, BadKeyFile) as error:
        raise StartupError(f"bus_key_file: {error}") from error


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
