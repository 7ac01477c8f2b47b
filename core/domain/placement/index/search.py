"""Finds devices for a request, the best first, without looking at every one."""

import heapq
from collections.abc import Container, Iterable, Iterator, Mapping

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
    parts = _parts(look)
    parts.sort(key=_most)
    heap: list[tuple[int, int, _Devices]] = []
    while parts or heap:
        # A part is opened only when it could hold the next device.
        while parts and (not heap or parts[-1][0] >= -heap[0][0]):
            _advance(heap, parts.pop()[1])
        if heap:
            points, slot, rest = heapq.heappop(heap)
            yield -points, slot
            _advance(heap, rest)


def _most(part: _Part) -> int:
    return part[0]


def _advance(heap: list[tuple[int, int, _Devices]], devices: _Devices) -> None:
    following = next(devices, None)
    if following is not None:
        heapq.heappush(heap, (-following[0], following[1], devices))


def _parts(look: Look) -> list[_Part]:
    near = look.near
    if near is not None:
        return [*_one_by_one(look, near), *_as_sets(look, 0, look.fleet.all, near)]
    return [
        part
        for on, devices in enumerate(look.attached)
        if devices
        for part in _as_sets(look, on, devices, ())
    ]


def _one_by_one(look: Look, near: Mapping[int, int]) -> Iterator[_Part]:
    """The near devices by how they stand to the request."""
    plan, number = look.plan, look.number
    for (on, at_home), slots in _by_wiring(look, near).items():
        opening, state = plan.openings.opening(number - on), plan.ranking(number - on).points
        if not opening.roomy:
            continue
        ranked = sorted([(-state[slot], slot) for slot in slots])
        worth = plan.worth(number, on, at_home=at_home)
        for points, group in plan.groups:
            roomy = opening.part(group)
            if roomy:
                base = points + worth
                yield base - ranked[0][0], _those_in(roomy, base, ranked)


def _by_wiring(look: Look, near: Mapping[int, int]) -> Mapping[tuple[int, bool], Iterable[int]]:
    home = look.home
    if look.drawn is not None:
        drawn = look.drawn.mask
        near = {slot: on for slot, on in near.items() if drawn >> slot & 1}
    if look.number == 1 and not home:
        return {(1, False): near} if near else {}
    found: dict[tuple[int, bool], list[int]] = {}
    for slot, on in near.items():
        found.setdefault((on, bool(home and home >> slot & 1)), []).append(slot)
    return found


def _those_in(group: Mask, base: int, ranked: Iterable[tuple[int, int]]) -> _Devices:
    for cost, slot in ranked:
        if group >> slot & 1:
            yield base - cost, slot


def _as_sets(look: Look, on: int, devices: Mask, passed_over: Container[int]) -> Iterator[_Part]:
    """The devices that are `on` so many of the networks, without some."""
    plan, number, home = look.plan, look.number, look.home
    opening = plan.openings.opening(number - on) if on else look.far
    ranking = plan.ranking(number - on)
    if look.drawn is not None:
        devices &= look.drawn.mask
    split = ((devices & home, True), (devices & ~home, False)) if home else ((devices, False),)
    for part, is_home in split:
        if not part:
            continue
        worth = plan.worth(number, on, at_home=is_home)
        for points, group in plan.groups:
            roomy = opening.part(group)
            if roomy:
                base = points + worth
                most = ranking.bound(roomy) if look.drawn is None else ranking.best()
                levels = ranking.levels(part, most, within=roomy)
                yield base + most, _walk(look, on, base, levels, passed_over)


def _walk(
    look: Look, on: int, base: int, levels: Iterable[_Level], passed_over: Container[int]
) -> _Devices:
    """The single devices of each level."""
    # Of the best one the rules are asked: sets pay only when more devices are wanted. On all of
    # the networks, few have overlapping addresses.
    without: Mask | None = 0 if on == look.number else None
    for points, level in levels:
        hits = level ^ (level & without) if without else level
        while hits:
            rest = hits & (hits - 1)
            slot = (hits ^ rest).bit_length() - 1
            hits = rest
            if slot not in passed_over:
                yield base + points, slot
                if without is None:
                    without = look.conflicts.certain if on else look.rivals.of_any
                    hits ^= hits & without
