"""Use case: decisions that are too old are forgotten."""

from dataclasses import dataclass

from core.ports.clock import Clock
from core.ports.store import Store

BATCH = 1000
"""Decisions that are removed in one transaction: others must not wait long."""

BATCHES = 20
"""So many of them are looked up together."""

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class ForgetOldDecisions:
    """Removes decisions older than `days`, except those by which services are bound."""

    store: Store
    clock: Clock
    days: float

    def __call__(self) -> int:
        """Remove them, in batches; return how many."""
        before = self.clock.now() - self.days * _DAY
        total = 0
        while True:
            # Who looks keeps nobody waiting, and may pass many that stay.
            with self.store.read() as work:
                loose = work.decisions.loose(before, BATCHES * BATCH)
            for start in range(0, len(loose), BATCH):
                with self.store.write() as work:
                    total += work.decisions.discard(loose[start : start + BATCH])
                    work.commit()
            if len(loose) < BATCHES * BATCH:
                return total
