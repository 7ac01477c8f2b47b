"""The ports of devices: how they are named, what they should be, and what they say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.network.neutron.calls import Document
from adapters.network.neutron.lookup import NetworkFacts, SubnetFacts
from core.domain.binding import Attachment
from core.domain.wiring import Plug, Site, WiringKind

OWNER = "neutron:LOADBALANCER"
SUBPORT_OWNER = "trunk:subport"
"""What Neutron itself makes the owner of a trunk's subports."""

_PREFIX = "pierhead-device-"
_INTERFACE = "interface "
_UNUSABLE = {"binding_failed", "unbound"}


def port_name(device_id: str) -> str:
    """The name by which a device's ports are found: Neutron wants no device id of subports."""
    return f"{_PREFIX}{device_id}"


def is_of_a_device(port: Document) -> bool:
    """Whether we made the port for a device."""
    return str(port["name"]).startswith(_PREFIX)


def is_bound(port: Document) -> bool:
    """Whether some part of the network side took the port."""
    return port.get("binding:vif_type") not in _UNUSABLE


def is_physical(port: Document) -> bool:
    """Whether switches carry the port, not hosts."""
    return bool(port.get("binding:vnic_type") == "baremetal")


def is_for_trunk(port: Document) -> bool:
    """Whether the port is a trunk's, or will be."""
    return not is_physical(port) and not port["device_id"]


def suits(port: Document, kind: WiringKind) -> bool:
    """Whether the port can be put right for a device of this kind."""
    if is_physical(port) or kind is WiringKind.PHYSICAL:
        return is_physical(port) and kind is WiringKind.PHYSICAL
    return kind is WiringKind.TRUNK or not is_for_trunk(port)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortPlan:
    """What a device's port on a network should be."""

    site: Site
    network: NetworkFacts
    interface: str
    subnets: Sequence[SubnetFacts]
    security_groups: Sequence[str]

    def body(self, project_id: str) -> dict[str, Any]:
        """The port to be made."""
        return {
            **self._constant(),
            **self._owned(),
            "network_id": self.network.id,
            "project_id": project_id,
            "fixed_ips": [{"subnet_id": subnet.id} for subnet in self.subnets],
            "allowed_address_pairs": _pairs(self.subnets),
        }

    def changes(self, port: Document) -> dict[str, Any]:
        """What must change about a port that is there. It keeps the subnets that it serves."""
        serving = [ip["subnet_id"] for ip in port["fixed_ips"]]
        new = [subnet for subnet in self.subnets if subnet.id not in serving]
        known = [self.network.subnets[each] for each in serving if each in self.network.subnets]
        wanted = {**self._constant(), **self._owned()}
        if port["device_owner"] == SUBPORT_OWNER:
            # Neutron's own affair once a trunk has it.
            for key in ("device_owner", "binding:host_id"):
                wanted.pop(key, None)
        changes = {key: value for key, value in wanted.items() if port.get(key) != value}
        if new:
            changes["fixed_ips"] = [
                *port["fixed_ips"],
                *({"subnet_id": subnet.id} for subnet in new),
            ]
        if _allowed(port) != {subnet.cidr for subnet in (*known, *new)}:
            changes["allowed_address_pairs"] = _pairs((*known, *new))
        if wanted.get("binding:host_id") and not is_bound(port):
            # Neutron tries anew with each change.
            changes["binding:host_id"] = wanted["binding:host_id"]
        return changes

    def _constant(self) -> dict[str, Any]:
        constant: dict[str, Any] = {
            "name": port_name(self.site.device_id),
            "description": f"{_INTERFACE}{self.interface}",
            "admin_state_up": True,
        }
        if self.network.guards:
            constant["port_security_enabled"] = True
        if self.security_groups:
            constant["security_groups"] = sorted(self.security_groups)
        return constant

    def _owned(self) -> dict[str, Any]:
        if self.site.wiring.kind is WiringKind.TRUNK:
            return {"device_id": "", "device_owner": "", "binding:host_id": ""}
        owned = {
            "device_id": self.site.device_id,
            "device_owner": OWNER,
            "binding:host_id": self.site.host,
        }
        if self.site.wiring.kind is WiringKind.PHYSICAL:
            owned |= {"binding:vnic_type": "baremetal", "binding:host_id": self.site.wiring.host}
        return owned


def attachment_of(port: Document, network: NetworkFacts | None, vlan: int | None) -> Attachment:
    """What a port comes to; `vlan` is the one under which its trunk carries it.

    A port that carries nothing, whatever the reason, is told without its id.
    """
    subnets = {} if network is None else network.subnets
    known = [ip for ip in port["fixed_ips"] if ip["subnet_id"] in subnets]
    served = [subnets[ip["subnet_id"]] for ip in known]
    plug = Plug.VLAN if is_physical(port) or is_for_trunk(port) else Plug.PORT
    if is_physical(port):
        told = port["binding:vif_details"].get("vlan")
        vlan = None if told is None else int(told)
    return Attachment(
        device_id=str(port["name"]).removeprefix(_PREFIX),
        network_id=port["network_id"],
        interface=str(port["description"]).removeprefix(_INTERFACE),
        plug=plug,
        host=None if is_for_trunk(port) else port.get("binding:host_id"),
        port_id=port["id"] if _carries(port, vlan) else None,
        mac=port["mac_address"],
        mtu=None if network is None else network.mtu,
        addresses=_sorted(subnets[ip["subnet_id"]].with_length(ip["ip_address"]) for ip in known),
        gateways=_sorted(subnet.gateway for subnet in served if subnet.gateway is not None),
        cidrs=_sorted({subnet.cidr for subnet in served} & _allowed(port)),
        vlan=vlan if plug is Plug.VLAN else None,
    )


def _carries(port: Document, vlan: int | None) -> bool:
    if not port["admin_state_up"]:
        return False
    if is_for_trunk(port):
        return vlan is not None
    return port["device_owner"] == OWNER and is_bound(port)


def _pairs(subnets: Iterable[SubnetFacts]) -> list[dict[str, str]]:
    return [{"ip_address": cidr} for cidr in _sorted(subnet.cidr for subnet in subnets)]


def _allowed(port: Document) -> set[str]:
    """The ranges that may be sent from with the port's own MAC."""
    return {
        pair["ip_address"]
        for pair in port["allowed_address_pairs"]
        if pair["mac_address"] == port["mac_address"]
    }


def _sorted(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))
