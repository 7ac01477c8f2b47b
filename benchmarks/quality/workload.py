"""The fleet and the arrivals that every policy is given, the same for the same seed."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

TENANTS_PER_DEVICE = 10
NETWORKS_PER_TENANT = 4.429
"""On average; each tenant has 1 to 8."""
_MOST_NETWORKS = 8
SECOND_NETWORK = 0.4
"""The share of VIPs with members on a second network."""
LOAD = 0.85
"""What all VIPs that there are slots for would take of the fleet's throughput, on average."""
_MEAN_THROUGHPUT = 100
_SIGMA = 1.0
_STEPS_PER_DOUBLING = 2
"""Demands are rounded to a service type's size, two sizes to a doubling."""
_MOST_DOUBLINGS = 5
"""The largest size: 32 times the mean, or 27 % of a device."""
POPULAR_RANGES = 40
"""Address ranges that different tenants choose again and again, such as 192.168.0.0/24."""
_MORE_ARRIVALS = 1.3
"""Arrivals per VIP slot: what fills the fleet, and what comes and goes afterwards."""


@dataclass(frozen=True, slots=True)
class Regime:
    """What is scarce. `pinned` and `popular` are shares of the requests: those that only one
    of the two drivers may serve, and those on networks whose addresses others use too."""

    name: str
    title: str
    vlans: int = 64
    pinned: float = 0.25
    popular: float = 0.25


REGIMES = (
    Regime("slots", "slots bind"),
    Regime("vlans", "VLANs bind", vlans=32),
    Regime("pinned", "many pinned", pinned=0.45),
    Regime("overlapping", "many overlapping", popular=0.6),
)


@dataclass(frozen=True, slots=True)
class Request:
    """A VIP that wants a device. `networks` has one or two, network A first."""

    number: int
    tenant: int
    networks: tuple[int, ...]
    throughput: int
    pinned: bool


@dataclass(frozen=True, slots=True)
class Box:
    """A device: what it can hold, whose driver is the one that requests are pinned to, and
    whether it keeps overlapping addresses apart."""

    number: int
    pinnable: bool
    isolates: bool
    vips: int
    vlans: int
    throughput: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """`ranges` gives each network's address range: networks overlap when they have the same."""

    regime: Regime
    seed: int
    boxes: Sequence[Box]
    ranges: Sequence[int]
    arrivals: Sequence[Request]

    @property
    def slots(self) -> int:
        """How many VIPs the fleet could hold if nothing but VIPs counted."""
        return sum(box.vips for box in self.boxes)

    def allowed(self, request: Request) -> list[Box]:
        """The devices whose driver may serve the request."""
        return [box for box in self.boxes if box.pinnable or not request.pinned]


def generate(regime: Regime, seed: int, devices: int = 200, vips: int = 100) -> Workload:
    """A fleet and its arrivals."""
    rng = random.Random(f"{regime.name}/{seed}")
    boxes = [
        Box(
            number=number,
            pinnable=number % 2 == 0,
            isolates=number // 2 % 2 == 1,
            vips=vips,
            vlans=regime.vlans,
            throughput=int(vips * _MEAN_THROUGHPUT / LOAD),
        )
        for number in range(devices)
    ]
    popularity = [1 / rank for rank in range(1, devices * TENANTS_PER_DEVICE + 1)]
    tenants = _networks_of_tenants(rng, len(popularity))
    expected = _expected_use(popularity, tenants)
    pinned = _draw_share(rng, expected, regime.pinned)
    popular = _draw_share(rng, expected, regime.popular)
    ranges = _ranges(rng, tenants, popular)
    number = int(devices * vips * _MORE_ARRIVALS)
    weights = list(accumulate(popularity))
    owners = rng.choices(range(len(popularity)), cum_weights=weights, k=number)
    arrivals = [
        _request(rng, place, owner, tenants[owner], pinned) for place, owner in enumerate(owners)
    ]
    return Workload(regime=regime, seed=seed, boxes=boxes, ranges=ranges, arrivals=arrivals)


def _networks_of_tenants(rng: random.Random, number: int) -> list[range]:
    """Each tenant's networks; together exactly as many as there should be."""
    counts = [rng.randint(1, _MOST_NETWORKS) for _ in range(number)]
    surplus = sum(counts) - round(number * NETWORKS_PER_TENANT)
    while surplus:
        tenant, step = rng.randrange(number), -1 if surplus > 0 else 1
        if 1 <= counts[tenant] + step <= _MOST_NETWORKS:
            counts[tenant] += step
            surplus += step
    ends = list(accumulate(counts))
    return [range(end - count, end) for count, end in zip(counts, ends, strict=True)]


def _by_rank(networks: Sequence[int]) -> list[float]:
    """A tenant uses its first network most (Zipf)."""
    return [1 / (rank + 1) for rank in range(len(networks))]


def _expected_use(popularity: Sequence[float], tenants: Sequence[range]) -> list[float]:
    """How much of all requests each network is network A of."""
    use = []
    for weight, networks in zip(popularity, tenants, strict=True):
        ranks = _by_rank(networks)
        use += [weight * rank / sum(ranks) for rank in ranks]
    total = sum(use)
    return [each / total for each in use]


def _draw_share(rng: random.Random, expected: Sequence[float], share: float) -> set[int]:
    """Random networks that come to `share` of the expected use."""
    order = list(range(len(expected)))
    rng.shuffle(order)
    drawn, left = set(), share
    for network in order:
        if expected[network] <= left:
            drawn.add(network)
            left -= expected[network]
    return drawn


def _ranges(rng: random.Random, tenants: Sequence[range], popular: set[int]) -> list[int]:
    """Popular ranges for some networks, none twice in a tenant; the others have their own."""
    ranges = []
    for networks in tenants:
        free = list(range(POPULAR_RANGES))
        for network in networks:
            if network in popular:
                weights = [1 / (one + 1) for one in free]
                taken = rng.choices(range(len(free)), weights=weights)[0]
                ranges.append(free.pop(taken))
            else:
                ranges.append(POPULAR_RANGES + network)
    return ranges


def _request(
    rng: random.Random, number: int, tenant: int, own: Sequence[int], pinned: set[int]
) -> Request:
    first = rng.choices(own, weights=_by_rank(own))[0]
    networks: tuple[int, ...] = (first,)
    if rng.random() < SECOND_NETWORK and len(own) > 1:
        weights = [
            0.0 if one == first else rank for one, rank in zip(own, _by_rank(own), strict=True)
        ]
        networks = (first, rng.choices(own, weights=weights)[0])
    return Request(number, tenant, networks, _throughput(rng), first in pinned)


def _throughput(rng: random.Random) -> int:
    """Lognormal, in Mbit/s, as the nearest size."""
    doublings = rng.gauss(-_SIGMA * _SIGMA / 2, _SIGMA) / math.log(2)
    size = min(round(doublings * _STEPS_PER_DOUBLING) / _STEPS_PER_DOUBLING, _MOST_DOUBLINGS)
    return max(1, round(_MEAN_THROUGHPUT * 2**size))
