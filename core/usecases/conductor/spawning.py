"""The life of a spawned device in what is stored: asked for, ready, or given up."""

from dataclasses import replace

from core.domain.device import Device, DeviceStatus, DriverInfo, effective_limits
from core.domain.device_pool import DevicePool
from core.domain.messages import DeviceReport
from core.domain.query import Query
from core.domain.service import Cause
from core.ports.unit_of_work import UnitOfWork
from core.usecases.conductor.timing import pause
from core.usecases.fleet.numbering import next_number

SPAWN_DEADLINE = 900.0
"""Seconds after which a device that is still not ready is given up."""

TRIES = 3
"""How often a provisioner may fail at one device in a row."""

_PROBE_AGAIN = 2.0
"""Seconds between probes of a device that was just made: it may still be starting."""


def device_of(pool: DevicePool, identity: str, project_id: str | None, now: float) -> Device:
    """A new device as the pool's template says, without a number and a name."""
    return Device(
        id=identity,
        name=pool.name,
        driver=pool.driver,
        parameters=pool.parameters,
        sealed=pool.sealed,
        limits=pool.limits,
        project_id=project_id if pool.private else None,
        zone=pool.zone,
        labels=pool.labels,
        device_pool=pool.name,
        spawned=True,
        spawned_at=now,
        status=DeviceStatus.SPAWNING,
        due_at=now,
    )


def spawn(work: UnitOfWork, device: Device, driver: DriverInfo) -> Device:
    """Store a new device under the next number and a name made of it."""
    number = next_number(work)
    name = f"{device.device_pool}-{number}"
    if work.devices.count({"name": (name,)}):
        name = f"{name}-{device.id}"
    device = replace(device, number=number, name=name)
    work.devices.add(device)
    work.ledger.set_limits(device.id, effective_limits(device, driver))
    return device


def pool_named(work: UnitOfWork, name: str | None) -> DevicePool | None:
    """The device pool of this name, if any."""
    if name is None:
        return None
    return next(iter(work.device_pools.find(Query(filters={"name": (name,)}))), None)


def is_overdue(device: Device, now: float) -> bool:
    """Whether a device should be ready by now."""
    return device.spawned_at is None or now - device.spawned_at > SPAWN_DEADLINE


def probed(
    work: UnitOfWork, device: Device, report: DeviceReport, driver: DriverInfo | None, now: float
) -> None:
    """Record what an agent found of a SPAWNING device."""
    if report.facts is not None:
        _ready(work, device, report, driver, now)
    elif report.failure is not None and is_overdue(device, now):
        give_up(work, device, report.failure, now)
    elif report.failure is not None:
        again = now + _PROBE_AGAIN
        work.devices.save(replace(device, status_reason=report.failure, due_at=again))


def give_up(work: UnitOfWork, device: Device, reason: str, now: float) -> None:
    """Let a device go that could not be made. Its services never ran there and are placed
    anew; its pool makes no other before a pause, which grows with each failure."""
    _release(work, device, now)
    work.devices.save(
        replace(
            device,
            removing=True,
            status_reason=reason,
            attempts=0,
            generation=device.generation + 1,
            due_at=now,
        )
    )
    pool = pool_named(work, device.device_pool)
    if pool is None:
        return
    failed = replace(pool, status_reason=f"{device.name}: {reason}")
    # Devices that were asked for together fail together, which counts once.
    if pool.grow_after is None or now >= pool.grow_after:
        wait = pause(pool.failures)
        failed = replace(failed, failures=pool.failures + 1, grow_after=now + wait)
    work.device_pools.save(failed)


def _ready(
    work: UnitOfWork, device: Device, report: DeviceReport, driver: DriverInfo | None, now: float
) -> None:
    facts = report.facts
    if facts is None:
        return
    work.devices.save(
        replace(
            device,
            status=DeviceStatus.ONLINE,
            status_reason=report.note,
            version=facts.version,
            capabilities=facts.capabilities,
            probed_epoch=device.epoch,
            attempts=0,
            due_at=None,
        )
    )
    if driver is None or facts.capabilities.missing(driver.capabilities):
        # It can do less than was reckoned with: whom it suits is found out anew.
        _release(work, device, now)
    else:
        _wake(work, device, now)
    pool = pool_named(work, device.device_pool)
    if pool is not None and (pool.failures or pool.status_reason):
        work.device_pools.save(replace(pool, failures=0, status_reason="", grow_after=None))
    work.due.wake(Cause.PLACEMENT, now)


def _release(work: UnitOfWork, device: Device, now: float) -> None:
    bound = _wake(work, device, now)
    work.bindings.release(bound)


def _wake(work: UnitOfWork, device: Device, now: float) -> list[str]:
    """Make the services that wait for a device due at once; returns their ids."""
    on_it = Query(filters={"device_id": (device.id,)})
    bound = sorted(binding.service_id for binding in work.bindings.find(on_it))
    held = [work.services.hold(identity) for identity in bound]
    waiting = [service.due(now) for service in held if service is not None]
    if waiting:
        work.services.save(*waiting)
    return bound
