"""Port: questions to a repository that need not be answered at once."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from core.domain.query import Query

T_co = TypeVar("T_co", covariant=True)


class Along(Protocol[T_co]):
    """Questions that may go to the store along with what is asked or done next in the same unit
    of work. Calling what each returns gives the answer."""

    def get(self, identity: str) -> Callable[[], T_co | None]:
        """See Repository.get."""

    def find(self, query: Query) -> Callable[[], Sequence[T_co]]:
        """See Repository.find."""

    def hold(self, identity: str, *, shared: bool = False) -> Callable[[], T_co | None]:
        """See Repository.hold. Several are held in the order of asking."""
