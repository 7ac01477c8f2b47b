"""Requests that arrive when they like, and a worker that takes all that wait."""

import random
import time
from bisect import bisect_right

from benchmarks.figures import Figure, percentile
from benchmarks.placement.durable import Stored, nothing_before
from pierhead.collector import collect_between_rounds

_MOST = 500
"""So many are placed in one unit of work at most."""
_WANTED_MS = {1000: 5.0}


def open_loop(ready: Stored, label: str, rate: int, seconds: float) -> list[Figure]:
    """What placement adds, from the moment a request arrives until it is durable, while
    requests arrive at random, `rate` a second."""
    requests = ready.waiting(int(rate * seconds))
    chance, arrivals, at = random.Random(rate), [], 0.0
    for _ in requests:
        at += chance.expovariate(rate)
        arrivals.append(at)
    added: list[float] = []
    taken = groups = 0
    wait = nothing_before
    # What making the requests left is not for the first placements to clear away.
    collect_between_rounds()
    begun = time.perf_counter()
    while len(added) < len(requests):
        now = time.perf_counter() - begun
        first, taken = taken, min(bisect_right(arrivals, now), taken + _MOST)
        before, wait = wait, nothing_before
        if taken > first:
            wait = ready.place(requests[first:taken])
            groups += 1
        elif len(added) == taken:
            time.sleep(max(arrivals[taken] - now, 0))
        before()
        done = time.perf_counter() - begun
        added += [done - arrival for arrival in arrivals[len(added) : first]]
    took = time.perf_counter() - begun
    return [
        Figure(
            name=f"added at {rate} a second, {label}, p{percent}",
            value=percentile(added, percent) * 1000,
            unit="ms",
            wanted=_WANTED_MS.get(rate) if percent == 99 else None,
            note=f"{len(added)} in {took:.1f} s, {len(added) / groups:.1f} at a time"
            if percent == 50
            else "",
        )
        for percent in (50, 99)
    ]
