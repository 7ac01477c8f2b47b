"""What wires need to know of networks and their subnets."""

import ipaddress
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from adapters.network.neutron.calls import Document, Kind, NeutronCalls
from core.ports.network_wirer import WiringFailure

_AT_ONCE = 50
"""Ids in one question: more would not fit into the address line that servers accept."""


@dataclass(frozen=True, slots=True)
class SubnetFacts:
    """A range of addresses of a network."""

    id: str
    cidr: str
    gateway: str | None

    def with_length(self, address: str) -> str:
        """An address of the subnet with its prefix length, as interfaces are given it."""
        return f"{address}/{ipaddress.ip_network(self.cidr).prefixlen}"


@dataclass(frozen=True, slots=True)
class NetworkFacts:
    """A network with its subnets by id; `guards`: Neutron can have its ports pass only what is
    theirs."""

    id: str
    mtu: int | None
    subnets: Mapping[str, SubnetFacts]
    guards: bool

    def subnets_of(self, cidrs: Iterable[str]) -> list[SubnetFacts]:
        """The subnets with these ranges. Raises WiringFailure when there is none."""
        by_cidr = {subnet.cidr: subnet for subnet in self.subnets.values()}
        try:
            return [by_cidr[cidr] for cidr in cidrs]
        except KeyError as missing:
            raise WiringFailure(
                f"network {self.id} has no subnet {missing.args[0]} any more"
            ) from None


def look_up(calls: NeutronCalls, network_ids: Collection[str]) -> dict[str, NetworkFacts]:
    """The facts of those of these networks that are there."""
    wanted = sorted(set(network_ids))
    found: dict[str, NetworkFacts] = {}
    for first in range(0, len(wanted), _AT_ONCE):
        found |= _look_up_some(calls, wanted[first : first + _AT_ONCE])
    return found


def _look_up_some(calls: NeutronCalls, network_ids: Sequence[str]) -> dict[str, NetworkFacts]:
    networks = calls.find(Kind.NETWORK, id=network_ids)
    subnets = calls.find(Kind.SUBNET, network_id=network_ids)
    return {
        network["id"]: NetworkFacts(
            id=network["id"],
            mtu=network.get("mtu"),
            subnets={
                subnet["id"]: _subnet(subnet)
                for subnet in subnets
                if subnet["network_id"] == network["id"]
            },
            guards="port_security_enabled" in network,
        )
        for network in networks
    }


def _subnet(document: Document) -> SubnetFacts:
    return SubnetFacts(document["id"], document["cidr"], document["gateway_ip"])
