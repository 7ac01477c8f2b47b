"""Neutron from within: its plugins are called, with no HTTP between."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from neutron.api.extensions import PluginAwareExtensionManager
from neutron.quota import QUOTAS, resource_registry
from neutron_lib import context
from neutron_lib.api.faults import FAULT_MAP
from neutron_lib.db.api import retry_db_errors
from neutron_lib.plugins import constants, directory
from neutron_lib.plugins.utils import create_port
from oslo_serialization import jsonutils

from adapters.network.neutron.calls import CallFailure, Document, Kind

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

_TRUNK_PLUGIN = "trunk"
_PORT = "port"


def _as_its_api_does(call: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Try again what lost a race in Neutron's database, and raise CallFailure for what Neutron
    raises otherwise. Its API does so around its plugins, which rely on it."""
    tried: Callable[Arguments, Answer] = retry_db_errors(call)

    @wraps(call)
    def answer(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        try:
            return tried(*args, **kwargs)
        except CallFailure:
            raise
        except Exception as error:
            raise CallFailure(type(error).__name__, _status(error), str(error)) from error

    return answer


class InProcessCalls:
    """NeutronCalls inside one of Neutron's own processes. Threads may share it."""

    def __init__(self, project_id: str = "") -> None:
        self._project_id = project_id

    @property
    def project_id(self) -> str:
        """As configured. Empty: nobody's, as the ports that Neutron makes for itself."""
        return self._project_id

    @_as_its_api_does
    def find(self, kind: Kind, **filters: Sequence[str]) -> Sequence[Document]:
        """Ask the plugin that has this kind."""
        ask = _FINDERS[kind]()
        return ask(context.get_admin_context(), filters={k: list(v) for k, v in filters.items()})

    @_as_its_api_does
    def create_port(self, body: Document) -> Document:
        """Do what Neutron's API does around the plugin: fill in defaults and count quotas."""
        admin = context.get_admin_context()
        with _within_quota(admin, body["project_id"]):
            made = create_port(directory.get_plugin(), admin, {_PORT: dict(body)})
        return _plain(made)

    @_as_its_api_does
    def update_port(self, port_id: str, body: Document) -> Document:
        """Call the core plugin."""
        admin = context.get_admin_context()
        changed = directory.get_plugin().update_port(admin, port_id, {_PORT: dict(body)})
        return _plain(changed)

    @_as_its_api_does
    def delete_port(self, port_id: str) -> None:
        """Call the core plugin."""
        directory.get_plugin().delete_port(context.get_admin_context(), port_id)
        resource_registry.set_resources_dirty(context.get_admin_context())

    @_as_its_api_does
    def add_subport(self, trunk_id: str, port_id: str, vlan: int) -> None:
        """Call the trunk plugin."""
        subport = {"port_id": port_id, "segmentation_type": "vlan", "segmentation_id": vlan}
        admin = context.get_admin_context()
        _trunk_plugin().add_subports(admin, trunk_id, {"sub_ports": [subport]})

    @_as_its_api_does
    def remove_subport(self, trunk_id: str, port_id: str) -> None:
        """Call the trunk plugin."""
        subports = {"sub_ports": [{"port_id": port_id}]}
        _trunk_plugin().remove_subports(context.get_admin_context(), trunk_id, subports)

    @_as_its_api_does
    def extensions(self) -> frozenset[str]:
        """What the extension manager loaded."""
        return frozenset(PluginAwareExtensionManager.get_instance().extensions)

    @_as_its_api_does
    def port_quota(self, project_id: str) -> int:
        """Ask the quota driver."""
        resources = {_PORT: resource_registry.get_resource(_PORT)}
        quotas = QUOTAS.get_driver().get_project_quotas(
            context.get_admin_context(), resources, project_id
        )
        return int(quotas[_PORT])


def _plain(document: Document) -> Document:
    """As the API would show it: plugins hand out objects for addresses, too."""
    plain: Document = jsonutils.loads(jsonutils.dumps(document))
    return plain


def _trunk_plugin() -> Any:
    plugin = directory.get_plugin(_TRUNK_PLUGIN)
    if plugin is None:
        raise CallFailure("TrunkNotSupported", 404, "the trunk plugin is not loaded")
    return plugin


_FINDERS: Mapping[Kind, Callable[[], Callable[..., Sequence[Document]]]] = {
    Kind.NETWORK: lambda: directory.get_plugin(constants.CORE).get_networks,
    Kind.SUBNET: lambda: directory.get_plugin(constants.CORE).get_subnets,
    Kind.PORT: lambda: directory.get_plugin(constants.CORE).get_ports,
    Kind.RBAC_POLICY: lambda: directory.get_plugin(constants.CORE).get_rbac_policies,
    Kind.TRUNK: lambda: _trunk_plugin().get_trunks,
}


@contextmanager
def _within_quota(admin: Any, project_id: str) -> Iterator[None]:
    """Reserve one port of the project's quota while it is made. Processes that do not serve
    the API know of no quotas."""
    if not project_id or resource_registry.get_resource(_PORT) is None:
        yield
        return
    plugin = directory.get_plugin()
    reservation = QUOTAS.make_reservation(admin, project_id, {_PORT: 1}, plugin)
    try:
        yield
    except BaseException:
        if reservation:
            QUOTAS.cancel_reservation(admin, reservation.reservation_id)
        raise
    if reservation:
        QUOTAS.commit_reservation(admin, reservation.reservation_id)
    resource_registry.set_resources_dirty(admin)


def _status(error: Exception) -> int:
    """As Neutron's API maps errors; ValueError is what its helpers raise for bad attributes."""
    for kind, answer in FAULT_MAP.items():
        if isinstance(error, kind):
            return int(answer.code)
    return 400 if isinstance(error, ValueError) else 500
