"""What roles are doing when they are killed."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from tests.split.kill.scene import DEVICES, Scene
from tests.split.kill.tenant import Json, Tenant
from tests.split.kill.truth import Fleet


@dataclass
class Balancer:
    """A VIP with a pool of two members and a health monitor, as its tenant wants it."""

    tenant: Tenant
    front: str
    back: str
    vip: Json = field(default_factory=dict)
    pool: Json = field(default_factory=dict)
    others: list[tuple[str, str]] = field(default_factory=list)
    """Paths and ids of what else there is, in the order in which it can be deleted."""
    members: set[str] = field(default_factory=set)
    """Addresses."""

    def create(self) -> None:
        """Make all of it."""
        self.pool = self.add_pool("web", self.back)
        self.members = {self.add_member(self.pool, host) for host in (10, 11)}
        monitor = self.tenant.create(
            "lb/health_monitors", type="TCP", delay=5, timeout=2, max_retries=3
        )
        self.others.append(("lb/health_monitors", monitor["id"]))
        self.tenant.associate(self.pool["id"], monitor["id"])
        self.vip = self.tenant.create(
            "lb/vips",
            name="web",
            subnet_id=self.front,
            protocol="HTTP",
            protocol_port=80,
            pool_id=self.pool["id"],
        )

    def add_pool(self, name: str, subnet: str) -> Json:
        """Make a pool without members."""
        pool = self.tenant.create(
            "lb/pools", name=name, subnet_id=subnet, protocol="HTTP", lb_method="ROUND_ROBIN"
        )
        self.others.insert(0, ("lb/pools", pool["id"]))
        return pool

    def add_member(self, pool: Json, host: int) -> str:
        """Make a member of a pool; its address."""
        address = f"127.99.0.{host}"
        self.tenant.create("lb/members", pool_id=pool["id"], address=address, protocol_port=80)
        return address

    def delete(self) -> None:
        """Delete all of it."""
        if self.vip:
            self.tenant.delete("lb/vips", self.vip["id"])
        for path, identity in self.others:
            self.tenant.delete(path, identity)

    def wrongs(self, scene: Scene) -> list[str]:
        """Where its device differs from what the tenant wants."""
        service_id = self.vip["id"]
        for name in DEVICES:
            kept = scene.truth.device(name).services.get(service_id)
            if kept is not None:
                pool = kept.spec.listeners[0].default_pool
                seen = {each.address for each in pool.members} if pool is not None else set()
                limit = kept.spec.listeners[0].connection_limit
                wanted = self.vip.get("connection_limit", -1)
                same = seen == self.members and (limit or -1) == wanted
                return [] if same else [f"{service_id} has {seen} and {limit}"]
        return [f"{service_id} is on no device"]


class Operation(ABC):
    """Something with many steps. Made for one time; all that it made goes with `clean`."""

    agents: tuple[str, ...] = ("agent-a",)
    devices: tuple[str, ...] = DEVICES[:1]

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.balancer = Balancer(scene.tenant(), scene.subnet("front"), scene.subnet("back"))

    def prepare(self) -> None:
        """Before steps count."""
        self.balancer.create()

    @abstractmethod
    def begin(self) -> None:
        """Have the roles take steps."""

    def is_done(self, fleet: Fleet) -> bool:
        """Whether what was begun has come to its end, which all being settled does not tell."""
        return True

    def wrongs(self) -> list[str]:
        """What is not as it was wanted, once all is settled."""
        return self.balancer.wrongs(self.scene)

    def clean(self) -> None:
        """Leave nothing."""
        self.balancer.delete()


class Create(Operation):
    """A VIP with its pool, members and monitor."""

    def prepare(self) -> None:
        pass

    def begin(self) -> None:
        self.balancer.create()

    def is_done(self, fleet: Fleet) -> bool:
        return len(fleet.services) == 1


class Update(Operation):
    """The pool gets a member; then the VIP gets another pool on a subnet that its device is not
    attached to yet, and lets go of the first, whose network goes with it."""

    def prepare(self) -> None:
        super().prepare()
        self._second = self.balancer.add_pool("other", self.scene.subnet("second"))
        self._added = self.balancer.add_member(self._second, 20)

    def begin(self) -> None:
        balancer = self.balancer
        balancer.add_member(balancer.pool, 12)
        changes = {"pool_id": self._second["id"], "connection_limit": 77}
        balancer.tenant.change("lb/vips", balancer.vip["id"], **changes)
        balancer.vip["connection_limit"] = 77
        balancer.members = {self._added}

    def wrongs(self) -> list[str]:
        [usage] = (each for each in self.scene.truth.usage().values() if each.networks)
        attached = {each.network_id for each in usage.networks}
        wanted = {self.scene.network("front"), self.scene.network("second")}
        wrong = [] if attached == wanted else [f"attached to {attached}, not {wanted}"]
        return [*super().wrongs(), *wrong]


class Delete(Operation):
    """All of it goes."""

    def begin(self) -> None:
        self.balancer.delete()

    def is_done(self, fleet: Fleet) -> bool:
        return not fleet.services

    def wrongs(self) -> list[str]:
        return self.scene.truth.leftovers()

    def clean(self) -> None:
        pass


class Move(Operation):
    """The device goes from one agent to another, while its VIP changes."""

    agents = ("agent-a", "agent-b")
    _from = ""

    def prepare(self) -> None:
        self.scene.site.armed.set(armed=False)
        super().prepare()

    def begin(self) -> None:
        self._leave()
        balancer = self.balancer
        balancer.tenant.change("lb/vips", balancer.vip["id"], connection_limit=55)
        balancer.vip["connection_limit"] = 55

    @abstractmethod
    def _leave(self) -> None:
        """Have the device move."""


class Stopped(Move):
    """Its agent is stopped by the operator."""

    def prepare(self) -> None:
        _hold(self.scene, "agent-a", "agent-b")
        super().prepare()

    def _leave(self) -> None:
        self.scene.stop("agent-a")

    def is_done(self, fleet: Fleet) -> bool:
        return {each.agent_id for each in fleet.devices} == {self.scene.agent_id("agent-b")}


class Lost(Stopped):
    """Its agent dies and stays away."""

    def _leave(self) -> None:
        self.scene.forget("agent-a")


class Spread(Move):
    """An agent joins one that holds two devices, and gets one of them."""

    devices = DEVICES

    def prepare(self) -> None:
        _hold(self.scene, "agent-a", None)
        super().prepare()

    def _leave(self) -> None:
        self.scene.start("agent-b")

    def is_done(self, fleet: Fleet) -> bool:
        return len({each.agent_id for each in fleet.devices}) == len(fleet.devices)


def _hold(scene: Scene, holder: str, other: str | None) -> None:
    """Have one agent hold all devices, and another one be there or not."""
    for label in ("agent-a", "agent-b"):
        if label != holder and scene.has(label):
            scene.forget(label)
    if not scene.has(holder):
        scene.start(holder)
    wanted = {scene.agent_id(holder)}
    scene.settled(lambda fleet: {each.agent_id for each in fleet.devices} == wanted)
    if other is not None:
        scene.start(other)
