"""Devices on tenants' networks, each by a Neutron port with addresses of its own."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from adapters.network.neutron.calls import Document, Kind, NeutronCalls
from adapters.network.neutron.device_ports import (
    PortPlan,
    attachment_of,
    is_bound,
    is_for_trunk,
    is_of_a_device,
    port_name,
    suits,
)
from adapters.network.neutron.faults import gone_is_fine, told_to_tenants
from adapters.network.neutron.lookup import NetworkFacts, look_up
from adapters.network.neutron.trunks import Trunks
from core.domain.binding import Attachment
from core.domain.wiring import DeviceWiring, Site, WiringKind
from core.ports.network_wirer import WiringFailure

ML2_ALIAS = "pierhead-ml2"
"""The extension by which the API tells that our mechanism driver is loaded."""
_TRUNK_ALIAS = "trunk"

_log = logging.getLogger(__name__)


class NeutronWirer:
    """A NetworkWirer over Neutron's ports.

    A device has one port on each network, which it is found by: project, name and network.
    `security_groups` are given to the ports of devices; none: Neutron's default.
    """

    def __init__(self, calls: NeutronCalls, security_groups: Sequence[str] = ()) -> None:
        self._calls = calls
        self._security_groups = tuple(security_groups)
        self._trunks = Trunks(calls)
        self._extensions: frozenset[str] | None = None

    @property
    def remote(self) -> bool:
        """Neutron does the work."""
        return True

    def refusal(self, wiring: DeviceWiring) -> str | None:
        """By the extensions that Neutron had loaded; before it was asked, nothing is refused."""
        if wiring.kind is WiringKind.TRUNK:
            if not wiring.trunk_id:
                return "the wiring names no trunk"
            return self._missing(_TRUNK_ALIAS, "the network service has no trunk extension")
        if wiring.kind is WiringKind.PHYSICAL:
            if not wiring.host:
                return "the wiring names no host"
            return self._missing(
                ML2_ALIAS, "the network service has not loaded Pierhead's mechanism driver"
            )
        return None

    def attach(
        self, site: Site, network_id: str, interface: str, cidrs: Sequence[str]
    ) -> Attachment:
        """Make the device's port, or put it right, and have it carried to the device."""
        if site.wiring.kind is WiringKind.VIRTUAL and not site.host:
            raise WiringFailure("no agent holds the device yet")
        with told_to_tenants():
            network = look_up(self._calls, [network_id]).get(network_id)
            if network is None:
                raise WiringFailure(f"network {network_id} is not there any more")
            plan = PortPlan(
                site=site,
                network=network,
                interface=interface,
                subnets=network.subnets_of(cidrs),
                security_groups=self._security_groups,
            )
            return self._carried(site, self._port(plan), network)

    def detach(self, site: Site, network_id: str) -> None:
        """Take the device's ports off their trunk, if they are on one, and delete them."""
        with told_to_tenants():
            for port in self._ports(site.device_id, network_id):
                self._remove(site, port)

    def attachments(self) -> Sequence[Attachment]:
        """By all ports of our project with the name of a device's."""
        with told_to_tenants():
            self._extensions = self._calls.extensions()
            ports = self._calls.find(Kind.PORT, project_id=[self._calls.project_id])
            mine = sorted(filter(is_of_a_device, ports), key=lambda port: str(port["id"]))
            networks = look_up(self._calls, {port["network_id"] for port in mine})
            vlans = self._trunks.vlans() if any(map(is_for_trunk, mine)) else {}
        found: dict[tuple[str, str], Attachment] = {}
        for port in mine:
            one = attachment_of(port, networks.get(port["network_id"]), vlans.get(port["id"]))
            key = (one.device_id, one.network_id)
            # One of several is not what anybody attached: so they are looked at again.
            found[key] = replace(found[key], port_id=None) if key in found else one
        return tuple(found.values())

    def _missing(self, alias: str, reason: str) -> str | None:
        return None if self._extensions is None or alias in self._extensions else reason

    def _ports(self, device_id: str, network_id: str) -> list[Document]:
        found = self._calls.find(
            Kind.PORT,
            project_id=[self._calls.project_id],
            network_id=[network_id],
            name=[port_name(device_id)],
        )
        return sorted(found, key=lambda port: str(port["id"]))

    def _port(self, plan: PortPlan) -> Document:
        """The one port of the plan's device, as it should be."""
        ports = self._ports(plan.site.device_id, plan.network.id)
        kept = next((port for port in ports if suits(port, plan.site.wiring.kind)), None)
        for other in ports:
            if other is not kept:
                self._remove(plan.site, other)
        if kept is None:
            return self._calls.create_port(plan.body(self._calls.project_id))
        changes = plan.changes(kept)
        return self._calls.update_port(kept["id"], changes) if changes else kept

    def _carried(self, site: Site, port: Document, network: NetworkFacts) -> Attachment:
        vlan = None
        if site.wiring.kind is WiringKind.TRUNK:
            vlan = self._trunks.carry(site.wiring.trunk_id, port["id"])
        elif not is_bound(port):
            _log.warning("nothing binds port %s on host %s", port["id"], port["binding:host_id"])
            raise WiringFailure("the network service found nothing that takes the device's port")
        attachment = attachment_of(port, network, vlan)
        if site.wiring.kind is WiringKind.PHYSICAL and attachment.vlan is None:
            raise WiringFailure("the network service gave the device's port no VLAN")
        return attachment

    def _remove(self, site: Site, port: Document) -> None:
        if is_for_trunk(port):
            self._trunks.drop(site.wiring.trunk_id, port["id"])
        with gone_is_fine():
            self._calls.delete_port(port["id"])
