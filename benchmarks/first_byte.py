"""How soon after POST a VIP is ACTIVE, and how soon it answers, one VIP at a time."""

import time

from benchmarks.client import POLL_SECONDS
from benchmarks.figures import Figure, p50_p95
from benchmarks.world import World
from pierhead.demo.api import Json, Kind
from pierhead.demo.errors import NotObserved
from pierhead.demo.visitor import Unanswered, Visitor

_ASK_EVERY = 0.0005
_GIVE_UP = 30.0


def measure(world: World, count: int) -> list[Figure]:
    """VIPs in turn: one is watched through traffic, the next through the API."""
    client = world.client
    posted: list[float] = []
    answered: list[float] = []
    active: list[float] = []
    pools = [world.make_pool(client, members=2) for _ in range(2 * count)]
    for number, pool_id in enumerate(pools):
        began = time.perf_counter()
        vip = world.make_vip(client, pool_id)
        posted.append(time.perf_counter() - began)
        if number % 2:
            _wait_for_answer(vip)
            answered.append(time.perf_counter() - began)
            client.wait_active(Kind.VIP, vip["id"])
        else:
            client.wait_active(Kind.VIP, vip["id"])
            active.append(time.perf_counter() - began)
    growth = f"{count} VIPs one by one, on a device that grows to {len(pools)} VIPs"
    return [
        *p50_p95("POST vip answered", posted, note="pool and 2 members exist already"),
        *p50_p95(
            "create to ACTIVE",
            active,
            note=f"{growth}; API polled every {POLL_SECONDS * 1000:g} ms",
        ),
        *p50_p95(
            "create to first byte",
            answered,
            wanted_ms=50,
            note=f"{growth}; the VIP is asked every {_ASK_EVERY * 1000:g} ms, the API is not",
        ),
    ]


def _wait_for_answer(vip: Json) -> None:
    visitor = Visitor((vip["address"], vip["protocol_port"]))
    deadline = time.monotonic() + _GIVE_UP
    while time.monotonic() < deadline:
        try:
            visitor.ask()
        except Unanswered:
            time.sleep(_ASK_EVERY)
        else:
            return
    raise NotObserved(f"VIP {vip['id']} answers: not within {_GIVE_UP:g} s")
