"""Takes each device that is due to its next step: make, probe, retire or destroy it."""

from dataclasses import replace

from core.domain.device import Device, DeviceStatus
from core.domain.messages import ProbeDevice, RetireDevice
from core.ports.agent_bus import AgentBus
from core.ports.clock import Clock
from core.ports.secret_store import SecretStore, UnsealFailure
from core.ports.store import Store
from core.usecases.conductor.handles import handle
from core.usecases.conductor.provisioning import Provisioning
from core.usecases.conductor.timing import PROBE_AGAIN, STEP_DEADLINE

BATCH = 64


class DeviceSteps:
    """The conductor's work on devices."""

    def __init__(
        self,
        *,
        store: Store,
        bus: AgentBus,
        provisioning: Provisioning,
        secrets: SecretStore,
        clock: Clock,
    ) -> None:
        self._store = store
        self._bus = bus
        self._provisioning = provisioning
        self._secrets = secrets
        self._clock = clock

    def advance(self) -> int:
        """One round over what is due; returns how many devices took a step."""
        with self._store.read() as work:
            if not work.due.devices(self._clock.now(), 1):
                return 0
        commands: list[ProbeDevice | RetireDevice] = []
        to_provision: list[str] = []
        with self._store.write() as work:
            due = work.due.devices(self._clock.now(), BATCH)
            for device in due:
                if _is_with_provisioner(device):
                    to_provision.append(device.id)
                elif (command := self._command(device)) is not None:
                    commands.append(command)
                else:
                    work.devices.save(self._unreadable(device))
                    continue
                work.devices.save(replace(device, due_at=self._clock.now() + STEP_DEADLINE))
            work.commit()
        for command in commands:
            self._bus.send(command)
        for device_id in to_provision:
            self._provisioning.put(device_id)
        return len(due)

    def _command(self, device: Device) -> ProbeDevice | RetireDevice | None:
        try:
            with_secrets = handle(device, self._secrets)
        except UnsealFailure:
            if not device.removing:
                return None
            # Better to stop a device without its secrets than never.
            with_secrets = handle(replace(device, sealed=None), self._secrets)
        if device.removing:
            return RetireDevice(device=with_secrets)
        return ProbeDevice(device=with_secrets)

    def _unreadable(self, device: Device) -> Device:
        return replace(
            device,
            status=DeviceStatus.OFFLINE,
            status_reason="its secrets cannot be read with the keys that are here",
            due_at=self._clock.now() + PROBE_AGAIN,
        )


def _is_with_provisioner(device: Device) -> bool:
    """Whether the device is to be made or destroyed; the agent retires it before the latter."""
    if device.removing:
        return device.status is DeviceStatus.DESTROYING
    return device.status is DeviceStatus.SPAWNING
