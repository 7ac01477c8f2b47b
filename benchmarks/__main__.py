"""Runs the measurements and prints them beside their targets. Nothing is asserted."""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import changes_under_load, first_byte, many_vips, reads
from benchmarks.document import as_markdown
from benchmarks.figures import Figure
from benchmarks.machine import CpuTime, facts
from benchmarks.publishing import publish, wide_console
from benchmarks.world import World, new_world
from pierhead.demo.errors import NotObserved
from pierhead.demo.interruption import EXIT_STATUS, interrupt_on_signals

Step = Callable[[World, int], list[Figure]]


@dataclass(frozen=True)
class Phase:
    """A part of the benchmark, on a daemon of its own, where its named steps follow one
    another."""

    name: str
    steps: Mapping[str, Step]
    count: int
    quick_count: int


PHASES = (
    Phase("first-byte", {"create": first_byte.measure}, 100, 15),
    Phase("clients-that-wait", {"create": many_vips.measure_waiting}, 200, 40),
    Phase("thousand-vips", {"create": many_vips.measure, "read": reads.measure}, 1000, 100),
    Phase("changes-under-load", {"change": changes_under_load.measure}, 200, 30),
)


def main() -> int:
    """The exit status: 1 when something could not be measured."""
    interrupt_on_signals()
    options = _options()
    console = wide_console()
    machine = facts()
    figures: list[Figure] = []
    try:
        for phase in PHASES:
            if not options.only or phase.name in options.only:
                console.print(f"{phase.name} ...", markup=False)
                figures += _run(phase, machine, quick=options.quick)
    except NotObserved as failure:
        console.print(f"not measured: {failure}", style="bold red", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("interrupted; everything was stopped and removed", style="bold red")
        return EXIT_STATUS
    publish(
        figures,
        machine,
        console,
        json_file=options.json,
        page_file=options.markdown,
        page=as_markdown,
    )
    return 0


def _run(phase: Phase, machine: dict[str, str], *, quick: bool) -> list[Figure]:
    figures: list[Figure] = []
    with new_world() as world:
        machine["haproxy"] = world.haproxy_version
        for name, step in phase.steps.items():
            before, began = CpuTime.of(world.daemon.pid), time.monotonic()
            figures += step(world, phase.quick_count if quick else phase.count)
            used = CpuTime.of(world.daemon.pid).since(before)
            figures.append(_cpu(f"{phase.name}, {name}", used, time.monotonic() - began))
    return figures


def _cpu(what: str, used: CpuTime, seconds: float) -> Figure:
    return Figure(
        name=f"CPU of the daemon: {what}",
        value=used.own,
        unit="s",
        note=f"in {seconds:.1f} s; its ended children (haproxy -c) {used.children:.1f} s more",
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer of everything")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="and as a page there")
    parser.add_argument(
        "--only",
        action="append",
        choices=[phase.name for phase in PHASES],
        help="one part; may be given several times",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
