"""The API extension ``fleet``: the operators' API."""

from typing import Any

from neutron.pecan_wsgi.controllers import utils
from neutron_lib.api import extensions
from neutron_lib.plugins import directory

from adapters.http.identity import CALLER
from adapters.quantum.fleet import PATH, FleetController
from pierhead.neutron.plugin import PLUGIN_TYPE

_UPDATED = "2026-01-01T00:00:00-00:00"


class Fleet(extensions.ExtensionDescriptor):  # type: ignore[misc]
    """Devices, pools of them, drivers, service types, bindings and decisions."""

    @classmethod
    def get_name(cls) -> str:
        return "Fleet"

    @classmethod
    def get_alias(cls) -> str:
        return "fleet"

    @classmethod
    def get_description(cls) -> str:
        return "Devices, pools of them, drivers, bindings and placement decisions."

    @classmethod
    def get_updated(cls) -> str:
        return _UPDATED

    @classmethod
    def get_pecan_resources(cls) -> list[Any]:
        plugin = directory.get_plugin(PLUGIN_TYPE)
        return [utils.PecanResourceExtension(PATH, FleetController(plugin.app, CALLER), plugin)]
