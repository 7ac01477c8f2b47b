"""Times of single calls, and figures of them."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType

from benchmarks.figures import Figure, percentile

PERCENTS = (50, 90, 99)


@dataclass
class Stopwatch(AbstractContextManager["Stopwatch"]):
    """Collects the CPU seconds of each block that it is used around.

    CPU time of this thread, not time on the wall: decisions in memory wait for nothing, and
    whatever else runs on the machine is left out.
    """

    seconds: list[float] = field(default_factory=list)
    _begun: int = 0

    def __enter__(self) -> "Stopwatch":
        self._begun = time.thread_time_ns()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.seconds.append((time.thread_time_ns() - self._begun) / 1e9)


def percentiles(
    name: str,
    seconds: Sequence[float],
    *,
    unit: str = "µs",
    wanted: dict[int, float] | None = None,
    note: str = "",
) -> list[Figure]:
    """Three figures; `wanted` has targets by percent."""
    scale = {"µs": 1e6, "ms": 1e3}[unit]
    return [
        Figure(
            name=f"{name}, p{percent}",
            value=percentile(seconds, percent) * scale,
            unit=unit,
            wanted=(wanted or {}).get(percent),
            note=note if percent == PERCENTS[0] else "",
        )
        for percent in PERCENTS
    ]


def milliseconds(call: Callable[[], object]) -> float:
    """The CPU milliseconds of one call."""
    watch = Stopwatch()
    with watch:
        call()
    return watch.seconds[0] * 1000


def yardstick() -> str:
    """How long a fixed piece of Python takes now: how much others slow this machine down."""
    return f"{min(milliseconds(_fixed) for _ in range(5)):.0f} ms"


def _fixed() -> int:
    return sum(number * number for number in range(500_000))
