"""What it costs to read, and what the roles weigh."""

import time

from benchmarks.client import LightClient
from benchmarks.control_plane.lab import Lab
from benchmarks.figures import Figure, p50_p95
from pierhead.demo.api import Kind

_TIMES = 100


def latencies(lab: Lab) -> list[Figure]:
    """One VIP, and a page of a thousand."""
    client = lab.client()
    found = client.find(Kind.VIP, fields="id", limit="1000")
    one = [_timed(client, f"{Kind.VIP.path}/{found[n % len(found)]['id']}") for n in range(_TIMES)]
    page = [_timed(client, f"{Kind.VIP.path}?limit=1000") for _ in range(_TIMES // 4)]
    note = f"{lab.stored} VIPs stored"
    return [
        *p50_p95("GET one VIP", one, wanted_ms=3, note=note),
        *p50_p95(f"GET a page of {len(found)} VIPs", page, wanted_ms=30, note=note),
    ]


def memory(lab: Lab) -> list[Figure]:
    """Memory of the three roles: what they share is counted once, as in Octavia's figure."""
    weights = lab.memory()
    parts = ", ".join(f"{name} {each.pss:.0f}" for name, each in weights.items())
    return [
        Figure(
            name="memory of api, conductor and agent",
            value=sum(each.pss for each in weights.values()),
            unit="MB",
            wanted=250,
            note=f"PSS with {lab.stored} VIPs: {parts};"
            f" RSS {sum(each.rss for each in weights.values()):.0f}",
        )
    ]


def _timed(client: LightClient, path: str) -> float:
    began = time.perf_counter()
    client.send("GET", path)
    return time.perf_counter() - began
