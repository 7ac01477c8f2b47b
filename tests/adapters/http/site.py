"""The whole API on stores in memory, with helpers that make objects through it."""

import threading
from dataclasses import dataclass, field
from typing import Any

from falcon import testing

from adapters.http.app import App, build_app
from adapters.http.schema_validator import JsonSchemaValidator
from adapters.http.services import Services
from adapters.network.loopback import LoopbackSubnetPolicy, LoopbackWirer
from adapters.persistence.memory import MemoryStore
from adapters.secrets.memory import MemorySecretStore
from adapters.system.clock import ManualClock
from adapters.system.doorbell import ThreadDoorbell
from adapters.system.ids import CountingIds
from core.domain.device import Capabilities, DriverInfo
from core.domain.loadbalancer.model import Method, MonitorType, PersistenceType, Protocol
from core.domain.service import ServiceKind
from core.ports.dead_letters import BusFailure, DeadLetter
from core.usecases.fleet.agents import Agents
from core.usecases.fleet.attachments import Attachments
from core.usecases.fleet.backlog import Backlog
from core.usecases.fleet.bindings import Bindings
from core.usecases.fleet.dead_letters import DeadLetterBox
from core.usecases.fleet.decisions import Decisions
from core.usecases.fleet.device_pools import DevicePools
from core.usecases.fleet.devices import Devices
from core.usecases.fleet.drivers import Drivers
from core.usecases.fleet.lbaas_agents import LbaasAgents
from core.usecases.fleet.service_types import ServiceTypes
from core.usecases.loadbalancing.health_monitors import HealthMonitors
from core.usecases.loadbalancing.kind import LoadBalancerKind
from core.usecases.loadbalancing.members import Members
from core.usecases.loadbalancing.pools import Pools
from core.usecases.loadbalancing.vips import Vips
from core.usecases.networks.networks import Networks
from core.usecases.networks.subnets import Subnets
from core.usecases.placement.capacity import Capacity
from core.usecases.placement.examining import Examiner
from core.usecases.placement.view import FleetView
from core.usecases.placement.what_if import WhatIf

