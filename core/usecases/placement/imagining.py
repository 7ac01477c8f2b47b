"""Turns a question about placements into a request and an imagined fleet.

Raises InvalidInput, which names the field, for whatever the question names in vain.
"""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from core.domain.binding import NetworkNeed, vlan_resource
from core.domain.device import VIPS, AdminState, Device, DeviceStatus, DriverInfo, Limits
from core.domain.errors import InvalidInput
from core.domain.network import Subnet, SubnetInfo
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.request import PlacementRequest, Requirements
from core.domain.query import Query, Sort
from core.domain.service import ServiceKind
from core.domain.service_type import ServiceType
from core.ports.repository import Repository
from core.ports.unit_of_work import UnitOfWork
from core.usecases.fleet.device_rules import check_limits
from core.usecases.fleet.device_types import COMMON_LIMITS
from core.usecases.placement.forks import with_device
from core.usecases.placement.what_if_types import (
    MOST_NEW_DEVICES,
    MOST_OWN_NETWORKS,
    MOST_PLACEMENTS,
    NewDevices,
    NewNetwork,
    Question,
)

T = TypeVar("T")

_MOST_AMOUNT = 2**31 - 1


def check_numbers(question: Question) -> None:
    """Refuse numbers that are out of bounds."""
    _within("count", question.count, 1, MOST_PLACEMENTS)
    _within("own_networks", question.own_networks, 0, MOST_OWN_NETWORKS)
    for number, new in enumerate(question.add):
        _within(f"add.{number}.count", new.count, 1, MOST_NEW_DEVICES)
    for name, amount in question.demand.items():
        _within(f"demand.{name}", amount, 0, _MOST_AMOUNT)


def request_of(
    work: UnitOfWork,
    question: Question,
    project_id: str,
    drivers: Mapping[str, DriverInfo],
    subnets: Mapping[str, SubnetInfo],
) -> PlacementRequest:
    """The request of each of the services, their own networks apart. `subnets` are those of
    another system, by what the question calls them."""
    service_type = _service_type(work, question.service_type)
    _check_demand(question.demand, service_type, drivers)
    policy = service_type.policy
    return PlacementRequest(
        service_id="",
        project_id=project_id,
        kind=service_type.kind,
        service_type_id=service_type.id,
        drivers=service_type.drivers,
        requirements=Requirements(
            vip_address="",
            networks=tuple(
                _need(work, f"networks.{number}", wanted, subnets)
                for number, wanted in enumerate(question.networks)
            ),
            features=question.features,
        ),
        policy=replace(policy, demand={**policy.demand, **question.demand}),
    )


def own_needs(service: int, number: int) -> tuple[NetworkNeed, ...]:
    """The networks that the service with this place in the row has for itself: their addresses
    overlap nobody's."""
    found = []
    for each in range(service * number, (service + 1) * number):
        prefix = f"fd70:6865:72{each >> 16:02x}:{each & 0xFFFF:x}::/64"
        found.append(NetworkNeed(network_id=f"network {each} of a what-if", cidr=prefix))
    return tuple(found)


def imagine(fleet: Fleet, question: Question, drivers: Mapping[str, DriverInfo]) -> None:
    """Change the fleet, a fork of its own, as the question wants it."""
    find = _finder(fleet)
    changes: list[tuple[str, Callable[[Device], Device]]] = []
    for number, name in enumerate(question.drain):
        changes.append((find(f"drain.{number}", name), _draining))
    for name, limits in question.limits.items():
        device_id = find(f"limits.{name}", name)
        _check_limits(f"limits.{name}", fleet, device_id, limits, drivers)
        changes.append((device_id, _limited(limits)))
    gone = [find(f"without.{number}", name) for number, name in enumerate(question.without)]
    for device_id, change in changes:
        host = fleet.get(device_id)
        if host is not None:
            with_device(fleet, change(host.device))
    for device_id in gone:
        fleet.remove(device_id)
    for number, new in enumerate(question.add):
        _add(fleet, f"add.{number}", new, drivers)


def _service_type(work: UnitOfWork, name: str | None) -> ServiceType:
    if name is None:
        default = {"kind": (ServiceKind.LOADBALANCER,), "default": (True,)}
        for each in work.service_types.find(Query(filters=default)):
            return each
        raise InvalidInput("service_type", "is needed: there is no default")
    found = work.service_types.get(name) or _only(work.service_types, "service_type", name)
    if found is None:
        raise InvalidInput("service_type", f"there is no service type {name}")
    return found


