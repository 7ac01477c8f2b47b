"""What a change of parts means for the services that use them."""

from core.domain.loadbalancer.model import LoadBalancer
from core.domain.query import Query
from core.domain.service import Service, Stamp
from core.ports.unit_of_work import UnitOfWork


class Changes:
    """Raises, within one unit of work, each touched service's desired revision exactly once."""

    def __init__(self, work: UnitOfWork, now: float) -> None:
        self._work = work
        self._now = now
        self._by_pool: dict[str, Service | None] = {}
        self._by_id: dict[str, Service] = {}

    @property
    def services(self) -> int:
        """How many services have changed."""
        return len(self._by_id)

    def of_pool(self, pool_id: str, *, created: bool = False) -> Stamp | None:
        """Note that something about a pool changes.

        The stamp is for the row that changes; `created` says that the row is new. None: no
        service uses the pool, so there is nothing to deploy.
        """
        if pool_id not in self._by_pool:
            user = user_of(self._work, pool_id)
            self._by_pool[pool_id] = None if user is None else self.of_service(user.id)
        service = self._by_pool[pool_id]
        if service is None:
            return None
        return Stamp(service.id, service.desired_revision, created)

    def of_service(self, service_id: str) -> Service:
        """Note that a service, which is not being deleted, changes; as it is now stored."""
        if service_id not in self._by_id:
            service = self._work.services.get(service_id)
            if service is None:
                raise LookupError(f"no service {service_id}")
            self._by_id[service_id] = service.changed(self._now)
            self._work.services.save(self._by_id[service_id])
        return self._by_id[service_id]


def user_of(work: UnitOfWork, pool_id: str) -> LoadBalancer | None:
    """The load balancer that uses a pool."""
    users = work.load_balancers.find(Query(filters={"listener.default_pool_id": (pool_id,)}))
    return users[0] if users else None
