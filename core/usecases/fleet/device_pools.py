"""Use cases: elastic device pools. For admins."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from core.domain.device import Device, DeviceStatus, DriverInfo
from core.domain.device_pool import DevicePool
from core.domain.errors import AlreadyExists, InUse, InvalidInput, NotFound
from core.domain.query import Query
from core.domain.service import Cause
from core.ports.clock import Clock
from core.ports.doorbell import Doorbell
from core.ports.id_source import IdSource
from core.ports.repository import Duplicate
from core.ports.schema_validator import SchemaValidator
from core.ports.secret_store import SecretStore
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.caller import Caller
from core.usecases.fleet.access import changed, require_admin
from core.usecases.fleet.device_parameters import DeviceParameters
from core.usecases.fleet.device_pool_types import (
    CreateDevicePool,
    DevicePoolUse,
    DevicePoolView,
    UpdateDevicePool,
    device_pool_view,
)
from core.usecases.fleet.device_rules import check_limits
from core.usecases.listing import Listing
from core.usecases.lookup import CHUNK

_USERS_NAMED = 20
"""How many devices or service types the refusal of a deletion names."""

_STORED = (
    "id",
    "name",
    "description",
    "driver",
    "minimum",
    "maximum",
    "spare",
    "idle_seconds",
    "private",
    "zone",
    "status_reason",
    "grow_after",
)
_LISTING = Listing(DevicePoolView, {name: name for name in _STORED})


class DevicePools:
    """Pools of devices that grow and shrink. `provisioners` names the drivers that make devices."""

    def __init__(
        self,
        *,
        store: Store,
        drivers: Mapping[str, DriverInfo],
        provisioners: Collection[str],
        secrets: SecretStore,
        validator: SchemaValidator,
        clock: Clock,
        ids: IdSource,
        doorbell: Doorbell,
    ) -> None:
        self._store = store
        self._drivers = {name: _for_templates(info) for name, info in drivers.items()}
        self._provisioners = provisioners
        self._parameters = DeviceParameters(secrets, validator)
        self._clock = clock
        self._ids = ids
        self._doorbell = doorbell

    def create(self, caller: Caller, items: Sequence[CreateDevicePool]) -> list[DevicePoolView]:
        """Add pools; services that found no device are tried again at once."""
        require_admin(caller)
        pools = [self._new(caller, item) for item in items]
        with self._store.write() as work:
            for pool in pools:
                try:
                    work.device_pools.add(pool)
                except Duplicate:
                    raise AlreadyExists("DevicePool", f"name {pool.name}") from None
            work.due.wake(Cause.PLACEMENT, self._clock.now())
            views = _views(work, pools)
            work.commit()
        self._doorbell.ring()
        return views

    def show(self, caller: Caller, identity: str) -> DevicePoolView:
        require_admin(caller)
        with self._store.read() as work:
            return _views(work, [_existing(work, identity)])[0]

    def list(self, caller: Caller, query: Query) -> list[DevicePoolView]:
        require_admin(caller)
        with self._store.read() as work:
            return _LISTING.find(work.device_pools, query, lambda rows: _views(work, rows))

    def update(self, caller: Caller, identity: str, change: UpdateDevicePool) -> DevicePoolView:
        """Change a pool; a pause after a failure ends, for the cause may be gone.

        A maximum below what there is is accepted: nothing goes because of it, nothing comes.
        """
        require_admin(caller)
        with self._store.write() as work:
            new = self._changed(caller, _existing(work, identity), change)
            work.device_pools.save(new)
            work.due.wake(Cause.PLACEMENT, self._clock.now())
            view = _views(work, [new])[0]
            work.commit()
        self._doorbell.ring()
        return view

    def delete(self, caller: Caller, identity: str) -> None:
        """Remove a pool that made no device that is still there, and that no type names."""
        require_admin(caller)
        with self._store.write() as work:
            pool = _existing(work, identity)
            users = _users(work, pool)
            if users:
                raise InUse("DevicePool", identity, users[:_USERS_NAMED])
            work.device_pools.remove(identity)
            work.commit()

    def _new(self, caller: Caller, item: CreateDevicePool) -> DevicePool:
        driver = self._able(item.driver)
        check_limits(driver, item.limits)
        accepted = self._parameters.accept(caller, driver, item.parameters, None)
        pool = DevicePool(
            id=self._ids.new_id(),
            name=item.name,
            description=item.description,
            driver=item.driver,
            minimum=item.minimum,
            maximum=item.maximum,
            spare=item.spare,
            idle_seconds=item.idle_seconds,
            private=item.private,
            parameters=accepted.public,
            sealed=self._parameters.seal(accepted),
            limits=dict(item.limits),
            zone=item.zone,
            labels=dict(item.labels),
        )
        _check_sizes(pool)
        return pool

    def _changed(self, caller: Caller, old: DevicePool, change: UpdateDevicePool) -> DevicePool:
        new = replace(
            old,
            description=old.description if change.description is None else change.description,
            minimum=old.minimum if change.minimum is None else change.minimum,
            maximum=old.maximum if change.maximum is None else change.maximum,
            spare=old.spare if change.spare is None else change.spare,
            idle_seconds=(old.idle_seconds if change.idle_seconds is None else change.idle_seconds),
            limits=old.limits if change.limits is None else dict(change.limits),
            zone=changed(change.zone, old.zone),
            labels=old.labels if change.labels is None else dict(change.labels),
            failures=0,
            grow_after=None,
        )
        _check_sizes(new)
        if change.limits is not None:
            check_limits(self._able(old.driver), change.limits)
        if change.parameters is None:
            return new
        accepted = self._parameters.accept(caller, self._able(old.driver), change.parameters, old)
        if not accepted.changed:
            return new
        return replace(new, parameters=accepted.public, sealed=self._parameters.seal(accepted))

    def _able(self, name: str) -> DriverInfo:
        driver = self._drivers.get(name)
        if driver is None:
            raise InvalidInput("driver", f"no driver {name} is installed")
        if name not in self._provisioners:
            raise InvalidInput("driver", f"driver {name} cannot make devices")
        return driver


def _for_templates(driver: DriverInfo) -> DriverInfo:
    """The driver with a schema that asks for nothing: the provisioner may fill it in."""
    schema = {name: value for name, value in driver.schema.items() if name != "required"}
    return replace(driver, schema=schema)


def _existing(work: UnitOfWork, identity: str) -> DevicePool:
    pool = work.device_pools.get(identity)
    if pool is None:
        raise NotFound("DevicePool", identity)
    return pool


def _users(work: UnitOfWork, pool: DevicePool) -> list[str]:
    """What refers to a pool: service types by name, and the devices that it made."""
    types = work.service_types.find(Query())
    named = [f"service type {each.name}" for each in types if each.policy.elastic_pool == pool.name]
    made = {"device_pool": (pool.name,), "spawned": (True,), "removing": (False,)}
    devices = work.devices.find(Query(filters=made, limit=_USERS_NAMED))
    return named + [f"device {device.name}" for device in devices]


def _check_sizes(pool: DevicePool) -> None:
    for name, value in (
        ("minimum", pool.minimum),
        ("maximum", pool.maximum),
        ("spare", pool.spare),
        ("idle_seconds", pool.idle_seconds),
    ):
        if not math.isfinite(value) or value < 0:
            raise InvalidInput(name, "must be a number from 0 up")
    for name, value in (("minimum", pool.minimum), ("spare", pool.spare)):
        if value > pool.maximum:
            raise InvalidInput(name, f"{value} is more than the maximum, {pool.maximum}")
        if value and pool.private:
            raise InvalidInput(
                name, "must be 0 in a private pool: a device is made for the tenant who needs it"
            )


def _views(work: UnitOfWork, pools: Sequence[DevicePool]) -> list[DevicePoolView]:
    return [device_pool_view(pool, _use(work, pool)) for pool in pools]


def _use(work: UnitOfWork, pool: DevicePool) -> DevicePoolUse:
    of_pool = {"device_pool": (pool.name,), "removing": (False,)}
    devices = work.devices.find(Query(filters=of_pool))
    services = _services(work, devices)
    ready = [device for device in devices if device.status is DeviceStatus.ONLINE]
    return DevicePoolUse(
        devices=len(devices),
        ready=len(ready),
        spawning=sum(device.status is DeviceStatus.SPAWNING for device in devices),
        idle=sum(not services.get(device.id) for device in ready),
        services=sum(services.values()),
    )


def _services(work: UnitOfWork, devices: Sequence[Device]) -> dict[str, int]:
    """How many services are on each device."""
    counts: dict[str, int] = {}
    identities = [device.id for device in devices]
    for start in range(0, len(identities), CHUNK):
        accounts = work.ledger.accounts(identities[start : start + CHUNK])
        for identity, account in accounts.items():
            counts[identity] = sum(account.projects.values())
    return counts
