"""The smallest change that would take a reason against a device away, in the operator's words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.domain.binding import DeviceNetwork, vlan_resource
from core.domain.device import DeviceStatus
from core.domain.placement.reasons import Reason, ReasonCode
from core.domain.placement.request import Candidate, PlacementRequest

_VLANS = vlan_resource("")
_AND = "; "


@dataclass(frozen=True, slots=True)
class Attached:
    """What is known of a device's networks beyond their ids: who uses them, and their names.

    Without it, remedies say how many networks to detach, and not which.
    """

    networks: Sequence[DeviceNetwork] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def name(self, network_id: str) -> str:
        """What people call a network."""
        return self.names.get(network_id) or network_id


_UNKNOWN = Attached()


def remedy(
    reason: Reason,
    request: PlacementRequest,
    candidate: Candidate,
    attached: Attached = _UNKNOWN,
) -> str:
    """What takes this reason away, and no more than that."""
    if reason.code is ReasonCode.LIMIT_REACHED:
        return _more_room(reason, request, candidate, attached)
    if reason.code is ReasonCode.OVERLAPPING_ADDRESSES:
        return _no_overlap(reason, request, attached)
    return _WORDS[reason.code](reason, request, candidate)


def remedies(
    reasons: Sequence[Reason],
    request: PlacementRequest,
    candidate: Candidate,
    attached: Attached = _UNKNOWN,
) -> str:
    """What would admit a device: all that is needed, in one sentence."""
    each = (remedy(reason, request, candidate, attached) for reason in reasons)
    return _AND.join(dict.fromkeys(each))


def needed_limit(reason: Reason, request: PlacementRequest) -> int:
    """The lowest limit of a device that would have had room for a ``limit-reached``, given how
    many times over the service type may claim it."""
    needed = _number(reason, "used") + _number(reason, "wanted")
    percent = request.policy.oversubscription_percent.get(_text(reason, "resource"), 100)
    return -(-needed * 100 // percent)


def shortage(reason: Reason) -> int:
    """How much is missing for a ``limit-reached``; 0 for other reasons."""
    if reason.code is not ReasonCode.LIMIT_REACHED:
        return 0
    return _number(reason, "used") + _number(reason, "wanted") - _number(reason, "limit")


def _more_room(
    reason: Reason, request: PlacementRequest, candidate: Candidate, attached: Attached
) -> str:
    resource, limit = _text(reason, "resource"), needed_limit(reason, request)
    if not resource.startswith(_VLANS):
        return f"raise {resource} to {limit}"
    short = shortage(reason)
    slots = "VLAN slot" if short == 1 else "VLAN slots"
    interface = resource.removeprefix(_VLANS)
    text = f"{short} {slots} short on {interface}: raise the limit to {limit}"
    needed = {need.network_id for need in request.requirements.networks}
    if len(candidate.networks.keys() - needed) < short:
        return text
    if not attached.networks:
        return f"{text} or detach {_networks(short)}"
    return f"{text}{_detachable(attached, needed, interface, short)}"


def _detachable(attached: Attached, needed: set[str], interface: str, short: int) -> str:
    """The networks with the fewest services: idle ones first."""
    others = [
        network
        for network in attached.networks
        if network.network_id not in needed and network.interface == interface
    ]
    if len(others) < short:
        return ""
    fewest = sorted(others, key=lambda network: (network.users, network.network_id))[:short]
    names = " and ".join(attached.name(network.network_id) for network in fewest)
    users = sum(network.users for network in fewest)
    who = "unused" if not users else "1 service" if users == 1 else f"{users} services"
    return f" or detach {names} ({who})"


def _no_overlap(reason: Reason, request: PlacementRequest, attached: Attached) -> str:
    network = _text(reason, "network")
    apart = "let it keep overlapping networks apart (isolates_overlapping), if it can"
    if any(need.network_id == network for need in request.requirements.networks):
        return f"{apart}, or use networks that do not overlap"
    return f"{apart}, or detach {attached.name(network)}"


def _version(_: Reason, __: PlacementRequest, candidate: Candidate) -> str:
    versions = candidate.driver.versions if candidate.driver is not None else ()
    return f"bring it to version {' or '.join(versions)}"


def _installed(reason: Reason, request: PlacementRequest, candidate: Candidate) -> str:
    name = _text(reason, "driver")
    if candidate.driver is None:
        return f"install driver {name}"
    return f"use a driver that serves {request.kind}: {name} does not"


def _enable(_: Reason, __: PlacementRequest, candidate: Candidate) -> str:
    return "register it anew: it is being removed" if candidate.device.removing else "enable it"


def _online(_: Reason, __: PlacementRequest, candidate: Candidate) -> str:
    if candidate.device.status is DeviceStatus.DESTROYING:
        return "have its device pool make another: it is being taken away"
    return "bring it online"


def _share(_: Reason, request: PlacementRequest, __: Candidate) -> str:
    if request.policy.dedicated:
        return f"give it to project {request.project_id}"
    return f"share it, or give it to project {request.project_id}"


def _move(reason: Reason, noun: str) -> str:
    actual, wanted = _text(reason, noun.replace(" ", "_")), _text(reason, "wanted")
    change = f"use {noun} {actual}" if actual else f"ask for no {noun}"
    return f"{change} in the service type, or move the device to {wanted}"


def _wider(reason: Reason, _: PlacementRequest, __: Candidate) -> str:
    number = _number(reason, "devices")
    return f"draw more than {number} devices for each tenant (apart.devices), until it is drawn"


_COMMON = "set the service type's choice to common"

_WORDS: Mapping[ReasonCode, Callable[[Reason, PlacementRequest, Candidate], str]] = {
    ReasonCode.DRIVER_NOT_ALLOWED: lambda reason, _, __: (
        f"add driver {_text(reason, 'driver')} to the service type"
    ),
    ReasonCode.DRIVER_NOT_INSTALLED: _installed,
    ReasonCode.VERSION_NOT_SUPPORTED: _version,
    ReasonCode.CAPABILITY_MISSING: lambda reason, _, __: (
        f"do without {_text(reason, 'missing')}, or update the device until it can"
    ),
    ReasonCode.NOT_ENABLED: _enable,
    ReasonCode.NOT_ONLINE: _online,
    ReasonCode.NOT_WIRABLE: lambda reason, _, __: (
        "give the network side what it lacks, or wire the device as another kind than "
        f"{_text(reason, 'wiring')}"
    ),
    ReasonCode.OWNED_BY_ANOTHER: _share,
    ReasonCode.NOT_DEDICATED: lambda _, request, __: (
        f"give it to project {request.project_id}, or let the service type share devices"
    ),
    ReasonCode.WRONG_ZONE: lambda reason, _, __: _move(reason, "zone"),
    ReasonCode.WRONG_DEVICE_POOL: lambda reason, _, __: _move(reason, "device pool"),
    ReasonCode.SAME_AS_STANDBY: lambda _, __, ___: "move the other half of the pair away",
    ReasonCode.OUTSIDE_SUBSET: _wider,
    ReasonCode.VETOED: lambda _, __, ___: f"change what the driver names, or {_COMMON}",
    ReasonCode.ADVISOR_FAILED: lambda _, __, ___: f"mend the driver's advisor, or {_COMMON}",
}


def _networks(number: int) -> str:
    return "1 network" if number == 1 else f"{number} networks"


def _number(reason: Reason, name: str) -> int:
    return int(reason.numbers[name])


def _text(reason: Reason, name: str) -> str:
    return str(reason.numbers[name])