def _check_demand(
    demand: Mapping[str, int], service_type: ServiceType, drivers: Mapping[str, DriverInfo]
) -> None:
    known = COMMON_LIMITS.union(
        *(drivers[name].limits for name in service_type.drivers if name in drivers)
    )
    for name in demand:
        if name == VIPS or name.startswith(vlan_resource("")):
            raise InvalidInput(f"demand.{name}", "is counted for every service; leave it out")
        if name not in known:
            raise InvalidInput(
                f"demand.{name}", "none of the service type's drivers has such a limit"
            )


def _need(
    work: UnitOfWork,
    field: str,
    wanted: str | NewNetwork,
    elsewhere: Mapping[str, SubnetInfo],
) -> NetworkNeed:
    if isinstance(wanted, NewNetwork):
        try:
            cidr = str(ipaddress.ip_network(wanted.cidr))
        except ValueError as error:
            raise InvalidInput(f"{field}.cidr", f"{wanted.cidr} is no range: {error}") from None
        return NetworkNeed(network_id=f"new network {wanted.name}", cidr=cidr)
    if wanted in elsewhere:
        return _on(elsewhere[wanted])
    network = work.networks.get(wanted) or _only(work.networks, field, wanted)
    if network is not None:
        of_network = Query(
            filters={"network_id": (network.id,)}, sort=(Sort("name"), Sort("cidr")), limit=1
        )
        subnet = next(iter(work.subnets.find(of_network)), None)
        if subnet is None:
            raise InvalidInput(field, f"network {wanted} has no subnet")
        return _on(subnet)
    by_subnet = work.subnets.get(wanted) or _only(work.subnets, field, wanted)
    if by_subnet is None:
        raise InvalidInput(
            field,
            f"there is no network or subnet {wanted}; one that is not there yet has a name and a"
            " cidr",
        )
    return _on(by_subnet)


def _on(subnet: Subnet | SubnetInfo) -> NetworkNeed:
    return NetworkNeed(network_id=subnet.network_id, cidr=subnet.cidr)


def _only(repository: Repository[T], field: str, name: str) -> T | None:
    """The object of this name, if there is just one."""
    found = repository.find(Query(filters={"name": (name,)}, limit=2)) if name else []
    if len(found) > 1:
        raise InvalidInput(field, f"several are called {name}; give the id")
    return next(iter(found), None)


def _finder(fleet: Fleet) -> Callable[[str, str], str]:
    by_name: dict[str, list[str]] = {}
    for host in fleet:
        by_name.setdefault(host.device.name, []).append(host.device.id)

    def find(field: str, name: str) -> str:
        if fleet.get(name) is not None:
            return name
        ids = by_name.get(name, [])
        if not ids:
            raise InvalidInput(field, f"there is no device {name}")
        if len(ids) > 1:
            raise InvalidInput(field, f"{len(ids)} devices are called {name}; give the id")
        return ids[0]

    return find


def _draining(device: Device) -> Device:
    return replace(device, admin_state=AdminState.DRAINING)


def _limited(limits: Limits) -> Callable[[Device], Device]:
    return lambda device: replace(device, limits={**device.limits, **limits})


def _check_limits(
    field: str,
    fleet: Fleet,
    device_id: str,
    limits: Limits,
    drivers: Mapping[str, DriverInfo],
) -> None:
    host = fleet.get(device_id)
    driver = drivers.get(host.device.driver) if host is not None else None
    if driver is not None:
        _checked(field, driver, limits)


def _checked(field: str, driver: DriverInfo, limits: Limits) -> None:
    try:
        check_limits(driver, limits)
    except InvalidInput as error:
        name = error.field.removeprefix("limits.")
        raise InvalidInput(f"{field}.{name}", error.reason) from None


def _add(fleet: Fleet, field: str, new: NewDevices, drivers: Mapping[str, DriverInfo]) -> None:
    driver = drivers.get(new.driver)
    if driver is None:
        raise InvalidInput(f"{field}.driver", f"no driver {new.driver} is installed")
    _checked(f"{field}.limits", driver, new.limits)
    first = max((host.device.number for host in fleet), default=0) + 1
    for number in range(first, first + new.count):
        name = f"new-{new.driver}-{number}"
        with_device(
            fleet,
            Device(
                id=name,
                number=number,
                name=name,
                driver=new.driver,
                limits=new.limits,
                zone=new.zone,
                device_pool=new.device_pool,
                project_id=new.project_id,
                status=DeviceStatus.ONLINE,
            ),
        )


def _within(field: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise InvalidInput(field, f"must be from {low} to {high}")
