"""Takes each device that is due to its next step: make, give to an agent, probe, move to
another agent, retire or destroy it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.domain.binding import Usage
from core.domain.device import Device, DeviceStatus
from core.domain.messages import Command, ProbeDevice, ReleaseDevice, RetireDevice
from core.domain.service import ServiceKind
from core.ports.clock import Clock
from core.ports.secret_store import SecretStore, UnsealFailure
from core.ports.server_bus import ServerBus
from core.ports.service_kind import ServiceKindModel
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.conductor.contents import contents
from core.usecases.conductor.handing import Roster, give, reaches, take_away, without_agent
from core.usecases.conductor.handles import handle
from core.usecases.conductor.provisioning import Provisioning
from core.usecases.conductor.timing import LOOK_AGAIN, PROBE_AGAIN, STEP_DEADLINE
from core.usecases.conductor.wiring import Wiring, wire_again

BATCH = 64


@dataclass
class _Round:
    """What follows from one transaction: devices to be told of, and devices to be made or
    destroyed."""

    to_tell: list[Device] = field(default_factory=list)
    to_provision: list[str] = field(default_factory=list)


class DeviceSteps:
    """The conductor's work on devices."""

    def __init__(
        self,
        *,
        store: Store,
        bus: ServerBus,
        kinds: Mapping[ServiceKind, ServiceKindModel],
        provisioning: Provisioning,
        wiring: Wiring,
        secrets: SecretStore,
        clock: Clock,
    ) -> None:
        self._store = store
        self._bus = bus
        self._kinds = kinds
        self._provisioning = provisioning
        self._wiring = wiring
        self._secrets = secrets
        self._clock = clock

    def advance(self) -> int:
        """One round over what is due; returns how many devices took a step."""
        this = _Round()
        with self._store.write() as work:
            due = work.due.devices(self._clock.now(), BATCH)
            if due:
                self._step_all(work, due, this)
            work.commit()
        for device_id in this.to_provision:
            self._provisioning.put(device_id)
        for device in this.to_tell:
            self._tell(device)
        return len(due)

    def _step_all(self, work: UnitOfWork, due: Sequence[Device], this: _Round) -> None:
        now = self._clock.now()
        roster = Roster(work, now)
        for device in due:
            if _is_with_provisioner(device):
                this.to_provision.append(device.id)
                work.devices.save(replace(device, due_at=now + STEP_DEADLINE))
            elif device.removing and not device.epoch:
                # No agent ever had it, so there is nothing to stop.
                retired(work, device, now)
            elif device.agent_id is None:
                self._give(work, device, roster, now, this)
            else:
                self._keep_or_release(work, device, roster, now, this)

    def _give(
        self, work: UnitOfWork, device: Device, roster: Roster, now: float, this: _Round
    ) -> None:
        agent = roster.suitable(device)
        if agent is None:
            status = device.status if device.removing else DeviceStatus.OFFLINE
            reason = without_agent(device)
            again = now + PROBE_AGAIN
            work.devices.save(replace(device, status=status, status_reason=reason, due_at=again))
            return
        roster.count(agent, 1)
        (given,) = give(work, [device], agent, now)
        self._tell_later(work, given, now, this)

    def _keep_or_release(
        self, work: UnitOfWork, device: Device, roster: Roster, now: float, this: _Round
    ) -> None:
        agent = roster.agent(device.agent_id)
        if agent is not None and not reaches(agent, device):
            device = replace(device, releasing=True)
        self._tell_later(work, device, now, this)

    def _tell_later(self, work: UnitOfWork, device: Device, now: float, this: _Round) -> None:
        if device.probed_epoch != device.epoch and not device.removing:
            # The agent that has it now may be elsewhere, and its wires must follow.
            wire_again(work, device.id, self._wiring.unfit(work, device), now)
        unwirable = self._wiring.refusal(device)
        work.devices.save(replace(device, due_at=now + STEP_DEADLINE, unwirable=unwirable))
        this.to_tell.append(device)

    def _tell(self, device: Device) -> None:
        """Tell the device's agent what is to be done with it."""
        if device.agent_id is None:
            return
        try:
            command = self._command(device)
        except UnsealFailure:
            self._unreadable(device)
            return
        self._bus.send(device.agent_id, command)

    def _command(self, device: Device) -> Command:
        if device.releasing:
            return ReleaseDevice(device=handle(replace(device, sealed=None), self._secrets))
        if device.removing:
            try:
                with_secrets = handle(device, self._secrets)
            except UnsealFailure:
                # Better to stop a device without its secrets than never.
                with_secrets = handle(replace(device, sealed=None), self._secrets)
            return RetireDevice(device=with_secrets)
        with_secrets = handle(device, self._secrets)
        if device.probed_epoch == device.epoch:
            return ProbeDevice(device=with_secrets)
        with self._store.read() as work:
            found = contents(work, device, self._kinds)
        self._wake(found.unsettled)
        return ProbeDevice(device=with_secrets, orders=found.orders, complete=found.complete)

    def _wake(self, service_ids: Sequence[str]) -> None:
        """Services whose orders went to another agent, if any, get new ones at once; those that
        failed when it is their time."""
        now = self._clock.now()
        with self._store.write(fleet=False) as work:
            for service_id in sorted(service_ids):
                service = work.services.hold(service_id)
                if service is not None and not service.settled and service.cause is None:
                    work.services.save(service.due(now))
            work.commit()

    def _unreadable(self, seen: Device) -> None:
        with self._store.write() as work:
            device = work.devices.get(seen.id)
            if device is not None:
                work.devices.save(
                    replace(
                        device,
                        status=DeviceStatus.OFFLINE,
                        status_reason="its secrets cannot be read with the keys that are here",
                        due_at=self._clock.now() + PROBE_AGAIN,
                    )
                )
            work.commit()


def retired(work: UnitOfWork, device: Device, now: float) -> None:
    """Store that nothing is left running for a device that is being removed. It stays until
    its networks are detached: nobody would know of them without it."""
    if _is_wired(work, device):
        work.devices.save(replace(device, due_at=now + LOOK_AGAIN))
    elif not device.spawned:
        work.ledger.forget(device.id)
        work.devices.remove(device.id)
    elif device.status is not DeviceStatus.DESTROYING:
        work.devices.save(
            replace(
                device,
                status=DeviceStatus.DESTROYING,
                status_reason="",
                attempts=0,
                due_at=now,
            )
        )


def _is_wired(work: UnitOfWork, device: Device) -> bool:
    usage = work.ledger.usage([device.id]).get(device.id, Usage())
    return any(each.attachment or each.wiring_until is not None for each in usage.networks)


def released(work: UnitOfWork, device: Device, now: float) -> None:
    """Store that the device's agent let go of it, to give it to another."""
    if device.releasing:
        take_away(work, [device], now)


def _is_with_provisioner(device: Device) -> bool:
    """Whether the device is to be made or destroyed; an agent retires it before the latter."""
    if device.removing:
        return device.status is DeviceStatus.DESTROYING
    return device.status is DeviceStatus.SPAWNING
