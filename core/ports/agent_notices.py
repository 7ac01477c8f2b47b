"""Port: tells another system which agents there are."""

from typing import Protocol

from core.domain.agent import Agent


class AgentNotices(Protocol):
    """Where operators also look for agents, beside our own API: today Neutron's list of agents."""

    def heard(self, agent: Agent) -> None:
        """An agent has said hello, and this is what is recorded of it. Comes at every heartbeat
        of every agent, from any thread. Returns at once and never fails."""
