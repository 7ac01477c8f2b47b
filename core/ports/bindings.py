"""Port: bindings, and the claims that go with them."""

from typing import Protocol

from core.domain.binding import Binding, Shortage
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
