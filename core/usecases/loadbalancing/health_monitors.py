"""Health monitors."""

from collections.abc import Sequence
from dataclasses import fields, replace

from core.domain.errors import InUse
from core.domain.loadbalancer.model import HealthMonitor, PoolMonitor
from core.domain.loadbalancer.rules import check_monitor
from core.domain.query import Query
from core.ports.clock import Clock
from core.ports.doorbell import Doorbell
from core.ports.id_source import IdSource
from core.ports.store import Store, StoreConflict
from core.ports.unit_of_work import UnitOfWork
from core.usecases.caller import Caller
from core.usecases.listing import Listing, own_scope
from core.usecases.loadbalancing.changes import Changes
from core.usecases.loadbalancing.types import (
    CreateHealthMonitor,
    HealthMonitorView,
    UpdateHealthMonitor,
)
from core.usecases.loadbalancing.views import monitor_views
from core.usecases.lookup import held, hold_all, owned, related

LISTING = Listing(
    HealthMonitorView,
    {
        "id": "id",
        "tenant_id": "project_id",
        "project_id": "project_id",
        "type": "type",
        "delay": "delay",
        "timeout": "timeout",
        "max_retries": "max_retries",
        "admin_state_up": "admin_state_up",
    },
)


class HealthMonitors:
    """What tenants do with health monitors. A change counts as one of every VIP whose pool is
    checked."""

    def __init__(self, *, store: Store, clock: Clock, ids: IdSource, doorbell: Doorbell) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._doorbell = doorbell

    def create(
        self, caller: Caller, items: Sequence[CreateHealthMonitor]
    ) -> list[HealthMonitorView]:
        """Store all monitors; no pool uses them yet."""
        monitors = [self._monitor(caller, item) for item in items]
        with self._store.write(fleet=False) as work:
            work.health_monitors.add(*monitors)
            views = monitor_views(work, monitors)
            work.commit()
        return views

    def show(self, caller: Caller, identity: str) -> HealthMonitorView:
        """One health monitor."""
        with self._store.read() as work:
            monitor = owned(work.health_monitors, caller, "HealthMonitor", identity)
            return monitor_views(work, [monitor])[0]

    def list(self, caller: Caller, query: Query) -> list[HealthMonitorView]:
        """The health monitors that match."""
        with self._store.read() as work:
            return LISTING.find(
                work.health_monitors,
                query,
                lambda rows: monitor_views(work, rows),
                own_scope(caller),
            )

    def update(
        self, caller: Caller, identity: str, change: UpdateHealthMonitor
    ) -> HealthMonitorView:
        """Change a monitor for all pools that it checks, whatever state their VIPs are in."""
        with self._store.write(fleet=False) as work:
            monitor, uses = _held(work, caller, identity)
            changes = Changes(work, self._clock.now(), caller.traceparent)
            wanted = _changed(monitor, change)
            check_monitor(wanted)
            if wanted != monitor:
                changes.of_pools([use.pool_id for use in uses])
                work.health_monitors.save(wanted)
                work.pool_monitors.save(
                    *(replace(use, stamp=changes.of_pool(use.pool_id)) for use in uses)
                )
            view = monitor_views(work, [wanted])[0]
            work.commit()
        if changes.services:
            self._doorbell.ring()
        return view

    def delete(self, caller: Caller, identity: str) -> None:
        """Delete a monitor that no pool uses."""
        with self._store.write(fleet=False) as work:
            held(work.health_monitors, caller, "HealthMonitor", identity)
            uses = related(work.pool_monitors, "monitor_id", [identity])
            if uses:
                raise InUse("HealthMonitor", identity, [f"pool {use.pool_id}" for use in uses])
            work.health_monitors.remove(identity)
            work.commit()

    def _monitor(self, caller: Caller, item: CreateHealthMonitor) -> HealthMonitor:
        monitor = HealthMonitor(
            id=self._ids.new_id(),
            project_id=caller.project_for(item.tenant_id),
            type=item.type,
            delay=item.delay,
            timeout=item.timeout,
            max_retries=item.max_retries,
            http_method=item.http_method,
            url_path=item.url_path,
            expected_codes=item.expected_codes,
            admin_state_up=item.admin_state_up,
        )
        check_monitor(monitor)
        return monitor


def _held(
    work: UnitOfWork, caller: Caller, identity: str
) -> tuple[HealthMonitor, list[PoolMonitor]]:
    """The monitor with its uses, held with the pools that use it, which come first."""
    owned(work.health_monitors, caller, "HealthMonitor", identity)
    seen = related(work.pool_monitors, "monitor_id", [identity])
    pools = hold_all(work.pools, (use.pool_id for use in seen))
    monitor = held(work.health_monitors, caller, "HealthMonitor", identity)
    uses = related(work.pool_monitors, "monitor_id", [identity])
    if not pools.keys() >= {use.pool_id for use in uses}:
        raise StoreConflict(f"health monitor {identity} was associated meanwhile")
    return monitor, uses


def _changed(monitor: HealthMonitor, change: UpdateHealthMonitor) -> HealthMonitor:
    given = {each.name: getattr(change, each.name) for each in fields(change)}
    return replace(monitor, **{name: value for name, value in given.items() if value is not None})
