"""What a conductor does first, and when times that were set mean nothing any more."""

from dataclasses import replace

from core.domain.query import Query
from core.ports.clock import Clock
from core.ports.store import Store


class Recovery:
    """Starts from the database, whatever died and whatever messages were lost."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self) -> None:
        """Have everything unfinished looked at now, whatever time was set for it."""
        now = self._clock.now()
        with self._store.write() as work:
            waiting = [each for each in work.devices.find(Query()) if (each.due_at or now) > now]
            if waiting:
                work.devices.save(*(replace(device, due_at=now) for device in waiting))
            for pool in work.device_pools.find(Query()):
                if pool.grow_after is not None:
                    work.device_pools.save(replace(pool, grow_after=None))
            work.due.wake_all(now)
            work.commit()
