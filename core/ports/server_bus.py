"""Port: the server's end of the way between server and agents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.domain.messages import AgentHello, AgentLease, Command, Report


@dataclass(frozen=True, slots=True)
class Delivery:
    """Reports that came together, in order. `number` is the bus's own name for it."""

    number: int
    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True)
class Greeting:
    """An agent's hello. `number` is the bus's own name for it."""

    number: int
    hello: AgentHello


class ServerBus(Protocol):
    """Delivers at least once and in order per agent. A message may come late or, when processes
    or the bus die, not at all: the database is the truth, and the conductor sends again what
    is not answered. No method waits for the bus longer than its `timeout`.

    Any number of servers may use it: each hello comes to one of them, and the reports to one
    at a time, so that they stay in order; to another when that one dies.
    """

    def send(self, agent_id: str, command: Command) -> None:
        """Queue a command for an agent, whether it lives or not."""

    def reports(self, timeout: float) -> Delivery | None:
        """All reports that wait, up to some hundreds; None after `timeout` seconds without
        any."""

    def done(self, delivery: Delivery, refused: Sequence[tuple[Report, str]] = ()) -> None:
        """The reports were recorded durably, but for those `refused`, which no repetition
        helps: they are put aside with the reason (see DeadLetters). Without `done` they come
        again, to this server or another."""

    def hellos(self, timeout: float) -> Sequence[Greeting]:
        """All hellos that wait; empty after `timeout` seconds without any."""

    def answer(self, greeting: Greeting, lease: AgentLease) -> None:
        """Answer a hello."""

    def listening_since(self) -> float | None:
        """Since when (monotonic clock) hellos have been coming in without interruption; None
        while the bus is away."""

    def close(self) -> None:
        """Hand over what waits to be sent, for a few seconds at most, then end."""
