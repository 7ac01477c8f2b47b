"""Use cases: the registry of devices."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.domain.binding import Account, Usage
from core.domain.device import (
    Device,
    DeviceStatus,
    DriverInfo,
    effective_limits,
)
from core.domain.errors import (
    InUse,
    InvalidInput,
    NotFound,
    OverQuota,
    StateInvalid,
)
from core.domain.query import Query
from core.domain.service import Cause
from core.ports.clock import Clock
from core.ports.doorbell import Doorbell
from core.ports.id_source import IdSource
from core.ports.schema_validator import SchemaValidator
from core.ports.secret_store import SecretStore
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.caller import Caller
from core.usecases.fleet.access import changed, narrowed, renamed
from core.usecases.fleet.device_parameters import DeviceParameters
from core.usecases.fleet.device_rules import (
    agent_group,
    check_limits,
    check_may_change,
    check_name,
    check_tenants,
    check_unattached,
    owner,
    wiring,
)
from core.usecases.fleet.device_types import CreateDevice, DeviceView, UpdateDevice, device_view
from core.usecases.fleet.numbering import next_number
from core.usecases.lookup import hold_all


class Devices:
    """Admins manage all devices; a tenant those that are its own, and sees no others.

    `max_private` is how many a tenant may bring its own project to.
    """

    def __init__(
        self,
        *,
        store: Store,
        drivers: Mapping[str, DriverInfo],
        secrets: SecretStore,
        validator: SchemaValidator,
        clock: Clock,
        ids: IdSource,
        doorbell: Doorbell,
        max_private: int,
    ) -> None:
        self._store = store
        self._drivers = drivers
        self._parameters = DeviceParameters(secrets, validator)
        self._clock = clock
        self._ids = ids
        self._doorbell = doorbell
        self._max_private = max_private

    def create(self, caller: Caller, items: Sequence[CreateDevice]) -> list[DeviceView]:
        """Register devices; the conductor probes each at once."""
        unnumbered = [self._new(caller, item) for item in items]
        with self._store.write() as work:
            devices = [self._add(work, device) for device in unnumbered]
            if not caller.is_admin:
                self._check_quota(work, caller.project_id)
            work.due.wake(Cause.PLACEMENT, self._clock.now())
            views = list(self._views(work, devices))
            work.commit()
        self._doorbell.ring()
        return views

    def show(self, caller: Caller, identity: str) -> DeviceView:
        with self._store.read() as work:
            return self._views(work, [self._visible(work, caller, identity)])[0]

    def list(self, caller: Caller, query: Query) -> list[DeviceView]:
        """Devices that are being removed are not listed."""
        query = narrowed(renamed(query, {"tenant_id": "project_id"}), "removing", value=False)
        if not caller.is_admin:
            query = narrowed(query, "project_id", caller.project_id)
        with self._store.read() as work:
            return list(self._views(work, work.devices.find(query)))

    def update(self, caller: Caller, identity: str, change: UpdateDevice) -> DeviceView:
        """Change a device; new parameters have it probed again."""
        now = self._clock.now()
        with self._store.write() as work:
            old = self._visible(work, caller, identity)
            check_may_change(caller, old)
            new = self._changed(work, caller, old, change)
            if new != old:
                new = replace(new, generation=old.generation + 1)
                self._save(work, new)
                work.due.wake(Cause.PLACEMENT, now)
            view = self._views(work, [new])[0]
            work.commit()
        self._doorbell.ring()
        return view

    def delete(self, caller: Caller, identity: str) -> None:
        """Have a device stopped and forgotten; it must have no services."""
        with self._store.write() as work:
            device = self._removable(work, caller, identity)
            bound = work.bindings.find(Query(filters={"device_id": (identity,)}))
            if bound:
                raise InUse("Device", identity, [binding.service_id for binding in bound])
            self._retire(work, device)
            work.commit()
        self._doorbell.ring()

    def give_up(self, caller: Caller, identity: str) -> None:
        """Remove a device that is lost, with its services on it.

        They are placed anew, with their addresses, as those that are being deleted are let
        go of: nobody waits any longer for what the device would confirm. If it does answer
        after all, it is stopped.
        """
        now = self._clock.now()
        with self._store.write() as work:
            device = self._removable(work, caller, identity)
            bound = work.bindings.find(Query(filters={"device_id": (identity,)}))
            work.bindings.release([binding.service_id for binding in bound])
            for service in hold_all(work.services, (each.service_id for each in bound)).values():
                work.services.save(
                    service.due(now)
                    if service.deleting
                    else service.changed(now, caller.traceparent)
                )
            self._retire(work, device)
            work.commit()
        self._doorbell.ring()

    def _removable(self, work: UnitOfWork, caller: Caller, identity: str) -> Device:
        device = work.devices.get(identity)
        if device is None or not caller.may_see(device.project_id):
            raise NotFound("Device", identity)
        check_may_change(caller, device)
        return device

    def _retire(self, work: UnitOfWork, device: Device) -> None:
        if not device.removing:
            work.devices.save(
                replace(
                    device,
                    removing=True,
                    due_at=self._clock.now(),
                    generation=device.generation + 1,
                )
            )

    def _new(self, caller: Caller, item: CreateDevice) -> Device:
        driver = self._installed(item.driver)
        check_limits(driver, item.limits)
        accepted = self._parameters.accept(caller, driver, item.parameters, None)
        return Device(
            id=self._ids.new_id(),
            name=item.name,
            driver=item.driver,
            parameters=accepted.public,
            sealed=self._parameters.seal(accepted),
            limits=dict(item.limits),
            project_id=owner(caller, item.project_id),
            zone=item.zone,
            labels=dict(item.labels),
            device_pool=item.device_pool,
            isolates_overlapping=item.isolates_overlapping,
            admin_state=item.admin_state,
            agent_group=agent_group(caller, item.agent_group),
            wiring=wiring(caller, item.wiring),
            due_at=self._clock.now(),
        )

    def _changed(
        self, work: UnitOfWork, caller: Caller, old: Device, change: UpdateDevice
    ) -> Device:
        project_id = changed(change.project_id, old.project_id)
        if project_id != old.project_id:
            project_id = owner(caller, project_id)
            check_tenants(work, old, project_id)
        new = replace(
            old,
            name=old.name if change.name is None else change.name,
            limits=old.limits if change.limits is None else dict(change.limits),
            project_id=project_id,
            zone=changed(change.zone, old.zone),
            labels=old.labels if change.labels is None else dict(change.labels),
            device_pool=changed(change.device_pool, old.device_pool),
            isolates_overlapping=changed(change.isolates_overlapping, old.isolates_overlapping),
            admin_state=old.admin_state if change.admin_state is None else change.admin_state,
        )
        if change.agent_group not in (None, old.agent_group):
            new = replace(new, agent_group=agent_group(caller, change.agent_group))
        if (new.agent_group, new.zone) != (old.agent_group, old.zone):
            # The conductor moves it if the agent that has it may have it no more.
            new = replace(new, due_at=self._clock.now())
        if change.wiring is not None and change.wiring != old.wiring:
            check_unattached(work, old)
            # Whether it can be wired so is found out anew.
            new = replace(
                new,
                wiring=wiring(caller, change.wiring),
                unwirable="",
                due_at=self._clock.now(),
            )
        if change.limits is not None:
            check_limits(self._installed(old.driver), change.limits)
        if change.parameters is None:
            return new
        accepted = self._parameters.accept(
            caller, self._installed(old.driver), change.parameters, old
        )
        if not accepted.changed:
            return new
        if old.status is DeviceStatus.SPAWNING:
            raise StateInvalid("Device", old.id, old.status)
        return replace(
            new,
            parameters=accepted.public,
            sealed=self._parameters.seal(accepted),
            status=DeviceStatus.UNKNOWN,
            status_reason="",
            due_at=self._clock.now(),
        )

    def _add(self, work: UnitOfWork, unnumbered: Device) -> Device:
        check_name(work, unnumbered)
        device = replace(unnumbered, number=next_number(work))
        work.devices.add(device)
        self._set_limits(work, device)
        return device

    def _save(self, work: UnitOfWork, device: Device) -> None:
        check_name(work, device)
        work.devices.save(device)
        self._set_limits(work, device)

    def _set_limits(self, work: UnitOfWork, device: Device) -> None:
        driver = self._drivers.get(device.driver)
        if driver is not None:
            work.ledger.set_limits(device.id, effective_limits(device, driver))

    def _check_quota(self, work: UnitOfWork, project_id: str) -> None:
        """Devices that are being removed count: they still take room on their host. Those that
        a device pool made for the project do not: the tenant did not bring them."""
        own = {"project_id": (project_id,), "spawned": (False,)}
        if work.devices.count(own) > self._max_private:
            raise OverQuota("Device", project_id, self._max_private)

    def _installed(self, name: str) -> DriverInfo:
        driver = self._drivers.get(name)
        if driver is None:
            raise InvalidInput("driver", f"no driver {name} is installed")
        return driver

    def _visible(self, work: UnitOfWork, caller: Caller, identity: str) -> Device:
        device = work.devices.get(identity)
        if device is None or device.removing or not caller.may_see(device.project_id):
            raise NotFound("Device", identity)
        return device

    def _views(self, work: UnitOfWork, devices: Sequence[Device]) -> Sequence[DeviceView]:
        identities = [device.id for device in devices]
        usage = work.ledger.usage(identities)
        accounts = work.ledger.accounts(identities)
        return [
            device_view(
                device,
                self._drivers.get(device.driver),
                usage.get(device.id, Usage()),
                sum(accounts.get(device.id, Account()).projects.values()),
            )
            for device in devices
        ]
