"""The shape that every resource's use cases have, so that one façade can serve them all."""

from collections.abc import Sequence
from enum import Enum
from typing import Protocol, TypeVar

from core.domain.query import Query
from core.usecases.caller import Caller

Create = TypeVar("Create", contravariant=True)
Update = TypeVar("Update", contravariant=True)
View = TypeVar("View")


class Unchanged(Enum):
    """Marks a field of an update that keeps its value, where None is a value of its own."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED


class Resource(Protocol[Create, Update, View]):
    """Create, read, update and delete one type of object on behalf of a caller.

    `Create` and `Update` are frozen dataclasses; a view is the object as clients see it, its
    field names those of the API. An object that the caller may not see does not exist
    for him (NotFound).
    """

    def create(self, caller: Caller, items: Sequence[Create]) -> list[View]:
        """Create all items or none."""

    def show(self, caller: Caller, identity: str) -> View:
        """One object."""

    def list(self, caller: Caller, query: Query) -> list[View]:
        """The objects that the caller may see and that match; keys are the view's fields."""

    def update(self, caller: Caller, identity: str, change: Update) -> View:
        """Change what `change` names."""

    def delete(self, caller: Caller, identity: str) -> None:
        """Delete one object."""
