"""An ML2 mechanism driver that binds the ports of physical devices to VLANs."""

from typing import Any

from neutron.api import extensions
from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins.ml2 import api

ALIAS = "pierhead-ml2"
"""The API extension by which others see that this driver is loaded."""

_OWNER = "neutron:LOADBALANCER"


class PierheadMechanismDriver(api.MechanismDriver):  # type: ignore[misc]
    """Binds a port of the type ``baremetal`` that belongs to a load balancer to a segment of
    type ``vlan`` of its network, and leaves all others alone.

    The switches are somebody else's: the port is ACTIVE at once, and tells the VLAN.
    """

    @property
    def connectivity(self) -> str:
        """A port without addresses will do: it is switched, and that is all."""
        connectivity: str = portbindings.CONNECTIVITY_L2
        return connectivity

    def initialize(self) -> None:
        """Tell that the driver is there."""
        extensions.register_custom_supported_check(ALIAS, lambda: True, plugin_agnostic=True)

    def bind_port(self, context: Any) -> None:
        """Bind a port that is ours to bind."""
        port = context.current
        if port[portbindings.VNIC_TYPE] != portbindings.VNIC_BAREMETAL:
            return
        if port["device_owner"] != _OWNER:
            return
        for segment in context.segments_to_bind:
            if segment[api.NETWORK_TYPE] == constants.TYPE_VLAN:
                context.set_binding(
                    segment[api.ID],
                    portbindings.VIF_TYPE_OTHER,
                    {
                        portbindings.CAP_PORT_FILTER: False,
                        portbindings.VIF_DETAILS_VLAN: str(segment[api.SEGMENTATION_ID]),
                    },
                    status=constants.PORT_STATUS_ACTIVE,
                )
                return
