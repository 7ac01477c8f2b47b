"""The server's side inside Neutron: its database, its networks, our own bus."""

from dependency_injector import containers, providers

from adapters.http.endpoints import endpoints
from adapters.http.repetition import Repetition
from adapters.http.schema_validator import JsonSchemaValidator
from adapters.messaging.amqp import (
    AmqpDeadLetters,
    AmqpDoorbell,
    AmqpServerBus,
    BusAddress,
)
from adapters.messaging.sealing import UNSEALED, CommandSeal
from adapters.network.memory import AnySubnet
from adapters.network.neutron import NeutronIpam, NeutronWirer
from adapters.network.neutron.in_process import InProcessCalls
from adapters.quantum.agent_notices import NeutronAgentNotices
from adapters.quantum.agent_reports import AgentReports
from adapters.system import SystemClock, UuidSource
from core.ports.secret_store import SecretStore
from core.ports.store import Store
from pierhead.containers.core import Core
from pierhead.containers.web import services_of, web_app
from pierhead.drivers import DriverPlugin, advisors_of, provisioners_of
from pierhead.neutron.resources import PoolParts, resources_of
from pierhead.neutron.soon import Soon
from pierhead.settings import Settings


class Embedded(containers.DeclarativeContainer):
    """What the service plugin has in each of Neutron's processes."""

    settings: providers.Dependency[Settings] = providers.Dependency()
    plugins: providers.Dependency[dict[str, DriverPlugin]] = providers.Dependency()
    store: providers.Dependency[Store] = providers.Dependency()
    secrets: providers.Dependency[SecretStore] = providers.Dependency()
    address: providers.Dependency[BusAddress] = providers.Dependency()
    seal: providers.Dependency[CommandSeal] = providers.Dependency(default=UNSEALED)
    conducts: providers.Dependency[bool] = providers.Dependency()
    """Whether rings are for this process; else it only rings."""

    validator = providers.Singleton(JsonSchemaValidator)
    bus = providers.Singleton(AmqpServerBus, address, seal)
    doorbell = providers.Singleton(AmqpDoorbell, address, listen=conducts)
    calls = providers.Singleton(InProcessCalls, settings.provided.neutron_project)

    core = providers.Container(
        Core,
        store=store,
        bus=bus,
        dead_letters=providers.Singleton(AmqpDeadLetters, address),
        ipam=providers.Singleton(NeutronIpam, calls),
        wirer=providers.Singleton(NeutronWirer, calls, settings.provided.neutron_security_groups),
        subnet_policy=providers.Singleton(AnySubnet),
        secrets=secrets,
        validator=validator,
        clock=providers.Singleton(SystemClock),
        ids=providers.Singleton(UuidSource),
        doorbell=doorbell,
        agent_notices=providers.Singleton(
            NeutronAgentNotices, providers.Singleton(AgentReports).provided.send
        ),
        max_private_devices=settings.provided.max_private_devices,
        advisor_seconds=settings.provided.advisor_seconds,
        decision_days=settings.provided.decision_days,
        wiring_audit_seconds=settings.provided.wiring_audit_seconds,
        advisors=providers.Singleton(advisors_of, plugins),
        provisioners=providers.Singleton(provisioners_of, plugins),
    )
    services = services_of(core, catalogue=False)
    app = web_app(core, services=services)
    runtime = core.runtime
    audit_soon = providers.Singleton(Soon, "wiring-audit", core.wiring_audit.provided.run)
    repetition = providers.Singleton(Repetition)
    resources = providers.Singleton(
        resources_of, providers.Singleton(endpoints, services, validator), repetition
    )
    parts = providers.Singleton(
        PoolParts,
        pools=core.pools,
        agents=core.lbaas_agents,
        validator=validator,
        repetition=repetition,
    )
