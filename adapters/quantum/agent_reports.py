"""How Neutron is told of agents: its own reports, over its own bus."""

from typing import Any

from neutron.agent.rpc import PluginReportStateAPI
from neutron.conf.agent.common import register_agent_state_opts_helper
from neutron_lib import context
from neutron_lib.agent import topics
from oslo_config import cfg


class AgentReports:
    """Reports to Neutron's RPC server, where Neutron's configuration is loaded."""

    def __init__(self) -> None:
        self._client: Any = None

    def send(self, state: dict[str, Any]) -> None:
        """Send what is known of an agent; nobody answers."""
        if self._client is None:
            register_agent_state_opts_helper(cfg.CONF)
            self._client = PluginReportStateAPI(topics.REPORTS)
        self._client.report_state(context.get_admin_context_without_session(), dict(state))
