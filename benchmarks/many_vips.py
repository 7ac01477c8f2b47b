"""How many VIPs a second become ACTIVE on one device, with several clients asking."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from benchmarks.client import LightClient
from benchmarks.figures import Figure, Target
from benchmarks.world import World
from pierhead.demo.api import Kind
from pierhead.demo.errors import NotObserved
from pierhead.demo.polling import until
from pierhead.demo.visitor import Visitor

Item = TypeVar("Item")
Result = TypeVar("Result")

CLIENTS = 8
_WAITING_PAUSE = 0.03
"""Seconds between two looks of a client that waits; eight who never pause would be the load."""


def measure(world: World, count: int) -> list[Figure]:
    """Every client posts its VIPs without waiting for them to become ACTIVE."""
    began = time.perf_counter()
    pools = _in_parallel(world, range(count), lambda client, n: world.make_pool(client, 1 + n % 2))
    prepared = time.perf_counter() - began
    began = time.perf_counter()
    vips = _in_parallel(world, pools, world.make_vip)
    posted = time.perf_counter() - began
    until(
        lambda: not world.client.find(Kind.VIP, status="PENDING_CREATE", limit="1", fields="id"),
        what="every VIP has left PENDING_CREATE",
        seconds=300,
        pause=0.05,
    )
    done = time.perf_counter() - began
    _check(world, count)
    for vip in (vips[0], vips[-1]):
        Visitor((vip["address"], vip["protocol_port"])).ask()
    return [
        Figure(
            name="VIPs ACTIVE per second",
            value=count / done,
            unit="/s",
            side=Target.AT_LEAST,
            wanted=100,
            note=f"{CLIENTS} clients, from the first POST vip until {count} are ACTIVE on one"
            f" device ({done:.1f} s; all POSTs answered after {posted:.1f} s)",
        ),
        Figure(
            name="the same with its pool and members",
            value=count / (done + prepared),
            unit="/s",
            note=f"{prepared:.1f} s more for {count} pools with 1 or 2 members each",
        ),
    ]


def measure_waiting(world: World, count: int) -> list[Figure]:
    """Every client waits until its VIP is ACTIVE before it posts the next."""
    pools = _in_parallel(world, range(count), lambda client, n: world.make_pool(client, 1 + n % 2))

    def make_and_wait(client: LightClient, pool_id: str) -> None:
        vip = world.make_vip(client, pool_id)
        client.wait_active(Kind.VIP, vip["id"], pause=_WAITING_PAUSE)

    began = time.perf_counter()
    _in_parallel(world, pools, make_and_wait)
    done = time.perf_counter() - began
    return [
        Figure(
            name="VIPs ACTIVE per second, clients that wait",
            value=count / done,
            unit="/s",
            note=f"{CLIENTS} clients, {count} VIPs; each waits for ACTIVE before its next POST,"
            f" and looks every {_WAITING_PAUSE * 1000:g} ms",
        )
    ]


def _check(world: World, count: int) -> None:
    active = world.client.find(Kind.VIP, status="ACTIVE", fields="id")
    if len(active) != count:
        raise NotObserved(f"{count} VIPs are ACTIVE: {len(active)} are")


def _in_parallel(
    world: World, items: Sequence[Item], make: Callable[[LightClient, Item], Result]
) -> list[Result]:
    """Each client makes its share; the first error ends the benchmark."""

    def one_client(number: int) -> list[Result]:
        client = world.new_client()
        return [make(client, item) for item in items[number::CLIENTS]]

    with ThreadPoolExecutor(CLIENTS) as executor:
        shares = executor.map(one_client, range(CLIENTS))
        return [result for share in shares for result in share]
