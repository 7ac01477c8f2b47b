"""Use cases: the drivers that are installed. Read only; every caller may look."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.domain.device import DriverInfo, Limits
from core.domain.errors import NotFound
from core.domain.query import Query, evaluate
from core.usecases.caller import Caller
from core.usecases.fleet.device_types import CapabilitiesView, capabilities_view


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverView:
    """A driver; `id` is its name. `schema` is that of its devices' parameters."""

    id: str
    name: str
    description: str
    kinds: tuple[str, ...]
    schema: Mapping[str, object]
    capabilities: CapabilitiesView
    limits: Limits
    versions: tuple[str, ...]
    isolates_overlapping: bool
    physical: bool


class Drivers:
    """Tells what drivers there are and what their devices need and can do."""

    def __init__(self, drivers: Mapping[str, DriverInfo]) -> None:
        self._drivers = drivers

    def show(self, caller: Caller, identity: str) -> DriverView:  # noqa: ARG002 - Resource
        driver = self._drivers.get(identity)
        if driver is None:
            raise NotFound("Driver", identity)
        return _view(driver)

    def list(self, caller: Caller, query: Query) -> list[DriverView]:  # noqa: ARG002 - Resource
        return evaluate(map(_view, self._drivers.values()), query, getattr)


def _view(driver: DriverInfo) -> DriverView:
    return DriverView(
        id=driver.name,
        name=driver.name,
        description=driver.description,
        kinds=tuple(sorted(driver.kinds)),
        schema=driver.schema,
        capabilities=capabilities_view(driver.capabilities),
        limits=driver.limits,
        versions=driver.versions,
        isolates_overlapping=driver.isolates_overlapping,
        physical=driver.physical,
    )
