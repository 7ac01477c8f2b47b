"""Port: the way between the server and its agents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.domain.messages import Command, Report


@dataclass(frozen=True, slots=True)
class Batch:
    """All commands that waited for one device, in the order they were sent."""

    device_id: str
    commands: tuple[Command, ...]


class AgentBus(Protocol):
    """Delivers at least once and in order per device. A message may come late or, when
    processes die, not at all: the database is the truth and the sender will send again."""

    def send(self, command: Command) -> None:
        """Queue a command for the agent that holds the command's device."""

    def take(self, timeout: float) -> Batch | None:
        """The next device's commands, or None after `timeout` seconds.

        The device is the taker's alone until `done`: one batch per device at a time.
        """

    def done(self, batch: Batch, rest: float = 0.0) -> None:
        """The batch was dealt with; what came for the device meanwhile can be taken, after
        `rest` seconds in which more may gather."""

    def report(self, report: Report) -> None:
        """Queue a report for the server."""

    def reports(self, timeout: float) -> Sequence[Report]:
        """All reports that wait, in order; empty after `timeout` seconds without any."""

    def backlog(self) -> int:
        """How many commands wait for a taker."""
