"""What a device measures of a load balancer."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolStatistics:
    """Traffic of one pool since it was first deployed; `active_connections` is of now."""

    bytes_in: int = 0
    bytes_out: int = 0
    active_connections: int = 0
    total_connections: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberHealth:
    """A member's last health check; `description` is the check's own word on a failure."""

    up: bool
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancerObservation:
    """Members without a health monitor do not appear in `members`."""

    members: Mapping[str, MemberHealth] = field(default_factory=dict)
    pools: Mapping[str, PoolStatistics] = field(default_factory=dict)
