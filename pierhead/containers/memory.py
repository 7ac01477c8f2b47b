"""The memory deployment: the whole system in one process, with nothing outside it.

For tests and trials: devices in memory carry no traffic, and everything is gone afterwards.
"""

from dependency_injector import containers, providers

from adapters.devices.memory import MemoryAdvisor, MemoryDriver, MemoryProvisioner
from adapters.http.schema_validator import JsonSchemaValidator
from adapters.messaging import InProcessBus
from adapters.network.loopback import LoopbackSubnetPolicy, LoopbackWirer
from adapters.persistence.memory import MemoryStore
from adapters.secrets import MemorySecretStore
from adapters.system import SystemClock, ThreadDoorbell, UuidSource
from core.usecases.agent.identity import AgentIdentity
from pierhead.containers.agency import Agency
from pierhead.containers.core import Core
from pierhead.containers.web import web_app
from pierhead.runtime.whole import Runtime
from pierhead.version import VERSION


class Memory(containers.DeclarativeContainer):
    """Drive it with `runtime().start()`, or by hand through `core.conductor` and
    `agency.agent`."""

    clock = providers.Singleton(SystemClock)
    ids = providers.Singleton(UuidSource)
    doorbell = providers.Singleton(ThreadDoorbell)
    bus = providers.Singleton(InProcessBus)
    store = providers.Singleton(MemoryStore)
    secrets = providers.Singleton(MemorySecretStore)
    device_driver = providers.Singleton(MemoryDriver)
    provisioner = providers.Singleton(MemoryProvisioner)
    wirer = providers.Singleton(LoopbackWirer, store, clock, ids)

    core = providers.Container(
        Core,
        store=store,
        bus=bus,
        ipam=wirer,
        wirer=wirer,
        subnet_policy=providers.Singleton(LoopbackSubnetPolicy),
        secrets=secrets,
        validator=providers.Singleton(JsonSchemaValidator),
        clock=clock,
        ids=ids,
        doorbell=doorbell,
        max_private_devices=10,
        advisor_seconds=0.2,
        decision_days=30.0,
        wiring_audit_seconds=60.0,
        advisors=providers.Dict(memory=providers.Singleton(MemoryAdvisor)),
        provisioners=providers.Dict(memory=provisioner),
        dead_letters=bus,
    )
    agency = providers.Container(
        Agency,
        identity=providers.Object(
            AgentIdentity(id="memory", host="localhost", version=VERSION, heartbeat=1.0)
        ),
        drivers=providers.Dict(memory=device_driver),
        bus=bus.provided.agent.call("memory"),
        clock=clock,
        ids=ids,
        observe_seconds=0.1,
        threads=2,
    )
    app = web_app(core)
    runtime = providers.Singleton(Runtime, core.runtime, agency.runtime)
