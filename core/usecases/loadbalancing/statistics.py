"""What devices measured of pools."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

from core.domain.loadbalancer.observation import PoolStatistics
from core.ports.unit_of_work import UnitOfWork
from core.usecases.loadbalancing.changes import user_of


def statistics_of(work: UnitOfWork, pool_id: str) -> PoolStatistics:
    """The newest measurement of a pool; zeros when there is none."""
    user = user_of(work, pool_id)
    if user is None:
        return PoolStatistics()
    observation = work.observations.of([user.id]).get(user.id, {})
    pools = cast("Mapping[str, Mapping[str, Any]]", observation.get("pools", {}))
    measured = pools.get(pool_id, {})
    return PoolStatistics(
        **{each.name: int(measured.get(each.name, 0)) for each in fields(PoolStatistics)}
    )
