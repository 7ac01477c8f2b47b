"""A replica that starts: it reads a whole fleet from its database, in a process of its own."""

import json
import os
import subprocess
import sys
import threading
import time

from adapters.persistence.sql import open_sql_store
from adapters.system import SystemClock, UuidSource
from benchmarks.figures import Figure
from benchmarks.machine import Memory
from benchmarks.placement.durable import Stored
from benchmarks.placement.scene import Draw, drivers, request_of
from core.usecases.placement.scheduler import FleetScheduler
from core.usecases.placement.view import FleetView

_NOBODY = Draw(tenant=0, first=0, second=-1, offer=0, use=0)
_SERIAL = 4_000_000_000
"""A service that no scene draws."""


def replica(ready: Stored, label: str) -> list[Figure]:
    """Time and memory until the first decision."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.placement.rebuild", ready.database.url],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    told = json.loads(done.stdout)
    vips = ready.at_first + ready.placed
    grown = told["megabytes"] - told["before"]
    return [
        Figure(
            name=f"new replica until its first decision, {label}",
            value=told["seconds"],
            unit="s",
            note=f"{vips} VIPs; {told['cpu']:.1f} s of CPU there, the rest is the server's",
        ),
        Figure(
            name=f"memory of that replica, {label}",
            value=told["megabytes"],
            unit="MB",
            note=f"RSS; {told['before']:.0f} MB before, {grown * 1e6 / vips:.0f} bytes a VIP more",
        ),
    ]


def _measure(url: str) -> dict[str, float]:
    """Read the fleet and decide once; nothing is kept."""
    store = open_sql_store(url)
    scheduler = FleetScheduler(
        view=FleetView(drivers(), threading.Lock()),
        advisors={},
        clock=SystemClock(),
        ids=UuidSource(),
    )
    before, cpu, begun = _megabytes(), time.process_time(), time.perf_counter()
    with store.write() as work:
        scheduler.place(work, [request_of(_SERIAL, _NOBODY)])
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    store.close()
    return {"seconds": seconds, "cpu": cpu, "before": before, "megabytes": _megabytes()}


def _megabytes() -> float:
    return Memory.of(frozenset({os.getpid()})).rss


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1])))
