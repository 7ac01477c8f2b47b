"""A tenant's world: real use cases over the store and networks in memory."""

from dataclasses import dataclass, field

from adapters.network.memory import MemoryWirer
from adapters.persistence.memory import MemoryStore
from adapters.system import CountingIds, ManualClock, ThreadDoorbell
from core.domain.loadbalancer.model import Method, MonitorType, Protocol
from core.domain.network import Subnet, default_pools
from core.domain.service import Cause, Service, ServiceKind
from core.domain.service_type import ServiceType
from core.usecases.caller import Caller
from core.usecases.loadbalancing.health_monitors import HealthMonitors
from core.usecases.loadbalancing.kind import LoadBalancerKind
from core.usecases.loadbalancing.members import Members
from core.usecases.loadbalancing.pools import Pools
from core.usecases.loadbalancing.types import (
    CreateHealthMonitor,
    CreateMember,
    CreatePool,
    CreateVip,
    HealthMonitorView,
    MemberView,
    PoolView,
    VipView,
)
from core.usecases.loadbalancing.vips import Vips

ALICE = Caller("alice", is_admin=False)
BOB = Caller("bob", is_admin=False)
ADMIN = Caller("ops", is_admin=True)

CIDRS = {"front": "127.1.0.0/24", "back": "127.2.0.0/24", "bobs": "127.3.0.0/24"}


def subnet(identity: str, project_id: str) -> Subnet:
    cidr = CIDRS[identity]
    return Subnet(
        id=identity,
        project_id=project_id,
        network_id=f"net-{identity}",
        cidr=cidr,
        allocation_pools=default_pools(cidr, None),
    )


@dataclass
class World:
    store: MemoryStore = field(default_factory=MemoryStore)
    clock: ManualClock = field(default_factory=ManualClock)
    ids: CountingIds = field(default_factory=CountingIds)
    doorbell: ThreadDoorbell = field(default_factory=ThreadDoorbell)

    def __post_init__(self) -> None:
        self.wirer = MemoryWirer(self.clock, self.ids)
        self.wirer.add_subnet(subnet("front", "provider"), shared=True)
        self.wirer.add_subnet(subnet("back", "alice"))
        self.wirer.add_subnet(subnet("bobs", "bob"))
        with self.store.write() as work:
            work.service_types.add(
                ServiceType(id="t-gold", name="gold", drivers=("haproxy",), default=True)
            )
            work.service_types.add(ServiceType(id="t-low", name="low", drivers=("haproxy",)))
            work.service_types.add(
                ServiceType(
                    id="t-fw", name="wall", drivers=("fw",), kind=ServiceKind.FIREWALL, default=True
                )
            )
            work.commit()
        self.kind = LoadBalancerKind()
        self.use_wirer(self.wirer)

    def use_wirer(self, wirer) -> None:
        self.wirer = wirer
        common = {
            "store": self.store,
            "clock": self.clock,
            "ids": self.ids,
            "doorbell": self.doorbell,
        }
        self.vips = Vips(ipam=self.wirer, **common)
        self.pools = Pools(ipam=self.wirer, **common)
        self.members = Members(ipam=self.wirer, **common)
        self.monitors = HealthMonitors(**common)

    def pool(self, caller: Caller = ALICE, **changes: object) -> PoolView:
        wanted = {"subnet_id": "front", "protocol": Protocol.HTTP, "lb_method": Method.ROUND_ROBIN}
        return self.pools.create(caller, [CreatePool(**wanted | changes)])[0]

    def vip(self, caller: Caller = ALICE, **changes: object) -> VipView:
        wanted = {"subnet_id": "front", "protocol": Protocol.HTTP, "protocol_port": 80}
        if "pool_id" not in changes:
            subnet_id = changes.get("subnet_id", "front")
            wanted["pool_id"] = self.pool(caller, subnet_id=subnet_id).id
        return self.vips.create(caller, [CreateVip(**wanted | changes)])[0]

    def member(self, pool_id: str, caller: Caller = ALICE, **changes: object) -> MemberView:
        wanted = {"pool_id": pool_id, "address": "127.2.0.10", "protocol_port": 8080}
        return self.members.create(caller, [CreateMember(**wanted | changes)])[0]

    def monitor(self, caller: Caller = ALICE, **changes: object) -> HealthMonitorView:
        wanted = {"type": MonitorType.HTTP, "delay": 5, "timeout": 3, "max_retries": 2}
        return self.monitors.create(caller, [CreateHealthMonitor(**wanted | changes)])[0]

    def service(self, service_id: str) -> Service | None:
        with self.store.read() as work:
            return work.services.get(service_id)

    def deploy(self, service_id: str) -> Service:
        """The device confirms what is wanted."""
        with self.store.write() as work:
            service = work.services.get(service_id)
            service = service.deployed(service.desired_revision, self.clock.now())
            work.services.save(service)
            work.commit()
        return service

    def fail(self, service_id: str, why: str = "no device") -> None:
        """The last step fails."""
        with self.store.write() as work:
            service = work.services.get(service_id)
            work.services.save(service.failed(Cause.PLACEMENT, why, self.clock.now() + 60))
            work.commit()

    def observe(self, service_id: str, observation: dict) -> None:
        """A device measured something."""
        with self.store.write() as work:
            work.observations.put({service_id: observation})
            work.commit()

    def rang(self) -> bool:
        return self.doorbell.wait(0)
