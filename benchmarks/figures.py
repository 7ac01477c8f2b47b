"""What was measured, beside what is wanted."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from statistics import quantiles
from typing import Any

from rich.table import Table


class Target(Enum):
    """On which side of its target a figure should be."""

    AT_MOST = "≤"
    AT_LEAST = "≥"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number with its unit; `wanted` None: there is no target. `note` says how it came."""

    name: str
    value: float
    unit: str = ""
    side: Target = Target.AT_MOST
    wanted: float | None = None
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        if self.wanted is None:
            return None
        if self.side is Target.AT_MOST:
            return self.value <= self.wanted
        return self.value >= self.wanted

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "side": self.side.value, "met": self.is_met}


def percentile(values: Sequence[float], percent: int) -> float:
    """The value below which `percent` of all values lie."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def p50_p95(
    name: str, seconds: Sequence[float], *, wanted_ms: float | None = None, note: str = ""
) -> list[Figure]:
    """Two figures in milliseconds; the target is for the first."""
    return [
        Figure(
            name=f"{name}, p{percent}",
            value=percentile(seconds, percent) * 1000,
            unit="ms",
            wanted=wanted_ms if percent == 50 else None,
            note=note if percent == 50 else "",
        )
        for percent in (50, 95)
    ]


def as_table(figures: Sequence[Figure]) -> Table:
    """All figures for a person."""
    table = Table()
    table.add_column("figure")
    table.add_column("measured", justify="right")
    table.add_column("target", justify="right")
    table.add_column("met")
    table.add_column("how")
    for figure in figures:
        target = "" if figure.wanted is None else f"{figure.side.value} {figure.wanted:g}"
        met = {None: "", True: "yes", False: "[bold red]no[/]"}[figure.is_met]
        table.add_row(figure.name, spelled(figure), target, met, figure.note)
    return table


def spelled(figure: Figure) -> str:
    """The number with its unit; one decimal unless it is whole."""
    digits = 0 if figure.value == int(figure.value) else 1
    return f"{figure.value:.{digits}f} {figure.unit}".strip()
