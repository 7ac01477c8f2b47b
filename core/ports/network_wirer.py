"""Port: wires between devices and tenants' networks."""

from collections.abc import Sequence
from typing import Protocol

from core.domain.binding import Attachment
from core.domain.wiring import DeviceWiring, Site


class WiringFailure(Exception):
    """The network side could not do it; trying again later may help. Tenants read the text."""


class NetworkWirer(Protocol):
    """Attaches devices to networks: by Neutron, Linux bridges, or loopback addresses.

    Each method is its own transaction and idempotent by (device, network), so a caller that
    died may ask again. Only one caller at a time is at a device and network.
    """

    @property
    def remote(self) -> bool:
        """Whether another system does the work, so that a call may take seconds, and what was
        done there can change behind our back."""

    def refusal(self, wiring: DeviceWiring) -> str | None:
        """Why devices that are wired so cannot be; None: they can. Answers at once, from what
        was last learned; `attachments` learns anew."""

    def attach(
        self, site: Site, network_id: str, interface: str, cidrs: Sequence[str]
    ) -> Attachment:
        """Wire a device to the subnets `cidrs` of a network, at least; an attachment that is
        there is kept and put right. Raises WiringFailure."""

    def detach(self, site: Site, network_id: str) -> None:
        """Undo `attach`, also one that was left half made; nothing happens when there is
        nothing. Raises WiringFailure."""

    def attachments(self) -> Sequence[Attachment]:
        """All that there are now, also those that nobody knows of any more. Raises
        WiringFailure."""
