"""How much of everything is measured."""

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """`fleets` are numbers of devices, the smallest first, each with how often it is filled;
    `stored` those that are measured in a database. `groups` says how many placements are made
    in groups of each size, `rates` are requests a second."""

    fleets: Mapping[int, int]
    timed: int
    """So many of the last VIPs of a filling are timed at most."""
    rounds: int
    scans: int
    stored: tuple[int, ...]
    groups: Mapping[int, int]
    rates: tuple[int, ...]
    seconds: float
    providers: tuple[int, ...]
    claims: int


FULL = Sizes(
    fleets={100: 5, 1_000: 1, 10_000: 1},
    timed=20_000,
    rounds=30,
    scans=10,
    stored=(1_000, 10_000),
    groups={1: 300, 10: 1_500, 100: 3_000, 500: 6_000},
    rates=(1_000, 2_000, 4_000),
    seconds=6.0,
    providers=(1_000,),
    claims=50,
)
QUICK = Sizes(
    fleets={20: 2, 60: 1},
    timed=400,
    rounds=3,
    scans=2,
    stored=(40,),
    groups={1: 5, 10: 40, 100: 100},
    rates=(200,),
    seconds=0.5,
    providers=(20,),
    claims=5,
)


def with_more_providers(sizes: Sizes) -> Sizes:
    """The same, with a fleet of openstack-placement that takes minutes to fill."""
    return replace(sizes, providers=(*sizes.providers, 10 * sizes.providers[-1]))
