"""The use cases, the conductor and the agent, assembled from whatever adapters are given."""

from dependency_injector import containers, providers

from core.domain.placement.scores import ADVICE, SCORES
from core.domain.service import ServiceKind
from core.ports.agent_bus import AgentBus
from core.ports.clock import Clock
from core.ports.device_driver import DeviceDriver
from core.ports.doorbell import Doorbell
from core.ports.id_source import IdSource
from core.ports.network_wirer import NetworkWirer
from core.ports.placement_advisor import PlacementAdvisor
from core.ports.schema_validator import SchemaValidator
from core.ports.secret_store import SecretStore
from core.ports.store import Store
from core.ports.subnet_policy import SubnetPolicy
from core.usecases.agent.agent import Agent
from core.usecases.agent.identity import AgentIdentity
from core.usecases.conductor.conductor import Conductor
from core.usecases.conductor.devices import DeviceSteps
from core.usecases.conductor.recovery import Recovery
from core.usecases.conductor.removal import ServiceRemoval
from core.usecases.conductor.reports import ReportIntake
from core.usecases.conductor.services import ServiceSteps
from core.usecases.fleet.agents import Agents
from core.usecases.fleet.bindings import Bindings
from core.usecases.fleet.decisions import Decisions
from core.usecases.fleet.devices import Devices
from core.usecases.fleet.drivers import Drivers
from core.usecases.fleet.first_start import FirstStart
from core.usecases.fleet.lbaas_agents import LbaasAgents
from core.usecases.fleet.service_types import ServiceTypes
from core.usecases.loadbalancing.addresses import ReleaseOrphanAddresses
from core.usecases.loadbalancing.health_monitors import HealthMonitors
from core.usecases.loadbalancing.kind import LoadBalancerKind
from core.usecases.loadbalancing.members import Members
from core.usecases.loadbalancing.pools import Pools
from core.usecases.loadbalancing.vips import Vips
from core.usecases.networks.networks import Networks
from core.usecases.networks.subnets import Subnets
from core.usecases.placement.scheduler import FleetScheduler


def _infos(advisors: dict[str, PlacementAdvisor]) -> dict[str, object]:
    return {name: advisor.info for name, advisor in advisors.items()}


class Core(containers.DeclarativeContainer):
    """Needs every port; gives everything that needs no adapter of its own."""

    store: providers.Dependency[Store] = providers.Dependency()
    bus: providers.Dependency[AgentBus] = providers.Dependency()
    wirer: providers.Dependency[NetworkWirer] = providers.Dependency()
    subnet_policy: providers.Dependency[SubnetPolicy] = providers.Dependency()
    secrets: providers.Dependency[SecretStore] = providers.Dependency()
    validator: providers.Dependency[SchemaValidator] = providers.Dependency()
    clock: providers.Dependency[Clock] = providers.Dependency()
    ids: providers.Dependency[IdSource] = providers.Dependency()
    doorbell: providers.Dependency[Doorbell] = providers.Dependency()
    advisors: providers.Dependency[dict[str, PlacementAdvisor]] = providers.Dependency()
    drivers: providers.Dependency[dict[str, DeviceDriver]] = providers.Dependency()
    identity: providers.Dependency[AgentIdentity] = providers.Dependency()
    observe_seconds: providers.Dependency[float] = providers.Dependency()
    max_private_devices: providers.Dependency[int] = providers.Dependency()

    infos = providers.Callable(_infos, advisors)
    kinds = providers.Dict({ServiceKind.LOADBALANCER: providers.Singleton(LoadBalancerKind)})

    vips = providers.Singleton(
        Vips, store=store, wirer=wirer, clock=clock, ids=ids, doorbell=doorbell
    )
    pools = providers.Singleton(
        Pools, store=store, wirer=wirer, clock=clock, ids=ids, doorbell=doorbell
    )
    members = providers.Singleton(
        Members, store=store, wirer=wirer, clock=clock, ids=ids, doorbell=doorbell
    )
    health_monitors = providers.Singleton(
        HealthMonitors, store=store, clock=clock, ids=ids, doorbell=doorbell
    )
    networks = providers.Singleton(Networks, store=store, ids=ids)
    subnets = providers.Singleton(Subnets, store=store, policy=subnet_policy, ids=ids)
    orphans = providers.Singleton(ReleaseOrphanAddresses, store=store, wirer=wirer, clock=clock)

    devices = providers.Singleton(
        Devices,
        store=store,
        drivers=infos,
        secrets=secrets,
        validator=validator,
        clock=clock,
        ids=ids,
        doorbell=doorbell,
        max_private=max_private_devices,
    )
    driver_catalogue = providers.Singleton(Drivers, infos)
    service_types = providers.Singleton(
        ServiceTypes,
        store=store,
        drivers=infos,
        scores=frozenset({*SCORES, ADVICE}),
        clock=clock,
        ids=ids,
        doorbell=doorbell,
    )
    bindings = providers.Singleton(Bindings, store)
    decisions = providers.Singleton(Decisions, store)
    agents = providers.Singleton(Agents, store, clock)
    lbaas_agents = providers.Singleton(LbaasAgents, store=store, agents=agents, pools=pools)
    first_start = providers.Singleton(FirstStart, store=store, drivers=infos, ids=ids)

    scheduler = providers.Singleton(FleetScheduler, advisors=advisors, clock=clock, ids=ids)
    removal = providers.Singleton(
        ServiceRemoval, store=store, wirer=wirer, kinds=kinds, clock=clock
    )
    conductor = providers.Singleton(
        Conductor,
        store=store,
        clock=clock,
        removal=removal,
        services=providers.Singleton(
            ServiceSteps,
            store=store,
            scheduler=scheduler,
            wirer=wirer,
            bus=bus,
            kinds=kinds,
            advisors=advisors,
            secrets=secrets,
            removal=removal,
            clock=clock,
        ),
        devices=providers.Singleton(
            DeviceSteps, store=store, bus=bus, secrets=secrets, clock=clock
        ),
        intake=providers.Singleton(
            ReportIntake,
            store=store,
            kinds=kinds,
            advisors=advisors,
            removal=removal,
            clock=clock,
        ),
        recovery=providers.Singleton(
            Recovery, store=store, bus=bus, kinds=kinds, secrets=secrets, clock=clock
        ),
    )
    agent = providers.Singleton(
        Agent,
        identity=identity,
        drivers=drivers,
        bus=bus,
        clock=clock,
        observe_seconds=observe_seconds,
    )
