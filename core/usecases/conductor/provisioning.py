"""Has spawned devices made and destroyed, beside the conductor: it can take long."""

import logging
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeVar

from core.domain.device import Device, DeviceStatus, DriverInfo, Parameters
from core.domain.messages import ProbeDevice
from core.ports.clock import Clock
from core.ports.device_provisioner import (
    DeviceProvisioner,
    NotYet,
    Provisioned,
    ProvisionFailure,
    ProvisionOrder,
)
from core.ports.doorbell import Doorbell
from core.ports.secret_store import SecretStore, UnsealFailure
from core.ports.server_bus import ServerBus
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.conductor.handing import Roster, give, without_agent
from core.usecases.conductor.handles import handle
from core.usecases.conductor.spawning import TRIES, give_up, is_overdue
from core.usecases.conductor.timing import PROBE_AGAIN, STEP_DEADLINE, pause
from core.usecases.fleet.parameters import SECRET, merged, part

Answer = TypeVar("Answer")
Change = Callable[[UnitOfWork, Device, float], None]
"""Records in a unit of work what came of a device at a time."""

_SOONEST = 0.1
"""Seconds between two questions about one device, at least."""

_log = logging.getLogger(__name__)


class Provisioning:
    """A queue of devices and what is done for each: any number of threads may serve it.

    What is to be done is read from the device itself; a device that is lost from the queue is
    put there again when it falls due.
    """

    def __init__(
        self,
        *,
        store: Store,
        drivers: Mapping[str, DriverInfo],
        provisioners: Mapping[str, DeviceProvisioner],
        secrets: SecretStore,
        bus: ServerBus,
        clock: Clock,
        doorbell: Doorbell,
    ) -> None:
        self._store = store
        self._drivers = drivers
        self._provisioners = provisioners
        self._secrets = secrets
        self._bus = bus
        self._clock = clock
        self._doorbell = doorbell
        self._waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._known: set[str] = set()
        self._guard = threading.Lock()

    def put(self, device_id: str) -> None:
        """Have a device seen to; nothing new when it waits, or is being seen to, already."""
        with self._guard:
            if device_id in self._known:
                return
            self._known.add(device_id)
        self._waiting.put(device_id)

    def serve_one(self, timeout: float) -> bool:
        """See to the next device; False when none came within `timeout` seconds."""
        try:
            device_id = self._waiting.get(timeout=timeout)
        except queue.Empty:
            return False
        try:
            self._see_to(device_id)
        finally:
            with self._guard:
                self._known.discard(device_id)
        self._doorbell.ring()
        return True

    def _see_to(self, device_id: str) -> None:
        with self._store.read() as work:
            device = work.devices.get(device_id)
        if device is None:
            return
        if device.status is DeviceStatus.DESTROYING:
            self._destroy(device)
        elif device.status is DeviceStatus.SPAWNING and not device.removing:
            self._make(device)

    def _make(self, seen: Device) -> None:
        try:
            answer = self._ask(seen, lambda provisioner, order: provisioner.provision(order))
            made = self._with_parameters(seen, answer) if isinstance(answer, Provisioned) else seen
        except ProvisionFailure as failure:
            _log.warning("device %s could not be made: %s", seen.name, failure)
            self._change(seen, partial(_not_made, reason=str(failure)))
            return
        if isinstance(answer, NotYet):
            self._change(seen, partial(_later, answer=answer))
            return
        device = self._change(seen, partial(_made, made=made))
        if device is not None and device.agent_id is not None:
            command = ProbeDevice(device=handle(device, self._secrets))
            self._bus.send(device.agent_id, command)

    def _destroy(self, seen: Device) -> None:
        try:
            answer = self._ask(seen, lambda provisioner, order: provisioner.destroy(order))
        except ProvisionFailure as failure:
            self._change(seen, partial(_try_again, reason=f"cannot be destroyed: {failure}"))
            return
        if answer is None:
            self._change(seen, _forget)
        else:
            self._change(seen, partial(_look_again, answer=answer))

    def _ask(
        self,
        device: Device,
        question: Callable[[DeviceProvisioner, ProvisionOrder], Answer],
    ) -> Answer:
        """The provisioner's answer; whatever is in the way of it is a ProvisionFailure."""
        provisioner = self._provisioners.get(device.driver)
        if provisioner is None:
            raise ProvisionFailure(f"no provisioner of driver {device.driver} is installed")
        order = self._order(device)
        try:
            return question(provisioner, order)
        except ProvisionFailure:
            raise
        except Exception as defect:
            _log.exception("provisioner of %s failed at device %s", device.driver, device.id)
            text = f"defect in the provisioner of driver {device.driver}: {type(defect).__name__}"
            raise ProvisionFailure(text) from defect

    def _order(self, device: Device) -> ProvisionOrder:
        return ProvisionOrder(
            device_id=device.id,
            name=device.name,
            device_pool=device.device_pool or "",
            project_id=device.project_id,
            zone=device.zone,
            labels=device.labels,
            parameters=merged(device.parameters, self._unsealed(device)),
        )

    def _unsealed(self, device: Device) -> Parameters:
        if device.sealed is None:
            return {}
        try:
            return self._secrets.unseal(device.sealed)
        except UnsealFailure:
            if device.removing:
                # Better to take a device away without its secrets than never.
                return {}
            raise ProvisionFailure(
                "its secrets cannot be read with the keys that are here"
            ) from None

    def _with_parameters(self, device: Device, answer: Provisioned) -> Device:
        """The device with the parameters that it was given; the same when it had them."""
        secrets = self._unsealed(device)
        if answer.parameters == merged(device.parameters, secrets):
            return device
        driver = self._drivers.get(device.driver)
        schema = driver.schema if driver is not None else {}
        public, new_secrets = part(schema, answer.parameters, SECRET)
        sealed = device.sealed
        if new_secrets != secrets:
            sealed = self._secrets.seal(new_secrets) if new_secrets else None
        return replace(device, parameters=public, sealed=sealed)

    def _change(self, seen: Device, change: Change) -> Device | None:
        """Record what came of it, unless something else is to be done with the device by now;
        the device as it is then, None when it is gone."""
        with self._store.write() as work:
            device = work.devices.get(seen.id)
            if device is None or (device.status, device.removing) != (seen.status, seen.removing):
                return None
            change(work, device, self._clock.now())
            device = work.devices.get(seen.id)
            work.commit()
        return device


