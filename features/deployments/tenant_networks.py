"""Networks of tenants in a real Neutron, each with a machine that serves and one that asks.

They outlive scenarios, since to plug a machine takes seconds.
"""

from dataclasses import dataclass, field
from typing import Any

from features.deployments.base import Endpoint, Lent
from features.support.servers import MemberServer
from tests.lab.networks import Machine, TenantNetwork, call, make_network
from tests.lab.site import NeutronLab

FIRST_VIP, LAST_VIP = 100, 199
"""Hosts that Neutron gives out; members and clients have lower ones."""

_MEMBERS = range(10, 30)
_CLIENTS = range(30, 60)


@dataclass
class TenantPlace:
    """A network of a project with its two machines, one of which has every member's address and
    the other every client's."""

    project: str
    network: TenantNetwork
    members: Machine
    clients: Machine
    servers: dict[Endpoint, MemberServer] = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        """The first three octets of its addresses."""
        return self.network.cidr.rpartition(".")[0]

    @property
    def lent(self) -> Lent:
        """As a scenario gets it."""
        return Lent(
            network_id=self.network.network_id,
            subnet_id=self.network.subnet_id,
            prefix=self.prefix,
        )

    def sources(self, count: int) -> list[str]:
        """Addresses of the machine that asks."""
        return [f"{self.prefix}.{host}" for host in _CLIENTS[:count]]

    def set_alive(self, endpoint: Endpoint, *, alive: bool) -> None:
        """Let a member's server live, or not."""
        if alive:
            server = self.servers.setdefault(endpoint, MemberServer(endpoint))
            self.members.call(server.start)
        elif endpoint in self.servers:
            self.servers[endpoint].stop()

    def clear(self) -> None:
        """Have no servers."""
        for server in self.servers.values():
            server.stop()
        self.servers.clear()


class TenantNetworks:
    """Lends networks and takes them back."""

    def __init__(self, lab: NeutronLab) -> None:
        self._lab = lab
        self._free: list[TenantPlace] = []
        self._lent: list[TenantPlace] = []
        self._made = 0

    def lend(self, project: str) -> TenantPlace:
        """A network of the project's own, whose addresses no other one has."""
        for place in self._free:
            if place.project == project:
                self._free.remove(place)
                self._lent.append(place)
                return place
        self._made += 1
        place = self._make(project, f"10.{self._made // 250}.{self._made % 250}.0/24")
        self._lent.append(place)
        return place

    def lend_twin(self, project: str, network_id: str) -> TenantPlace:
        """A network of the project with the same addresses as another network. It is not kept."""
        twin = self._make(project, self.at(network_id).network.cidr)
        self._lent.append(twin)
        return twin

    def at(self, network_id: str) -> TenantPlace:
        """One of those that are lent."""
        return next(each for each in self._lent if each.network.network_id == network_id)

    def take_back(self) -> None:
        """Have them all again, without servers."""
        for place in self._lent:
            place.clear()
        self._free += self._lent
        self._lent.clear()

    def _make(self, project: str, cidr: str) -> TenantPlace:
        network = make_network(self._lab, project, cidr, gateway=False)
        prefix = cidr.rpartition(".")[0]
        pool = {"start": f"{prefix}.{FIRST_VIP}", "end": f"{prefix}.{LAST_VIP}"}
        call(
            self._lab,
            "PUT",
            f"subnets/{network.subnet_id}",
            subnet={"allocation_pools": [pool]},
        )
        hosts = (_MEMBERS, _CLIENTS)
        members, clients = (self._machine(network, prefix, each) for each in hosts)
        return TenantPlace(project, network, members, clients)

    def _machine(self, network: TenantNetwork, prefix: str, hosts: range) -> Machine:
        """A machine that has the addresses of all these hosts."""
        first, *more = (f"{prefix}.{host}" for host in hosts)
        wanted: dict[str, Any] = {
            "network_id": network.network_id,
            "project_id": network.project,
            "binding:host_id": self._lab.host,
            "device_owner": "compute:lab",
            "fixed_ips": [{"subnet_id": network.subnet_id, "ip_address": first}],
            "allowed_address_pairs": [{"ip_address": network.cidr}],
        }
        machine = Machine(self._lab, call(self._lab, "POST", "ports", port=wanted)["port"], network)
        machine.plug()
        for address in more:
            machine.add_address(f"{address}/24")
        return machine
