"""Requests that arrive when they like, and a worker that takes all that wait."""

import random
import time
from bisect import bisect_right

from benchmarks.figures import Figure, percentile
from benchmarks.placement.durable import Stored
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
    groups = 0
    # What making the requests left is not for the first placements to clear away.
    collect_between_rounds()
    begun = time.perf_counter()
    while len(added) < len(requests):
        now = time.perf_counter() - begun
        first = len(added)
        last = min(bisect_right(arrivals, now), first + _MOST)
        if last == first:
            time.sleep(max(arrivals[first] - now, 0))
            continue
        ready.place(requests[first:last])
        done = time.perf_counter() - begun
        added += [done - arrival for arrival in arrivals[first:last]]
        groups += 1
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
