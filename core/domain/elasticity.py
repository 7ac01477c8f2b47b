"""What an elastic pool needs done: pure, and the same for the same devices and time."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.device import AdminState, Device, DeviceStatus
from core.domain.device_pool import DevicePool

_READY = frozenset({DeviceStatus.ONLINE, DeviceStatus.SPAWNING})


@dataclass(frozen=True, slots=True)
class PoolMember:
    """A device of a pool that is not being removed; `empty`: without any service."""

    device: Device
    empty: bool

    @property
    def is_spare(self) -> bool:
        """Whether it can take a service at once, or as soon as it is made."""
        open_for_new = self.device.admin_state is AdminState.ENABLED
        return self.empty and open_for_new and self.device.status in _READY

    @property
    def is_idle(self) -> bool:
        """Whether it may go when it stays without services."""
        ready = self.device.status is not DeviceStatus.SPAWNING
        return self.device.spawned and self.empty and ready


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPlan:
    """How many devices to make, which to note as idle or busy again, and which to remove."""

    grow: int = 0
    idle: tuple[Device, ...] = ()
    busy: tuple[Device, ...] = ()
    remove: tuple[Device, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.grow or self.idle or self.busy or self.remove)


def has_room(pool: DevicePool, members: int) -> bool:
    """Whether a pool of so many devices may have another."""
    return members < pool.maximum


def may_grow_now(pool: DevicePool, now: float) -> bool:
    """Whether the pause after a failure is over."""
    return pool.grow_after is None or now >= pool.grow_after


def plan(pool: DevicePool, members: Sequence[PoolMember], now: float) -> PoolPlan:
    """What brings the pool to its minimum and spare, and lets go of what it does not need."""
    idle = [member for member in members if member.is_idle]
    return PoolPlan(
        grow=_lack(pool, members) if may_grow_now(pool, now) else 0,
        idle=tuple(member.device for member in idle if _is_unknown(member.device, now)),
        busy=tuple(
            member.device
            for member in members
            if not member.is_idle and member.device.idle_since is not None
        ),
        remove=_unneeded(pool, members, now),
    )


def _is_unknown(device: Device, now: float) -> bool:
    """Whether it is not known since when a device is idle; a clock that was set back forgets."""
    return device.idle_since is None or device.idle_since > now


def _lack(pool: DevicePool, members: Sequence[PoolMember]) -> int:
    spare = sum(member.is_spare for member in members)
    wanted = max(pool.minimum - len(members), pool.spare - spare, 0)
    if pool.failures:
        # One device finds out whether the cause is gone.
        is_trying = any(each.device.status is DeviceStatus.SPAWNING for each in members)
        wanted = 0 if is_trying else min(wanted, 1)
    return min(wanted, max(pool.maximum - len(members), 0))


def _unneeded(pool: DevicePool, members: Sequence[PoolMember], now: float) -> tuple[Device, ...]:
    """The longest idle first, as long as minimum and spare are kept."""
    left, spare = len(members), sum(member.is_spare for member in members)
    chosen = []
    for member in sorted((each for each in members if each.is_idle), key=_longest_idle):
        since = now if member.device.idle_since is None else member.device.idle_since
        if now - since < pool.idle_seconds or left <= pool.minimum:
            continue
        if member.is_spare and spare <= pool.spare:
            continue
        chosen.append(member.device)
        left -= 1
        spare -= member.is_spare
    return tuple(chosen)


def _longest_idle(member: PoolMember) -> tuple[float, int]:
    since = member.device.idle_since
    return (float("inf") if since is None else since, -member.device.number)
