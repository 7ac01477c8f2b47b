"""A fleet and its tenants' requests, all drawn from a seed."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple

from core.domain.binding import NetworkNeed
from core.domain.device import AdminState, Capabilities, Device, DeviceStatus, DriverInfo
from core.domain.placement.request import PlacementRequest, Requirements
from core.domain.service import ServiceKind
from core.domain.service_type import (
    Apart,
    Grouping,
    Policy,
    Preference,
    ServiceType,
    Strategy,
)

VIPS_PER_DEVICE = 118
FILL = 0.85
"""So much of all devices' VIPs is taken: 100 on each, 1,000,000 on 10,000."""

_TENANTS_PER_DEVICE = 10
_VIPS_PER_NETWORK = 5
_TWO_NETWORKS = 0.4
_NEIGHBOURS = 2
_COOKIE = "APP_COOKIE"
_MANY = Capabilities(protocols=frozenset({"HTTP", "TCP"}), persistences=frozenset({_COOKIE}))
_FEWER = Capabilities(protocols=frozenset({"HTTP", "TCP"}))
_USES = (Capabilities(protocols=frozenset({"HTTP"})), _MANY)


class Popularity(StrEnum):
    """How requests spread over networks; tenants are Zipf in any case."""

    UNIFORM = "uniform"
    """A tenant has networks in proportion to its VIPs: all are equally popular."""
    ZIPF = "Zipf"
    """A tenant has fewer, and a few of these have most of its VIPs."""


class Draw(NamedTuple):
    """What chance decided about one request: numbers of its tenant, networks and offer;
    `second` is -1 when one network is enough."""

    tenant: int
    first: int
    second: int
    offer: int
    use: int


@dataclass(frozen=True)
class _Offer:
    share: int
    service_type: ServiceType


def _offer(name: str, share: int, drivers: tuple[str, ...], policy: Policy) -> _Offer:
    return _Offer(share, ServiceType(id=name, name=name, drivers=drivers, policy=policy))


def _demand(throughput: int) -> Mapping[str, int]:
    return {"throughput": throughput, "connections": throughput * 50}


_BOTH = ("alpha", "beta")
_NO_ORDER = {"driver_order": 0.0}
OFFERS = (
    _offer("standard", 40, _BOTH, Policy(weights=_NO_ORDER, demand=_demand(60))),
    _offer("large", 10, _BOTH, Policy(demand=_demand(250))),
    _offer("pinned", 20, ("beta",), Policy(demand=_demand(80))),
    _offer("zonal", 10, _BOTH, Policy(weights=_NO_ORDER, zone="east", demand=_demand(80))),
    _offer("physical", 7, _BOTH, Policy(prefer=Preference.PHYSICAL, demand=_demand(80))),
    _offer("packed", 5, _BOTH, Policy(strategy=Strategy.PACK, demand=_demand(60))),
    _offer(
        "together",
        5,
        _BOTH,
        Policy(
            weights=_NO_ORDER,
            grouping=Grouping.TENANT,
            demand=_demand(60),
            oversubscription={"connections": 1.5},
        ),
    ),
    _offer(
        "apart",
        3,
        _BOTH,
        Policy(
            weights=_NO_ORDER,
            grouping=Grouping.APART,
            apart=Apart(devices=64),
            demand=_demand(60),
        ),
    ),
)
_APART = len(OFFERS) - 1


def _driver(name: str, *, physical: bool, advises: bool) -> DriverInfo:
    return DriverInfo(
        name=name,
        description="",
        kinds=frozenset({ServiceKind.LOADBALANCER}),
        schema={},
        capabilities=_MANY,
        limits={
            "vips": VIPS_PER_DEVICE,
            "vlans:eth1": 64,
            "throughput": 12_000,
            "connections": 600_000,
        },
        versions=("2.",),
        isolates_overlapping=True,
        data_interface="eth1",
        physical=physical,
        advises=advises,
    )


def drivers(*, advises: bool = False) -> dict[str, DriverInfo]:
    """Two drivers; whether the first has a say."""
    return {
        "alpha": _driver("alpha", physical=True, advises=advises),
        "beta": _driver("beta", physical=False, advises=False),
    }


