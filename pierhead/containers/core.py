"""The use cases and the conductor, assembled from whatever adapters are given."""

import threading
from collections.abc import Mapping

from dependency_injector import containers, providers

from adapters.advisors import BoundedAdvisor
from adapters.system import NoAgentNotices
from core.domain.placement.scores import SCORES
from core.domain.service import ServiceKind
from core.ports.agent_notices import AgentNotices
from core.ports.clock import Clock
from core.ports.dead_letters import DeadLetters
from core.ports.device_provisioner import DeviceProvisioner
from core.ports.doorbell import Doorbell
from core.ports.id_source import IdSource
from core.ports.ipam import Ipam
from core.ports.network_wirer import NetworkWirer
from core.ports.placement_advisor import PlacementAdvisor
from core.ports.schema_validator import SchemaValidator
from core.ports.secret_store import SecretStore
from core.ports.server_bus import ServerBus
from core.ports.store import Store
from core.ports.subnet_policy import SubnetPolicy
from core.usecases.conductor.agents import AgentCare
from core.usecases.conductor.conductor import Conductor
from core.usecases.conductor.devices import DeviceSteps
from core.usecases.conductor.elastic import ElasticPools
from core.usecases.conductor.placing import Placing
from core.usecases.conductor.provisioning import Provisioning
from core.usecases.conductor.recovery import Recovery
from core.usecases.conductor.removal import ServiceRemoval
from core.usecases.conductor.reports import ReportIntake
from core.usecases.conductor.services import ServiceSteps
from core.usecases.conductor.wiring import Wiring
from core.usecases.conductor.wiring_audit import WiringAudit
from core.usecases.fleet.agents import Agents
from core.usecases.fleet.attachments import Attachments
from core.usecases.fleet.bindings import Bindings
from core.usecases.fleet.decisions import Decisions
from core.usecases.fleet.device_pools import DevicePools
from core.usecases.fleet.devices import Devices
from core.usecases.fleet.drivers import Drivers
from core.usecases.fleet.first_start import FirstStart
from core.usecases.fleet.lbaas_agents import LbaasAgents
from core.usecases.fleet.retention import ForgetOldDecisions
from core.usecases.fleet.service_types import ServiceTypes
from core.usecases.loadbalancing.addresses import ReleaseOrphanAddresses
from core.usecases.loadbalancing.health_monitors import HealthMonitors
from core.usecases.loadbalancing.kind import LoadBalancerKind
from core.usecases.loadbalancing.members import Members
from core.usecases.loadbalancing.pools import Pools
from core.usecases.loadbalancing.vips import Vips
from core.usecases.networks.networks import Networks
from core.usecases.networks.subnets import Subnets
from core.usecases.placement.capacity import Capacity
from core.usecases.placement.examining import Examiner
from core.usecases.placement.scheduler import FleetScheduler
from core.usecases.placement.view import FleetView
from core.usecases.placement.what_if import WhatIf
from pierhead.runtime.conducting import ConductorRuntime


def _infos(advisors: Mapping[str, PlacementAdvisor]) -> dict[str, object]:
    return {name: advisor.info for name, advisor in advisors.items()}


def _bounded(
    advisors: Mapping[str, PlacementAdvisor], clock: Clock, seconds: float
) -> dict[str, BoundedAdvisor]:
    return {name: BoundedAdvisor(each, clock, seconds) for name, each in advisors.items()}


