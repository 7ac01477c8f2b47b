"""A tenant with a client on one network, a member on another, and a VIP between them."""

from typing import Any

from adapters.network.linux import bridge_of
from tests.lab.haproxy.lan import Lan
from tests.lab.linux.daemon import Daemon
from tests.lab.netns import Namespace

FRONT, BACK = "10.0.0.0/24", "10.9.0.0/24"
VIP = "10.0.0.100"
PlacedLan = tuple[Lan, int | None]
"""A network, and its VLAN if it has no bridge of its own."""

CLIENT = 200
"""The number of the client's address: far from those that are given out first."""


class Tenant:
    """A project of its own. Every tenant has the same addresses, and a member at another one."""

    def __init__(
        self, name: str, member: int, daemon: Daemon, front: PlacedLan, back: PlacedLan
    ) -> None:
        self.name = name
        self.daemon = daemon
        self.headers = {"X-Project-Id": name, "X-Roles": "member"}
        self.subnets: list[Any] = []
        self.front, self.back = self._network(front), self._network(back)
        self.client: Namespace = self.front.machine(CLIENT)
        self.address = self.back.address(member)
        self.member: Namespace = self.back.member(member)
        self.pool: Any = None
        self.vip: Any = None

    def balance(self) -> None:
        """Make the VIP, and wait until it is ACTIVE."""
        front, back = self.subnets
        self.pool = self.make(
            "lb/pools", subnet_id=back["id"], protocol="HTTP", lb_method="ROUND_ROBIN"
        )
        self.add_member(self.address)
        self.vip = self.make(
            "lb/vips",
            subnet_id=front["id"],
            pool_id=self.pool["id"],
            protocol="HTTP",
            protocol_port=80,
            address=VIP,
        )
        self.daemon.await_status("lb/vips", self.vip["id"], "ACTIVE")

    def add_member(self, address: str) -> Any:
        return self.make("lb/members", pool_id=self.pool["id"], address=address, protocol_port=80)

    def ask(self) -> str:
        """Who answers the client at the VIP."""
        answer = self.client.get(f"http://{VIP}/")
        return answer.text.strip() if answer.status_code == 200 else str(answer.status_code)

    @property
    def is_served(self) -> bool:
        """Whether the client gets an answer, and from the tenant's own member."""
        return self.ask() == f"{self.address}:80"

    def leave(self) -> None:
        """Give everything up."""
        self.daemon.remove("lb/vips", self.vip["id"])
        self.daemon.remove("lb/pools", self.pool["id"])
        for subnet in self.subnets:
            self.daemon.remove("networks", subnet["network_id"])

    def make(self, path: str, **fields: Any) -> Any:
        return self.daemon.make(path, self.headers, **fields)

    def _network(self, placed: PlacedLan) -> Lan:
        lan, vlan = placed
        attributes = {} if vlan is None else {"provider:segmentation_id": vlan}
        network = self.daemon.make("networks", tenant_id=self.name, **attributes)
        subnet = self.make("subnets", network_id=network["id"], cidr=str(lan.network))
        self.subnets.append(subnet)
        if vlan is None:
            lan.bridge = bridge_of(network["id"])
        return lan
