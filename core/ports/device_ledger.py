"""Port: each device's account of what is claimed and wired on it."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from core.domain.binding import Account, Attachment, DeviceNetwork, Usage


class DeviceLedger(Protocol):
    """What is claimed and wired on each device."""

    def set_limits(self, device_id: str, limits: Mapping[str, int | None]) -> None:
        """Set the limits against which claims are checked; None, or not named: unlimited.

        A limit may be below what is used: then nothing more is admitted.
        """

    def usage(self, device_ids: Iterable[str] | None = None) -> dict[str, Usage]:
        """Use by device; devices that nothing is known of are left out. None: all devices."""

    def accounts(self, device_ids: Iterable[str] | None = None) -> dict[str, Account]:
        """Each device's account; devices that nothing is known of are left out. None: all
        devices, as fast as the store can, for building an index of a whole fleet."""

    def idle_networks(self) -> list[DeviceNetwork]:
        """Networks that have no user left and can be detached."""

    def start_wiring(self, device_id: str, network_id: str, now: float, until: float) -> bool:
        """Take it upon oneself to attach or detach a network that stands on the device, until
        `until` at the latest; False when somebody else is at it, or it does not stand there."""

    def end_wiring(self, device_id: str, network_id: str, attachment: Attachment | None) -> bool:
        """Note how the network is wired now: by `attachment`, or not at all (None). A network
        that is not wired and has no users is forgotten and its VLAN slot returned: True."""

    def forget(self, device_id: str) -> None:
        """Drop the account of a device that left the registry."""
