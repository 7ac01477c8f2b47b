"""Decisions and claims in memory, on fleets of several sizes."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import cycle
from typing import Any

from adapters.advisors import BoundedAdvisor
from adapters.system import SystemClock, UuidSource
from benchmarks.figures import Figure, percentile
from benchmarks.placement.baselines import full_scan, nova_like
from benchmarks.placement.filling import Filled, best_of, claim
from benchmarks.placement.forgetful import ForgetfulWork
from benchmarks.placement.opinionated import OpinionatedAdvisor
from benchmarks.placement.scene import drivers
from benchmarks.placement.timing import Stopwatch, milliseconds, percentiles
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.index.look import Look
from core.domain.placement.index.survey import survey, tally
from core.domain.placement.request import Candidate, PlacementRequest
from core.ports.placement_advisor import PlacementAdvisor
from core.usecases.placement.choosing import choose
from core.usecases.placement.scheduler import KEPT, FleetScheduler
from core.usecases.placement.view import FleetView

_GROUP = 100
_DECIDED = {50: 30.0, 99: 100.0}


class Tail:
    """Decides and claims the last VIPs of a filling, and times it. Every second decision is the
    bare choice of a device, the others are all that a stored decision needs."""

    def __init__(self) -> None:
        self.bare, self.whole, self.claims = Stopwatch(), Stopwatch(), Stopwatch()
        self._turn = cycle((True, False))

    def step(self, fleet: Fleet, request: PlacementRequest) -> Candidate | None:
        """One decision and claim."""
        host: Candidate | None
        if next(self._turn):
            with self.bare:
                host = best_of(fleet, request)
        else:
            with self.whole:
                host = decide(fleet, request)
        if host is not None:
            with self.claims:
                claim(fleet, request, host)
        return host

    def figures(self, label: str) -> list[Figure]:
        """Percentiles of all three."""
        return [
            *percentiles(
                f"choice of a device, {label}",
                self.bare.seconds,
                wanted=_DECIDED,
                note=f"{len(self.bare.seconds)} while the last VIPs are placed; CPU time",
            ),
            *percentiles(
                f"decision to be stored, {label}",
                self.whole.seconds,
                wanted=_DECIDED,
                note=f"{KEPT} devices with their scores, refusals counted by reason",
            ),
            *percentiles(f"claim in memory, {label}", self.claims.seconds),
        ]


def decide(fleet: Fleet, request: PlacementRequest) -> Candidate | None:
    """What FleetScheduler works out for a decision that it stores."""
    look = Look(fleet, request)
    chosen = choose(look, {}, KEPT)
    tally(look)
    return chosen.fitting[0][0] if chosen.fitting else None


def growth(name: str, small: Sequence[float], large: Sequence[float]) -> Figure:
    """How much longer the median takes on the larger fleet."""
    return Figure(
        name=name,
        value=percentile(large, 50) / percentile(small, 50),
        unit="times",
        wanted=2.0,
        note="medians",
    )


def whole_fleet(filled: Filled, label: str, *, rounds: int) -> list[Figure]:
    """What looks at every device: surveys, forks, building anew."""
    fleet, requests = filled.fleet, filled.requests(rounds)
    figures = [
        _survey(f"why not, all devices, {label}", fleet, requests, wanted=10.0),
        _survey(
            f"why not, all devices refused, {label}",
            fleet,
            [_wanting(request, throughput=1_000_000) for request in requests],
            wanted=10.0,
        ),
    ]
    devices = [host.device for host in fleet]
    accounts = {host.device.id: host.account for host in fleet}
    anew = Fleet(drivers())
    figures += [
        _milliseconds(f"fork, {label}", fleet.fork),
        _milliseconds(f"build from accounts, {label}", lambda: anew.fill(devices, accounts)),
        _with_a_say(anew, label, requests),
        _scheduler(filled, label, rounds),
    ]
    return figures


def baselines(filled: Filled, label: str, *, rounds: int) -> list[Figure]:
    """The Nova-like loop and the full scan; whether the scan agrees with the index."""
    requests = filled.requests(rounds)
    hosts = list(filled.fleet)
    nova, scan = Stopwatch(), Stopwatch()
    differ = 0
    for request in requests:
        asked = Look(filled.fleet, request).request
        with nova:
            nova_like(hosts, asked)
        with scan:
            found = full_scan(filled.fleet, asked)
        differ += found is not best_of(filled.fleet, asked)
    return [
        Figure(
            name=f"Nova-like loop over objects, {label}, p50",
            value=percentile(nova.seconds, 50) * 1000,
            unit="ms",
            note="7 filters, 2 weighers; the same fleet and requests",
        ),
        Figure(
            name=f"full scan with every rule and score, {label}, p50",
            value=percentile(scan.seconds, 50) * 1000,
            unit="ms",
        ),
        Figure(
            name=f"choices of the index that a full scan would not make, {label}",
            value=differ,
            wanted=0,
            note=f"of {rounds}",
        ),
    ]


def _survey(
    name: str, fleet: Fleet, requests: Sequence[PlacementRequest], *, wanted: float
) -> Figure:
    watch, refused = Stopwatch(), 0
    for request in requests:
        fleet.plan(request)
        with watch:
            found = survey(Look(fleet, request))
        refused += sum(bool(reasons) for _, reasons, _ in found)
    return Figure(
        name=f"{name}, p50",
        value=percentile(watch.seconds, 50) * 1000,
        unit="ms",
        wanted=wanted,
        note=f"{refused / len(requests):.0f} refused, of {len(fleet)}; worst"
        f" {max(watch.seconds) * 1000:.1f} ms",
    )


def _wanting(request: PlacementRequest, *, throughput: int) -> PlacementRequest:
    demand = {**request.policy.demand, "throughput": throughput}
    return replace(
        request,
        service_type_id=f"{request.service_type_id}-{throughput}",
        policy=replace(request.policy, demand=demand),
    )


def _milliseconds(name: str, call: Callable[[], object]) -> Figure:
    return Figure(name=name, value=milliseconds(call), unit="ms")


def _with_a_say(fleet: Fleet, label: str, requests: Sequence[PlacementRequest]) -> Figure:
    """Decisions where the first driver is asked, in the product's bounds of time."""
    infos = drivers(advises=True)
    asked = Fleet(infos)
    asked.fill([host.device for host in fleet], {host.device.id: host.account for host in fleet})
    advisor = OpinionatedAdvisor(infos["alpha"])
    bounded: Any = BoundedAdvisor(advisor, SystemClock(), 5.0)
    advisors: dict[str, PlacementAdvisor] = {"alpha": bounded}
    watch = Stopwatch()
    choose(Look(asked, requests[0]), advisors, KEPT)
    for request in requests:
        with watch:
            choose(Look(asked, request), advisors, KEPT)
    return Figure(
        name=f"choice of a device where a driver has a say, {label}, p50",
        value=percentile(watch.seconds, 50) * 1e6,
        unit="µs",
        note=f"a thread of its own answers about {advisor.asked / (len(requests) + 1):.0f} devices",
    )


def _scheduler(filled: Filled, label: str, rounds: int) -> Figure:
    fleet = filled.fleet
    work = ForgetfulWork(
        [host.device for host in fleet], {host.device.id: host.account for host in fleet}
    )
    scheduler = FleetScheduler(
        view=FleetView(drivers(), threading.Lock()),
        advisors={},
        clock=SystemClock(),
        ids=UuidSource(),
    )
    scheduler.place(work, filled.requests(_GROUP))  # type: ignore[arg-type]
    watch = Stopwatch()
    for _ in range(max(2, rounds // 5)):
        requests = filled.requests(_GROUP)
        with watch:
            scheduler.place(work, requests)  # type: ignore[arg-type]
    return Figure(
        name=f"scheduler without a store, {label}, per placement",
        value=sum(watch.seconds) / len(watch.seconds) / _GROUP * 1e6,
        unit="µs",
        note=f"groups of {_GROUP}: decisions, claims and records, nothing is stored;"
        f" {work.claimed} placed",
    )
