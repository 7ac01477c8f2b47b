"""What the operator is told of a device that works, though something about it is odd."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddities:
    """All that there is to tell; counts are since the agent's start, but for restarts."""

    restarts: int = 0
    last_restart: str = ""
    mended_servers: int = 0
    mended_wires: int = 0
    wire_problems: Mapping[str, str] = field(default_factory=dict)
    """Why an end of a wire is not in order, by network namespace."""
    unrecorded: Iterable[str] = ()
    """Services that HAProxy runs and nothing is kept of."""
    unordered: tuple[str, ...] = ()
    """Services that are kept and nobody ordered."""
    held: Mapping[str, str] = field(default_factory=dict)
    """Why a service cannot run."""

    def note(self) -> str:
        """In one line; empty when nothing is odd."""
        return "; ".join(self._notes())

    def _notes(self) -> Iterator[str]:
        if self.restarts:
            times = "time" if self.restarts == 1 else "times"
            yield f"restarted {self.restarts} {times}, last because {self.last_restart}"
        for count, noun in ((self.mended_servers, "server"), (self.mended_wires, "wire")):
            if count:
                repaired = f"{noun} that was" if count == 1 else f"{noun}s that were"
                yield f"repaired {count} {repaired} changed by hand"
        for name, why in sorted(self.wire_problems.items()):
            yield f"wire {name}: {why}"
        if names := ", ".join(sorted(self.unrecorded)):
            yield f"runs until the next orders what nothing is kept of: {names}"
        if self.unordered:
            noun = "service" if len(self.unordered) == 1 else "services"
            names = ", ".join(self.unordered)
            yield f"{len(self.unordered)} {noun} that nobody ordered: {names}"
        for name, why in self.held.items():
            yield f"service {name} cannot run: {why}"
