"""The parts of the benchmark, each of which can be asked for alone."""

from collections.abc import Callable, Iterator, Mapping

from benchmarks.figures import Figure
from benchmarks.placement.databases import sqlite_database
from benchmarks.placement.durable import rates, recounted, stored
from benchmarks.placement.in_memory import Tail, baselines, growth, whole_fleet
from benchmarks.placement.open_loop import open_loop
from benchmarks.placement.openstack import openstack_placement
from benchmarks.placement.rebuild import replica
from benchmarks.placement.run import Run, label_of
from benchmarks.placement.scene import Popularity, Scene

OPENSTACK = "openstack"


def memory(run: Run) -> Iterator[Figure]:
    """Decisions, claims, surveys and baselines without a database."""
    sizes = run.sizes
    for popularity in Popularity:
        tails = {}
        for size, times in sizes.fleets.items():
            tail = tails[size] = Tail()
            for seed in range(times):
                scene = Scene(size, popularity, seed=seed + 1)
                filled = run.timed(scene, tail)
            label = label_of(scene)
            yield from tail.figures(label)
            yield Figure(
                name=f"filled in memory, {label}",
                value=filled.placed / filled.seconds,
                unit="/s",
                note=f"{filled.placed} VIPs in {filled.seconds:.1f} s, {filled.refused} refused;"
                f" the process grew by {filled.megabytes:.0f} MB",
            )
            with run.showing(f"looking at {label}"):
                yield from whole_fleet(filled, label, rounds=sizes.rounds)
                yield from baselines(filled, label, rounds=sizes.scans)
        small, large = min(tails), max(tails)
        for name, part in (("choice of a device", "bare"), ("decision to be stored", "whole")):
            few, many = (getattr(tails[size], part).seconds for size in (small, large))
            times_longer = f"{name}, {large:,} devices to {small:,}, {popularity} networks"
            yield growth(times_longer, few, many)


def durable(run: Run) -> Iterator[Figure]:
    """Placements per second in PostgreSQL."""
    for size in run.sizes.stored:
        ready, label = run.in_postgresql(size), f"PostgreSQL, {size:,} devices"
        with run.showing(f"placing durably: {label}"):
            yield from rates(ready, label, run.sizes.groups)
        yield from recounted(ready, label)


def arrivals(run: Run) -> Iterator[Figure]:
    """What placement adds when requests arrive at random."""
    size = run.sizes.stored[-1]
    ready, label = run.in_postgresql(size), f"PostgreSQL, {size:,} devices"
    for rate in run.sizes.rates:
        with run.showing(f"{rate} requests a second: {label}"):
            yield from open_loop(ready, label, rate, run.sizes.seconds)
    yield from recounted(ready, f"{label}, after arrivals")


def start(run: Run) -> Iterator[Figure]:
    """A replica that starts."""
    size = run.sizes.stored[-1]
    ready = run.in_postgresql(size)
    with run.showing(f"a new replica of {size:,} devices"):
        yield from replica(ready, f"PostgreSQL, {size:,} devices")


def sqlite(run: Run) -> Iterator[Figure]:
    """Placements per second in SQLite."""
    for size in run.sizes.stored:
        label = f"SQLite, {size:,} devices"
        with sqlite_database() as database:
            with run.showing(f"storing {size:,} devices in SQLite") as watch:
                ready = stored(database, run.fleet(size), watch)
            with run.showing(f"placing durably: {label}"):
                yield from rates(ready, label, run.sizes.groups)
            yield from recounted(ready, label)
            ready.store.close()


def openstack(run: Run) -> Iterator[Figure]:
    """openstack-placement on the same PostgreSQL."""
    for providers in run.sizes.providers:
        with run.showing(f"openstack-placement with {providers:,} providers"):
            yield from openstack_placement(run.server(), providers, run.sizes.claims)


PARTS: Mapping[str, Callable[[Run], Iterator[Figure]]] = {
    "memory": memory,
    "durable": durable,
    "arrivals": arrivals,
    "start": start,
    "sqlite": sqlite,
    OPENSTACK: openstack,
}
