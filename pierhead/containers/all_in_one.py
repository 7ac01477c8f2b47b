"""The all-in-one deployment: one process, SQLite, any wiring, real devices."""

import socket
from collections.abc import Sequence

from dependency_injector import containers, providers

from adapters.http.schema_validator import JsonSchemaValidator
from adapters.messaging import InProcessBus
from adapters.persistence.sql import open_sql_store
from adapters.secrets import FernetSecretStore
from adapters.system import SystemClock, ThreadDoorbell, UuidSource
from core.usecases.agent.identity import AgentIdentity
from pierhead.containers.agency import Agency
from pierhead.containers.core import Core
from pierhead.containers.web import web_app
from pierhead.containers.wiring import choose_wiring
from pierhead.drivers import DriverPlugin, advisors_of, open_drivers, provisioners_of
from pierhead.runtime.whole import Runtime
from pierhead.settings import Settings
from pierhead.state_dir import StateDir
from pierhead.version import VERSION

_AGENT = "local"


def host_names(settings: Settings) -> frozenset[str] | None:
    """On loopback a browser can be tricked into calling us by another site's name; elsewhere
    the operator's names for us are not known."""
    return frozenset({settings.host}) if settings.listens_on_loopback else None


def _host(settings: Settings) -> str:
    return settings.agent_host or socket.gethostname()


class AllInOne(containers.DeclarativeContainer):
    """`pierhead serve`."""

    settings: providers.Dependency[Settings] = providers.Dependency()
    state: providers.Dependency[StateDir] = providers.Dependency()
    plugins: providers.Dependency[dict[str, DriverPlugin]] = providers.Dependency()
    own: providers.Dependency[Sequence[tuple[str, int]]] = providers.Dependency()
    """The addresses and ports where the API is served."""

    clock = providers.Singleton(SystemClock)
    ids = providers.Singleton(UuidSource)
    doorbell = providers.Singleton(ThreadDoorbell)
    bus = providers.Singleton(InProcessBus)
    store = providers.Singleton(open_sql_store, state.provided.database_url)

    wiring = providers.Singleton(choose_wiring, settings, store, clock, ids, own)

    core = providers.Container(
        Core,
        store=store,
        bus=bus,
        ipam=wiring.provided.ipam,
        wirer=wiring.provided.wirer,
        subnet_policy=wiring.provided.subnet_policy,
        secrets=providers.Singleton(FernetSecretStore, state.provided.key_file),
        validator=providers.Singleton(JsonSchemaValidator),
        clock=clock,
        ids=ids,
        doorbell=doorbell,
        max_private_devices=settings.provided.max_private_devices,
        advisor_seconds=settings.provided.advisor_seconds,
        decision_days=settings.provided.decision_days,
        wiring_audit_seconds=settings.provided.wiring_audit_seconds,
        advisors=providers.Singleton(advisors_of, plugins),
        provisioners=providers.Singleton(provisioners_of, plugins),
        dead_letters=bus,
    )
    agency = providers.Container(
        Agency,
        identity=providers.Singleton(
            AgentIdentity,
            id=_AGENT,
            host=providers.Callable(_host, settings),
            version=VERSION,
            heartbeat=settings.provided.heartbeat_seconds,
        ),
        drivers=providers.Singleton(open_drivers, plugins, state),
        bus=bus.provided.agent.call(_AGENT),
        clock=clock,
        ids=ids,
        observe_seconds=settings.provided.observe_seconds,
        threads=settings.provided.agent_threads,
    )
    app = web_app(
        core, providers.Callable(host_names, settings), catalogue=wiring.provided.catalogue
    )
    runtime = providers.Singleton(Runtime, core.runtime, agency.runtime)
