"""Port: what devices measured of services."""

from collections.abc import Mapping
from typing import Protocol


class Observations(Protocol):
    """The newest measurements of each service, in its kind's own JSON terms."""

    def put(self, observations: Mapping[str, Mapping[str, object]]) -> None:
        """Store each service's observation in place of the one before."""

    def of(self, service_ids: list[str]) -> dict[str, Mapping[str, object]]:
        """Observations by service; services without any are left out."""

    def remove(self, service_id: str) -> None:
        """Forget a service's observation."""
