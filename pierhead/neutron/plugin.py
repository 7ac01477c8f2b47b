"""The service plugin that Neutron loads."""

from collections.abc import Callable
from typing import Any
from wsgiref.types import WSGIApplication

from neutron_lib.services.base import ServicePluginBase
from oslo_config import cfg

from adapters.quantum.pool_parts import PoolParts
from adapters.quantum.port_guard import PortGuard
from adapters.quantum.resource import Resource, ResourceMethods
from pierhead.containers.embedded import Embedded
from pierhead.neutron.assembly import Assembly
from pierhead.neutron.attribute_maps import SCHEMAS
from pierhead.neutron.options import ConductorPlace
from pierhead.neutron.process import PerProcess

PLUGIN_TYPE = "LOADBALANCER"


class PierheadPlugin(ServicePluginBase):  # type: ignore[misc]
    """Has the use cases, and passes Neutron's calls on to them.

    Its methods for each resource, such as ``create_vip``, are those of ResourceMethods.
    """

    supported_extension_aliases = ("lbaas", "lbaas_agent_scheduler", "fleet")
    path_prefix = "/lb"

    __native_bulk_support = True
    __native_pagination_support = True
    __native_sorting_support = True

    def __init__(self) -> None:
        super().__init__()
        self._assembly = Assembly.of(cfg.CONF)
        self._here: PerProcess[Embedded] = PerProcess(self._assembly.begin)
        for schema in SCHEMAS:
            methods = ResourceMethods(schema.singular, schema.plural, self._resource(schema.plural))
            self.__dict__.update(methods.by_name())
        self._guard = PortGuard(is_living=self._is_living, changed=self._audit_soon)
        self._guard.subscribe()

    def get_plugin_type(self) -> str:
        """The type of service, as Neutron's directory of plugins has it."""
        return PLUGIN_TYPE

    def get_plugin_description(self) -> str:
        """Text for people."""
        return "Pierhead: load balancers on a mixed fleet of devices"

    def start_rpc_listeners(self) -> list[Any]:
        """Begin to conduct, in a worker of the RPC server, if conductors are to be there."""
        if self._assembly.conductor is ConductorPlace.RPC_SERVER:
            self._assembly.conduct()
        return []

    def parts(self) -> PoolParts:
        """What hangs on pools."""
        return self._here().parts()

    def app(self) -> WSGIApplication:
        """The operators' API."""
        return self._here().app()

    def _resource(self, plural: str) -> Callable[[], Resource]:
        return lambda: self._here().resources()[plural]

    def _is_living(self, vip_id: str) -> bool:
        return self._assembly.is_living(self._here(), vip_id)

    def _audit_soon(self) -> None:
        self._here().audit_soon()()
