"""Port: the agent's end of the way between server and agents."""

from dataclasses import dataclass
from typing import Protocol

from core.domain.messages import AgentHello, AgentLease, Command, Report


@dataclass(frozen=True, slots=True)
class Batch:
    """All commands that waited for one device, in the order they were sent.

    `unreadable` says why the device's parameters, which some of them lack then, cannot be read
    here, if so.
    """

    device_id: str
    commands: tuple[Command, ...]
    unreadable: str | None = None


class AgentBus(Protocol):
    """Delivers at least once and in order per device. A message may come late or, when
    processes or the bus die, not at all: the server will send again."""

    def take(self, timeout: float) -> Batch | None:
        """The next device's commands, or None after `timeout` seconds.

        The device is the taker's alone until `done`: one batch per device at a time.
        """

    def done(self, batch: Batch, rest: float = 0.0) -> None:
        """The batch was dealt with, and what was reported of it must not get lost any more;
        what came for the device meanwhile can be taken, after `rest` seconds in which more may
        gather. Commands of a taker that dies before are delivered again, a few times."""

    def report(self, report: Report) -> None:
        """Queue a report for the server. Never waits for the server or the bus."""

    def greet(self, hello: AgentHello, timeout: float) -> AgentLease | None:
        """Say hello and wait for the server's answer to it; None when there is none within
        `timeout` seconds."""

    def backlog(self) -> int:
        """How many commands have come and wait for a taker, or are in a taker's hands."""

    def close(self) -> None:
        """Hand over what waits to be sent, for a few seconds at most, then end. What was taken
        and is not done is delivered to the next one with the same agent id."""
