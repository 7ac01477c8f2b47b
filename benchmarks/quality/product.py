"""Our policy: the product's own index and rules, with what a service type has by default."""

from benchmarks.quality.ledger import Account, Ledger
from benchmarks.quality.workload import Box, Request, Workload
from core.domain.binding import Account as DeviceAccount
from core.domain.binding import NetworkNeed, vlan_resource
from core.domain.device import VIPS, Capabilities, Device, DeviceStatus, DriverInfo
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.index.look import Look
from core.domain.placement.request import PlacementRequest, Requirements
from core.domain.service import ServiceKind
from core.domain.service_type import Policy as ServiceTypePolicy
from core.usecases.placement.choosing import choose

DRIVER_ORDER = 0.12
"""The weight of the order of drivers: the operator slightly prefers the driver that no request
is pinned to. By default the order is strict."""

_PINNABLE, _OTHER = "appliance", "software"
_INTERFACE = "data"
_VLANS = vlan_resource(_INTERFACE)
_THROUGHPUT = "throughput"


class Product:
    """Pierhead, without its store: decisions and claims in memory."""

    name = "Pierhead"

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._policies: dict[int, ServiceTypePolicy] = {}
        self._fleet = Fleet({name: _driver(name) for name in (_PINNABLE, _OTHER)})
        self._devices = [_device(box) for box in workload.boxes]
        self._fleet.fill(self._devices, {})

    def choose(self, request: Request, ledger: Ledger) -> Account | None:
        """See Policy.choose."""
        fitting = choose(Look(self._fleet, self._placement(request)), {}, 1).fitting
        return ledger.accounts[int(fitting[0][0].device.id)] if fitting else None

    def claimed(self, request: Request, account: Account) -> None:
        """See Policy.claimed."""
        demand = {VIPS: 1, _THROUGHPUT: request.throughput}
        box = str(account.box.number)
        self._fleet.claim(box, str(request.tenant), demand, self._needs(request))

    def released(self, _: Request, account: Account) -> None:
        """See Policy.released."""
        self._fleet.put(
            self._devices[account.box.number],
            DeviceAccount(
                used={
                    VIPS: account.vips,
                    _THROUGHPUT: account.throughput,
                    _VLANS: len(account.networks),
                },
                networks={str(each): (self._cidr(each),) for each in account.networks},
                projects={str(each): number for each, number in account.tenants.items()},
            ),
        )

    def _placement(self, request: Request) -> PlacementRequest:
        needs = self._needs(request)
        drivers = (_PINNABLE,) if request.pinned else (_OTHER, _PINNABLE)
        return PlacementRequest(
            service_id=str(request.number),
            project_id=str(request.tenant),
            kind=ServiceKind.LOADBALANCER,
            service_type_id=f"{request.throughput} {' '.join(drivers)}",
            drivers=drivers,
            requirements=Requirements(vip_address="", networks=needs),
            policy=self._policy(request.throughput),
        )

    def _policy(self, throughput: int) -> ServiceTypePolicy:
        policy = self._policies.get(throughput)
        if policy is None:
            policy = self._policies[throughput] = ServiceTypePolicy(
                demand={_THROUGHPUT: throughput}, weights={"driver_order": DRIVER_ORDER}
            )
        return policy

    def _needs(self, request: Request) -> tuple[NetworkNeed, ...]:
        return tuple(
            NetworkNeed(network_id=str(each), cidr=self._cidr(each)) for each in request.networks
        )

    def _cidr(self, network: int) -> str:
        high, low = divmod(self._workload.ranges[network], 256)
        return f"10.{high}.{low}.0/24"


def _device(box: Box) -> Device:
    return Device(
        id=str(box.number),
        number=box.number,
        name=f"device-{box.number}",
        driver=_PINNABLE if box.pinnable else _OTHER,
        limits={VIPS: box.vips, _VLANS: box.vlans, _THROUGHPUT: box.throughput},
        isolates_overlapping=box.isolates,
        status=DeviceStatus.ONLINE,
    )


def _driver(name: str) -> DriverInfo:
    return DriverInfo(
        name=name,
        description="",
        kinds=frozenset({ServiceKind.LOADBALANCER}),
        schema={},
        capabilities=Capabilities(),
        limits={},
        versions=(),
        isolates_overlapping=True,
        data_interface=_INTERFACE,
        physical=False,
    )
