"""Port: bindings, and the claims that go with them."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from core.domain.binding import Binding, Claim, Shortage
from core.domain.query import Query
from core.ports.along import Along


class BindingRepository(Protocol):
    """Service → device, and the claims that go with it. One binding per service."""

    @property
    def along(self) -> Along[Binding]:
        """See Repository.along."""

    def get(self, service_id: str) -> Binding | None:
        """The binding of a service, or None."""

    def find(self, query: Query) -> list[Binding]:
        """Answer a query; a binding's id is its ``service_id``."""

    def claim(self, claims: Sequence[Claim]) -> list[Shortage | None]:
        """Store each binding and take what it claims, or change nothing of that one and say
        what is short; one answer for each claim, in their order.

        Takes each of `binding.claims` from the device's counters. For each network that the
        device is not on yet, takes one of ``vlans:<interface>`` and opens a DeviceNetwork;
        otherwise counts one more user of it. A service that is bound to the same device
        already has its claims replaced: only the difference is taken, and networks that
        are no longer needed lose a user. One that is bound to another device leaves that
        one. No limit is ever exceeded, whoever else claims at the same time: an amount fits
        when used + amount <= limit * oversubscription / 100, rounded down. What gives back
        always fits. A counter without a limit always has room. Claims of one call see those
        before them. No service is named twice.

        A store may go by the claims' footings in place of looking. Where one is wrong, or the
        service is bound already, nothing of this unit of work is done: then or later, at its
        commit at the latest, it raises StoreConflict.
        """

    def release(self, service_ids: Iterable[str]) -> None:
        """Remove bindings and return all they took, exactly once; a service without a binding
        is passed over.

        Networks lose a user; one without users stays until `DeviceLedger.end_wiring`.
        """
