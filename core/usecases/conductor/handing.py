"""Gives devices to agents, and takes them away again."""

from collections.abc import Sequence
from dataclasses import replace

from core.domain.agent import Agent
from core.domain.device import Device
from core.domain.query import Query
from core.ports.unit_of_work import UnitOfWork


class Roster:
    """The agents that live and how many devices each holds, as one fleet unit sees them."""

    def __init__(self, work: UnitOfWork, now: float) -> None:
        self._work = work
        self._agents = [each for each in work.agents.find(Query()) if each.is_alive(now)]
        self._held: dict[str, int] = {}

    def agent(self, identity: str | None) -> Agent | None:
        """The agent with this id, if it lives."""
        return next((each for each in self._agents if each.id == identity), None)

    def held(self, agent: Agent) -> int:
        """How many devices an agent holds."""
        if agent.id not in self._held:
            self._held[agent.id] = self._work.devices.count({"agent_id": (agent.id,)})
        return self._held[agent.id]

    def suitable(self, device: Device) -> Agent | None:
        """The agent that reaches the device and holds the fewest."""
        able = [each for each in self._agents if reaches(each, device)]
        return min(able, key=lambda each: (self.held(each), each.id), default=None)

    def uneven(self) -> list[tuple[Agent, Agent, int]]:
        """Pairs of which the first agent holds so many more devices, at least two, than the
        second of its group; the greatest difference first."""
        pairs = [
            (rich, poor, self.held(rich) - self.held(poor))
            for rich in self._agents
            for poor in self._agents
            if rich.group == poor.group
        ]
        return sorted((each for each in pairs if each[2] > 1), key=lambda each: -each[2])

    def count(self, agent: Agent, devices: int) -> None:
        """So many more devices, or fewer, are held by an agent."""
        self._held[agent.id] = self.held(agent) + devices


def reaches(agent: Agent, device: Device) -> bool:
    """Whether a device can be given to an agent."""
    return agent.can_reach(device.agent_group, device.zone, device.driver)


def give(work: UnitOfWork, devices: Sequence[Device], agent: Agent, now: float) -> list[Device]:
    """Store that an agent holds these devices from now on, in a new epoch; they are due."""
    if not devices:
        return []
    given = [
        replace(each, agent_id=agent.id, releasing=False, due_at=now, epoch=each.epoch + 1)
        for each in devices
    ]
    work.devices.save(*given)
    # That change of epochs made a new revision of the fleet, which none before it had.
    epoch = work.feed.position().revision
    given = [replace(each, epoch=epoch) for each in given]
    work.devices.save(*given)
    return given


def take_away(work: UnitOfWork, devices: Sequence[Device], now: float) -> None:
    """Store that nobody holds these devices; they are due, to be given to somebody else."""
    if devices:
        taken = [replace(each, agent_id=None, releasing=False, due_at=now) for each in devices]
        work.devices.save(*taken)


def without_agent(device: Device) -> str:
    """What the operator is told when no agent can be given the device."""
    zone = f" and zone {device.zone}" if device.zone is not None else ""
    return f"no agent of group {device.agent_group}{zone} that has driver {device.driver} is alive"
