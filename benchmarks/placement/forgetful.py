"""A store that keeps nothing, to see what placement itself costs."""

from collections.abc import Mapping, Sequence
from types import TracebackType

from core.domain.binding import Account, Claim
from core.domain.device import Device
from core.domain.placement.decision import Decision
from core.domain.query import Query
from core.ports.fleet_feed import FeedPosition


class ForgetfulWork:
    """As much of a UnitOfWork as the scheduler uses; every claim succeeds."""

    def __init__(self, devices: Sequence[Device], accounts: Mapping[str, Account]) -> None:
        self._devices = list(devices)
        self._accounts = accounts
        self.claimed = 0

    @property
    def devices(self) -> "ForgetfulWork":
        return self

    bindings = ledger = decisions = feed = devices

    def __enter__(self) -> "ForgetfulWork":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def find(self, query: Query) -> list[Device]:
        """All devices; there are no decisions to be found by their service."""
        return [] if "service_id" in query.filters else self._devices

    def accounts(self) -> Mapping[str, Account]:
        """All accounts."""
        return self._accounts

    def position(self) -> FeedPosition:
        """Nothing ever happens."""
        return FeedPosition(1, "")

    def changed_since(self, revision: int) -> list[str]:  # noqa: ARG002 - the port's signature
        """Nothing did."""
        return []

    def claim(self, claims: Sequence[Claim]) -> list[None]:
        """Every claim succeeds."""
        self.claimed += len(claims)
        return [None] * len(claims)

    def record(self, decisions: Sequence[Decision]) -> None:
        """Nothing is kept."""

    def remove(self, *identities: str) -> None:
        """There is nothing."""
