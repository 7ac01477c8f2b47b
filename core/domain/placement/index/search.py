"""Finds devices for a request, the best first, without looking at every one."""

import heapq
from collections.abc import Iterator

from core.domain.placement.index.bits import Mask, slots_of
from core.domain.placement.index.look import Look
from core.domain.placement.index.rankings import Ranking
from core.domain.placement.scores import Wiring

_FEW = 12
"""So few devices are sorted rather than looked for level by level."""


def in_order(look: Look) -> Iterator[tuple[int, int]]:
    """Points and slot of the devices that may fit, from the most points to the least, equals
    by slot.

    Every device that fits is among them; one that does not may be, so the rules are asked
    about each. Where a driver has a say, the points are the most that it could give.
    """
    parts = [
        (points + group_points + ranking.best(), points + group_points, mask, group, ranking)
        for points, mask, ranking in _by_wiring(look)
        for group_points, group in look.plan.groups
    ]
    parts.sort(key=lambda part: part[0])
    heap: list[tuple[int, int, Iterator[tuple[int, int]]]] = []
    while parts or heap:
        # A part is opened only when it could hold the next device.
        while parts and (not heap or parts[-1][0] >= -heap[0][0]):
            _, base, mask, group, ranking = parts.pop()
            _advance(heap, _walk(base, mask & group, ranking))
        if heap:
            points, slot, rest = heapq.heappop(heap)
            yield -points, slot
            _advance(heap, rest)


def _advance(
    heap: list[tuple[int, int, Iterator[tuple[int, int]]]], devices: Iterator[tuple[int, int]]
) -> None:
    following = next(devices, None)
    if following is not None:
        heapq.heappush(heap, (-following[0], following[1], devices))


def _walk(base: int, mask: Mask, ranking: Ranking) -> Iterator[tuple[int, int]]:
    if mask.bit_count() <= _FEW:
        worth = ranking.points
        yield from sorted(
            ((base + worth[slot], slot) for slot in slots_of(mask)),
            key=lambda one: (-one[0], one[1]),
        )
        return
    for points, level in ranking.descending():
        hits = mask & level
        while hits:
            bit = hits & -hits
            yield base + points, bit.bit_length() - 1
            hits ^= bit


def _by_wiring(look: Look) -> list[tuple[int, Mask, Ranking]]:
    """The devices with room by what their wiring is worth to the request, and the ranking of
    their states that goes with it."""
    plan, request = look.plan, look.request
    open_to_it = plan.eligible
    if look.overlap:
        open_to_it &= ~look.overlap
    if request.subset is not None:
        open_to_it &= ~look.outside
    if request.avoid_device_id is not None:
        open_to_it &= ~look.standby
    number = len(request.network_ids)
    home = look.fleet.places.with_tenant.mask(request.project_id) if plan.minds_tenants else 0
    found: list[tuple[int, Mask, Ranking]] = []
    for on, roomy in enumerate(look.roomy):
        mask = roomy & open_to_it
        if not mask:
            continue
        ranking = plan.wired if on == number else plan.opening
        at_home = mask & home if home else 0
        if at_home:
            points = plan.wiring(Wiring(number, on, at_home=True)).points
            found.append((points, at_home, ranking))
            mask ^= at_home
        if mask:
            points = plan.wiring(Wiring(number, on, at_home=False)).points
            found.append((points, mask, ranking))
    return found
