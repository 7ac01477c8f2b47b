"""Which services use which pools: what the statuses of parts depend on."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from core.domain.lifecycle import Status
from core.domain.service import Service, Stamp, part_status
from core.ports.unit_of_work import UnitOfWork
from core.usecases.loadbalancing.changes import users_of
from core.usecases.loadbalancing.retries import telling_retry
from core.usecases.lookup import related


@dataclass(frozen=True, slots=True)
class Deployments:
    """The services that use a set of pools, by pool; unused pools are left out."""

    by_pool: Mapping[str, Service]

    @classmethod
    def of_pools(cls, work: UnitOfWork, pool_ids: Collection[str]) -> "Deployments":
        """Look up who uses these pools, in two queries."""
        pools = users_of(work, pool_ids)
        services = services_by_id(work, pools.values())
        return cls({pool_id: telling_retry(services[user]) for pool_id, user in pools.items()})

    def service(self, pool_id: str) -> Service | None:
        """The service that uses a pool."""
        return self.by_pool.get(pool_id)

    def status(self, pool_id: str, stamp: Stamp | None) -> tuple[Status, str]:
        """The status of a part of a pool, or of the pool, that was last touched by `stamp`."""
        return part_status(stamp, self.by_pool.get(pool_id))


def services_by_id(work: UnitOfWork, service_ids: Iterable[str]) -> dict[str, Service]:
    """Services by their ids."""
    return {each.id: each for each in related(work.services, "id", list(service_ids))}
