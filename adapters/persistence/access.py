"""What a unit of work may change, the same for every store."""

from enum import Enum

from adapters.persistence.misuse import FleetChange, ReadOnly


class Access(Enum):
    """What a unit of work may change: nothing, what belongs to tenants, or the fleet too."""

    LOOK = 0
    CHANGE = 1
    FLEET = 2

    def check_writable(self) -> None:
        """Raise ReadOnly in a unit of work that only looks."""
        if self is Access.LOOK:
            raise ReadOnly("nothing can be changed in a read unit of work")

    def check_fleet(self) -> None:
        """Raise ReadOnly, or FleetChange in a unit of work that must leave the fleet alone."""
        self.check_writable()
        if self is not Access.FLEET:
            raise FleetChange("the fleet is changed by units of work of `write(fleet=True)` only")
