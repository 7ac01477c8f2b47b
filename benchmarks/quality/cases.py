"""One regime with one seed: every policy, the bound, and the best packing found."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context

from benchmarks.quality.bound import counted_bound, has_solver, linear_bound
from benchmarks.quality.packing import Packing
from benchmarks.quality.policies import Policy, baselines
from benchmarks.quality.product import Product
from benchmarks.quality.recount import violations
from benchmarks.quality.run import Arrivals, Churn, churn, until_refusal
from benchmarks.quality.workload import Regime, Workload, generate


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be measured; `packing_seconds` of CPU time go to the search."""

    regime: Regime
    seed: int
    devices: int
    vips: int
    packing_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one policy did. `placed` is the number of VIPs before the first refusal."""

    policy: str
    placed: int
    refused_under_churn: float
    wirings_per_vip: float
    imbalance: float
    tenants_per_device: float
    devices_per_tenant: float
    violations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What was measured. `bound` is the linear programme's, or else the one by counting."""

    regime: str
    seed: int
    slots: int
    bound: int
    packed: int
    outcomes: tuple[Outcome, ...]


def measure(task: Task) -> Case:
    """Measure one regime with one seed."""
    workload = generate(task.regime, task.seed, task.devices, task.vips)
    outcomes = []
    start: dict[int, int] = {}
    for policy, fresh in zip(_policies(workload), _policies(workload), strict=True):
        arrivals = until_refusal(workload, policy)
        outcomes.append(_outcome(policy.name, arrivals, churn(workload, fresh)))
        start = max(start, arrivals.placed, key=len)
    packing = Packing(workload, start, task.packing_seconds).search()
    wrong = violations(workload, packing)
    if wrong:
        raise AssertionError(f"the packing is none: {wrong}")
    bound = linear_bound(workload, len(packing)) if has_solver() else counted_bound(workload)
    return Case(
        regime=task.regime.name,
        seed=task.seed,
        slots=workload.slots,
        bound=bound,
        packed=len(packing),
        outcomes=tuple(outcomes),
    )


def measure_all(tasks: list[Task], jobs: int) -> Iterator[Case]:
    """Measure all, `jobs` at a time, in the order in which they get ready."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(measure, task) for task in tasks]):
            yield done.result()


def _policies(workload: Workload) -> list[Policy]:
    """One of each; a policy is good for one phase, which begins with an empty fleet."""
    return [*baselines(workload), Product(workload)]


def _outcome(policy: str, arrivals: Arrivals, moving: Churn) -> Outcome:
    return Outcome(
        policy=policy,
        placed=len(arrivals.placed),
        refused_under_churn=moving.share,
        wirings_per_vip=arrivals.wirings_per_vip,
        imbalance=arrivals.imbalance,
        tenants_per_device=arrivals.tenants_per_device,
        devices_per_tenant=arrivals.devices_per_tenant,
        violations=(*arrivals.violations, *moving.violations),
    )
