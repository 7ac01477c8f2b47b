"""Placements that are stored, through the product's own path."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from adapters.persistence.sql import SqlStore
from adapters.system import SystemClock, UuidSource
from benchmarks.figures import Figure, Target
from benchmarks.placement.databases import Database
from benchmarks.placement.filling import Filled, Watch
from benchmarks.placement.rows import content, services_of
from benchmarks.placement.scene import drivers
from core.domain.placement.request import PlacementRequest
from core.usecases.placement.scheduler import FleetScheduler
from core.usecases.placement.view import FleetView
from pierhead.collector import collect_between_rounds

_PER_SECOND = 5_000


def nothing_before() -> None:
    """What the first of many units waits for."""


@dataclass
class Stored:
    """A store with a filled fleet, and a scheduler that knows it."""

    database: Database
    store: SqlStore
    scheduler: FleetScheduler
    filled: Filled
    at_first: int
    """How many VIPs were there to begin with."""
    placed: int = 0
    refused: int = 0

    def waiting(self, number: int) -> list[PlacementRequest]:
        """Requests of services that are stored and nowhere yet."""
        requests = self.filled.requests(number)
        self.database.load(services_of(requests))
        return requests

    def place(self, requests: Sequence[PlacementRequest]) -> Callable[[], None]:
        """One unit of work, and what a loop does after it. Waiting until it is durable is left
        to what is returned, so that the next one may be decided meanwhile."""
        with self.store.write() as work:
            placements = self.scheduler.place(work, requests)
            wait = work.begin_commit()
        collect_between_rounds()
        placed = sum(placement.binding is not None for placement in placements)
        self.placed += placed
        self.refused += len(placements) - placed
        return wait


def stored(database: Database, filled: Filled, watch: Watch) -> Stored:
    """Fill a database, and let a scheduler read it."""
    store = database.open()
    for each in content(filled):
        database.load(each)
        watch(1)
    database.settle()
    scheduler = FleetScheduler(
        view=FleetView(drivers(), threading.Lock()),
        advisors={},
        clock=SystemClock(),
        ids=UuidSource(),
    )
    ready = Stored(database, store, scheduler, filled, filled.placed)
    ready.place(ready.waiting(1))()
    return ready


def rates(ready: Stored, label: str, groups: Mapping[int, int]) -> list[Figure]:
    """Placements per second in groups of several sizes; `groups` says how many of each."""
    figures = []
    for size, number in groups.items():
        requests = iter(ready.waiting(number))
        client, server = time.process_time(), ready.database.server_seconds()
        begun = time.perf_counter()
        wait = nothing_before
        while group := list(islice(requests, size)):
            before, wait = wait, ready.place(group)
            before()
        wait()
        seconds = time.perf_counter() - begun
        client = time.process_time() - client
        server = ready.database.server_seconds() - server
        figures.append(
            Figure(
                name=f"durable placements, {label}, groups of {size}",
                value=number / seconds,
                unit="/s",
                side=Target.AT_LEAST,
                wanted=_PER_SECOND if size >= 100 else None,
                note=f"{number} placements; CPU for each: {client / number * 1e6:.0f} µs here"
                + (f", {server / number * 1e6:.0f} µs of the server" if server else ""),
            )
        )
    return figures


def recounted(ready: Stored, label: str) -> list[Figure]:
    """What the database itself says of limits and counters."""
    found = ready.database.recount()
    return [
        Figure(
            name=f"limits exceeded, {label}",
            value=found.over,
            wanted=0,
            note=f"counted in the database, {found.bound} VIPs; {ready.refused} were refused",
        ),
        Figure(name=f"counters that a recount corrects, {label}", value=found.wrong, wanted=0),
        Figure(
            name=f"placements that are not stored, {label}",
            value=abs(found.bound - ready.at_first - ready.placed)
            + abs(found.decided - ready.placed - ready.refused),
            wanted=0,
        ),
    ]
