"""The traffic that devices in memory pretend to carry."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from adapters.devices.memory.state import Kept
from core.domain.loadbalancer.spec import LoadBalancerSpec, MemberSpec, PoolSpec

Services = Mapping[str, Kept]
Measurement = Mapping[str, object]


@dataclass(slots=True)
class _Measured:
    """What was found of a device's services, of which those that are `stale` changed since."""

    services: Services
    found: dict[str, Measurement]
    stale: set[str] = field(default_factory=set)


class Traffic:
    """Which members live, and what was asked of each pool. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dead_members: set[tuple[str, int]] = set()
        self._requests: Counter[str] = Counter()
        self._measured: dict[str, _Measured] = {}
        """By device, since anything happened last. A device may have thousands of services, of
        which few change between two looks."""

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

    def measure(self, device_id: str, services: Services) -> Mapping[str, Measurement]:
        """What is to be observed of each load balancer of a device, in JSON terms."""
        with self._lock:
            known = self._measured.get(device_id)
            if known is None or known.services is not services:
                known = _Measured(services, {}, set(services))
            if known.stale:
                # What was given before stays as it was.
                found = known.found.copy()
                for identity in known.stale:
                    kept = services.get(identity)
                    if kept is None:
                        found.pop(identity, None)
                    else:
                        found[identity] = self._found(kept.spec)
                self._measured[device_id] = known = _Measured(services, found)
            return known.found

    def change(
        self, device_id: str, before: Services, after: Services, changed: Iterable[str]
    ) -> None:
        """A device that ran one lot of services runs another, in which these have changed."""
        with self._lock:
            known = self._measured.get(device_id)
            if known is not None and known.services is before:
                known.services = after
                known.stale.update(changed)

    def forget(self, device_id: str) -> None:
        """A device is gone."""
        with self._lock:
            self._measured.pop(device_id, None)

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
