"""What a policy is to the benchmark, and the ones that ours is held against."""

import math
import random
from bisect import insort
from collections.abc import Callable
from typing import Protocol

from benchmarks.quality.ledger import Account, Ledger
from benchmarks.quality.workload import Request, Workload

_STEEPNESS = 4.0


class Policy(Protocol):
    """Places requests one by one, without knowing the next."""

    @property
    def name(self) -> str:
        """For tables."""

    def choose(self, request: Request, ledger: Ledger) -> Account | None:
        """The device that takes the request; None: it fits nowhere.

        `ledger` is what is placed now; it is the same in every call.
        """

    def claimed(self, request: Request, account: Account, /) -> None:
        """The request was placed there."""

    def released(self, request: Request, account: Account, /) -> None:
        """The request left the device."""


Loss = Callable[[Account], float]


class Scan:
    """Takes the device that fits and has the smallest loss; with `wired_first`, among those on
    which the fewest networks must be opened."""

    def __init__(self, name: str, loss: Loss, *, wired_first: bool = False) -> None:
        self.name = name
        self._loss = loss
        self._wired_first = wired_first
        self._order: list[Account] = []

    def choose(self, request: Request, ledger: Ledger) -> Account | None:
        """See Policy.choose."""
        if not self._order:
            self._order = sorted(ledger.accounts, key=self._loss)
        order = self._order
        if self._wired_first:
            near = [one for one in order if not one.networks.keys().isdisjoint(request.networks)]
            near.sort(key=lambda one: sum(each not in one.networks for each in request.networks))
            order = near + order
        for account in order:
            if (account.box.pinnable or not request.pinned) and ledger.fits(account, request):
                return account
        return None

    def claimed(self, _: Request, account: Account) -> None:
        """See Policy.claimed."""
        self._order.remove(account)
        insort(self._order, account, key=self._loss)

    def released(self, request: Request, account: Account) -> None:
        """See Policy.released."""
        self.claimed(request, account)


class Chance:
    """Any device that fits, as neutron-lbaas's ChanceScheduler; that one has no filter."""

    name = "chance"

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    def choose(self, request: Request, ledger: Ledger) -> Account | None:
        """See Policy.choose."""
        allowed = ledger.allowed(request)
        for account in self._rng.sample(allowed, len(allowed)):
            if ledger.fits(account, request):
                return account
        return None

    def claimed(self, _: Request, account: Account) -> None:
        """See Policy.claimed."""

    def released(self, _: Request, account: Account) -> None:
        """See Policy.released."""


def _least_pools(account: Account) -> float:
    return account.vips


def _nova(account: Account) -> float:
    return sum(_fills(account))


def _best_fit(account: Account) -> float:
    return -account.vips


def _potential(account: Account) -> float:
    """Every limit is priced exponentially as it fills up."""
    return sum(math.exp(_STEEPNESS * fill) for fill in _fills(account))


def _fills(account: Account) -> tuple[float, float, float]:
    box = account.box
    return (
        account.vips / box.vips,
        len(account.networks) / box.vlans,
        account.throughput / box.throughput,
    )


def baselines(workload: Workload) -> list[Policy]:
    """The policies of other schedulers, all with a filter for what does not fit."""
    return [
        Chance(workload.seed),
        Scan("least pools", _least_pools),
        Scan("Nova weigher", _nova),
        Scan("best fit", _best_fit),
        Scan("wired first", _potential, wired_first=True),
    ]
