"""Use cases: the drivers that are installed. Read only; every caller may look."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.domain.device import DriverInfo, Limits
from core.domain.errors import NotFound
from core.domain.query import Query, evaluate
from core.ports.supervised_advisor import AdvisorStatus, SupervisedAdvisor
from core.usecases.caller import Caller
from core.usecases.fleet.device_types import CapabilitiesView, capabilities_view


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisorView:
    """A driver's say in placement: whether it has any, since when it fails (seconds since the
    epoch, UTC; None: it does well), and how it failed last."""

    advises: bool
    failing_since: float | None
    failure: str


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
    advisor: AdvisorView


class Drivers:
    """Tells what drivers there are, what their devices need and can do, and how their advisors
    do; an advisor that is not among `advisors` is taken to do well."""

    def __init__(
        self,
        drivers: Mapping[str, DriverInfo],
        advisors: Mapping[str, SupervisedAdvisor] | None = None,
    ) -> None:
        self._drivers = drivers
        self._advisors = advisors or {}

    def show(self, caller: Caller, identity: str) -> DriverView:  # noqa: ARG002 - Resource
        driver = self._drivers.get(identity)
        if driver is None:
            raise NotFound("Driver", identity)
        return self._view(driver)

    def list(self, caller: Caller, query: Query) -> list[DriverView]:  # noqa: ARG002 - Resource
        return evaluate(map(self._view, self._drivers.values()), query, getattr)

    def _view(self, driver: DriverInfo) -> DriverView:
        advisor = self._advisors.get(driver.name)
        status = advisor.status() if advisor is not None else AdvisorStatus()
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
            advisor=AdvisorView(
                advises=driver.advises,
                failing_since=status.failing_since,
                failure=status.failure,
            ),
        )
