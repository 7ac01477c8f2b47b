"""Examines every device for one service, on the fleet as it is now: why not there?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.domain.binding import vlan_resource
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.index.survey import Finding
from core.domain.placement.reasons import Reason
from core.domain.placement.remedies import Attached
from core.domain.placement.request import PlacementRequest
from core.domain.service import ServiceKind
from core.ports.clock import Clock
from core.ports.placement_advisor import PlacementAdvisor
from core.ports.service_kind import ServiceKindModel
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.lookup import related
from core.usecases.placement.findings import (
    Findings,
    RefusedGroup,
    find_all,
    remedy_of,
    told,
    total_of,
)
from core.usecases.placement.forks import without_service
from core.usecases.placement.requests import request_for
from core.usecases.placement.view import FleetView

MOST_NAMED = 100
"""For so many devices without VLAN slots, the networks that could be detached are named."""

_VLANS = vlan_resource("")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedDevice:
    """One device: its total if it fits, else all the reasons and what would admit it."""

    device_id: str
    device_name: str
    fits: bool
    total: float | None
    reasons: tuple[Reason, ...]
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """The whole fleet as a service finds it that is nowhere yet.

    `explained_at` is in seconds since the epoch, UTC; `fleet_revision` is the state of the
    fleet that was looked at. The best device is the one that would be chosen now. `devices`
    stand in the order of their registration.
    """

    explained_at: float
    fleet_revision: int
    considered: int
    fitting: int
    refusals: Mapping[str, int]
    best_device_id: str | None
    best_device_name: str | None
    groups: tuple[RefusedGroup, ...]
    devices: tuple[ExaminedDevice, ...]


@dataclass(frozen=True, slots=True)
class _Scene:
    """A service's request, and the fleet without the service."""

    fleet: Fleet
    request: PlacementRequest
    revision: int


class Examiner:
    """Asks the rules, the scores and the drivers about all devices. Stores nothing."""

    def __init__(
        self,
        *,
        store: Store,
        view: FleetView,
        kinds: Mapping[ServiceKind, ServiceKindModel],
        advisors: Mapping[str, PlacementAdvisor],
        clock: Clock,
    ) -> None:
        self._store = store
        self._view = view
        self._kinds = kinds
        self._advisors = advisors
        self._clock = clock

    def examine(self, service_id: str, *, each_device: bool) -> Examination | None:
        """Every device for a service as it is wanted now; None: the service is gone, or going.

        Without `each_device`, the refused are told of in groups only.
        """
        scene, at = self._scene(service_id), self._clock.now()
        if scene is None:
            return None
        found = find_all(scene.fleet, scene.request, self._advisors)
        attached = self._attached(_short_of_vlans(found, each_device=each_device))
        return Examination(
            explained_at=at,
            fleet_revision=scene.revision,
            considered=len(found.devices),
            fitting=found.fitting,
            refusals=found.refusals,
            best_device_id=found.best.device.id if found.best is not None else None,
            best_device_name=found.best.device.name if found.best is not None else None,
            groups=told(found.groups, scene.request, attached),
            devices=_devices(found.devices, scene.request, attached) if each_device else (),
        )

    def missing(self, service_id: str) -> tuple[str, ...]:
        """What a service uses and some device cannot do, such as "method LEAST_CONNECTIONS"."""
        with self._store.read() as work:
            request = self._request(work, service_id)
            if request is None:
                return ()
            with self._view.at(work) as fleet:
                return fleet.missing(request)

    def _request(self, work: UnitOfWork, service_id: str) -> PlacementRequest | None:
        service = work.services.get(service_id)
        if service is None or service.deleting or service.kind not in self._kinds:
            return None
        wanted = self._kinds[service.kind].wanted(work, [service])[service.id]
        service_type = work.service_types.get(service.service_type_id)
        return request_for(service, service_type, wanted.requirements, None)

    def _scene(self, service_id: str) -> _Scene | None:
        with self._store.read() as work:
            request = self._request(work, service_id)
            if request is None:
                return None
            with self._view.at(work) as seen:
                fleet, revision = seen.fork(), self._view.position()
            binding = work.bindings.get(service_id)
            if binding is not None:
                usage = work.ledger.usage([binding.device_id])
                if binding.device_id in usage:
                    without_service(fleet, binding, usage[binding.device_id])
        return _Scene(fleet, request, revision)

    def _attached(self, device_ids: Sequence[str]) -> dict[str, Attached]:
        """The networks of some devices, with names and users."""
        if not device_ids:
            return {}
        with self._store.read() as work:
            usage = work.ledger.usage(device_ids)
            ids = {one.network_id for use in usage.values() for one in use.networks}
            names = {each.id: each.name for each in related(work.networks, "id", sorted(ids))}
        return {device_id: Attached(use.networks, names) for device_id, use in usage.items()}


def _devices(
    devices: Iterable[Finding], request: PlacementRequest, attached: Mapping[str, Attached]
) -> tuple[ExaminedDevice, ...]:
    return tuple(
        ExaminedDevice(
            device_id=host.device.id,
            device_name=host.device.name,
            fits=not reasons,
            total=None if reasons else total_of(points),
            reasons=reasons,
            remedy=remedy_of(host, reasons, request, attached) if reasons else "",
        )
        for host, reasons, points in devices
    )


def _short_of_vlans(found: Findings, *, each_device: bool) -> list[str]:
    """The devices whose networks are worth looking at: those of the groups first."""
    refused = [group.nearest for group in found.groups]
    if each_device:
        refused += [(host, reasons) for host, reasons, _ in found.devices]
    ids = dict.fromkeys(
        host.device.id
        for host, reasons in refused
        if any(str(reason.numbers.get("resource", "")).startswith(_VLANS) for reason in reasons)
    )
    return list(ids)[:MOST_NAMED]
