"""What it costs to read, and what the daemon weighs, with many VIPs in place."""

import time

from benchmarks.figures import Figure, p50_p95
from benchmarks.machine import Memory
from benchmarks.world import World
from pierhead.demo.api import Kind

_PAGE = 1000


def measure(world: World, vips: int) -> list[Figure]:
    """Latencies of reading first; then the memory, which reading may have raised."""
    return [*_latencies(world, vips), *_memory(world, vips)]


def _latencies(world: World, vips: int) -> list[Figure]:
    """Over one kept connection, until the last byte is read; nothing is parsed."""
    client, repetitions = world.client, max(vips // 2, 100)
    identities = [vip["id"] for vip in client.find(Kind.VIP, fields="id")]
    one = [
        _timed(world, f"{Kind.VIP.path}/{identities[n % len(identities)]}")
        for n in range(repetitions)
    ]
    page = [_timed(world, f"{Kind.VIP.path}?limit={_PAGE}") for _ in range(repetitions // 10)]
    length = min(_PAGE, len(identities))
    return [
        *p50_p95("GET one VIP", one, wanted_ms=3, note=f"{repetitions} times, nothing else runs"),
        *p50_p95("GET a page of VIPs", page, wanted_ms=30, note=f"{length} VIPs, all fields"),
    ]


def _memory(world: World, vips: int) -> list[Figure]:
    daemon = Memory.of(frozenset({world.daemon.pid}))
    device = Memory.of(world.daemon.device_processes)
    return [
        Figure(
            name="memory of the daemon",
            value=daemon.rss,
            unit="MB",
            wanted=150,
            note=f"RSS with {vips} VIPs; PSS {daemon.pss:.0f} MB",
        ),
        Figure(
            name="memory of HAProxy",
            value=device.pss,
            unit="MB",
            note=f"PSS of master and worker; RSS {device.rss:.0f} MB",
        ),
    ]


def _timed(world: World, path: str) -> float:
    began = time.perf_counter()
    world.client.send("GET", path)
    return time.perf_counter() - began
