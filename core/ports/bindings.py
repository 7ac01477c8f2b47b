"""Ports: bindings with their claims, and each device's account of them."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from core.domain.binding import Attachment, Binding, DeviceNetwork, Shortage, Usage
from core.domain.query import Query


class BindingRepository(Protocol):
    """Service → device, and the claims that go with it. One binding per service."""

    def get(self, service_id: str) -> Binding | None:
        """The binding of a service, or None."""

    def find(self, query: Query) -> list[Binding]:
        """Answer a query; a binding's id is its ``service_id``."""

    def claim(self, binding: Binding, interface: str) -> Shortage | None:
        """Store the binding and take what it claims, or change nothing and say what is short.

        Takes each of `binding.claims` from the device's counters. For each network that the
        device is not on yet, takes one of ``vlans:<interface>`` and opens a DeviceNetwork;
        otherwise counts one more user of it. A service that is bound to the same device
        already has its claims replaced: only the difference is taken, and networks that
        are no longer needed lose a user. No limit is ever exceeded, whoever else claims at the
        same time. A counter without a limit always has room.
        """

    def release(self, service_id: str) -> None:
        """Remove the binding and return all it took, exactly once; a second call does nothing.

        Networks lose a user; one without users stays until `DeviceLedger.close_network`.
        """


class DeviceLedger(Protocol):
    """What is claimed and wired on each device."""

    def set_limits(self, device_id: str, limits: Mapping[str, int | None]) -> None:
        """Set the limits against which claims are checked; None, or not named: unlimited.

        A limit may be below what is used: then nothing more is admitted.
        """

    def usage(self, device_ids: Iterable[str] | None = None) -> dict[str, Usage]:
        """Use by device; devices that nothing is known of are left out. None: all devices."""

    def tenants(self, device_ids: Iterable[str] | None = None) -> dict[str, dict[str, int]]:
        """Device -> project -> number of bound services."""

    def record_attachment(self, attachment: Attachment) -> None:
        """Note how the device was wired to a network that is claimed on it."""

    def idle_networks(self) -> list[DeviceNetwork]:
        """Networks that have no user left and can be detached."""

    def close_network(self, device_id: str, network_id: str) -> bool:
        """Forget an idle network and return its VLAN slot. False when it has users again."""

    def forget(self, device_id: str) -> None:
        """Drop the account of a device that left the registry."""
