"""Port: the face of a driver that makes devices, for elastic pools. It lives in the server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class ProvisionFailure(Exception):
    """The device cannot be made or taken away now. One line, for the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionOrder:
    """A device that is to be, or to be no more.

    `parameters` are those that the device has so far: its pool's at first, later those that
    `provision` gave. They include secrets and are not printed. `project_id` None: shared.
    """

    device_id: str
    name: str
    device_pool: str
    project_id: str | None = None
    zone: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Provisioned:
    """The device is there: all the parameters with which its driver reaches it."""

    parameters: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotYet:
    """It takes longer: to be asked again after `look_again` seconds. `progress` is one line for
    the operator, such as "boots"."""

    look_again: float
    progress: str = ""


class DeviceProvisioner(Protocol):
    """Makes devices and takes them away.

    Every call is idempotent by `device_id`, and comes again after a crash of either side: what
    is there already is found, not made twice. A call returns within seconds: what takes longer
    goes on by itself, and is told with NotYet. Calls come from several threads, those for one
    device one after another. Devices of one pool get the same parameters and must not get in
    each other's way.
    """

    def provision(self, order: ProvisionOrder) -> Provisioned | NotYet:
        """Make the device, or find out how far it is. Raises ProvisionFailure; asked again
        after that a few times, then the device is given up and destroyed."""

    def destroy(self, order: ProvisionOrder) -> NotYet | None:
        """Take the device away, whatever `provision` left of it; None: nothing is left.

        Comes after the driver's own `retire` has succeeded. Nothing happens for a device that
        never was. Raises ProvisionFailure, and is called again until it succeeds.
        """
