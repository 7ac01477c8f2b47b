"""Networks made of loopback addresses: real traffic on one host, without any privilege."""

import ipaddress
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from adapters.network.catalogue import CatalogueIpam
from core.domain.binding import Attachment
from core.domain.network import SubnetInfo, overlapping
from core.domain.wiring import DeviceWiring, Site, WiringKind

LOOPBACK = ipaddress.IPv4Network("127.0.0.0/8")
HOSTS_OWN = ipaddress.IPv4Network("127.0.0.0/24")
"""Where the host's other programs listen, and will."""
INTERFACE = "lo"


@dataclass(frozen=True, slots=True)
class LoopbackWirer(CatalogueIpam):
    """An Ipam over the local catalogue of subnets, and a NetworkWirer.

    Every device on the host is on every network already, so there is nothing to attach.

    `own` are the addresses and ports where Pierhead itself listens. It believes whoever
    reaches it, so no device may carry a tenant's requests there.
    """

    own: Collection[tuple[str, int]] = ()

    def check_member(self, subnet: SubnetInfo, address: str, port: int) -> str | None:  # noqa: ARG002 the port's
        """Only loopback addresses can be reached, whatever the subnet, and not Pierhead's own."""
        member = ipaddress.ip_address(address)
        if not (isinstance(member, ipaddress.IPv4Address) and member in LOOPBACK):
            return f"{address} is outside {LOOPBACK}, and the loopback wiring reaches only that"
        if any(_reaches(member, port, host, taken) for host, taken in self.own):
            return f"{address} port {port} is Pierhead's own API"
        return None

    @property
    def remote(self) -> bool:
        """There is no other system."""
        return False

    def refusal(self, wiring: DeviceWiring) -> str | None:
        """Only processes of this host are on its loopback interface."""
        if wiring.kind is WiringKind.VIRTUAL:
            return None
        return f"the loopback wiring has no {wiring.kind} devices"

    def attach(
        self,
        site: Site,
        network_id: str,
        interface: str,  # noqa: ARG002 always lo
        cidrs: Sequence[str],  # noqa: ARG002 always all
    ) -> Attachment:
        """The host's loopback interface serves every network."""
        return Attachment(device_id=site.device_id, network_id=network_id, interface=INTERFACE)

    def detach(self, site: Site, network_id: str) -> None:
        """There is nothing to undo."""

    def attachments(self) -> Sequence[Attachment]:
        """Nothing is made, so nothing can be left over."""
        return ()


class LoopbackSubnetPolicy:
    """A SubnetPolicy: each loopback address exists once on a host."""

    def refuse(self, cidr: str, others: Sequence[str]) -> str | None:
        """Refuse what is outside 127.0.0.0/8, holds addresses that the host's programs use, or
        overlaps any other subnet."""
        network = ipaddress.ip_network(cidr)
        if not (isinstance(network, ipaddress.IPv4Network) and network.subnet_of(LOOPBACK)):
            return f"{cidr} is outside {LOOPBACK}, and the loopback wiring has only that"
        if network.overlaps(HOSTS_OWN):
            return f"{cidr} cannot be, as {HOSTS_OWN} is the host's own"
        overlap = overlapping(cidr, others)
        if overlap is not None:
            return f"{cidr} overlaps subnet {overlap}, and a loopback address exists only once"
        return None


def _reaches(member: ipaddress.IPv4Address, port: int, host: str, taken: int) -> bool:
    """Whether what listens at a host's address and port takes connections to the member."""
    listening = ipaddress.ip_address(host)
    return port == taken and (listening.is_unspecified or listening == member)
