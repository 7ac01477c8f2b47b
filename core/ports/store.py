"""Port: where units of work come from."""

from typing import Protocol

from core.ports.unit_of_work import UnitOfWork


class StoreFailure(Exception):
    """What is stored cannot be read or changed now; trying again later may help.

    Every use of a store may raise it; the unit of work under way is undone, unless it was
    raised by `commit`, which may have succeeded all the same.
    """


class StoreConflict(StoreFailure):
    """The unit of work is undone for certain, because of another one or because the database
    was changed over to a standby: to do it again from its beginning is right, and at once."""


class Store(Protocol):
    """Where units of work come from."""

    def write(self, *, fleet: bool = True) -> UnitOfWork:
        """A unit of work that may change things.

        Those with `fleet` are as if one ran after the other, whichever process runs them. Only
        they may change the fleet: devices, device pools, service types, bindings, the ledger,
        networks and subnets. Those without run beside all others, and are for what belongs to
        tenants; what such a unit reads may change until it commits, but for what it `hold`s.

        Services, load balancers, pools and members are changed by units of both sorts, which
        therefore hold what they change: first load balancers, then pools, then the rest, then
        services, of several the one with the lower id first.
        """

    def read(self) -> UnitOfWork:
        """A unit of work that only looks, at one consistent state; it never waits for writers."""
