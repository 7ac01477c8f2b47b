"""The server's side of a split deployment: PostgreSQL or MariaDB, RabbitMQ, any wiring."""

from collections.abc import Sequence

from dependency_injector import containers, providers

from adapters.http.schema_validator import JsonSchemaValidator
from adapters.messaging.amqp import (
    AmqpDeadLetters,
    AmqpDoorbell,
    AmqpServerBus,
    BusAddress,
)
from adapters.messaging.sealing import UNSEALED, CommandSeal
from adapters.system import SystemClock, UuidSource
from core.ports.secret_store import SecretStore
from core.ports.store import Store
from pierhead.containers.all_in_one import host_names
from pierhead.containers.core import Core
from pierhead.containers.web import web_app
from pierhead.containers.wiring import choose_wiring
from pierhead.drivers import DriverPlugin, advisors_of, provisioners_of
from pierhead.neutron.beside import agent_notices
from pierhead.settings import Settings


class Server(containers.DeclarativeContainer):
    """`pierhead api` and `pierhead conductor`, of which each uses its part."""

    settings: providers.Dependency[Settings] = providers.Dependency()
    plugins: providers.Dependency[dict[str, DriverPlugin]] = providers.Dependency()
    store: providers.Dependency[Store] = providers.Dependency()
    secrets: providers.Dependency[SecretStore] = providers.Dependency()
    address: providers.Dependency[BusAddress] = providers.Dependency()
    seal: providers.Dependency[CommandSeal] = providers.Dependency(default=UNSEALED)
    conducts: providers.Dependency[bool] = providers.Dependency()
    """Whether rings are for this process; else it only rings."""
    own: providers.Dependency[Sequence[tuple[str, int]]] = providers.Dependency()
    """The addresses and ports where this process serves the API."""

    clock = providers.Singleton(SystemClock)
    ids = providers.Singleton(UuidSource)
    bus = providers.Singleton(AmqpServerBus, address, seal)
    doorbell = providers.Singleton(AmqpDoorbell, address, listen=conducts)

    wiring = providers.Singleton(choose_wiring, settings, store, clock, ids, own)

    core = providers.Container(
        Core,
        store=store,
        bus=bus,
        dead_letters=providers.Singleton(AmqpDeadLetters, address),
        ipam=wiring.provided.ipam,
        wirer=wiring.provided.wirer,
        subnet_policy=wiring.provided.subnet_policy,
        secrets=secrets,
        validator=providers.Singleton(JsonSchemaValidator),
        clock=clock,
        ids=ids,
        doorbell=doorbell,
        agent_notices=providers.Singleton(agent_notices, settings),
        max_private_devices=settings.provided.max_private_devices,
        advisor_seconds=settings.provided.advisor_seconds,
        decision_days=settings.provided.decision_days,
        wiring_audit_seconds=settings.provided.wiring_audit_seconds,
        advisors=providers.Singleton(advisors_of, plugins),
        provisioners=providers.Singleton(provisioners_of, plugins),
    )
    app = web_app(
        core, providers.Callable(host_names, settings), catalogue=wiring.provided.catalogue
    )
    runtime = core.runtime
