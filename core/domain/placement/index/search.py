"""Finds devices for a request, the best first, without looking at every one."""

import heapq
from collections.abc import Container, Iterator

from core.domain.placement.index.bits import Mask
from core.domain.placement.index.look import Look
from core.domain.placement.index.rankings import Ranking
from core.domain.placement.request import Candidate

_Devices = Iterator[tuple[int, int]]
"""Points and slots, the best first."""

_Part = tuple[int, _Devices]
"""The most points that devices of this part may have, and the devices."""


def fitting(look: Look) -> Iterator[tuple[int, int, Candidate]]:
    """Points, slot and device of all that pass the rules, from the most points to the least,
    equals by slot. Where a driver has a say, the points are the most that it could give."""
    host_in, admits = look.fleet.host, look.admits
    for points, slot in in_order(look):
        host = host_in(slot)
        if admits(slot, host):
            yield points, slot, host


def in_order(look: Look) -> _Devices:
    """Points and slot of the devices that may fit, in that order. Every device that fits is
    among them."""
    parts = _among_all(look) if look.near is None else _near_and_far(look)
    parts.sort(key=lambda part: part[0])
    heap: list[tuple[int, int, _Devices]] = []
    while parts or heap:
        # A part is opened only when it could hold the next device.
        while parts and (not heap or parts[-1][0] >= -heap[0][0]):
            _advance(heap, parts.pop()[1])
        if heap:
            points, slot, rest = heapq.heappop(heap)
            yield -points, slot
            _advance(heap, rest)


def _advance(heap: list[tuple[int, int, _Devices]], devices: _Devices) -> None:
    following = next(devices, None)
    if following is not None:
        heapq.heappush(heap, (-following[0], following[1], devices))


def _near_and_far(look: Look) -> list[_Part]:
    """Those near one by one, and the others as sets."""
    plan = look.plan
    alone = _one_by_one(look)
    parts: list[_Part] = [(alone[0][0], iter(alone))] if alone else []
    if look.drawn is None and look.far.groups:
        ranking = plan.ranking(look.number)
        worth, best = plan.worth(look.number, 0), ranking.best()
        for points, mask in look.far.groups:
            base = worth + points
            parts.append((base + best, _far(look, base, mask, ranking)))
    return parts


def _one_by_one(look: Look) -> list[tuple[int, int]]:
    """The near devices with room, or those that were drawn, in order."""
    fleet, plan, number, near = look.fleet, look.plan, look.number, look.near or {}
    class_of, standing, has_room = fleet.classes, plan.standing, plan.openings.has_room
    project, minds_tenants = look.request.project_id, plan.minds_tenants
    found = []
    for slot in near if look.drawn is None else look.drawn.slots:
        terms = standing.get(class_of[slot])
        attached = near.get(slot, 0)
        new = number - attached
        if terms is not None and has_room(slot, new):
            at_home = minds_tenants and project in fleet.host(slot).projects
            wiring = plan.worth(number, attached, at_home=at_home)
            found.append((-terms.points - plan.ranking(new).points[slot] - wiring, slot))
    found.sort()
    return [(-points, slot) for points, slot in found]


def _far(look: Look, base: int, mask: Mask, ranking: Ranking) -> _Devices:
    many, few = look.rivals
    return _walk(base, mask, ranking, many, few | (look.near or {}).keys())


def _among_all(look: Look) -> list[_Part]:
    """All devices by what their wiring is worth to the request."""
    plan, number, masks = look.plan, look.number, look.masks
    without = masks.overlap | masks.standby | masks.outside
    tenants = look.fleet.places.with_tenant
    home = tenants.mask(look.request.project_id) if plan.minds_tenants else 0
    parts: list[_Part] = []
    for attached, mask in enumerate(masks.attached):
        groups = plan.openings.opening(number - attached).groups if mask else ()
        ranking = plan.ranking(number - attached)
        at_home = mask & home
        for devices, is_home in ((at_home, True), (mask ^ at_home, False)):
            worth = plan.worth(number, attached, at_home=is_home) if devices else 0
            for points, group in groups:
                both = group & devices
                if both:
                    base = worth + points
                    parts.append((base + ranking.best(), _walk(base, both, ranking, without, ())))
    return parts


def _walk(
    base: int, mask: Mask, ranking: Ranking, without: Mask, passed_over: Container[int]
) -> _Devices:
    """The devices of a set, level by level."""
    for points, level in ranking.descending():
        hits = mask & level
        if hits and without:
            hits ^= hits & without
        while hits:
            bit = hits & -hits
            hits ^= bit
            slot = bit.bit_length() - 1
            if slot not in passed_over:
                yield base + points, slot
