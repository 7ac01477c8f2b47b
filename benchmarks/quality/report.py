"""What was measured, for a person, for a page and for programs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from rich.table import Table

from benchmarks.quality.cases import Case, Outcome
from benchmarks.quality.product import Product
from benchmarks.quality.workload import REGIMES

TITLES = {regime.name: regime.title for regime in REGIMES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One policy in one regime, as the means of all seeds; `lowest` is the worst seed's
    share of the bound."""

    regime: str
    policy: str
    of_bound: float
    lowest: float
    of_packing: float
    refused_under_churn: float
    wirings_per_vip: float
    imbalance: float
    tenants_per_device: float
    devices_per_tenant: float

    @property
    def is_ours(self) -> bool:
        return self.policy == Product.name


COLUMNS: Sequence[tuple[str, Callable[[Row], str]]] = (
    ("first refusal, of the bound", lambda row: f"{row.of_bound:.1%}"),
    ("worst seed", lambda row: f"{row.lowest:.1%}"),
    ("of the best packing", lambda row: f"{row.of_packing:.1%}"),
    ("refused under churn", lambda row: f"{row.refused_under_churn:.1%}"),
    ("wirings per VIP", lambda row: f"{row.wirings_per_vip:.2f}"),
    ("throughput max/mean", lambda row: f"{row.imbalance:.2f}"),
    ("tenants per device", lambda row: f"{row.tenants_per_device:.1f}"),
    ("devices per tenant", lambda row: f"{row.devices_per_tenant:.1f}"),
)


def rows_of(cases: Iterable[Case]) -> list[Row]:
    """The cases by regime and policy, both in the order in which they are measured."""
    cases = list(cases)
    rows = []
    for regime in TITLES:
        own = [case for case in cases if case.regime == regime]
        rows += [_row(own, place) for place in range(len(own[0].outcomes))] if own else []
    return rows


def as_json(cases: Iterable[Case]) -> list[dict[str, Any]]:
    """All that was measured, seed by seed."""
    return [asdict(case) for case in cases]


def as_table(rows: Sequence[Row]) -> Table:
    """All rows for a person."""
    table = Table()
    table.add_column("regime")
    table.add_column("policy")
    for title, _ in COLUMNS:
        table.add_column(title, justify="right")
    before = ""
    for row in rows:
        if before and row.regime != before:
            table.add_section()
        name = TITLES[row.regime] if row.regime != before else ""
        style = "bold" if row.is_ours else None
        table.add_row(name, row.policy, *(show(row) for _, show in COLUMNS), style=style)
        before = row.regime
    return table


@dataclass(frozen=True, slots=True)
class Goal:
    """What is wanted, and what was measured."""

    wanted: str
    measured: str
    met: bool

    def __str__(self) -> str:
        return f"{self.wanted}: {self.measured} ({'met' if self.met else 'missed'})"


def goals(rows: Sequence[Row]) -> list[Goal]:
    """What our policy is to reach, as far as it was measured."""
    found = []
    by_name = {(row.regime, row.policy): row for row in rows}
    slots, vlans = by_name.get(("slots", Product.name)), by_name.get(("vlans", Product.name))
    if slots is not None:
        text = "where slots bind, at least 99.5 % of the bound"
        found.append(Goal(text, f"{slots.of_bound:.2%}", slots.of_bound >= 0.995))
    if vlans is not None:
        times = vlans.of_bound / by_name["vlans", "least pools"].of_bound
        text = "where VLANs bind, at least 98 % of the best packing found"
        found.append(Goal(text, f"{vlans.of_packing:.2%}", vlans.of_packing >= 0.98))
        text = "where VLANs bind, at least 3 times least pools"
        found.append(Goal(text, f"{times:.2f} times", times >= 3))
    ours = [row for row in rows if row.is_ours]
    worst = max(row.refused_under_churn for row in ours)
    text = "no refusals while services come and go at 85 % fill"
    return [*found, Goal(text, f"{worst:.2%} at most", worst == 0)]


def _row(cases: Sequence[Case], place: int) -> Row:
    outcomes = [case.outcomes[place] for case in cases]

    def mean(value: Callable[[Outcome], float]) -> float:
        return fmean(value(outcome) for outcome in outcomes)

    pairs = list(zip(cases, outcomes, strict=True))
    shares = [outcome.placed / case.bound for case, outcome in pairs]
    return Row(
        regime=cases[0].regime,
        policy=outcomes[0].policy,
        of_bound=fmean(shares),
        lowest=min(shares),
        of_packing=fmean(outcome.placed / case.packed for case, outcome in pairs),
        refused_under_churn=mean(lambda outcome: outcome.refused_under_churn),
        wirings_per_vip=mean(lambda outcome: outcome.wirings_per_vip),
        imbalance=mean(lambda outcome: outcome.imbalance),
        tenants_per_device=mean(lambda outcome: outcome.tenants_per_device),
        devices_per_tenant=mean(lambda outcome: outcome.devices_per_tenant),
    )