def _made(work: UnitOfWork, device: Device, now: float, *, made: Device) -> None:
    if (device.parameters, device.sealed) != (made.parameters, made.sealed):
        device = replace(
            device,
            parameters=made.parameters,
            sealed=made.sealed,
            generation=device.generation + 1,
        )
    agent = Roster(work, now).suitable(device) if device.agent_id is None else None
    if agent is not None:
        (device,) = give(work, [device], agent, now)
    if device.agent_id is None:
        reason, again = without_agent(device), now + PROBE_AGAIN
        work.devices.save(replace(device, attempts=0, status_reason=reason, due_at=again))
        return
    due_at = now + STEP_DEADLINE
    work.devices.save(replace(device, attempts=0, status_reason="", due_at=due_at))


def _not_made(work: UnitOfWork, device: Device, now: float, *, reason: str) -> None:
    if device.attempts + 1 >= TRIES or is_overdue(device, now):
        give_up(work, device, reason, now)
    else:
        _try_again(work, device, now, reason=reason)


def _later(work: UnitOfWork, device: Device, now: float, *, answer: NotYet) -> None:
    if is_overdue(device, now):
        give_up(work, device, f"is not ready in time: {answer.progress or 'no reason'}", now)
    else:
        _look_again(work, device, now, answer=answer)


def _look_again(work: UnitOfWork, device: Device, now: float, *, answer: NotYet) -> None:
    again = now + max(answer.look_again, _SOONEST)
    work.devices.save(replace(device, attempts=0, status_reason=answer.progress, due_at=again))


def _try_again(work: UnitOfWork, device: Device, now: float, *, reason: str) -> None:
    again = now + pause(device.attempts)
    work.devices.save(
        replace(device, attempts=device.attempts + 1, status_reason=reason, due_at=again)
    )


def _forget(work: UnitOfWork, device: Device, now: float) -> None:  # noqa: ARG001 - a Change
    work.ledger.forget(device.id)
    work.devices.remove(device.id)
