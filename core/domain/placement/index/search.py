"""Finds devices for a request, the best first, without looking at every one."""

import heapq
from collections.abc import Container, Iterable, Iterator

from core.domain.placement.index.bits import Mask
from core.domain.placement.index.look import Look
from core.domain.placement.request import Candidate

_Devices = Iterator[tuple[int, int]]
"""Points and slots, the best first."""

_Level = tuple[int, Mask]
"""Points, and the devices that have them."""

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
    alone = _one_by_one(look)
    parts: list[_Part] = [(alone[0][0], iter(alone))] if alone else []
    ranking = look.plan.ranking(look.number)
    for points, group in look.far.groups:
        top = ranking.top(group)
        for worth, devices in _far_groups(look, group):
            base = points + worth
            parts.append((base + top, _far(look, base, ranking.levels(devices, top))))
    return parts


def _one_by_one(look: Look) -> list[tuple[int, int]]:
    """The near devices with room, in order."""
    plan, number, home, drawn = look.plan, look.number, look.home, look.drawn
    near = look.near or {}
    found = []
    for attached in set(near.values()):
        new = number - attached
        opening, state = plan.openings.opening(new), plan.ranking(new).points
        for slot, on in near.items():
            if on != attached or (drawn is not None and slot not in drawn.slots):
                continue
            if not opening.exact and not plan.openings.has_room(slot, new):
                continue
            # Sets are in the processor's cache; what is known of a single device seldom is.
            for points, mask in opening.groups:
                if mask >> slot & 1:
                    worth = plan.worth(number, attached, at_home=bool(home >> slot & 1))
                    found.append((points + worth + state[slot], -slot))
                    break
    found.sort(reverse=True)
    return [(points, -slot) for points, slot in found]


def _far_groups(look: Look, group: Mask) -> Iterator[tuple[int, Mask]]:
    """The devices of a group by what their wiring is worth."""
    plan, number, home = look.plan, look.number, look.home
    if look.drawn is not None:
        group &= look.drawn.mask
    if home:
        at_home = group & home
        yield plan.worth(number, 0, at_home=True), at_home
        group ^= at_home
    yield plan.worth(number, 0), group


def _far(look: Look, base: int, levels: Iterable[_Level]) -> _Devices:
    # Not before a device is wanted: often one of those near is the best.
    many, few = look.rivals
    yield from _walk(base, levels, many, few | (look.near or {}).keys())


def _among_all(look: Look) -> list[_Part]:
    """All devices by what their wiring is worth to the request."""
    plan, number, masks = look.plan, look.number, look.masks
    without = masks.overlap | masks.standby | masks.outside
    parts: list[_Part] = []
    for attached, mask in enumerate(masks.attached):
        groups = plan.openings.opening(number - attached).groups if mask else ()
        ranking = plan.ranking(number - attached)
        at_home = mask & look.home
        for devices, is_home in ((at_home, True), (mask ^ at_home, False)):
            worth = plan.worth(number, attached, at_home=is_home) if devices else 0
            for points, group in groups:
                both = group & devices
                if both:
                    base = worth + points
                    levels = ranking.levels(both, ranking.best())
                    parts.append((base + ranking.best(), _walk(base, levels, without, ())))
    return parts


def _walk(
    base: int, levels: Iterable[_Level], without: Mask, passed_over: Container[int]
) -> _Devices:
    """The single devices of each level."""
    for points, level in levels:
        hits = level ^ (level & without) if without else level
        while hits:
            bit = hits & -hits
            hits ^= bit
            slot = bit.bit_length() - 1
            if slot not in passed_over:
                yield base + points, slot
