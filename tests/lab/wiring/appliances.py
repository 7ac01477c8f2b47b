"""Devices in the lab that are wired as an attachment says, each network in a namespace."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from core.domain.binding import Attachment
from core.domain.wiring import Plug
from tests.lab.config import INTEGRATION_BRIDGE
from tests.lab.netns import Namespace, make_namespace, run
from tests.lab.networks import call, make_network, wait_until
from tests.lab.site import NeutronLab

APPLIANCE = "br-appliance"


@dataclass(frozen=True)
class Trunk:
    """A trunk whose parent is plugged in, with the appliance at its other end."""

    trunk_id: str
    parent: str


@contextmanager
def plugged_trunk(lab: NeutronLab) -> Iterator[Trunk]:
    """A trunk on the lab's host, as an operator makes one for a device."""
    network = make_network(lab, "operator", "10.98.0.0/24")
    parent = call(lab, "POST", "ports", port={"network_id": network.network_id})["port"]
    trunk = call(lab, "POST", "trunks", trunk={"port_id": parent["id"]})["trunk"]
    bound = call(lab, "PUT", f"ports/{parent['id']}", port={"binding:host_id": lab.host})["port"]
    tap = f"tap{parent['id'][:11]}"
    with ExitStack() as undo:
        undo.callback(call, lab, "DELETE", f"networks/{network.network_id}")
        undo.callback(call, lab, "DELETE", f"ports/{parent['id']}")
        undo.callback(call, lab, "DELETE", f"trunks/{trunk['id']}")
        # Neutron keeps a trunk whose parent is bound.
        undo.callback(call, lab, "PUT", f"ports/{parent['id']}", port={"binding:host_id": ""})
        _plug_parent(lab, bound, tap, undo)
        wait_until(lambda: _is_active(lab, parent["id"]), "the trunk's parent is wired")
        yield Trunk(trunk["id"], parent["id"])


@contextmanager
def plugged(lab: NeutronLab, attachment: Attachment, bridge: str) -> Iterator[Namespace]:
    """The device's end of an attachment; `bridge` is what carries its VLANs to it."""
    name = f"dev{str(attachment.port_id)[:8]}"
    inside = make_namespace(f"device-{attachment.port_id}")
    run("ip", "link", "add", name, "type", "veth", "peer", "eth0", "netns", inside.name)
    inside.run("ip", "link", "set", "eth0", "address", str(attachment.mac))
    inside.run("ethtool", "-K", "eth0", "tx", "off")
    inside.run("ip", "link", "set", "eth0", "mtu", str(attachment.mtu), "up")
    run("ip", "link", "set", name, "up")
    for address in attachment.addresses:
        inside.add_address(address)
    if attachment.plug is Plug.VLAN:
        lab.switch.vsctl("add-port", bridge, name, f"tag={attachment.vlan}")
    else:
        lab.switch.vsctl(
            *("add-port", INTEGRATION_BRIDGE, name, "--", "set", "Interface", name),
            f"external_ids:iface-id={attachment.port_id}",
            f'external_ids:attached-mac="{attachment.mac}"',
            "external_ids:iface-status=active",
        )
    try:
        yield inside
    finally:
        lab.switch.vsctl("del-port", name)
        inside.close()


def _plug_parent(lab: NeutronLab, parent: dict[str, Any], tap: str, undo: ExitStack) -> None:
    bridge = parent["binding:vif_details"]["bridge_name"]
    lab.switch.add_bridge(bridge)
    lab.switch.add_bridge(APPLIANCE)
    undo.callback(lab.switch.vsctl, "del-br", APPLIANCE)
    run("ip", "link", "add", tap, "type", "veth", "peer", "appliance")
    undo.callback(run, "ip", "link", "delete", tap)
    for end in (tap, "appliance"):
        run("ip", "link", "set", end, "up")
    lab.switch.vsctl("add-port", APPLIANCE, "appliance")
    lab.switch.vsctl(
        *("add-port", bridge, tap, "--", "set", "Interface", tap),
        f"external_ids:iface-id={parent['id']}",
        f'external_ids:attached-mac="{parent["mac_address"]}"',
        f"external_ids:bridge_name={bridge}",
        "external_ids:iface-status=active",
    )
    undo.callback(lab.switch.vsctl, "--if-exists", "del-port", bridge, tap)


def _is_active(lab: NeutronLab, port_id: str) -> bool:
    return bool(call(lab, "GET", f"ports/{port_id}")["port"]["status"] == "ACTIVE")
