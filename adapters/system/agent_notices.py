"""Where nobody else wants to know of agents."""

from core.domain.agent import Agent


class NoAgentNotices:
    """An AgentNotices that tells nobody."""

    def heard(self, agent: Agent) -> None:
        """Nothing."""
