"""The API extension ``lbaas_agent_scheduler``: which agent serves which pool."""

from typing import Any

from neutron_lib.api import extensions
from neutron_lib.plugins import directory

from adapters.quantum import pool_parts
from pierhead.neutron.plugin import PLUGIN_TYPE

_UPDATED = "2026-01-01T00:00:00-00:00"


class Lbaas_agentscheduler(extensions.ExtensionDescriptor):  # type: ignore[misc] # noqa: N801 - Neutron makes this of the file's name
    """Agents of pools, and pools of agents."""

    @classmethod
    def get_name(cls) -> str:
        return "Load balancer agent scheduler"

    @classmethod
    def get_alias(cls) -> str:
        return "lbaas_agent_scheduler"

    @classmethod
    def get_description(cls) -> str:
        return "Which agent serves which pool."

    @classmethod
    def get_updated(cls) -> str:
        return _UPDATED

    @classmethod
    def get_resources(cls) -> list[Any]:
        plugin = directory.get_plugin(PLUGIN_TYPE)
        return pool_parts.of_agents(plugin.parts, plugin.path_prefix)
