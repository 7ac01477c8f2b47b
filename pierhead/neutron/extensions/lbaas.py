"""The API extension ``lbaas``: LBaaS v1."""

from typing import Any

from neutron.api.v2 import resource_helper
from neutron_lib.api import extensions
from neutron_lib.plugins import directory

from adapters.quantum import pool_parts
from pierhead.neutron.attribute_maps import attribute_maps, register_validator
from pierhead.neutron.plugin import PLUGIN_TYPE

_UPDATED = "2026-01-01T00:00:00-00:00"


class Lbaas(extensions.ExtensionDescriptor):  # type: ignore[misc]
    """VIPs, pools, members and health monitors."""

    @classmethod
    def get_name(cls) -> str:
        return "Load balancing service"

    @classmethod
    def get_alias(cls) -> str:
        return "lbaas"

    @classmethod
    def get_description(cls) -> str:
        return "VIPs, pools, members and health monitors as in LBaaS v1."

    @classmethod
    def get_updated(cls) -> str:
        return _UPDATED

    @classmethod
    def get_resources(cls) -> list[Any]:
        register_validator()
        maps = attribute_maps()
        plugin = directory.get_plugin(PLUGIN_TYPE)
        resources = resource_helper.build_resource_info(
            resource_helper.build_plural_mappings({}, maps),
            maps,
            PLUGIN_TYPE,
            register_quota=True,
            allow_bulk=True,
        )
        return [*resources, *pool_parts.of_pools(plugin.parts, plugin.path_prefix)]

    def get_extended_resources(self, version: str) -> dict[str, Any]:
        return attribute_maps() if version == "2.0" else {}
