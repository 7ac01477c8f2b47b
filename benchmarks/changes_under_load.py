"""Whether clients notice that the configuration changes all the time."""

import time
from collections.abc import Callable

from benchmarks.figures import Figure
from benchmarks.load import load
from benchmarks.world import VIP_PORT, World
from pierhead.demo.api import Kind

_BYSTANDERS = 10
_PERMANENT_MEMBERS = 3


def measure(world: World, count: int) -> list[Figure]:
    """Each change is waited for; half of the load goes to a VIP that does not change."""
    changing = _Changing(world)
    workers: set[int] = set(world.daemon.device_processes)
    first = len(workers)
    with load([changing.target, changing.bystander]) as result:
        began = time.monotonic()
        for number in range(count):
            changing.change(number)
            workers |= world.daemon.device_processes
        seconds = time.monotonic() - began
    tally = result.tally
    kinds = ", ".join(f"{many} x {what}" for what, many in tally.failures.most_common(3))
    return [
        Figure(
            name="failed requests",
            value=tally.failed,
            wanted=0,
            note=f"of {tally.total} during {count} changes in {seconds:.1f} s"
            f" (weights, members added and removed, new VIPs) {kinds}".rstrip(),
        ),
        Figure(
            name="reloads of HAProxy",
            value=len(workers) - first,
            note=f"new worker processes seen after each of {count} changes",
        ),
        Figure(
            name="idle connections closed by reloads",
            value=result.reconnections,
            note="kept connections that clients replaced before their next request",
        ),
    ]


class _Changing:
    """The VIP that changes, its neighbours, and the changes in turn."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pool_id = world.make_pool(world.client, _PERMANENT_MEMBERS)
        self._members = world.members_of(self._pool_id)
        self._extra = ""
        self._vip_id, self.target = self._active_vip(self._pool_id)
        neighbours = [
            self._active_vip(world.make_pool(world.client, 2)) for _ in range(_BYSTANDERS)
        ]
        self.bystander = neighbours[0][1]
        self._turns: tuple[Callable[[int], None], ...] = (
            self._set_weight,
            self._add_member,
            self._set_weight,
            self._remove_member,
            self._add_vip,
        )

    def change(self, number: int) -> None:
        """Make one change and wait until it is deployed."""
        self._turns[number % len(self._turns)](number)

    def _set_weight(self, number: int) -> None:
        member_id = self._members[number % len(self._members)]
        self._world.client.update(Kind.MEMBER, member_id, weight=1 + number % 5)
        self._wait()

    def _add_member(self, _number: int) -> None:
        server = self._world.servers[_PERMANENT_MEMBERS]
        self._extra = self._world.add_member(self._world.client, self._pool_id, server)
        self._wait()

    def _remove_member(self, _number: int) -> None:
        self._world.client.delete(Kind.MEMBER, self._extra)
        self._wait()

    def _add_vip(self, _number: int) -> None:
        self._active_vip(self._world.make_pool(self._world.client, 2))

    def _wait(self) -> None:
        self._world.client.wait_active(Kind.VIP, self._vip_id)

    def _active_vip(self, pool_id: str) -> tuple[str, tuple[str, int]]:
        vip = self._world.make_vip(self._world.client, pool_id)
        self._world.client.wait_active(Kind.VIP, vip["id"])
        return str(vip["id"]), (str(vip["address"]), VIP_PORT)