class Core(containers.DeclarativeContainer):
    """Needs every port; gives everything that is the same in every deployment."""

    store: providers.Dependency[Store] = providers.Dependency()
    bus: providers.Dependency[ServerBus] = providers.Dependency()
    dead_letters: providers.Dependency[DeadLetters] = providers.Dependency()
    ipam: providers.Dependency[Ipam] = providers.Dependency()
    wirer: providers.Dependency[NetworkWirer] = providers.Dependency()
    subnet_policy: providers.Dependency[SubnetPolicy] = providers.Dependency()
    secrets: providers.Dependency[SecretStore] = providers.Dependency()
    validator: providers.Dependency[SchemaValidator] = providers.Dependency()
    clock: providers.Dependency[Clock] = providers.Dependency()
    ids: providers.Dependency[IdSource] = providers.Dependency()
    doorbell: providers.Dependency[Doorbell] = providers.Dependency()
    advisors: providers.Dependency[dict[str, PlacementAdvisor]] = providers.Dependency()
    provisioners: providers.Dependency[dict[str, DeviceProvisioner]] = providers.Dependency()
    agent_notices: providers.Dependency[AgentNotices] = providers.Dependency(
        default=providers.Singleton(NoAgentNotices)
    )
    max_private_devices: providers.Dependency[int] = providers.Dependency()
    advisor_seconds: providers.Dependency[float] = providers.Dependency()
    decision_days: providers.Dependency[float] = providers.Dependency()
    wiring_audit_seconds: providers.Dependency[float] = providers.Dependency()

    infos = providers.Callable(_infos, advisors)
    bounded = providers.Singleton(_bounded, advisors, clock, advisor_seconds)
    view = providers.Singleton(FleetView, infos, providers.Factory(threading.Lock))
    kinds = providers.Dict({ServiceKind.LOADBALANCER: providers.Singleton(LoadBalancerKind)})

    vips = providers.Singleton(
        Vips, store=store, ipam=ipam, clock=clock, ids=ids, doorbell=doorbell
    )
    pools = providers.Singleton(
        Pools, store=store, ipam=ipam, clock=clock, ids=ids, doorbell=doorbell
    )
    members = providers.Singleton(
        Members, store=store, ipam=ipam, clock=clock, ids=ids, doorbell=doorbell
    )
    health_monitors = providers.Singleton(
        HealthMonitors, store=store, clock=clock, ids=ids, doorbell=doorbell
    )
    networks = providers.Singleton(Networks, store=store, ids=ids)
    subnets = providers.Singleton(Subnets, store=store, policy=subnet_policy, ids=ids)
    orphans = providers.Singleton(ReleaseOrphanAddresses, store=store, ipam=ipam, clock=clock)

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
    device_pools = providers.Singleton(
        DevicePools,
        store=store,
        drivers=infos,
        provisioners=provisioners,
        secrets=secrets,
        validator=validator,
        clock=clock,
        ids=ids,
        doorbell=doorbell,
    )
    driver_catalogue = providers.Singleton(Drivers, infos, bounded)
    service_types = providers.Singleton(
        ServiceTypes,
        store=store,
        drivers=infos,
        scores=SCORES,
        clock=clock,
        ids=ids,
        doorbell=doorbell,
    )
    bindings = providers.Singleton(Bindings, store)
    attachments = providers.Singleton(Attachments, store=store, wirer=wirer, clock=clock)
    examiner = providers.Singleton(
        Examiner, store=store, view=view, kinds=kinds, advisors=bounded, clock=clock
    )
    decisions = providers.Singleton(Decisions, store, examiner)
    what_if = providers.Singleton(
        WhatIf,
        store=store,
        ipam=ipam,
        view=view,
        drivers=infos,
        advisors=bounded,
        clock=clock,
    )
    capacity = providers.Singleton(Capacity, store=store, view=view, clock=clock)
    forget_decisions = providers.Singleton(
        ForgetOldDecisions, store=store, clock=clock, days=decision_days
    )
    agents = providers.Singleton(Agents, store, clock)
    lbaas_agents = providers.Singleton(LbaasAgents, store=store, agents=agents, pools=pools)
    first_start = providers.Singleton(FirstStart, store=store, drivers=infos, ids=ids)

    scheduler = providers.Singleton(
        FleetScheduler, view=view, advisors=bounded, clock=clock, ids=ids
    )
    elastic = providers.Singleton(
        ElasticPools,
        store=store,
        drivers=infos,
        provisioners=provisioners,
        clock=clock,
        ids=ids,
    )
    provisioning = providers.Singleton(
        Provisioning,
        store=store,
        drivers=infos,
        provisioners=provisioners,
        secrets=secrets,
        bus=bus,
        clock=clock,
        doorbell=doorbell,
    )
    wiring = providers.Singleton(Wiring, store=store, wirer=wirer, clock=clock, doorbell=doorbell)
    wiring_audit = providers.Singleton(
        WiringAudit, store=store, wirer=wirer, ipam=ipam, clock=clock, doorbell=doorbell
    )
    removal = providers.Singleton(
        ServiceRemoval, store=store, ipam=ipam, wiring=wiring, kinds=kinds, clock=clock
    )
    conductor = providers.Singleton(
        Conductor,
        store=store,
        clock=clock,
        wiring=wiring,
        agents=providers.Singleton(
            AgentCare, store=store, bus=bus, notices=agent_notices, clock=clock
        ),
        services=providers.Singleton(
            ServiceSteps,
            store=store,
            placing=providers.Singleton(Placing, scheduler, elastic),
            wiring=wiring,
            bus=bus,
            kinds=kinds,
            advisors=advisors,
            secrets=secrets,
            removal=removal,
            clock=clock,
        ),
        devices=providers.Singleton(
            DeviceSteps,
            store=store,
            bus=bus,
            kinds=kinds,
            provisioning=provisioning,
            wiring=wiring,
            secrets=secrets,
            clock=clock,
        ),
        elastic=elastic,
        intake=providers.Singleton(
            ReportIntake,
            store=store,
            kinds=kinds,
            advisors=advisors,
            removal=removal,
            wiring=wiring,
            clock=clock,
            doorbell=doorbell,
        ),
        recovery=providers.Singleton(Recovery, store=store, clock=clock),
    )
    runtime = providers.Singleton(
        ConductorRuntime,
        conductor=conductor,
        provisioning=provisioning,
        bus=bus,
        doorbell=doorbell,
        clock=clock,
        wiring=wiring,
        wiring_audit=wiring_audit,
        wiring_audit_seconds=wiring_audit_seconds,
        orphans=orphans,
        forget_decisions=forget_decisions,
    )
