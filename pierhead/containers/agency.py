"""The agent, assembled from whatever adapters are given. It needs no store."""

from dependency_injector import containers, providers

from core.ports.agent_bus import AgentBus
from core.ports.clock import Clock
from core.ports.device_driver import DeviceDriver
from core.ports.id_source import IdSource
from core.usecases.agent.agent import Agent
from core.usecases.agent.identity import AgentIdentity
from pierhead.runtime.agency import AgentRuntime


class Agency(containers.DeclarativeContainer):
    """Needs the agent's end of a bus and drivers; gives an agent and its threads."""

    identity: providers.Dependency[AgentIdentity] = providers.Dependency()
    drivers: providers.Dependency[dict[str, DeviceDriver]] = providers.Dependency()
    bus: providers.Dependency[AgentBus] = providers.Dependency()
    clock: providers.Dependency[Clock] = providers.Dependency()
    ids: providers.Dependency[IdSource] = providers.Dependency()
    observe_seconds: providers.Dependency[float] = providers.Dependency()
    threads: providers.Dependency[int] = providers.Dependency()

    agent = providers.Singleton(
        Agent,
        identity=identity,
        drivers=drivers,
        bus=bus,
        clock=clock,
        ids=ids,
        observe_seconds=observe_seconds,
    )
    runtime = providers.Singleton(
        AgentRuntime,
        agent=agent,
        bus=bus,
        heartbeat=identity.provided.heartbeat,
        threads=threads,
    )
