"""Use case: how much of the fleet is claimed, used and left, and how many more VIPs fit."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.domain.binding import Binding, vlan_resource
from core.domain.placement.headroom import Headroom, headroom
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.reasons import ReasonCode
from core.domain.placement.request import Candidate, PlacementRequest, Requirements
from core.domain.placement.rules import STANDING_RULES, check, enabled, online, version_supported
from core.domain.query import Query
from core.domain.service import ServiceKind
from core.domain.service_type import ServiceType
from core.ports.clock import Clock
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.caller import Caller
from core.usecases.fleet.access import require_admin
from core.usecases.lookup import CHUNK
from core.usecases.placement.capacity_types import (
    By,
    CapacityView,
    Fits,
    GroupRoom,
    ResourceRoom,
    ServiceTypeRoom,
    SetAside,
)
from core.usecases.placement.view import FleetView

_NOBODY = ""
"""A project that owns no device."""

_ANYTHING = PlacementRequest(
    service_id="",
    project_id=_NOBODY,
    kind=ServiceKind.LOADBALANCER,
    service_type_id="",
    drivers=(),
    requirements=Requirements(vip_address="", networks=()),
)

_OPEN_RULES = (version_supported, enabled, online)
"""Whether a device takes new services at all."""

Pending = Mapping[str, Counter[str]]
"""Device -> resource -> what is claimed and not confirmed yet."""


class Capacity:
    """Adds up the fleet. For admins."""

    def __init__(self, *, store: Store, view: FleetView, clock: Clock) -> None:
        self._store = store
        self._view = view
        self._clock = clock

    def show(self, caller: Caller, by: By) -> CapacityView:
        """The whole fleet, its parts, and the room for each service type."""
        require_admin(caller)
        with self._store.read() as work:
            with self._view.at(work) as seen:
                fleet, revision = seen.fork(), self._view.position()
            service_types = work.service_types.find(Query())
            pending = _pending(work)
        classes = _classes(fleet)
        parts: dict[tuple[str, str], list[Candidate]] = {}
        for host in fleet:
            parts.setdefault(_key(host, by), []).append(host)
        return CapacityView(
            seen_at=self._clock.now(),
            fleet_revision=revision,
            by=by,
            total=_group(("", ""), fleet, pending),
            groups=tuple(_group(key, parts[key], pending) for key in sorted(parts)),
            service_types=tuple(
                _room_for(each, classes)
                for each in sorted(service_types, key=lambda each: (each.name, each.id))
            ),
        )


@dataclass(slots=True)
class _Sum:
    limit: int = 0
    unlimited: int = 0
    claimed: int = 0
    used: int = 0
    left: int = 0
    over: int = 0

    def add(self, limit: int | None, claimed: int, pending: int) -> None:
        self.claimed += claimed
        self.used += max(claimed - pending, 0)
        if limit is None:
            self.unlimited += 1
            return
        self.limit += limit
        self.left += max(limit - claimed, 0)
        self.over += max(claimed - limit, 0)


@dataclass(slots=True)
class _Aside:
    devices: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    claimed: Counter[str] = field(default_factory=Counter)


def _key(host: Candidate, by: By) -> tuple[str, str]:
    """The name of a device's group, and its id where it is a group of its own."""
    device = host.device
    names = {By.DRIVER: device.driver, By.POOL: device.device_pool, By.ZONE: device.zone}
    return (device.name, device.id) if by is By.DEVICE else (names[by] or "", "")


def _group(key: tuple[str, str], hosts: Iterable[Candidate], pending: Pending) -> GroupRoom:
    name, device_id = key
    sums: dict[str, _Sum] = {}
    aside = _Aside()
    eligible = 0
    for host in hosts:
        reasons = _closed(host)
        if reasons:
            aside.devices += 1
            aside.reasons.update(reasons)
            aside.claimed.update(host.used)
            continue
        eligible += 1
        waiting = pending.get(host.device.id) or Counter()
        for resource in {*host.limits, *host.used}:
            sums.setdefault(resource, _Sum()).add(
                host.limits.get(resource), host.used.get(resource, 0), waiting.get(resource, 0)
            )
    return GroupRoom(
        name=name or None,
        device_id=device_id or None,
        devices=eligible + aside.devices,
        eligible=eligible,
        resources={resource: _resource(sums[resource]) for resource in sorted(sums)},
        set_aside=SetAside(
            devices=aside.devices,
            reasons=dict(sorted(aside.reasons.items())),
            claimed={name: amount for name, amount in sorted(aside.claimed.items()) if amount},
        ),
    )


def _resource(total: _Sum) -> ResourceRoom:
    return ResourceRoom(
        limit=total.limit,
        unlimited=total.unlimited,
        claimed=total.claimed,
        used=total.used,
        left=total.left,
        over=total.over,
    )


def _closed(host: Candidate) -> set[str]:
    """Why a device takes nothing new, whatever that is."""
    if host.driver is None:
        return {ReasonCode.DRIVER_NOT_INSTALLED}
    return {reason.code for reason in check(_ANYTHING, host, _OPEN_RULES)}


def _classes(fleet: Fleet) -> list[list[Candidate]]:
    """The devices, put together where no standing rule can tell them apart."""
    found: dict[int, list[Candidate]] = {}
    for _, host, number in fleet.entries():
        found.setdefault(number, []).append(host)
    return list(found.values())


def _room_for(service_type: ServiceType, classes: Sequence[Sequence[Candidate]]) -> ServiceTypeRoom:
    policy = service_type.policy
    request = replace(
        _ANYTHING,
        kind=service_type.kind,
        service_type_id=service_type.id,
        drivers=service_type.drivers,
        policy=policy,
    )
    hosts: list[Candidate] = []
    for alike in classes:
        # A dedicated device counts for the tenant whose it is.
        owner = alike[0].device.project_id if policy.dedicated else None
        asked = replace(request, project_id=owner or _NOBODY)
        if not check(asked, alike[0], STANDING_RULES):
            hosts += alike
    percents = policy.oversubscription_percent
    return ServiceTypeRoom(
        id=service_type.id,
        name=service_type.name,
        devices=len(hosts),
        wired=_fits(headroom(hosts, request.demand, percents, own_networks=0)),
        own_network=_fits(headroom(hosts, request.demand, percents, own_networks=1)),
    )


def _fits(room: Headroom) -> Fits:
    return Fits(vips=room.vips, runs_out=room.runs_out, short=room.short)


def _pending(work: UnitOfWork) -> Pending:
    """What is claimed for services that no device has confirmed yet."""
    waiting = work.services.find(Query(filters={"deployed_revision": (0,)}))
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for binding in _bindings(work, [service.id for service in waiting]):
        found[binding.device_id].update(binding.claims)
    for device_id, usage in work.ledger.usage(list(found)).items():
        found[device_id].update(
            vlan_resource(network.interface)
            for network in usage.networks
            if network.attachment is None
        )
    return found


def _bindings(work: UnitOfWork, service_ids: Sequence[str]) -> Iterator[Binding]:
    for start in range(0, len(service_ids), CHUNK):
        chunk = tuple(service_ids[start : start + CHUNK])
        yield from work.bindings.find(Query(filters={"service_id": chunk}))
