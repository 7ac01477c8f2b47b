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
from pierhead.containers.core import Core
from pierhead.containers.web import web_app
from pierhead.runtime import Runtime
from pierhead.version import VERSION


class Memory(containers.DeclarativeContainer):
    """Drive it with `runtime().start()`, or by hand through `core.conductor` and `core.agent`."""

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
        wirer=wirer,
        subnet_policy=providers.Singleton(LoopbackSubnetPolicy),
        secrets=secrets,
        validator=providers.Singleton(JsonSchemaValidator),
        clock=clock,
        ids=ids,
        doorbell=doorbell,
        observe_seconds=0.1,
        max_private_devices=10,
        advisor_seconds=0.2,
        decision_days=30.0,
        advisors=providers.Dict(memory=providers.Singleton(MemoryAdvisor)),
        drivers=providers.Dict(memory=device_driver),
        provisioners=providers.Dict(memory=provisioner),
        identity=providers.Object(AgentIdentity(id="memory", host="localhost", version=VERSION)),
    )
    app = web_app(core)
    runtime = providers.Singleton(
        Runtime,
        conductor=core.conductor,
        agent=core.agent,
        provisioning=core.provisioning,
        bus=bus,
        doorbell=doorbell,
        clock=clock,
        orphans=core.orphans,
        forget_decisions=core.forget_decisions,
        agent_threads=2,
    )
