"""Port: the face of a driver that talks to its devices. It lives in the agent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from core.domain.device import DeviceFacts, DriverInfo
from core.domain.messages import DeviceHandle, ServiceOrder


class DeviceFailure(Exception):
    """The device cannot be reached or refuses as a whole. The text is for the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one order; `failure` None: the device runs `revision` now.

    After a failure the device goes on with what it ran before for this service. Tenants read
    `failure`: it tells nothing of the host, the device or anybody else's services.
    """

    service_id: str
    revision: int
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """How a device is: `failure` None means well.

    `note` tells of something odd that does not stop it, such as restarts or services that
    nobody ordered. `services` has each service's measurements in its kind's JSON terms.
    `failures` has those that the device should run and cannot for now: the revision that it
    should run, and the reason in words for the tenant.
    """

    failure: str | None = None
    note: str = ""
    services: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    failures: Mapping[str, tuple[int, str]] = field(default_factory=dict)


class DeviceDriver(Protocol):
    """Translates services into one vendor's terms (R4). It never touches a database.

    Calls for one device come one after another, calls for several devices at the same time.
    A driver keeps what it needs to know of a device on the device or beside it, so that a
    new process can take over a device that runs. It keeps the highest `device.epoch` there,
    too: a call with a lower one comes from an agent that has the device no more and did not
    notice, and is refused with DeviceFailure, having changed nothing (`observe` tells it as
    its `failure`). A call with a higher one than the last finds a device that another process
    may have changed meanwhile. Epoch 0 means that nobody counts epochs.
    """

    info: DriverInfo

    def probe(self, device: DeviceHandle) -> DeviceFacts:
        """Reach the device, make it ready, and learn its version and capabilities.

        Idempotent: a device that runs goes on undisturbed. Raises DeviceFailure.
        """

    def apply(
        self, device: DeviceHandle, orders: Sequence[ServiceOrder], *, complete: bool
    ) -> Sequence[Outcome]:
        """Bring each ordered service to its state and answer for each, in the order given.

        Idempotent: what the device runs already is left alone. One service's failure changes
        nothing for another. An order with a revision older than what runs is answered as
        done. Services that are not ordered are left alone.

        With `complete` the orders are the truth, whatever revision the device runs: an older
        one is carried out too. Services that the device runs beyond the orders are told by
        `observe`. Raises DeviceFailure when nothing could be done at all.
        """

    def observe(self, device: DeviceHandle) -> Observation:
        """Look at the device and repair what the driver itself can, such as a dead process."""

    def release(self, device: DeviceHandle) -> None:
        """The device goes to another agent, or is given up: forget it and leave it as it runs.

        Idempotent, also for a device that was never seen.
        """

    def retire(self, device: DeviceHandle) -> None:
        """Stop what was started for the device and remove what was kept of it. Idempotent.

        Raises DeviceFailure when something of it is left.
        """

    def close(self, *, stop_devices: bool) -> None:
        """The agent ends. Devices go on, unless they shall stop; their state is kept, and a
        later `probe` or `apply` starts them again."""
