"""Which health monitors check the members of which pools."""

from collections.abc import Sequence

from core.domain.errors import AlreadyExists, NotFound
from core.domain.loadbalancer.model import Pool, PoolMonitor
from core.domain.query import Query
from core.ports.id_source import IdSource
from core.ports.repository import Duplicate
from core.ports.unit_of_work import UnitOfWork
from core.usecases.caller import Caller
from core.usecases.loadbalancing.changes import Changes
from core.usecases.loadbalancing.references import held_monitor
from core.usecases.lookup import related


class Associations:
    """The associations, within one unit of work and the changes that belong to it.

    Pools whose associations change are held.
    """

    def __init__(self, work: UnitOfWork, changes: Changes, ids: IdSource) -> None:
        self._work = work
        self._changes = changes
        self._ids = ids

    def get(self, pool: Pool, monitor_id: str) -> PoolMonitor:
        """The association. Raises NotFound."""
        filters = {"pool_id": (pool.id,), "monitor_id": (monitor_id,)}
        found = self._work.pool_monitors.find(Query(filters=filters))
        if not found:
            raise NotFound("PoolMonitorAssociation", f"of pool {pool.id} with {monitor_id}")
        return found[0]

    def monitor_ids(self, pool_id: str) -> Sequence[str]:
        """The monitors of a pool."""
        return [use.monitor_id for use in related(self._work.pool_monitors, "pool_id", [pool_id])]

    def add(self, caller: Caller, pool: Pool, monitor_id: str) -> None:
        """Associate. Raises NotFound for the monitor, and AlreadyExists."""
        held_monitor(self._work, caller, monitor_id, pool.project_id)
        self._add(pool, monitor_id)

    def remove(self, pool: Pool, monitor_id: str) -> None:
        """Undo `add`. Raises NotFound."""
        self._work.pool_monitors.remove(self.get(pool, monitor_id).id)
        self._changes.of_pool(pool.id)

    def replace(self, caller: Caller, pool: Pool, monitor_ids: Sequence[str]) -> None:
        """Associate a pool with just these."""
        self._exchange(caller, pool, set(self.monitor_ids(pool.id)), dict.fromkeys(monitor_ids))

    def begin(self, caller: Caller, pool: Pool, monitor_ids: Sequence[str]) -> None:
        """Associate a new pool with these."""
        self._changes.of_new_pool(pool.id)
        self._exchange(caller, pool, set(), dict.fromkeys(monitor_ids))

    def _exchange(
        self, caller: Caller, pool: Pool, present: set[str], wanted: dict[str, None]
    ) -> None:
        added = [each for each in wanted if each not in present]
        for monitor_id in sorted(added):
            held_monitor(self._work, caller, monitor_id, pool.project_id)
        for monitor_id in added:
            self._add(pool, monitor_id)
        for monitor_id in sorted(present.difference(wanted)):
            self.remove(pool, monitor_id)

    def _add(self, pool: Pool, monitor_id: str) -> None:
        use = PoolMonitor(
            id=self._ids.new_id(),
            project_id=pool.project_id,
            pool_id=pool.id,
            monitor_id=monitor_id,
            stamp=self._changes.of_pool(pool.id, created=True),
        )
        try:
            self._work.pool_monitors.add(use)
        except Duplicate as duplicate:
            raise AlreadyExists(
                "PoolMonitorAssociation", f"pool {pool.id} with health monitor {monitor_id}"
            ) from duplicate
