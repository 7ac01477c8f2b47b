"""The fleet's use cases on a store in memory."""

import threading
from dataclasses import replace

from adapters.http.schema_validator import JsonSchemaValidator
from adapters.persistence.memory import MemoryStore
from adapters.secrets.memory import MemorySecretStore
from adapters.system.clock import ManualClock
from adapters.system.doorbell import ThreadDoorbell
from adapters.system.ids import CountingIds
from core.domain.binding import Binding, Claim, InsertionMode, NetworkNeed
from core.domain.device import Capabilities, DriverInfo
from core.domain.device_pool import DevicePool
from core.domain.lifecycle import Status
from core.domain.service import Cause, Service, ServiceKind
from core.usecases.caller import Caller
from core.usecases.fleet.agents import Agents
from core.usecases.fleet.bindings import Bindings
from core.usecases.fleet.decisions import Decisions
from core.usecases.fleet.devices import Devices
from core.usecases.fleet.drivers import Drivers
from core.usecases.fleet.service_types import CreateServiceType, ServiceTypes
from core.usecases.placement.examining import Examiner
from core.usecases.placement.view import FleetView

ADMIN = Caller("ops", is_admin=True)
ALICE = Caller("alice", is_admin=False)
BOB = Caller("bob", is_admin=False)


def driver(name: str, kind: ServiceKind, schema: dict[str, object]) -> DriverInfo:
    return DriverInfo(
        name=name,
        description=f"{name} devices",
        kinds=frozenset({kind}),
        schema=schema,
        capabilities=Capabilities(protocols=frozenset({"TCP", "HTTP"})),
        limits={"vips": 10, "vlans:eth0": 4, "sessions": 100},
        versions=(),
        isolates_overlapping=False,
        data_interface="eth0",
        physical=True,
    )


ACME = driver(
    "acme",
    ServiceKind.LOADBALANCER,
    {
        "type": "object",
        "properties": {
            "host": {"type": "string"},
            "binary": {"type": "string", "x-admin-only": True},
            "token": {"type": "string", "writeOnly": True},
            "login": {
                "type": "object",
                "properties": {
                    "user": {"type": "string"},
                    "password": {"type": "string", "minLength": 4, "writeOnly": True},
                },
                "required": ["user", "password"],
                "additionalProperties": False,
            },
        },
        "additionalProperties": False,
    },
)
WALL = driver("wall", ServiceKind.FIREWALL, {"type": "object", "additionalProperties": False})


class Shop:
    """All parts, and helpers that put the store into a state."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.clock = ManualClock(1000.0)
        self.doorbell = ThreadDoorbell()
        self.secrets = MemorySecretStore()
        self.drivers = {"acme": ACME, "wall": WALL}
        ids = CountingIds()
        parts = {"store": self.store, "clock": self.clock, "ids": ids, "doorbell": self.doorbell}
        self.devices = Devices(
            **parts,
            drivers=self.drivers,
            secrets=self.secrets,
            validator=JsonSchemaValidator(),
            max_private=3,
        )
        self.service_types = ServiceTypes(
            **parts, drivers=self.drivers, scores=("wired", "least_loaded")
        )
        self.driver_list = Drivers(self.drivers)
        self.bindings = Bindings(self.store)
        view = FleetView(self.drivers, threading.Lock())
        examiner = Examiner(store=self.store, view=view, kinds={}, advisors={}, clock=self.clock)
        self.decisions = Decisions(self.store, examiner)
        self.agents = Agents(self.store, self.clock)

    def device_pool(self, name: str, **more) -> None:
        """A device pool of the driver acme, as an operator would have made it."""
        pool = DevicePool(**{"id": f"pool-{name}", "name": name, "driver": "acme", **more})
        with self.store.write() as work:
            work.device_pools.add(pool)
            work.commit()

    def change_device(self, identity: str, **fields) -> None:
        """Change what its owner cannot."""
        with self.store.write() as work:
            work.devices.save(replace(work.devices.get(identity), **fields))
            work.commit()

    def rang(self) -> bool:
        return self.doorbell.wait(0)

    def stored_device(self, identity: str):
        with self.store.read() as work:
            return work.devices.get(identity)

    def service_type(self, name: str = "gold") -> str:
        made = self.service_types.create(ADMIN, [CreateServiceType(name=name, drivers=("acme",))])
        return made[0].id

    def waiting_service(self, service_type_id: str, project: str = "alice") -> str:
        """A service that failed because no device fits."""
        service = Service(
            id=f"waiting-{project}",
            kind=ServiceKind.LOADBALANCER,
            project_id=project,
            service_type_id=service_type_id,
            status=Status.ERROR,
            cause=Cause.PLACEMENT,
            due_at=9999.0,
        )
        with self.store.write() as work:
            work.services.add(service)
            work.commit()
        return service.id

    def due_at(self, service_id: str) -> float | None:
        with self.store.read() as work:
            return work.services.get(service_id).due_at

    def bind(self, service_id: str, device_id: str) -> Binding:
        with self.store.read() as work:
            project = work.services.get(service_id).project_id
        binding = Binding(
            service_id=service_id,
            project_id=project,
            device_id=device_id,
            driver="acme",
            mode=InsertionMode.ONE_ARM,
            vip_address="10.0.0.5",
            networks=(NetworkNeed(network_id="net-1", cidr="10.0.0.0/24"),),
            claims={"vips": 1},
            decision_id="decision-1",
        )
        with self.store.write() as work:
            assert work.bindings.claim([Claim(binding=binding, interface="eth0")]) == [None]
            work.commit()
        return binding
