"""Networks of the local catalogue as Linux bridges or VLANs of the agents' hosts."""

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.network.catalogue import CatalogueIpam
from core.domain.binding import Attachment
from core.domain.device_addresses import device_and_network, device_owner
from core.domain.errors import NoFreeAddress, NotFound
from core.domain.network import Network, Reservation, Subnet, SubnetInfo
from core.domain.query import Query
from core.domain.wiring import DeviceWiring, Plug, Site, WiringKind
from core.ports.network_wirer import WiringFailure
from core.ports.unit_of_work import UnitOfWork

DEFAULT_MTU = 1500

_BRIDGE_PREFIX = "phn"
_BRIDGE_DIGITS = 12
"""As many as the kernel's 15 characters for the name of an interface leave."""
_OWN_BIT = "02"
"""The first byte of MAC addresses that no vendor has."""
_MAC_BYTES = 5

_NOT_UNICAST = tuple(
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "224.0.0.0/3",
        "::/127",
        "::ffff:0:0/96",
        "fe80::/10",
        "ff00::/8",
    )
)
"""Ranges that hosts use otherwise than to reach each other."""


@dataclass(frozen=True, slots=True)
class LinuxWirer(CatalogueIpam):
    """An Ipam over the local catalogue of subnets, and a NetworkWirer.

    To attach a device is to give it addresses of its own: its driver plugs it in, by the
    attachment, into the network's bridge on its host, or into the network's VLAN where the
    network has one. Networks may have the same addresses.
    """

    mtu: int = DEFAULT_MTU

    def check_member(self, subnet: SubnetInfo, address: str, port: int) -> str | None:  # noqa: ARG002 the port's
        """Any host that a network can have, near or behind a gateway."""
        return _no_unicast(ipaddress.ip_network(address), address)

    @property
    def remote(self) -> bool:
        """The wiring is a matter of this store alone."""
        return False

    def refusal(self, wiring: DeviceWiring) -> str | None:
        """Trunks are Neutron's."""
        if wiring.kind is WiringKind.TRUNK:
            return "there are no trunks without Neutron"
        return None

    def attach(
        self, site: Site, network_id: str, interface: str, cidrs: Sequence[str]
    ) -> Attachment:
        """Reserve an address of the device's own on each of the subnets."""
        refusal = self.refusal(site.wiring)
        if refusal is not None:
            raise WiringFailure(refusal)
        with self.store.write(fleet=False) as work:
            network, subnets = _known(work, network_id)
            if site.wiring.kind is WiringKind.PHYSICAL and network.segmentation_id is None:
                raise WiringFailure(f"network {network_id} has no VLAN, and the device needs one")
            missing = set(cidrs) - {each.cidr for each in subnets}
            if missing:
                raise WiringFailure(f"network {network_id} has no subnet {min(missing)} any more")
            owner = device_owner(site.device_id, network_id)
            present = _of_owner(work, owner)
            for subnet in sorted(subnets, key=lambda each: each.id):
                if subnet.cidr in cidrs and subnet.id not in present:
                    present[subnet.id] = self._take(work, subnet, owner)
            work.commit()
        return self._attachment(site.device_id, interface, network, subnets, present)

    def detach(self, site: Site, network_id: str) -> None:
        """Give the device's addresses back."""
        self.release_address(device_owner(site.device_id, network_id))

    def attachments(self) -> Sequence[Attachment]:
        """Those of all devices that have an address of their own somewhere. What their
        interfaces are called is not kept."""
        found = []
        with self.store.read() as work:
            taken: dict[tuple[str, str], dict[str, Reservation]] = {}
            for each in work.reservations.find(Query()):
                place = device_and_network(each.owner)
                if place is not None:
                    taken.setdefault(place, {})[each.subnet_id] = each
            for (device_id, network_id), reserved in sorted(taken.items()):
                network, subnets = _known(work, network_id)
                found.append(self._attachment(device_id, "", network, subnets, reserved))
        return found

    def _take(self, work: UnitOfWork, subnet: Subnet, owner: str) -> Reservation:
        try:
            return self.reserve(work, subnet.id, None, owner)
        except NoFreeAddress as full:
            raise WiringFailure(f"subnet {subnet.id} has no free address for the device") from full
        except NotFound as gone:
            raise WiringFailure(f"subnet {subnet.id} was deleted") from gone

    def _attachment(
        self,
        device_id: str,
        interface: str,
        network: Network,
        subnets: Sequence[Subnet],
        reserved: dict[str, Reservation],
    ) -> Attachment:
        used = [each for each in subnets if each.id in reserved]
        vlan = network.segmentation_id
        return Attachment(
            device_id=device_id,
            network_id=network.id,
            interface=interface,
            plug=Plug.BRIDGE if vlan is None else Plug.VLAN,
            mac=mac_of(device_id, network.id),
            mtu=self.mtu,
            addresses=tuple(_with_prefix(reserved[each.id], each) for each in used),
            gateways=tuple(each.gateway_ip for each in used if each.gateway_ip is not None),
            cidrs=tuple(each.cidr for each in used),
            vlan=vlan,
            bridge=bridge_of(network.id) if vlan is None else None,
        )


class LinuxSubnetPolicy:
    """A SubnetPolicy: devices have an interface of their own on each network, so the same
    addresses may be in several."""

    def refuse(self, cidr: str, others: Sequence[str]) -> str | None:  # noqa: ARG002 the port's
        """Refuse what is no range of hosts, or has no room for a device and a VIP."""
        network = ipaddress.ip_network(cidr)
        if network.num_addresses == 1:
            return f"{cidr} is one address, and a VIP and its device need two"
        return _no_unicast(network, cidr)


def bridge_of(network_id: str) -> str:
    """The name of a network's bridge, the same on all hosts."""
    return f"{_BRIDGE_PREFIX}{_digest(network_id)[:_BRIDGE_DIGITS]}"


def mac_of(device_id: str, network_id: str) -> str:
    """A device's MAC address on a network."""
    digits = _digest(device_owner(device_id, network_id))
    pairs = [digits[2 * at : 2 * at + 2] for at in range(_MAC_BYTES)]
    return ":".join((_OWN_BIT, *pairs))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _no_unicast(network: ipaddress.IPv4Network | ipaddress.IPv6Network, text: str) -> str | None:
    for other in _NOT_UNICAST:
        if network.version == other.version and network.overlaps(other):
            return f"{text} is in {other} or holds it, where no hosts of networks are"
    return None


def _known(work: UnitOfWork, network_id: str) -> tuple[Network, list[Subnet]]:
    """The network with its subnets, IPv4 first. Raises WiringFailure."""
    network = work.networks.get(network_id)
    if network is None:
        raise WiringFailure(f"network {network_id} was deleted")
    subnets = work.subnets.find(Query(filters={"network_id": (network_id,)}))
    return network, sorted(subnets, key=lambda each: (each.ip_version, each.cidr))


def _of_owner(work: UnitOfWork, owner: str) -> dict[str, Reservation]:
    """What the owner has reserved, by subnet."""
    mine = work.reservations.find(Query(filters={"owner": (owner,)}))
    return {each.subnet_id: each for each in mine}


def _with_prefix(reservation: Reservation, subnet: Subnet) -> str:
    return f"{reservation.address}/{ipaddress.ip_network(subnet.cidr).prefixlen}"
