"""Port: the subnets that tenants name, and the addresses of their VIPs."""

from collections.abc import Callable, Sequence
from typing import Protocol

from core.domain.network import Reservation, SubnetInfo
from core.ports.unit_of_work import UnitOfWork


class Ipam(Protocol):
    """Address management: today Neutron, or the local catalogue.

    Each method is its own transaction and idempotent, so a caller that died may ask again.
    Where subnets and reservations are kept `in_store`, a method that is given a unit of work
    takes part in it instead; elsewhere that is passed over. All raise WiringFailure when the
    other side cannot be asked.
    """

    @property
    def in_store(self) -> bool:
        """Whether the store keeps subnets and reservations."""

    def subnet(self, subnet_id: str) -> SubnetInfo | None:
        """What is known of a subnet, or None. The caller checks who may see it."""

    def subnet_along(self, subnet_id: str, work: UnitOfWork) -> Callable[[], SubnetInfo | None]:
        """As `subnet`, asked for as in Repository.along where subnets are kept in the store.
        It stays as it is until the end of `work`, a write unit."""

    def check_member(self, subnet: SubnetInfo, address: str, port: int) -> str | None:
        """Why a member at this address and port may not be one of the pool's subnet; None: it may.

        It may not when it cannot be reached, or is a part of this system.
        """

    def reserve_address(
        self,
        subnet_id: str,
        address: str | None,
        owner: str,
        project_id: str,
        work: UnitOfWork | None = None,
        *,
        attempt: int = 0,
    ) -> Reservation:
        """Take an address for `owner`, a service id of the project: the one given, or any free
        one, but not at once one that was just released.

        With `work`, the store may find out only later in it that a free one was taken meanwhile:
        Duplicate of `address` and `subnet_id`. Whoever begins anew then counts each `attempt`.

        An owner that has one on this subnet gets the same again. Raises NotFound for the
        subnet, InvalidInput for an address outside it, AddressInUse, NoFreeAddress, OverQuota,
        WiringFailure.
        """

    def release_address(self, owner: str, work: UnitOfWork | None = None) -> None:
        """Give back what the service `owner` reserved; nothing happens when there is nothing."""

    def reservations(self) -> Sequence[Reservation]:
        """All addresses that are taken for services, whoever stores these."""
