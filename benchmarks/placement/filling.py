"""Fills a fleet through the index itself, and keeps a journal from which databases are filled."""

import gc
import os
import time
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from benchmarks.machine import Memory
from benchmarks.placement.scene import Draw, Scene, drivers, request_of
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.index.look import Look
from core.domain.placement.index.search import fitting
from core.domain.placement.request import Candidate, PlacementRequest

Watch = Callable[[int], None]
"""Told how many more VIPs were placed."""

_STEP = 2000
_NOWHERE = -1


@dataclass
class Journal:
    """Where each draw of a scene was placed, by the device's number; -1: nowhere."""

    devices: "array[int]" = field(default_factory=lambda: array("i"))

    def entries(self, scene: Scene) -> Iterator[tuple[int, Draw, int]]:
        """Serial, draw and device of every VIP that was placed."""
        for serial, (draw, device) in enumerate(zip(scene.draws(), self.devices, strict=False)):
            if device != _NOWHERE:
                yield serial, draw, device


@dataclass
class Filled:
    """A fleet as full as its scene wants it. `upcoming` goes on where the filling ended."""

    scene: Scene
    fleet: Fleet
    journal: Journal
    upcoming: Iterator[tuple[int, Draw]]
    placed: int
    refused: int
    seconds: float
    megabytes: float
    """What the process grew by."""

    def requests(self, number: int) -> list[PlacementRequest]:
        """So many more."""
        return [request_of(serial, draw) for serial, draw in islice(self.upcoming, number)]


def best_of(fleet: Fleet, request: PlacementRequest) -> Candidate | None:
    """The device that is chosen, and nothing besides."""
    for _, _, host in fitting(Look(fleet, request)):
        return host
    return None


def filled(
    scene: Scene,
    watch: Watch,
    *,
    step: Callable[[Fleet, PlacementRequest], Candidate | None] | None = None,
    last: int = 0,
) -> Filled:
    """Fill a new fleet; `step` decides and claims the `last` VIPs in place of us."""
    gc.collect()
    before = _megabytes()
    begun = time.perf_counter()
    fleet = Fleet(drivers())
    fleet.fill(scene.devices(), {})
    journal, upcoming = Journal(), enumerate(scene.draws())
    placed = refused = 0
    for serial, draw in upcoming:
        request = request_of(serial, draw)
        if step is not None and placed >= scene.vips - last:
            host = step(fleet, request)
        else:
            host = best_of(fleet, request)
            if host is not None:
                claim(fleet, request, host)
        if host is None:
            refused += 1
            journal.devices.append(_NOWHERE)
        else:
            placed += 1
            journal.devices.append(host.device.number)
            if placed % _STEP == 0:
                watch(_STEP)
        if placed == scene.vips:
            break
    seconds = time.perf_counter() - begun
    gc.collect()
    return Filled(scene, fleet, journal, upcoming, placed, refused, seconds, _megabytes() - before)


def claim(fleet: Fleet, request: PlacementRequest, host: Candidate) -> None:
    """Count a service on its device."""
    fleet.claim(host.device.id, request.project_id, request.demand, request.requirements.networks)


def _megabytes() -> float:
    return Memory.of(frozenset({os.getpid()})).rss
