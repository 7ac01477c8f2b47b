"""Devices in memory that do what they were told, so that tests can ask them for traffic."""

import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from adapters.devices.memory.advisor import MemoryAdvisor
from core.domain.device import DeviceFacts
from core.domain.loadbalancer.spec import ListenerSpec, LoadBalancerSpec, MemberSpec, PoolSpec
from core.domain.messages import DeviceHandle, ServiceOrder
from core.ports.device_driver import DeviceFailure, Observation, Outcome

VERSION = "1.0"


class MemoryDriver:
    """Implements DeviceDriver. Thread-safe."""

    info = MemoryAdvisor.info

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._running: dict[str, dict[str, tuple[int, LoadBalancerSpec]]] = defaultdict(dict)
        self._strangers: dict[str, frozenset[str]] = {}
        self._dead_members: set[tuple[str, int]] = set()
        self._requests: Counter[str] = Counter()
        self._turn: Counter[str] = Counter()

    def probe(self, device: DeviceHandle) -> DeviceFacts:
        """See DeviceDriver.probe."""
        _reach(device)
        with self._lock:
            self._running.setdefault(device.id, {})
        return DeviceFacts(version=VERSION, capabilities=self.info.capabilities)

    def apply(
        self, device: DeviceHandle, orders: Sequence[ServiceOrder], *, complete: bool
    ) -> Sequence[Outcome]:
        """See DeviceDriver.apply."""
        _reach(device)
        with self._lock:
            outcomes = [self._apply_one(device, order, complete=complete) for order in orders]
            ordered = {order.service_id for order in orders}
            running = frozenset(self._running[device.id])
            self._strangers[device.id] = running - ordered if complete else frozenset()
        return outcomes

    def observe(self, device: DeviceHandle) -> Observation:
        """See DeviceDriver.observe."""
        try:
            _reach(device)
        except DeviceFailure as failure:
            return Observation(failure=str(failure))
        with self._lock:
            strangers = sorted(self._strangers.get(device.id, ()))
            services = {
                service_id: self._measure(spec)
                for service_id, (_, spec) in self._running[device.id].items()
            }
        note = f"services that nobody ordered: {', '.join(strangers)}" if strangers else ""
        return Observation(note=note, services=services)

    def retire(self, device: DeviceHandle) -> None:
        """See DeviceDriver.retire."""
        with self._lock:
            self._running.pop(device.id, None)

    def close(self, *, stop_devices: bool) -> None:
        """See DeviceDriver.close."""
        if stop_devices:
            with self._lock:
                self._running.clear()

    def running(self, device_id: str) -> dict[str, LoadBalancerSpec]:
        """What a device runs, by service."""
        with self._lock:
            return {key: spec for key, (_, spec) in self._running.get(device_id, {}).items()}

    def set_member_alive(self, address: str, port: int, *, alive: bool) -> None:
        """Let a member's server die or come back; only monitors notice."""
        with self._lock:
            (self._dead_members.discard if alive else self._dead_members.add)((address, port))

    def request(self, address: str, port: int) -> MemberSpec | None:
        """Send one request to a VIP: the member that answers, None when none can.

        Raises ConnectionRefusedError when no device listens there.
        """
        with self._lock:
            pool = self._listener(address, port).default_pool
            if pool is None or not pool.enabled:
                return None
            in_rotation = [member for member in pool.members if self._in_rotation(pool, member)]
            turns = [member for member in in_rotation for _ in range(member.weight)]
            if not turns:
                return None
            member = turns[self._turn[pool.id] % len(turns)]
            self._turn[pool.id] += 1
            self._requests[pool.id] += 1
            return None if (member.address, member.port) in self._dead_members else member

    def _listener(self, address: str, port: int) -> ListenerSpec:
        for services in self._running.values():
            for _, spec in services.values():
                if not spec.enabled or spec.vip.address != address:
                    continue
                for listener in spec.listeners:
                    if listener.enabled and listener.port == port:
                        return listener
        raise ConnectionRefusedError(f"{address}:{port}")

    def _in_rotation(self, pool: PoolSpec, member: MemberSpec) -> bool:
        dead = (member.address, member.port) in self._dead_members
        return member.enabled and not (dead and pool.monitors)

    def _apply_one(self, device: DeviceHandle, order: ServiceOrder, *, complete: bool) -> Outcome:
        services = self._running[device.id]
        known = services.get(order.service_id)
        done = Outcome(service_id=order.service_id, revision=order.revision)
        if known is not None and known[0] > order.revision and not complete:
            return done
        if order.spec is None:
            services.pop(order.service_id, None)
            return done
        if known is not None and known[0] == order.revision and not complete:
            return done
        try:
            spec = msgspec.convert(order.spec, LoadBalancerSpec)
        except msgspec.ValidationError as error:
            return replace(done, failure=f"the specification is none: {error}")
        refused = _refused(device, spec)
        if refused is not None:
            return replace(done, failure=refused)
        services[order.service_id] = (order.revision, spec)
        return done

    def _measure(self, spec: LoadBalancerSpec) -> dict[str, object]:
        pools = [each.default_pool for each in spec.listeners if each.default_pool is not None]
        return {
            "pools": {
                pool.id: {
                    "bytes_in": 100 * self._requests[pool.id],
                    "bytes_out": 1000 * self._requests[pool.id],
                    "active_connections": 0,
                    "total_connections": self._requests[pool.id],
                }
                for pool in pools
            },
            "members": {
                member.id: self._health(member)
                for pool in pools
                if pool.monitors
                for member in pool.members
                if member.enabled
            },
        }

    def _health(self, member: MemberSpec) -> dict[str, object]:
        up = (member.address, member.port) not in self._dead_members
        return {"up": up, "description": "" if up else "connection refused"}


def _reach(device: DeviceHandle) -> None:
    if device.parameters.get("unreachable"):
        raise DeviceFailure("connection timed out")


def _refused(device: DeviceHandle, spec: LoadBalancerSpec) -> str | None:
    refused = device.parameters.get("refuse")
    for listener in spec.listeners:
        if isinstance(refused, list) and str(listener.port) in refused:
            return f"port {listener.port} is refused"
    return None
