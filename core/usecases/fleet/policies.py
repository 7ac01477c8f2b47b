"""Refuses policies that make no sense, naming the field at fault and what would do."""

import math
from collections.abc import Collection, Iterator, Mapping

from core.domain.binding import vlan_resource
from core.domain.device import VIPS, DriverInfo
from core.domain.device_pool import DevicePool
from core.domain.errors import InvalidInput
from core.domain.query import Query
from core.domain.service_type import Apart, Grouping, ServiceType
from core.ports.unit_of_work import UnitOfWork
from core.usecases.fleet.device_types import COMMON_LIMITS

MOST_OVERSUBSCRIPTION = 100.0
MOST_AMOUNT = 2**31 - 1
"""What every database stores in a plain column."""


class PolicyRules:
    """What a policy must be, given the scores that there are and the drivers installed."""

    def __init__(self, scores: Collection[str], drivers: Mapping[str, DriverInfo]) -> None:
        self._scores = frozenset(scores)
        self._drivers = drivers

    def check(self, work: UnitOfWork, service_type: ServiceType) -> None:
        """Raise InvalidInput for the first thing that is wrong with the type's policy."""
        policy = service_type.policy
        self._check_weights(policy.weights)
        self._check_demand(service_type)
        self._check_oversubscription(service_type)
        _check_apart(policy.apart)
        if policy.dedicated and policy.grouping is Grouping.APART:
            _refuse(
                "grouping",
                "apart keeps tenants to few shared devices, and dedicated lets them on none: "
                "choose one of them",
            )
        if policy.elastic_pool is not None:
            _check_elastic_pool(service_type, _device_pool(work, policy.elastic_pool))

    def _check_weights(self, weights: Mapping[str, float]) -> None:
        for name, weight in weights.items():
            if name not in self._scores:
                known = ", ".join(sorted(self._scores))
                _refuse(f"weights.{name}", f"no such score; there are {known}")
            if not math.isfinite(weight) or weight < 0:
                _refuse(f"weights.{name}", "must be a number from 0 up")

    def _check_demand(self, service_type: ServiceType) -> None:
        for name, amount in service_type.policy.demand.items():
            if name == VIPS or _is_vlan(name):
                _refuse(f"demand.{name}", "is counted for every service; leave it out")
            self._check_known(f"demand.{name}", name, service_type.drivers)
            if not 0 <= amount <= MOST_AMOUNT:
                _refuse(f"demand.{name}", f"must not be negative, nor above {MOST_AMOUNT}")

    def _check_oversubscription(self, service_type: ServiceType) -> None:
        for name, times in service_type.policy.oversubscription.items():
            field = f"oversubscription.{name}"
            if _is_vlan(name):
                _refuse(field, "networks cannot share a VLAN; raise the devices' limit instead")
            self._check_known(field, name, service_type.drivers)
            if not 1.0 <= times <= MOST_OVERSUBSCRIPTION:
                _refuse(field, f"must be from 1.0 to {MOST_OVERSUBSCRIPTION:g}")
            if not math.isclose(times * 100, round(times * 100), rel_tol=0.0, abs_tol=1e-6):
                _refuse(field, f"must be in hundredths, such as {round(times, 2):g}")

    def _check_known(self, field: str, resource: str, drivers: Collection[str]) -> None:
        known = COMMON_LIMITS.union(
            *(self._drivers[name].limits for name in drivers if name in self._drivers)
        )
        if resource not in known:
            names = ", ".join(sorted(each for each in known if not _is_vlan(each)))
            _refuse(field, f"none of the type's drivers has such a limit; there are {names}")


def _check_apart(apart: Apart) -> None:
    if not 1 <= apart.devices <= MOST_AMOUNT:
        _refuse("apart.devices", "must be at least 1: a tenant needs a device")


def _device_pool(work: UnitOfWork, name: str) -> DevicePool:
    for pool in work.device_pools.find(Query(filters={"name": (name,)})):
        return pool
    raise InvalidInput("policy.elastic_pool", f"there is no device pool {name}; create it first")


def _check_elastic_pool(service_type: ServiceType, pool: DevicePool) -> None:
    """A device that the pool spawns must be one that the type can use."""
    for reason in _never_used(service_type, pool):
        _refuse("elastic_pool", reason)


def _never_used(service_type: ServiceType, pool: DevicePool) -> Iterator[str]:
    policy = service_type.policy
    if pool.driver not in service_type.drivers:
        yield (
            f"device pool {pool.name} spawns devices of driver {pool.driver}, which is not among "
            "the type's drivers"
        )
    if policy.dedicated and not pool.private:
        yield (
            f"device pool {pool.name} spawns shared devices, and the type wants dedicated ones: "
            "use a pool that is private"
        )
    if policy.zone is not None and pool.zone != policy.zone:
        yield (
            f"device pool {pool.name} spawns devices in zone {pool.zone or 'none'}, and the type "
            f"wants {policy.zone}"
        )
    if policy.device_pool is not None and pool.name != policy.device_pool:
        yield (
            f"what device pool {pool.name} spawns is not in device pool {policy.device_pool}, "
            "which the type wants"
        )


def _is_vlan(resource: str) -> bool:
    return resource.startswith(vlan_resource(""))


def _refuse(field: str, reason: str) -> None:
    raise InvalidInput(f"policy.{field}", reason)
