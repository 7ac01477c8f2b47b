"""Use case: how many more services would fit, where, and what runs out first."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from core.domain.device import DriverInfo
from core.domain.network import SubnetInfo
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.index.look import Look
from core.domain.placement.reasons import ReasonCode
from core.domain.placement.refusal_groups import RefusalGroup
from core.domain.placement.request import PlacementRequest
from core.ports.clock import Clock
from core.ports.ipam import Ipam
from core.ports.placement_advisor import PlacementAdvisor
from core.ports.store import Store
from core.usecases.caller import Caller
from core.usecases.fleet.access import require_admin
from core.usecases.placement.choosing import Advisors, choose
from core.usecases.placement.findings import RefusedGroup, find_all, told
from core.usecases.placement.imagining import check_numbers, imagine, own_needs, request_of
from core.usecases.placement.view import FleetView
from core.usecases.placement.what_if_types import Answer, Ending, Filled, FirstRefusal, Question

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

LONGEST = 20.0
"""Seconds that a simulation may take: who asks waits for it."""


class WhatIf:
    """Simulates placements on a copy of the fleet. For admins; nothing is stored."""

    def __init__(
        self,
        *,
        store: Store,
        ipam: Ipam,
        view: FleetView,
        drivers: Mapping[str, DriverInfo],
        advisors: Mapping[str, PlacementAdvisor],
        clock: Clock,
    ) -> None:
        self._store = store
        self._ipam = ipam
        self._view = view
        self._drivers = drivers
        self._advisors = advisors
        self._clock = clock

    def ask(self, caller: Caller, question: Question) -> Answer:
        """Place one service after the other until all are, or nothing fits. Raises WiringFailure
        where networks are another system's and it cannot be asked."""
        require_admin(caller)
        check_numbers(question)
        project = question.tenant_id or caller.project_id
        subnets = self._subnets_elsewhere(question)
        with self._store.read() as work:
            request = request_of(work, question, project, self._drivers, subnets)
            with self._view.at(work) as seen:
                fleet, revision = seen.fork(), self._view.position()
        seen_at = self._clock.now()
        imagine(fleet, question, self._drivers)
        simulation = Simulation(fleet, request, self._advisors)
        ended = simulation.run(
            question.count, own_networks=question.own_networks, clock=self._clock
        )
        return Answer(
            seen_at=seen_at,
            fleet_revision=revision,
            asked=question.count,
            placed=simulation.placed.total(),
            ended=ended,
            wirings=simulation.wirings.total(),
            devices=simulation.filled(),
            first_refusal=simulation.refusal if ended is Ending.NOTHING_FITS else None,
        )

    def _subnets_elsewhere(self, question: Question) -> dict[str, SubnetInfo]:
        """The subnets of another system that the question names, which it can by their ids."""
        if self._ipam.in_store:
            return {}
        named = [
            each for each in question.networks if isinstance(each, str) and _ID.fullmatch(each)
        ]
        found = {each: self._ipam.subnet(each) for each in named}
        return {each: subnet for each, subnet in found.items() if subnet is not None}


class Simulation:
    """Placements on a fleet that belongs to it."""

    def __init__(self, fleet: Fleet, request: PlacementRequest, advisors: Advisors) -> None:
        self._fleet = fleet
        self._request = request
        self._advisors = advisors
        self.placed: Counter[str] = Counter()
        """Device id -> how many services it took."""
        self.wirings: Counter[str] = Counter()
        """Device id -> how many networks it would be attached to."""
        self.refusal: FirstRefusal | None = None

    def run(self, count: int, *, own_networks: int, clock: Clock) -> Ending:
        """Place up to `count` services; `refusal` tells why no more fitted."""
        deadline = clock.monotonic() + LONGEST
        for number in range(count):
            request = self._with_own(number, own_networks) if own_networks else self._request
            if not self._place(request):
                self.refusal = _first_refusal(self._fleet, request, self._advisors)
                return Ending.NOTHING_FITS
            if clock.monotonic() > deadline and number + 1 < count:
                return Ending.OUT_OF_TIME
        return Ending.ALL_PLACED

    def filled(self) -> tuple[Filled, ...]:
        """The devices that took services, the one that took most first."""
        found = []
        for device_id, placed in self.placed.most_common():
            host = self._fleet.get(device_id)
            name = host.device.name if host is not None else device_id
            found.append(
                Filled(
                    device_id=device_id,
                    device_name=name,
                    placed=placed,
                    wirings=self.wirings[device_id],
                )
            )
        return tuple(found)

    def _with_own(self, number: int, own_networks: int) -> PlacementRequest:
        needs = self._request.requirements
        networks = (*needs.networks, *own_needs(number, own_networks))
        return replace(self._request, requirements=replace(needs, networks=networks))

    def _place(self, request: PlacementRequest) -> bool:
        chosen = choose(Look(self._fleet, request), self._advisors, 1)
        if not chosen.fitting:
            return False
        host = chosen.fitting[0][0]
        device_id, networks = host.device.id, request.requirements.networks
        opened = {need.network_id for need in networks} - host.networks.keys()
        self.placed[device_id] += 1
        self.wirings[device_id] += len(opened)
        self._fleet.claim(device_id, request.project_id, request.demand, networks)
        return True


def _first_refusal(fleet: Fleet, request: PlacementRequest, advisors: Advisors) -> FirstRefusal:
    found = find_all(fleet, request, advisors)
    short = short_of(found.groups)
    groups = told(found.groups, request, {})
    easiest = min(groups, key=_difficulty, default=None)
    return FirstRefusal(
        considered=len(found.devices),
        refusals=found.refusals,
        short=short,
        runs_out=max(short, key=lambda name: short[name], default=None),
        remedy=easiest.remedy if easiest is not None else "add a device",
        remedy_device=easiest.nearest if easiest is not None else None,
        remedy_devices=easiest.devices if easiest is not None else 0,
        groups=groups,
    )


def short_of(groups: Iterable[RefusalGroup]) -> dict[str, int]:
    """Resource -> how many devices lack it, of those that lack nothing but room; by name."""
    short: Counter[str] = Counter()
    for group in groups:
        if all(code is ReasonCode.LIMIT_REACHED for code, _ in group.kinds):
            short.update({about: group.size for _, about in group.kinds})
    return dict(sorted(short.items()))


def _difficulty(group: RefusedGroup) -> tuple[bool, int, int]:
    """What belongs to others comes last; then few changes before many, for many devices."""
    is_owned = any(kind.code is ReasonCode.OWNED_BY_ANOTHER for kind in group.reasons)
    return is_owned, len(group.reasons), -group.devices
