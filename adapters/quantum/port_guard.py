"""Watches over the ports that are ours: those of VIPs, and those of devices."""

from collections.abc import Callable
from typing import Any

from neutron_lib import context as contexts
from neutron_lib import exceptions
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.plugins import directory

OWNER = "neutron:LOADBALANCER"
"""The device_owner of all ports that are ours."""

_VIP = "pierhead-vip-"


class PortGuard:
    """Keeps tenants from deleting the port of a VIP, and tells of ports that change.

    `is_living` says whether a VIP is there; `changed` is called after somebody changed or
    deleted a port that is ours.
    """

    def __init__(self, *, is_living: Callable[[str], bool], changed: Callable[[], None]) -> None:
        self._is_living = is_living
        self._changed = changed

    def subscribe(self) -> None:
        """Begin to hear of ports."""
        registry.subscribe(self._before_delete, resources.PORT, events.BEFORE_DELETE)
        registry.subscribe(self._after, resources.PORT, events.AFTER_UPDATE)
        registry.subscribe(self._after, resources.PORT, events.AFTER_DELETE)

    def _before_delete(self, _: str, __: str, ___: Any, payload: Any) -> None:
        if payload.context.is_admin:
            return
        try:
            port = directory.get_plugin().get_port(
                contexts.get_admin_context(), payload.resource_id
            )
        except exceptions.PortNotFound:
            return
        if port["device_owner"] != OWNER or not port["name"].startswith(_VIP):
            return
        if self._is_living(port["device_id"]):
            raise exceptions.ServicePortInUse(
                port_id=port["id"], reason=f"it is the port of VIP {port['device_id']}"
            )

    def _after(self, _: str, __: str, ___: Any, payload: Any) -> None:
        # What Neutron does by itself, or we in its processes, is done for no user.
        if payload.context.user_id and payload.latest_state.get("device_owner") == OWNER:
            self._changed()
