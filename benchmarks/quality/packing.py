"""The best packing found: a search that knows every request and may move each of them.

It begins with what a policy placed and goes on with the arrivals that follow. A request that
fits nowhere is put on a device all the same, what is in its way there is put elsewhere, and
so on, a few moves deep (ejection chains); the moves are taken back when they lead nowhere.
"""

import random
import time
from collections.abc import Mapping

from benchmarks.quality.ledger import Account, Ledger
from benchmarks.quality.workload import Request, Workload

_DEPTHS = (1, 1, 2, 2, 3, 3)
"""How deep the chains of the attempts for one request go; the last is repeated."""
_BREADTH = (24, 12, 6, 4)
"""How many devices are tried, by the depth that is left."""
_WAYS = 4
"""How many ways of making room are tried on a device."""
_MOST_EJECTED = 6
_MOST_STEPS = 4000
"""How much is tried in one attempt."""


class Packing:
    """Finds how many of the first arrivals fit together; `seconds` is its CPU time."""

    def __init__(self, workload: Workload, placed: Mapping[int, int], seconds: float) -> None:
        self._workload = workload
        self._rng = random.Random(workload.seed)
        self._seconds = seconds
        self._ledger = Ledger(workload)
        self._box: dict[int, int] = {}
        self._steps = 0
        for number, box in placed.items():
            self._put(self._ledger.accounts[box], workload.arrivals[number])

    def search(self) -> dict[int, int]:
        """Request -> device, for all arrivals up to the first for which no room was found."""
        deadline = time.process_time() + self._seconds
        for request in self._workload.arrivals[len(self._box) : self._workload.slots]:
            attempt = 0
            while not self._attempt(request, _DEPTHS[min(attempt, len(_DEPTHS) - 1)]):
                attempt += 1
                if time.process_time() > deadline:
                    return self._box
        return self._box

    def _attempt(self, request: Request, depth: int) -> bool:
        self._steps = _MOST_STEPS
        return self._settle(request, depth, frozenset())

    def _settle(self, request: Request, depth: int, left: frozenset[int]) -> bool:
        """Place a request, moving others when there is no room; not those on the devices `left`,
        where room was made already."""
        ledger = self._ledger
        allowed = ledger.allowed(request)
        fitting = [one for one in allowed if ledger.fits(one, request)]
        if fitting:
            self._put(min(fitting, key=lambda one: _cost(one, request)), request)
            return True
        if depth == 0 or self._steps < 0:
            return False
        allowed = [one for one in allowed if one.box.number not in left]
        breadth = min(_BREADTH[min(depth, len(_BREADTH) - 1)], len(allowed))
        return any(
            self._force(account, request, depth, left) for account in self._likely(allowed, breadth)
        )

    def _likely(self, allowed: list[Account], breadth: int) -> list[Account]:
        """Devices to make room on: those with VIP slots left come first more often."""
        drawn = self._rng.sample(allowed, min(4 * breadth, len(allowed)))
        drawn.sort(key=lambda one: one.vips >= one.box.vips)
        half = drawn[: breadth // 2]
        return half + self._rng.sample(drawn[len(half) :], min(breadth - len(half), len(drawn)))

    def _force(self, account: Account, request: Request, depth: int, left: frozenset[int]) -> bool:
        """Put a request on a device that has no room for it."""
        for _ in range(_WAYS):
            self._steps -= 1
            if self._steps < 0:
                return False
            ejected = self._in_the_way(account, request)
            if not ejected:
                return False
            if self._exchange(account, request, ejected, depth, left):
                return True
        return False

    def _exchange(
        self,
        account: Account,
        request: Request,
        ejected: list[Request],
        depth: int,
        left: frozenset[int],
    ) -> bool:
        ledger = self._ledger
        for one in ejected:
            self._take(account, one)
        if not ledger.fits(account, request):
            for one in ejected:
                self._put(account, one)
            return False
        self._put(account, request)
        settled: list[Request] = []
        for one in sorted(ejected, key=lambda one: -one.throughput):
            # Only the last of many may push others away in turn.
            deeper = depth - 1 if len(ejected) == 1 else 0
            if not self._settle(one, deeper, left | {account.box.number}):
                break
            settled.append(one)
        else:
            return True
        for one in settled:
            self._take(ledger.accounts[self._box[one.number]], one)
        self._take(account, request)
        for one in ejected:
            self._put(account, one)
        return False

    def _in_the_way(self, account: Account, request: Request) -> list[Request]:
        """Some requests without which there could be room; none when that would be too many."""
        box, rng = account.box, self._rng
        new = [one for one in request.networks if one not in account.networks]
        closing: set[int] = set()
        if not box.isolates:
            ranges = {self._workload.ranges[one] for one in new}
            closing = {one for one in account.networks if self._workload.ranges[one] in ranges}
        short = len(account.networks) - len(closing) + len(new) - box.vlans
        if short > 0:
            closing.update(self._little_used(account, request, closing, short))
        ejected = {
            one.number: one
            for one in account.requests.values()
            if not closing.isdisjoint(one.networks)
        }
        if len(ejected) > _MOST_EJECTED:
            return []
        load = account.throughput - sum(one.throughput for one in ejected.values())
        over = load + request.throughput - box.throughput
        full = account.vips - len(ejected) >= box.vips
        if over > 0 or (full and not ejected):
            rest = [
                one
                for one in account.requests.values()
                if one.number not in ejected and one.throughput >= over
            ]
            if not rest:
                return []
            chosen = min(rng.sample(rest, min(8, len(rest))), key=lambda one: one.throughput)
            ejected[chosen.number] = chosen
        return list(ejected.values())

    def _little_used(
        self, account: Account, request: Request, closing: set[int], number: int
    ) -> list[int]:
        """Networks that few VIPs use here, at random among the least used."""
        others = [
            network
            for network, users in account.networks.items()
            if users <= 3 and network not in request.networks and network not in closing
        ]
        return self._rng.sample(others, min(number, len(others)))

    def _put(self, account: Account, request: Request) -> None:
        self._ledger.place(account, request)
        self._box[request.number] = account.box.number

    def _take(self, account: Account, request: Request) -> None:
        self._ledger.remove(account, request)
        del self._box[request.number]


def _cost(account: Account, request: Request) -> float:
    """What placing a request somewhere spoils: networks opened first, then fullness."""
    new = sum(one not in account.networks for one in request.networks)
    box = account.box
    return new + account.vips / box.vips + account.throughput / box.throughput