ACME = DriverInfo(
    name="acme",
    description="An appliance with a login.",
    kinds=frozenset({ServiceKind.LOADBALANCER}),
    schema={
        "type": "object",
        "properties": {
            "host": {"type": "string", "format": "ip-address"},
            "port": {"type": "integer", "minimum": 1, "maximum": 65535},
            "binary": {"type": "string", "x-admin-only": True},
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
    capabilities=Capabilities(
        protocols=frozenset(Protocol),
        methods=frozenset(Method),
        monitors=frozenset(MonitorType),
        persistences=frozenset(PersistenceType),
    ),
    limits={"vips": 10, "vlans:eth0": 4},
    versions=("1.",),
    isolates_overlapping=False,
    data_interface="eth0",
    physical=True,
)
WALL = DriverInfo(
    name="wall",
    description="A firewall.",
    kinds=frozenset({ServiceKind.FIREWALL}),
    schema={"type": "object", "additionalProperties": False},
    capabilities=Capabilities(),
    limits={"vips": None},
    versions=(),
    isolates_overlapping=True,
    data_interface="eth0",
    physical=False,
)
DRIVERS = {driver.name: driver for driver in (ACME, WALL)}


class Letters:
    """A DeadLetters with the letters that a test puts in. `replayed` are the ids of those that
    were delivered again; `away` has it fail."""

    def __init__(self) -> None:
        self.kept: list[DeadLetter] = []
        self.replayed: list[str] = []
        self.away = False

    def put(self, identity: str, **more: Any) -> None:
        common = {"queue": "agent.one", "kind": "ApplyServices", "device_id": "d1"}
        common |= {"service_ids": ("s1",), "reason": "given up after 5 deliveries"}
        common |= {"deliveries": 5, "died_at": 1000.0, "size": 512}
        self.kept.append(DeadLetter(id=identity, **common | more))

    def find(self, limit: int) -> list[DeadLetter]:
        self._check()
        return self.kept[:limit]

    def replay(self, identity: str) -> bool:
        found = self.drop(identity)
        if found:
            self.replayed.append(identity)
        return found

    def drop(self, identity: str) -> bool:
        self._check()
        before = len(self.kept)
        self.kept = [letter for letter in self.kept if letter.id != identity]
        return len(self.kept) < before

    def _check(self) -> None:
        if self.away:
            raise BusFailure("connection refused")


@dataclass
class Site:
    """A façade with all that is behind it."""

    store: MemoryStore = field(default_factory=MemoryStore)
    clock: ManualClock = field(default_factory=ManualClock)
    ids: CountingIds = field(default_factory=CountingIds)
    doorbell: ThreadDoorbell = field(default_factory=ThreadDoorbell)
    secrets: MemorySecretStore = field(default_factory=MemorySecretStore)
    letters: Letters = field(default_factory=Letters)
    hosts: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        self.validator = JsonSchemaValidator()
        self.wirer = LoopbackWirer(self.store, self.clock, self.ids, [("127.0.0.1", 9797)])
        self.services = self._services()
        self.app: App = build_app(self.services, self.validator, version="1.2.3", hosts=self.hosts)
        self.client = testing.TestClient(self.app)

    def _services(self) -> Services:
        store, clock, ids, bell = self.store, self.clock, self.ids, self.doorbell
        parts = {"store": store, "clock": clock, "ids": ids, "doorbell": bell}
        pools, agents = Pools(**parts, ipam=self.wirer), Agents(store, clock)
        view = FleetView(DRIVERS, threading.Lock())
        asking = {"store": store, "view": view, "advisors": {}, "clock": clock}
        kinds = {ServiceKind.LOADBALANCER: LoadBalancerKind()}
        self.examiner = Examiner(**asking, kinds=kinds)
        return Services(
            vips=Vips(**parts, ipam=self.wirer),
            pools=pools,
            members=Members(**parts, ipam=self.wirer),
            health_monitors=HealthMonitors(**parts),
            networks=Networks(store=store, ids=ids),
            subnets=Subnets(store=store, ids=ids, policy=LoopbackSubnetPolicy()),
            drivers=Drivers(DRIVERS),
            devices=Devices(
                **parts,
                drivers=DRIVERS,
                secrets=self.secrets,
                validator=self.validator,
                max_private=2,
            ),
            device_pools=DevicePools(
                **parts,
                drivers=DRIVERS,
                provisioners={"acme"},
                secrets=self.secrets,
                validator=self.validator,
            ),
            service_types=ServiceTypes(**parts, drivers=DRIVERS, scores=("wired", "least_loaded")),
            bindings=Bindings(store),
            attachments=Attachments(store=store, wirer=self.wirer, clock=clock),
            decisions=Decisions(store, self.examiner),
            what_if=WhatIf(**asking, ipam=self.wirer, drivers=DRIVERS),
            capacity=Capacity(store=store, view=view, clock=clock),
            agents=agents,
            backlog=Backlog(store=store, agents=agents, clock=clock),
            dead_letters=DeadLetterBox(self.letters),
            lbaas_agents=LbaasAgents(store=store, agents=agents, pools=pools),
        )

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> testing.Result:
        """Any request."""
        json = {} if body is None else {"json": body}
        return self.client.simulate_request(method, path, **json, **more)

    def make(self, path: str, **attributes: Any) -> dict[str, Any]:
        """Create one object; `path` is below /v2.0 and the object's name follows from it."""
        name = path.rpartition("/")[2].removesuffix("s").replace("-", "_")
        result = self.ask("POST", f"/v2.0/{path}", {name: attributes})
        assert result.status_code == 201, result.text
        made: dict[str, Any] = result.json[name]
        return made

    def subnet(self) -> dict[str, Any]:
        """A network with a subnet of loopback addresses."""
        network = self.make("networks", name="web", shared=True)
        return self.make("subnets", network_id=network["id"], cidr="127.20.0.0/24")

    def service_type(self, **more: Any) -> dict[str, Any]:
        """The default service type."""
        return self.make(
            "fleet/service-types", **{"name": "gold", "drivers": ["acme"], "default": True, **more}
        )

    def pool(self, subnet_id: str, **more: Any) -> dict[str, Any]:
        """An HTTP pool."""
        wanted = {"subnet_id": subnet_id, "protocol": "HTTP", "lb_method": "ROUND_ROBIN", **more}
        return self.make("lb/pools", **wanted)

    def vip(self, **more: Any) -> dict[str, Any]:
        """An HTTP VIP with a new pool."""
        subnet_id = more.pop("subnet_id")
        pool_id = more.pop("pool_id", None) or self.pool(subnet_id)["id"]
        wanted = {"protocol": "HTTP", "protocol_port": 80, "pool_id": pool_id, **more}
        return self.make("lb/vips", subnet_id=subnet_id, **wanted)
