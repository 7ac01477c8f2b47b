"""What ties a service to its device: binding, claims and attachments."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from core.domain.wiring import Plug


class Role(StrEnum):
    """A binding's part in a redundant pair."""

    PRIMARY = "primary"
    STANDBY = "standby"


class InsertionMode(StrEnum):
    """How a device stands between clients (network A) and members (network B)."""

    ONE_ARM = "one-arm"
    """A and B are the same network."""
    TWO_ARM = "two-arm"
    ROUTED = "routed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkNeed:
    """A network that a service needs its device on; `cidr` is that of the subnet it uses."""

    network_id: str
    cidr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Service → device, with all that a plugin learns from placement (R12).

    `claims` is what it takes of the device's limits, by resource. Networks have their
    own accounting: a device attached to a network serves any number of services on it.
    """

    service_id: str
    project_id: str
    device_id: str
    driver: str
    role: Role = Role.PRIMARY
    mode: InsertionMode
    vip_address: str
    networks: tuple[NetworkNeed, ...]
    claims: Mapping[str, int] = field(default_factory=dict)
    decision_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A device's wiring to one network, as the wirer made it and the driver needs it.

    `addresses` are the device's own, each with its subnet's prefix length ("10.0.0.5/24"), and
    `gateways` those of these subnets that have one. `cidrs` are the subnets that it serves;
    none: all. `host` is where it is plugged in, where that matters. `bridge` is named for
    Plug.BRIDGE, `vlan` for Plug.VLAN.
    """

    device_id: str
    network_id: str
    interface: str
    plug: Plug = Plug.NONE
    host: str | None = None
    port_id: str | None = None
    mac: str | None = None
    mtu: int | None = None
    addresses: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    cidrs: tuple[str, ...] = ()
    vlan: int | None = None
    bridge: str | None = None

    def serves(self, cidrs: Iterable[str]) -> bool:
        """Whether the device reaches all these subnets by it."""
        return not self.cidrs or set(cidrs) <= set(self.cidrs)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceNetwork:
    """A network's place on a device: claimed by `users` services, attached or about to be.

    A row without users waits to be detached and may be claimed again until then. Somebody is
    attaching or detaching it until `wiring_until` (seconds since the epoch) at the latest; who
    wants to do so too must wait. It can be relied on once it has an attachment and nobody is
    at it.
    """

    device_id: str
    network_id: str
    cidrs: tuple[str, ...]
    interface: str
    users: int
    attachment: Attachment | None = None
    wiring_until: float | None = None

    def is_being_wired(self, now: float) -> bool:
        """Whether somebody is attaching or detaching it."""
        return self.wiring_until is not None and self.wiring_until > now


def insertion_mode(networks: Sequence[NetworkNeed]) -> InsertionMode:
    """How a device stands on the networks of a service, A first."""
    return InsertionMode.ONE_ARM if len(networks) == 1 else InsertionMode.TWO_ARM


def vlan_resource(interface: str) -> str:
    """The name of the limit on networks per interface."""
    return f"vlans:{interface}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What is claimed on one device: per resource, and which networks it is on."""

    used: Mapping[str, int] = field(default_factory=dict)
    networks: tuple[DeviceNetwork, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One device as placement counts it: what is claimed of each resource (zeros left out),
    its networks with the subnets in use there, and each project's number of services."""

    used: Mapping[str, int] = field(default_factory=dict)
    networks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    projects: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Footing:
    """A device just before a claim, as somebody knows it who saw every change of it up to there,
    the claims before this one in the same unit of work among them.

    `used` and `limits` are those of every resource, `networks` those of the service's that the
    device is on: each with no other subnets in use than the service needs.
    """

    used: Mapping[str, int]
    limits: Mapping[str, int | None]
    networks: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A binding to be stored, and the way its claims are checked.

    `interface` is where networks that are new to the device are opened. `oversubscription`
    gives, in percent, how much of a resource's limit may be claimed (150: half as much
    again); a resource that is not named: 100. `footing` is what is known of the device, for a
    service that is bound nowhere; None: that must be looked up.
    """

    binding: Binding
    interface: str
    oversubscription: Mapping[str, int] = field(default_factory=dict)
    footing: Footing | None = None


@dataclass(frozen=True, slots=True)
class Shortage:
    """A claim that did not fit: evidence for the decision and the next choice."""

    device_id: str
    resource: str
    wanted: int
    used: int
    limit: int
