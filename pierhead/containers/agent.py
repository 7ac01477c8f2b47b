"""The agent's side of a split deployment. It knows of no database."""

from dependency_injector import containers, providers

from adapters.messaging.amqp import AmqpAgentBus, BusAddress
from adapters.messaging.sealing import UNSEALED, CommandSeal
from adapters.system import SystemClock, UuidSource
from core.usecases.agent.identity import AgentIdentity
from pierhead.containers.agency import Agency
from pierhead.drivers import DriverPlugin, open_drivers
from pierhead.settings import Settings
from pierhead.state_dir import StateDir


class AgentRole(containers.DeclarativeContainer):
    """`pierhead agent`."""

    settings: providers.Dependency[Settings] = providers.Dependency()
    identity: providers.Dependency[AgentIdentity] = providers.Dependency()
    plugins: providers.Dependency[dict[str, DriverPlugin]] = providers.Dependency()
    state: providers.Dependency[StateDir] = providers.Dependency()
    address: providers.Dependency[BusAddress] = providers.Dependency()
    seal: providers.Dependency[CommandSeal] = providers.Dependency(default=UNSEALED)

    bus = providers.Singleton(AmqpAgentBus, address, identity.provided.id, seal)
    agency = providers.Container(
        Agency,
        identity=identity,
        drivers=providers.Singleton(open_drivers, plugins, state),
        bus=bus,
        clock=providers.Singleton(SystemClock),
        ids=providers.Singleton(UuidSource),
        observe_seconds=settings.provided.observe_seconds,
        threads=settings.provided.agent_threads,
    )
    runtime = agency.runtime
