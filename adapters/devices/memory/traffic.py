"""The traffic that devices in memory pretend to carry."""

import threading
from collections import Counter
from collections.abc import Mapping

from adapters.devices.memory.state import Kept
from core.domain.loadbalancer.spec import LoadBalancerSpec, MemberSpec, PoolSpec


class Traffic:
    """Which members live, and what was asked of each pool. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dead_members: set[tuple[str, int]] = set()
        self._requests: Counter[str] = Counter()
        self._measured: dict[str, tuple[LoadBalancerSpec, Mapping[str, object]]] = {}
        """What was found of services since anything happened last: nothing else changes it."""

    def set_member_alive(self, address: str, port: int, *, alive: bool) -> None:
        """Let a member's server die or come back; only monitors notice."""
        with self._lock:
            self._measured.clear()
            (self._dead_members.discard if alive else self._dead_members.add)((address, port))

    def answer(self, pool: PoolSpec | None) -> MemberSpec | None:
        """Who answers one request to the pool; None when nobody does."""
        if pool is None or not pool.enabled:
            return None
        with self._lock:
            in_rotation = [member for member in pool.members if self._in_rotation(pool, member)]
            turns = [member for member in in_rotation for _ in range(member.weight)]
            if not turns:
                return None
            member = turns[self._requests[pool.id] % len(turns)]
            self._requests[pool.id] += 1
            self._measured.clear()
            return None if (member.address, member.port) in self._dead_members else member

    def measure(self, services: Mapping[str, Kept]) -> dict[str, Mapping[str, object]]:
        """What is to be observed of each load balancer, in JSON terms."""
        found: dict[str, Mapping[str, object]] = {}
        with self._lock:
            # A device may have thousands that are as they were at the last look.
            for service_id, kept in services.items():
                known = self._measured.get(service_id)
                if known is None or known[0] is not kept.spec:
                    known = self._measured[service_id] = kept.spec, self._found(kept.spec)
                found[service_id] = known[1]
        return found

    def forget(self, service_id: str) -> None:
        """A service is gone."""
        with self._lock:
            self._measured.pop(service_id, None)

    def _found(self, spec: LoadBalancerSpec) -> dict[str, object]:
        pools = [each.default_pool for each in spec.listeners if each.default_pool is not None]
        return {
            "pools": {pool.id: self._counters(pool) for pool in pools},
            "members": {
                member.id: self._health(member)
                for pool in pools
                if pool.monitors
                for member in pool.members
                if member.enabled
            },
        }

    def _in_rotation(self, pool: PoolSpec, member: MemberSpec) -> bool:
        dead = (member.address, member.port) in self._dead_members
        return member.enabled and not (dead and pool.monitors)

    def _counters(self, pool: PoolSpec) -> dict[str, int]:
        requests = self._requests[pool.id]
        return {
            "bytes_in": 100 * requests,
            "bytes_out": 1000 * requests,
            "active_connections": 0,
            "total_connections": requests,
        }

    def _health(self, member: MemberSpec) -> dict[str, object]:
        up = (member.address, member.port) not in self._dead_members
        return {"up": up, "description": "" if up else "connection refused"}