@dataclass
class Scene:
    """`size` devices and ten tenants for each. The same seed draws the same requests."""

    size: int
    popularity: Popularity
    seed: int = 1
    _tenants: list[float] = field(init=False, repr=False)
    _expected: float = field(init=False, repr=False)
    _offers: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        number = self.size * _TENANTS_PER_DEVICE
        self._tenants = list(accumulate(1 / (rank + 1) for rank in range(number)))
        self._expected = self.vips / self._tenants[-1]
        self._offers = [at for at, offer in enumerate(OFFERS) for _ in range(offer.share)]

    @property
    def vips(self) -> int:
        """How many VIPs make the fleet as full as it is to be."""
        return int(self.size * VIPS_PER_DEVICE * FILL)

    def devices(self) -> list[Device]:
        """One in a hundred belongs to a tenant, two are offline, one drains; every second keeps
        overlapping addresses apart; one in ten can do less."""
        return [self._device(number) for number in range(self.size)]

    def _device(self, number: int) -> Device:
        return Device(
            id=device_id(number),
            number=number,
            name=f"lb-{number}",
            driver=_BOTH[number % 2],
            project_id=project_id(number // 100) if number % 100 == 7 else None,
            zone=("east", "west", "north")[number % 3],
            isolates_overlapping=number // 2 % 2 == 0,
            admin_state=AdminState.DRAINING if number % 100 == 31 else AdminState.ENABLED,
            status=DeviceStatus.OFFLINE if number % 50 == 13 else DeviceStatus.ONLINE,
            version="2.8",
            capabilities=_FEWER if number % 10 == 4 else None,
        )

    def draws(self) -> Iterator[Draw]:
        """Requests without end."""
        chance = random.Random(self.seed)
        ranks, offers = range(len(self._tenants)), self._offers
        while True:
            tenant = chance.choices(ranks, cum_weights=self._tenants)[0]
            most = self._networks_of(tenant)
            first, second = self._network(chance, most), -1
            if chance.random() < _TWO_NETWORKS:
                # Members are on a network beside the VIP's, as the tiers of an application are.
                second = (first + 1 + int(chance.random() * _NEIGHBOURS)) % most
                second = -1 if second == first else second
            offer = chance.choice(offers)
            if offer == _APART and tenant < self.size // 10:
                offer = 0
            yield Draw(tenant, first, second, offer, int(chance.random() < 0.1))

    def _networks_of(self, tenant: int) -> int:
        expected = self._expected / (tenant + 1) / _VIPS_PER_NETWORK
        if self.popularity is Popularity.ZIPF:
            expected **= 0.75
        return max(1, round(expected))

    def _network(self, chance: random.Random, most: int) -> int:
        if self.popularity is Popularity.UNIFORM:
            return int(chance.random() * most)
        return int((most + 1) ** chance.random()) - 1


def request_of(serial: int, draw: Draw) -> PlacementRequest:
    """The request that a draw stands for."""
    offer = OFFERS[draw.offer].service_type
    return PlacementRequest(
        service_id=service_id(serial),
        project_id=project_id(draw.tenant),
        kind=ServiceKind.LOADBALANCER,
        service_type_id=offer.id,
        drivers=offer.drivers,
        requirements=Requirements(
            vip_address="10.0.0.10", networks=networks_of(draw), features=_USES[draw.use]
        ),
        policy=offer.policy,
    )


def networks_of(draw: Draw) -> tuple[NetworkNeed, ...]:
    """The networks that a draw needs, A first."""
    numbers = (draw.first,) if draw.second < 0 else (draw.first, draw.second)
    return tuple(
        NetworkNeed(network_id=network_id(draw.tenant, one), cidr=_cidr(draw.tenant, one))
        for one in numbers
    )


def _spread(number: int) -> int:
    """Another number below 2**32 for each: ids come in no order, as random ones do."""
    return number * 0x9E3779B1 & 0xFFFFFFFF


def device_id(number: int) -> str:
    """A UUID."""
    return f"{_spread(number):08x}-0000-4000-8000-0000000000de"


def service_id(serial: int) -> str:
    """A UUID."""
    return f"{_spread(serial):08x}-0000-4000-8000-0000000005e1"


def decision_id(serial: int) -> str:
    """A UUID."""
    return f"{_spread(serial):08x}-0000-4000-8000-000000000dec"


def project_id(tenant: int) -> str:
    """32 hexadecimal digits."""
    return f"{_spread(tenant + 1):08x}000000000000000000007e4a"


def network_id(tenant: int, number: int) -> str:
    """A UUID."""
    return f"{_spread(tenant):08x}-{number % 0x10000:04x}-4000-8{number >> 16:03x}-0000000000e7"


def _cidr(tenant: int, number: int) -> str:
    """Three in ten use one of 64 popular ranges, one in ten a range of 4,096 addresses."""
    mixed = _spread(tenant * 7919 + number * 104_729 + 1) >> 4
    kind, rest = mixed % 10, mixed // 10
    if kind < 3:
        return f"192.168.{rest % 64}.0/24"
    if kind == 3:
        return f"172.{16 + rest % 16}.{rest // 16 % 16 * 16}.0/20"
    return f"10.{rest % 256}.{rest // 256 % 256}.0/24"
