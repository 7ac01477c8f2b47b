"""One client that awaits each of its steps."""

import time

from benchmarks.client import LightClient
from benchmarks.control_plane.lab import Lab
from benchmarks.figures import Figure, p50_p95
from pierhead.demo.api import Kind

POLL = 0.002
"""Seconds between two looks at an object that is not ACTIVE yet."""


def vips(lab: Lab, count: int) -> list[Figure]:
    """VIPs one after another, each awaited; their pools exist already."""
    client = lab.client()
    pools = [lab.make_pool(client) for _ in range(count)]
    posted: list[float] = []
    active: list[float] = []
    before = lab.cpu()
    for pool_id in pools:
        began = time.perf_counter()
        vip = lab.make_vip(client, pool_id)
        posted.append(time.perf_counter() - began)
        client.wait_active(Kind.VIP, vip["id"], pause=POLL)
        active.append(time.perf_counter() - began)
    used = {name: seconds - before[name] for name, seconds in lab.cpu().items()}
    stored = f"{lab.stored - count} VIPs stored before"
    return [
        *p50_p95("POST vip accepted", posted, wanted_ms=5, note=stored),
        *p50_p95(
            "create to ACTIVE",
            active,
            wanted_ms=20,
            note=f"{stored}; polled every {POLL * 1000:g} ms",
        ),
        *(
            Figure(
                name=f"CPU of {name} for one VIP, awaited", value=seconds / count * 1e3, unit="ms"
            )
            for name, seconds in used.items()
        ),
    ]


def wholes(lab: Lab, count: int) -> list[Figure]:
    """A VIP with pool, two members and a health monitor, each awaited before the next."""
    client = lab.client()
    times = []
    for number in range(count):
        began = time.perf_counter()
        _whole(lab, client, number)
        times.append(time.perf_counter() - began)
    note = "pool, VIP, 2 members, monitor and its association, each awaited"
    return p50_p95("VIP, pool, 2 members, monitor", times, wanted_ms=100, note=note)


def _whole(lab: Lab, client: LightClient, number: int) -> None:
    pool_id = lab.make_pool(client)
    client.wait_active(Kind.POOL, pool_id, pause=POLL)
    vip = lab.make_vip(client, pool_id)
    client.wait_active(Kind.VIP, vip["id"], pause=POLL)
    for last in (1, 2):
        member = client.create(
            Kind.MEMBER,
            pool_id=pool_id,
            address=f"127.65.{number % 200}.{last}",
            protocol_port=8000,
        )
        client.wait_active(Kind.MEMBER, member["id"], pause=POLL)
    monitor = client.create(Kind.HEALTH_MONITOR, type="TCP", delay=5, timeout=2, max_retries=2)
    path = f"{Kind.POOL.path}/{pool_id}/health_monitors"
    client.send("POST", path, {"health_monitor": {"id": monitor["id"]}})
    client.wait_active(Kind.POOL, pool_id, pause=POLL)
