"""Elastic pools: makes devices that are asked for, and removes those that are not needed."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.domain.binding import Account
from core.domain.device import VIPS, Device, DriverInfo
from core.domain.device_pool import DevicePool
from core.domain.elasticity import PoolMember, PoolPlan, has_room, may_grow_now, plan
from core.domain.placement.request import PlacementRequest, candidate
from core.domain.placement.rules import check
from core.domain.query import Query
from core.ports.clock import Clock
from core.ports.device_provisioner import DeviceProvisioner
from core.ports.id_source import IdSource
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.conductor.isolation import deal_with
from core.usecases.conductor.spawning import device_of, pool_named, spawn
from core.usecases.lookup import CHUNK

LOOK_EVERY = 1.0
"""Seconds between two looks at the pools; more when looking takes long."""

BATCH = 32
"""Devices asked for in one transaction."""

_SHARE = 20
"""Looking at the pools may take one part in so many of the time."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Growth:
    """The device that was asked for, or why there is none, in words for the tenant."""

    device: Device | None
    refusal: str = ""


class ElasticPools:
    """Keeps each pool between its minimum and maximum. Not for several threads at a time."""

    def __init__(
        self,
        *,
        store: Store,
        drivers: Mapping[str, DriverInfo],
        provisioners: Mapping[str, DeviceProvisioner],
        clock: Clock,
        ids: IdSource,
    ) -> None:
        self._store = store
        self._drivers = drivers
        self._provisioners = provisioners
        self._clock = clock
        self._ids = ids
        self._next_look = clock.monotonic()

    def grow(self, work: UnitOfWork, request: PlacementRequest) -> Growth:
        """Ask for a device for a request that every device refused, if its policy names a pool
        that may grow and a new device would take it.

        The device can be chosen and claimed at once, like any other.
        """
        pool = pool_named(work, request.policy.elastic_pool)
        if pool is None:
            return Growth(None, "there is no elastic pool for it any more")
        driver = self._drivers.get(pool.driver)
        if driver is None or pool.driver not in self._provisioners:
            return Growth(None, f"driver {pool.driver} of its elastic pool makes no devices here")
        now = self._clock.now()
        device = device_of(pool, self._ids.new_id(), request.project_id, now)
        refusal = self._refusal(work, pool, device, request, now)
        if refusal is not None:
            return Growth(None, refusal)
        return Growth(spawn(work, device, driver))

    def advance(self) -> int:
        """One round over all pools; returns how many devices were asked for or let go."""
        began = self._clock.monotonic()
        if began < self._next_look:
            return 0
        with self._store.read() as work:
            pools = work.device_pools.find(Query())
            todo = {pool.id: plan_ for pool in pools if (plan_ := self._plan(work, pool))}
        self._next_look = began + max(LOOK_EVERY, (self._clock.monotonic() - began) * _SHARE)
        if todo:
            deal_with(list(todo), self._carry_out, self._defective)
        return sum(each.grow + len(each.remove) for each in todo.values())

    def idle_for(self) -> float:
        """Seconds until `advance` looks at the pools again."""
        return max(self._next_look - self._clock.monotonic(), 0.0)

    def _refusal(
        self,
        work: UnitOfWork,
        pool: DevicePool,
        device: Device,
        request: PlacementRequest,
        now: float,
    ) -> str | None:
        if request.subset is not None and len(request.subset) < request.policy.apart.devices:
            # The tenant's subset is not full yet: a new device would be drawn into it.
            request = replace(request, subset=None)
        driver = self._drivers.get(device.driver)
        reasons = check(request, candidate(device, driver, Account()))
        if reasons:
            texts = ", ".join(reason.text for reason in reasons)
            return f"a new device would be refused: {texts}"
        if not has_room(pool, work.devices.count(_of_pool(pool))):
            noun = "device" if pool.maximum == 1 else "devices"
            return f"its elastic pool has its maximum of {pool.maximum} {noun}"
        if not may_grow_now(pool, now):
            return "the last new device could not be made, and the next is tried after a pause"
        # Last, for it looks at all devices: when they are full there is no room, mostly.
        members = self._members(work, pool)
        if any(member.is_spare and _is_like(member.device, device) for member in members):
            return "an empty device such as a new one would be refused it"
        return None

    def _carry_out(self, pool_ids: Sequence[str]) -> None:
        for pool_id in pool_ids:
            with self._store.write() as work:
                pool = work.device_pools.get(pool_id)
                if pool is not None:
                    self._apply(work, pool, self._plan(work, pool))
                work.commit()

    def _apply(self, work: UnitOfWork, pool: DevicePool, todo: PoolPlan) -> None:
        now = self._clock.now()
        gone = {device.id for device in todo.remove}
        changed = [replace(device, idle_since=None) for device in todo.busy]
        changed += [replace(each, idle_since=now) for each in todo.idle if each.id not in gone]
        changed += [_removing(each, now) for each in todo.remove if not _is_bound(work, each)]
        if changed:
            work.devices.save(*changed)
        driver = self._drivers.get(pool.driver)
        if driver is not None and pool.driver in self._provisioners:
            for _ in range(min(todo.grow, BATCH)):
                spawn(work, device_of(pool, self._ids.new_id(), None, now), driver)

    def _plan(self, work: UnitOfWork, pool: DevicePool) -> PoolPlan:
        return plan(pool, self._members(work, pool), self._clock.now())

    def _members(self, work: UnitOfWork, pool: DevicePool) -> list[PoolMember]:
        """The pool's devices. One whose counter of services is at zero counts as empty."""
        devices = work.devices.find(Query(filters=_of_pool(pool)))
        members = []
        for start in range(0, len(devices), CHUNK):
            chunk = devices[start : start + CHUNK]
            usage = work.ledger.usage([device.id for device in chunk])
            for device in chunk:
                used = usage[device.id].used.get(VIPS, 0) if device.id in usage else 0
                members.append(PoolMember(device, empty=not used))
        return members

    def _defective(self, pool_id: str, defect: Exception) -> None:
        _log.error("elastic pool %s is left as it is: %r", pool_id, defect)


def _of_pool(pool: DevicePool) -> dict[str, tuple[Any, ...]]:
    return {"device_pool": (pool.name,), "removing": (False,)}


def _is_bound(work: UnitOfWork, device: Device) -> bool:
    on_it = Query(filters={"device_id": (device.id,)}, limit=1)
    return bool(work.bindings.find(on_it))


def _removing(device: Device, now: float) -> Device:
    return replace(device, removing=True, due_at=now, generation=device.generation + 1)


def _is_like(device: Device, new: Device) -> bool:
    """Whether what a device refuses would be refused by the new one too."""
    return device.spawned and (device.driver, device.project_id, device.zone, device.limits) == (
        new.driver,
        new.project_id,
        new.zone,
        new.limits,
    )
