"""From the POST of a VIP to ACTIVE and to the first byte, one VIP at a time."""

import http.client
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from benchmarks.figures import Figure, p50_p95
from benchmarks.quantum.ground import Ground, Sizes
from tests.lab.networks import Machine, TenantNetwork

_ASK_EVERY = 0.005
_GIVE_UP = 60.0

FIRST, FURTHER = "first VIP on a network", "further VIP"
POSTED, ACTIVE, BYTE = "POST answered", "create to ACTIVE", "create to first byte"


def measure(ground: Ground, sizes: Sizes) -> list[Figure]:
    """The first VIP of each network, for which the device must be attached, and further ones."""
    seconds: dict[tuple[str, str], list[float]] = defaultdict(list)
    for _ in range(sizes.networks):
        with ground.network() as (network, client):
            made = []
            for number in range(1 + sizes.vips):
                which = FURTHER if number else FIRST
                vip_id, found = _one(ground, network, client)
                made.append(vip_id)
                for name, value in found.items():
                    seconds[which, name].append(value)
            for vip_id in made:
                ground.remove(vip_id)
    figures = []
    for (which, name), values in seconds.items():
        note = f"{len(values)} one by one" if name != BYTE else "asked every 5 ms by a client"
        figures += p50_p95(f"{ground.place}: {which}: {name}", values, note=note)
    return figures


def _one(ground: Ground, network: TenantNetwork, client: Machine) -> tuple[str, dict[str, float]]:
    """The VIP's id, and how many seconds it took."""
    pool_id = ground.make_pool(network)
    began = time.perf_counter()
    vip = ground.make_vip(network, pool_id)
    posted = time.perf_counter() - began
    with ThreadPoolExecutor(1) as watching:
        first_byte = watching.submit(client.call, partial(_first_byte, vip["address"]))
        ground.wait_active(vip["id"])
        active = time.perf_counter() - began
        answered = first_byte.result() - began
    return vip["id"], {POSTED: posted, ACTIVE: active, BYTE: answered}


def _first_byte(address: str) -> float:
    """When the VIP answered with a member's page for the first time."""
    deadline = time.monotonic() + _GIVE_UP
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(address, timeout=0.1)
        try:
            connection.request("GET", "/")
            if connection.getresponse().status == 200:
                return time.perf_counter()
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(_ASK_EVERY)
    raise AssertionError(f"{address} does not answer")
