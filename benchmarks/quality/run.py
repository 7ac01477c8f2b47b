"""Gives one policy one workload, and notes what came of it."""

import random
from collections import Counter
from dataclasses import dataclass, field
from statistics import fmean

from benchmarks.quality.ledger import Ledger
from benchmarks.quality.policies import Policy
from benchmarks.quality.recount import violations
from benchmarks.quality.workload import Workload

CHURN_FILL = 0.85
"""The share of the VIP slots that is wanted while services come and go."""
CHURN_PER_SLOT = 0.4
"""How many services come, and as many go, per VIP slot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """What a policy placed until the first request that fitted nowhere."""

    placed: dict[int, int]
    """Request -> device."""
    wirings_per_vip: float
    """How often a network was opened on a device, per VIP."""
    imbalance: float
    """The largest throughput of a device by the mean."""
    tenants_per_device: float
    devices_per_tenant: float
    violations: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Churn:
    """What a policy refused while services came and went."""

    offered: int
    refused: int
    violations: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.refused / self.offered


def until_refusal(workload: Workload, policy: Policy) -> Arrivals:
    """Place the arrivals in their order until one is refused."""
    ledger = Ledger(workload)
    placed: dict[int, int] = {}
    for request in workload.arrivals:
        account = policy.choose(request, ledger)
        if account is None:
            break
        ledger.place(account, request)
        policy.claimed(request, account)
        placed[request.number] = account.box.number
    throughputs = [account.throughput for account in ledger.accounts]
    tenants = Counter(tenant for account in ledger.accounts for tenant in account.tenants)
    return Arrivals(
        placed=placed,
        wirings_per_vip=ledger.opened / len(placed),
        imbalance=max(throughputs) / fmean(throughputs),
        tenants_per_device=fmean(len(account.tenants) for account in ledger.accounts),
        devices_per_tenant=fmean(tenants.values()),
        violations=violations(workload, placed),
    )


def churn(workload: Workload, policy: Policy) -> Churn:
    """Let services come and go when as many are wanted as fill the fleet to CHURN_FILL.

    A service that was refused is wanted all the same, until its time has come to go: every
    policy is asked for as much.
    """
    ledger = Ledger(workload)
    rng = random.Random(workload.seed)
    wanted: list[int] = []
    placed: dict[int, int] = {}
    fill = round(CHURN_FILL * workload.slots)
    last = fill + round(CHURN_PER_SLOT * workload.slots)
    refused = 0
    for request in workload.arrivals[:last]:
        if request.number >= fill:
            gone = _drawn(rng, wanted)
            if gone in placed:
                leaving, left = workload.arrivals[gone], ledger.accounts[placed.pop(gone)]
                ledger.remove(left, leaving)
                policy.released(leaving, left)
        wanted.append(request.number)
        chosen = policy.choose(request, ledger)
        if chosen is not None:
            ledger.place(chosen, request)
            policy.claimed(request, chosen)
            placed[request.number] = chosen.box.number
        elif request.number >= fill:
            refused += 1
    return Churn(offered=last - fill, refused=refused, violations=violations(workload, placed))


def _drawn(rng: random.Random, wanted: list[int]) -> int:
    """One of those that are wanted, which is not any more."""
    place = rng.randrange(len(wanted))
    wanted[place], wanted[-1] = wanted[-1], wanted[place]
    return wanted.pop()
