"""How devices get onto tenants' networks, in terms that no network system owns."""

from dataclasses import dataclass
from enum import StrEnum


class WiringKind(StrEnum):
    """How the network side reaches a device."""

    VIRTUAL = "virtual"
    """As a VM: one port for each network, plugged in on a host."""
    TRUNK = "trunk"
    """As a VM whose one port carries many networks, each under a VLAN of its own."""
    PHYSICAL = "physical"
    """As an appliance that switches carry each network's VLAN to."""


class Plug(StrEnum):
    """What a device's end of a wire is."""

    NONE = "none"
    """Nothing: the device is on the network already."""
    PORT = "port"
    """An interface with the port's id on the integration bridge of the device's host."""
    VLAN = "vlan"
    """Frames tagged with the attachment's VLAN on the device's data interface."""
    BRIDGE = "bridge"
    """An interface on the network's own bridge on the agent's host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceWiring:
    """What the network side must know of a device.

    `host` is where a virtual device is plugged in (None: on the host of the agent that holds
    it), or by which name the network side knows a physical one. `trunk_id` is the trunk of
    a device of that kind.
    """

    kind: WiringKind = WiringKind.VIRTUAL
    host: str | None = None
    trunk_id: str | None = None


VIRTUAL = DeviceWiring()
"""How a device is wired of which nothing else is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A device as a wirer sees it; `host` is known once an agent holds the device, or always
    when its owner named it."""

    device_id: str
    wiring: DeviceWiring
    host: str | None
