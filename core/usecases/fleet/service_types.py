"""Use cases: the catalogue of service types."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.domain.device import DriverInfo
from core.domain.errors import AlreadyExists, InUse, InvalidInput, NotFound
from core.domain.query import Query
from core.domain.service import Cause, ServiceKind
from core.domain.service_type import Policy, ServiceType
from core.ports.clock import Clock
from core.ports.doorbell import Doorbell
from core.ports.id_source import IdSource
from core.ports.repository import Duplicate
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.caller import Caller
from core.usecases.fleet.access import changed, require_admin
from core.usecases.fleet.policies import PolicyRules
from core.usecases.resource import UNCHANGED, Unchanged

_USERS_NAMED = 20
"""How many services the refusal of a deletion names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateServiceType:
    """A new service type; `drivers` stand in order of preference."""

    name: str
    description: str = ""
    kind: ServiceKind = ServiceKind.LOADBALANCER
    drivers: tuple[str, ...]
    default: bool = False
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateServiceType:
    """A change of a service type; what is not named keeps its value. `policy` replaces the whole
    policy."""

    name: str | None = None
    description: str | None = None
    drivers: tuple[str, ...] | None = None
    default: bool | None = None
    policy: Policy | Unchanged = UNCHANGED


class ServiceTypes:
    """Everybody may look; only admins may change. At most one type of a kind is the default."""

    def __init__(
        self,
        *,
        store: Store,
        drivers: Mapping[str, DriverInfo],
        scores: Collection[str],
        clock: Clock,
        ids: IdSource,
        doorbell: Doorbell,
    ) -> None:
        self._store = store
        self._drivers = drivers
        self._policies = PolicyRules(scores, drivers)
        self._clock = clock
        self._ids = ids
        self._doorbell = doorbell

    def create(self, caller: Caller, items: Sequence[CreateServiceType]) -> list[ServiceType]:
        require_admin(caller)
        made = [self._new(item) for item in items]
        with self._store.write() as work:
            for service_type in made:
                self._policies.check(work, service_type)
                self._store_type(work, service_type, work.service_types.add)
            # A later item may have taken the default away from an earlier one.
            views = [work.service_types.get(item.id) or item for item in made]
            work.due.wake(Cause.PLACEMENT, self._clock.now())
            work.commit()
        self._doorbell.ring()
        return views

    def show(self, caller: Caller, identity: str) -> ServiceType:  # noqa: ARG002 - for all
        with self._store.read() as work:
            return _existing(work, identity)

    def list(self, caller: Caller, query: Query) -> list[ServiceType]:  # noqa: ARG002 - for all
        with self._store.read() as work:
            return work.service_types.find(query)

    def update(self, caller: Caller, identity: str, change: UpdateServiceType) -> ServiceType:
        require_admin(caller)
        with self._store.write() as work:
            old = _existing(work, identity)
            new = replace(
                old,
                name=old.name if change.name is None else change.name,
                description=old.description if change.description is None else change.description,
                drivers=old.drivers if change.drivers is None else change.drivers,
                default=old.default if change.default is None else change.default,
                policy=changed(change.policy, old.policy),
            )
            if change.drivers is not None:
                self._check_drivers(new)
            if (new.drivers, new.policy) != (old.drivers, old.policy):
                self._policies.check(work, new)
            self._store_type(work, new, work.service_types.save)
            work.due.wake(Cause.PLACEMENT, self._clock.now())
            work.commit()
        self._doorbell.ring()
        return new

    def delete(self, caller: Caller, identity: str) -> None:
        """Remove a type that no service refers to."""
        require_admin(caller)
        with self._store.write() as work:
            if work.service_types.hold(identity) is None:
                raise NotFound("ServiceType", identity)
            used = Query(filters={"service_type_id": (identity,)}, limit=_USERS_NAMED)
            users = [service.id for service in work.services.find(used)]
            if users:
                raise InUse("ServiceType", identity, users)
            work.service_types.remove(identity)
            work.commit()

    def _new(self, item: CreateServiceType) -> ServiceType:
        service_type = ServiceType(
            id=self._ids.new_id(),
            name=item.name,
            description=item.description,
            kind=item.kind,
            drivers=item.drivers,
            default=item.default,
            policy=item.policy,
        )
        self._check_drivers(service_type)
        return service_type

    def _store_type(
        self, work: UnitOfWork, service_type: ServiceType, put: Callable[[ServiceType], None]
    ) -> None:
        if service_type.default:
            others = Query(filters={"kind": (service_type.kind,), "default": (True,)})
            for other in work.service_types.find(others):
                if other.id != service_type.id:
                    work.service_types.save(replace(other, default=False))
        try:
            put(service_type)
        except Duplicate:
            raise AlreadyExists("ServiceType", f"name {service_type.name}") from None

    def _check_drivers(self, service_type: ServiceType) -> None:
        if not service_type.drivers:
            raise InvalidInput("drivers", "at least one driver is needed")
        if len(set(service_type.drivers)) < len(service_type.drivers):
            raise InvalidInput("drivers", "a driver is named twice")
        for name in service_type.drivers:
            driver = self._drivers.get(name)
            if driver is None:
                raise InvalidInput("drivers", f"no driver {name} is installed")
            if service_type.kind not in driver.kinds:
                raise InvalidInput("drivers", f"{name} does not provide {service_type.kind}")


def _existing(work: UnitOfWork, identity: str) -> ServiceType:
    service_type = work.service_types.get(identity)
    if service_type is None:
        raise NotFound("ServiceType", identity)
    return service_type
