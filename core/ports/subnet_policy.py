"""Port: which subnets the network side can serve."""

from collections.abc import Sequence
from typing import Protocol


class SubnetPolicy(Protocol):
    """Has a say when a subnet enters the local catalogue."""

    def refuse(self, cidr: str, others: Sequence[str]) -> str | None:
        """Why a subnet of this range cannot be, given the ranges of all others; None: it can."""
