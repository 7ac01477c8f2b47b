"""How many more services of one sort fit on given devices, by arithmetic instead of trying."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.domain.binding import vlan_resource
from core.domain.placement.request import Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """`vips` more services fit; None: any number. `short` counts the devices that lack each
    resource once these are there, and `runs_out` is the resource that most of them lack."""

    vips: int | None
    short: Mapping[str, int] = field(default_factory=dict)

    @property
    def runs_out(self) -> str | None:
        return max(self.short, key=lambda name: self.short[name], default=None)


def headroom(
    hosts: Iterable[Candidate],
    demand: Mapping[str, int],
    percents: Mapping[str, int],
    *,
    own_networks: int,
) -> Headroom:
    """The room on devices that pass all other rules.

    `demand` is what one service takes, `percents` how much of each limit may be claimed, and
    `own_networks` how many networks each service needs that no device is on.
    """
    total, is_endless = 0, False
    short: Counter[str] = Counter()
    for host in hosts:
        fits = _fits(host, demand, percents, own_networks)
        if not fits:
            is_endless = True
            continue
        fewest = min(fits.values())
        total += fewest
        short.update(name for name, number in fits.items() if number == fewest)
    return Headroom(vips=None if is_endless else total, short=dict(sorted(short.items())))


def _fits(
    host: Candidate, demand: Mapping[str, int], percents: Mapping[str, int], own_networks: int
) -> dict[str, int]:
    """By resource, how many services it would do for; without those that are unlimited."""
    wanted = dict(demand)
    if host.driver is not None:
        wanted[vlan_resource(host.driver.data_interface)] = own_networks
    found = {}
    for resource, amount in wanted.items():
        limit = host.limits.get(resource)
        if limit is not None and amount:
            left = limit * percents.get(resource, 100) // 100 - host.used.get(resource, 0)
            found[resource] = max(left // amount, 0)
    return found
