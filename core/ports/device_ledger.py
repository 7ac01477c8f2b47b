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

    def record_attachment(self, attachment: Attachment) -> None:
        """Note how the device was wired to a network that is claimed on it."""

    def idle_networks(self) -> list[DeviceNetwork]:
        """Networks that have no user left and can be detached."""

    def close_network(self, device_id: str, network_id: str) -> bool:
        """Forget an idle network and return its VLAN slot. False when it has users again."""

    def forget(self, device_id: str) -> None:
        """Drop the account of a device that left the registry."""
