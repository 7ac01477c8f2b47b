"""Port: where units of work come from."""

from typing import Protocol

from core.ports.unit_of_work import UnitOfWork


class StoreFailure(Exception):
    """What is stored cannot be read or changed now; trying again later may help.

    Every use of a store may raise it; the unit of work under way is undone.
    """


class Store(Protocol):
    """Where units of work come from."""

    def write(self) -> UnitOfWork:
        """A unit of work that may change things."""

    def read(self) -> UnitOfWork:
        """A unit of work that only looks, at one consistent state; it never waits for writers."""
