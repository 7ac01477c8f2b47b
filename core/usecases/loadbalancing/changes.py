"""What a change of parts means for the services that use them."""

from collections.abc import Collection

from core.domain.loadbalancer.model import LoadBalancer
from core.domain.query import Query
from core.domain.service import Service, Stamp
from core.ports.store import StoreConflict
from core.ports.unit_of_work import UnitOfWork
from core.usecases.lookup import related


class Changes:
    """Raises, within one unit of work, each touched service's desired revision exactly once.

    Pools are held by who says that they change, so that no service begins or ceases to use
    them meanwhile. `traceparent` is that of the request that makes the changes.
    """

    def __init__(self, work: UnitOfWork, now: float, traceparent: str | None = None) -> None:
        self._work = work
        self._now = now
        self._traceparent = traceparent
        self._users: dict[str, str | None] = {}
        self._services: dict[str, Service] = {}

    @property
    def services(self) -> int:
        """How many services have changed."""
        return len(self._services)

    def of_pools(self, pool_ids: Collection[str]) -> None:
        """Note that something about these pools changes. Of several that change in one unit of
        work all are named at once, so that their services are held in order."""
        unknown = [each for each in pool_ids if each not in self._users]
        users = users_of(self._work, unknown)
        for service_id in sorted(set(users.values())):
            self._change(service_id)
        self._users.update({each: users.get(each) for each in unknown})

    def of_pool(self, pool_id: str, *, created: bool = False) -> Stamp | None:
        """Note that something about a pool changes.

        The stamp is for the row that changes; `created` says that the row is new. None: no
        service uses the pool, so there is nothing to deploy.
        """
        self.of_pools([pool_id])
        user = self._users[pool_id]
        if user is None:
            return None
        return Stamp(user, self._services[user].desired_revision, created)

    def of_new_pool(self, pool_id: str) -> None:
        """Note that nothing can use a pool yet."""
        self._users[pool_id] = None

    def _change(self, service_id: str) -> None:
        if service_id in self._services:
            return
        service = self._work.services.hold(service_id)
        if service is None or service.deleting:
            raise StoreConflict(f"service {service_id} was let go of meanwhile")
        service = service.changed(self._now, self._traceparent)
        self._work.services.save(service)
        self._services[service_id] = service


def user_of(work: UnitOfWork, pool_id: str) -> LoadBalancer | None:
    """The load balancer that uses a pool."""
    users = work.load_balancers.find(Query(filters={"listener.default_pool_id": (pool_id,)}))
    return users[0] if users else None


def users_of(work: UnitOfWork, pool_ids: Collection[str]) -> dict[str, str]:
    """The ids of the load balancers that use pools, by pool; unused pools are left out."""
    return {
        listener.default_pool_id: user.id
        for user in related(work.load_balancers, "listener.default_pool_id", pool_ids)
        for listener in user.listeners
        if listener.default_pool_id is not None
    }
