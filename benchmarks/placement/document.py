"""The figures as a page of the documentation."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from benchmarks.figures import Figure, spelled

_HEAD = """\
# Speed of placement

`make bench-placement` measures placement by itself, without the API, agents or HAProxy, and prints
each figure beside what is wanted on two cores. It asserts nothing. This page is what one run wrote
(`python -m benchmarks.placement --with-placement --markdown docs/placement-speed.md`).

## What is measured

A device holds 118 VIPs, 64 VLANs, and throughput and connections; a fleet is filled to 85 % of its
VIPs, which is 100 on each device and 1,000,000 on 10,000. Tenants are Zipf, ten for each device;
40 % of the requests need a second network. With *uniform* networks a tenant has one for every five
of its VIPs; with *Zipf* networks it has fewer, and a few of these have most of its VIPs. Three
ranges in ten are among 64 popular ones, so that networks overlap, and half of the devices cannot
keep overlapping ones apart. There are two drivers, and eight service types: common, large, pinned
to a driver, in a zone, physical first, packed, grouped by tenant with oversubscription, and
tenants apart on 64 devices each. One device in a hundred belongs to a tenant, three are offline or
drain, and one in ten can do less than the others.

- `memory`: the last VIPs of the filling are timed one by one, in CPU time, since a decision waits
  for nothing. The *choice* is the best device and nothing besides; the *decision to be stored* has
  the next one as well, each with its scores, and counts by reason how many were refused. *Why not*
  tells every device's reasons. The *scheduler without a store* is all that placement itself costs.
  The Nova-like loop and the full scan get the same fleet and requests.
- `durable`: services are stored and wait; each group is placed in one unit of work, with its
  bindings, networks, counters, decisions and feed, by the product's own scheduler and store, and
  is durable when the clock stops (`fsync` and `synchronous_commit` on). The database has a million
  VIPs already, and comes from a checkpoint: whatever page is changed first goes to its log as a
  whole. In the end the database itself is asked whether a limit is exceeded.
- `arrivals`: requests arrive at random at a steady rate; a worker places all that wait, up to 500
  at a time. The time added runs from a request's arrival until its placement is durable.
- `start`: a new process reads the whole fleet from PostgreSQL and decides for the first time.
- `sqlite`: as `durable`, on SQLite (WAL, `synchronous` FULL).
- `openstack`: openstack-placement from PyPI on the same PostgreSQL, its application called inside
  its process: one candidate is asked for and its allocation put. Only with `--with-placement`.

Whatever runs on the same cores disturbs rates and latencies most, but CPU times as well, since
cores share caches. Look at the load before the run (averages of 1, 5 and 15 minutes) and at the
yardstick, the CPU time of a fixed piece of Python, before comparing with another run; within one
run, compare ratios.

## One run

"""


_ELSEWHERE = """\
Published by others, on machines of their own: Nomad places about 1,500 allocations a second (the
two million containers challenge), Kubernetes' scheduler_perf 680 to 810 pods a second on 5,000
nodes.
"""


def as_markdown(figures: Sequence[Figure], machine: Mapping[str, str]) -> str:
    """The whole page."""
    rows = [
        f"| {figure.name} | {spelled(figure)} | {_target(figure)} | {figure.note} |"
        for figure in figures
    ]
    facts = [f"| {name} | {value} |" for name, value in machine.items()]
    day = datetime.now(UTC).date().isoformat()
    about = ["| machine | |", "|---|---|", *facts, f"| day | {day} |"]
    table = ["| figure | measured | target | how |", "|---|---:|---:|---|", *rows]
    comparison = ["## Beside others", "", *_comparison(figures), "", _ELSEWHERE]
    return _HEAD + "\n".join([*about, "", *table, "", *comparison])


def _comparison(figures: Sequence[Figure]) -> list[str]:
    """How many times as fast as each baseline of the same run."""
    found = {figure.name: figure.value for figure in figures}
    lines = []
    for name, value in found.items():
        baseline, _, label = name.removesuffix(", p50").partition(", ")
        choice = found.get(f"choice of a device, {label}, p50")
        if baseline.startswith(("Nova-like", "full scan")) and choice:
            times = value * 1000 / choice
            lines.append(
                f"- {label}: the index chooses {times:,.0f} times as fast as a {baseline}."
            )
    claims = [value for name, value in found.items() if name.endswith("claims one after the other")]
    durable = [value for name, value in found.items() if name.startswith("durable placements, Po")]
    if claims and durable:
        lines.append(
            f"- On the same PostgreSQL, up to {max(durable):,.0f} durable placements a second,"
            f" against {max(claims):.1f} claims of openstack-placement."
        )
    return lines


def _target(figure: Figure) -> str:
    if figure.wanted is None:
        return ""
    return f"{figure.side.value} {figure.wanted:g} ({'met' if figure.is_met else 'missed'})"
