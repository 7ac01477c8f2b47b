"""What a chaos run found, in words."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.chaos.watcher import Wait

_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was done, and what was wrong at the end. Times in seconds."""

    seconds: float
    seed: int
    done: Counter[str]
    answers: Counter[str]
    faults: Counter[str]
    moves: int
    wrongs: Sequence[str]
    stale: Sequence[str]
    over_commits: Sequence[str]
    left_over: Sequence[str]
    longest: Wait
    longest_calm: Wait
    settled_after: float
    looks: int

    @property
    def held(self) -> bool:
        """Whether all is as it must be."""
        return not (self.wrongs or self.stale or self.over_commits or self.left_over)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{self.seconds:.0f} s with seed {self.seed}"
        yield f"\nAcknowledged: {self.done.total()}"
        yield from _table(self.done)
        total = self.answers.total()
        yield f"\nAnswers to {total} requests"
        for name, number in sorted(self.answers.items()):
            yield f"  {number:6} {number / max(total, 1):6.1%}  {name}"
        yield f"\nFaults: {self.faults.total()}"
        yield from _table(self.faults)
        yield f"\nDevices went to another process {self.moves} times"
        yield f"Settled {self.settled_after:.1f} s after the last fault"
        yield "Longest time that an object stayed unsettled:"
        yield f"  {self.longest.seconds:6.1f} s in all"
        yield f"  {self.longest_calm.calm:6.1f} s in which nothing was wrong"
        yield ""
        for name in ("lost", "back", "stuck"):
            yield from _found(name, [each for each in self.wrongs if each.startswith(f"{name}: ")])
        yield from _found("stale applications", self.stale)
        yield from _found("over-commits and books that do not agree", self.over_commits)
        yield from _found("left over", self.left_over)


def _table(counts: Counter[str]) -> Iterator[str]:
    for name, number in sorted(counts.items()):
        yield f"  {number:6}  {name}"


def _found(name: str, found: Sequence[str]) -> Iterator[str]:
    yield f"{name}: {len(found)}"
    yield from (f"  {each}" for each in found[:_SHOWN])
