"""The figures as a page of the documentation."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from benchmarks.figures import Figure, spelled

_HEAD = """\
# Measurements

`make bench` measures the all-in-one daemon with a real HAProxy and real traffic, on loopback, and
prints each figure beside what is wanted on two cores. It asserts nothing. This page is what one
run wrote (`python -m benchmarks --markdown docs/measurements.md`).

Its parts, which `--only` selects:

- `first-byte`: VIPs are created one by one; their pools and members exist already. Every second
  one is watched through traffic only, the others through the API only, so that neither way of
  looking disturbs the other.
- `clients-that-wait`: 8 clients; each creates a VIP and waits until it is ACTIVE before the next.
- `thousand-vips`: 8 clients create 1,000 VIPs on one device without waiting. The clock runs from
  the first POST until the last VIP is ACTIVE. Then reading and memory are measured with all of
  them in place.
- `changes-under-load`: 8 clients ask two VIPs without end, 4 on kept connections and 4 on a new
  connection for each request, while weights, members and VIPs change. A request fails if it gets
  no whole answer with status 200; only a kept connection that was closed while it was idle may
  be replaced.

The load generator and its web servers run on the same cores as the daemon and HAProxy. Latencies
and rates suffer from whatever else runs on the machine, CPU seconds much less: look at the load
before the run (averages of 1, 5 and 15 minutes) before comparing.
"""


def as_markdown(figures: Sequence[Figure], machine: Mapping[str, str]) -> str:
    """The whole page."""
    return "\n".join([_HEAD, *table(figures, machine)])


def table(figures: Sequence[Figure], machine: Mapping[str, str]) -> list[str]:
    """The lines of a table of all figures, and of one about the machine."""
    rows = [
        f"| {figure.name} | {spelled(figure)} | {_target(figure)} | {figure.note} |"
        for figure in figures
    ]
    facts = [f"| {name} | {value} |" for name, value in machine.items()]
    day = datetime.now(UTC).date().isoformat()
    head = ["| figure | measured | target | how |", "|---|---:|---:|---|"]
    about = ["| machine | |", "|---|---|", *facts, f"| day | {day} |"]
    return [*head, *rows, "", *about, ""]


def _target(figure: Figure) -> str:
    if figure.wanted is None:
        return ""
    return f"{figure.side.value} {figure.wanted:g} ({'met' if figure.is_met else 'missed'})"
