"""Eight clients that do not wait."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from benchmarks.client import LightClient
from benchmarks.control_plane.lab import Lab
from benchmarks.figures import Figure, Target, percentile
from pierhead.demo.api import Kind
from pierhead.demo.polling import until

Item = TypeVar("Item")
Result = TypeVar("Result")

CLIENTS = 8


def measure(lab: Lab, count: int) -> list[Figure]:
    """From the first POST until the last VIP is ACTIVE; the pools exist already."""
    stored = lab.stored
    pools = _in_parallel(lab, range(count), lambda client, _: lab.make_pool(client))
    before, began = lab.cpu(), time.perf_counter()
    answered = _in_parallel(lab, pools, lambda client, pool: _timed(lab, client, pool))
    accepted = time.perf_counter() - began
    _await_all(lab)
    active = time.perf_counter() - began
    used = {name: seconds - before[name] for name, seconds in lab.cpu().items()}
    note = f"{count} VIPs, {stored} stored before"
    return [
        Figure(
            name="accepted per second, 8 clients",
            value=count / accepted,
            unit="/s",
            side=Target.AT_LEAST,
            wanted=500,
            note=note,
        ),
        Figure(
            name="ACTIVE per second, 8 clients",
            value=count / active,
            unit="/s",
            side=Target.AT_LEAST,
            wanted=300,
            note=f"{note}; from the first POST to the last ACTIVE",
        ),
        Figure(
            name="POST vip with 8 clients, p95", value=percentile(answered, 95) * 1e3, unit="ms"
        ),
        *(
            Figure(name=f"CPU of {name} for one VIP", value=seconds / count * 1e3, unit="ms")
            for name, seconds in used.items()
        ),
    ]


def fill(lab: Lab, until_stored: int) -> None:
    """Have so many VIPs stored and ACTIVE."""
    missing = until_stored - lab.stored
    if missing > 0:
        pools = _in_parallel(lab, range(missing), lambda client, _: lab.make_pool(client))
        _in_parallel(lab, pools, lab.make_vip)
        _await_all(lab)


def _timed(lab: Lab, client: LightClient, pool_id: str) -> float:
    began = time.perf_counter()
    lab.make_vip(client, pool_id)
    return time.perf_counter() - began


def _await_all(lab: Lab) -> None:
    client = lab.client()
    until(
        lambda: not client.find(Kind.VIP, status="PENDING_CREATE", limit="1", fields="id"),
        what="every VIP has left PENDING_CREATE",
        seconds=900,
        pause=0.05,
    )
    failed = client.find(Kind.VIP, status="ERROR", limit="1")
    until(lambda: not failed, what=f"no VIP is in ERROR: {failed}", seconds=0.1)


def _in_parallel(
    lab: Lab, items: Sequence[Item], make: Callable[[LightClient, Item], Result]
) -> list[Result]:
    """Each client makes its share; the first error ends the benchmark."""

    def one_client(number: int) -> list[Result]:
        client = lab.client()
        return [make(client, item) for item in items[number::CLIENTS]]

    with ThreadPoolExecutor(CLIENTS) as executor:
        shares = executor.map(one_client, range(CLIENTS))
        return [result for share in shares for result in share]
