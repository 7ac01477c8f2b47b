"""The driver for HAProxy: one process for each device, for many load balancers.

`PLUGIN` is what the entry point group ``pierhead.drivers`` names.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from adapters.devices.haproxy.advisor import HaproxyAdvisor
from adapters.devices.haproxy.binary import Binary, find_binary
from adapters.devices.haproxy.provisioner import HaproxyProvisioner
from core.ports.device_driver import DeviceDriver

__all__ = ["PLUGIN", "Binary", "HaproxyPlugin", "find_binary"]

if TYPE_CHECKING:
    from core.ports.device_provisioner import DeviceProvisioner
    from core.ports.placement_advisor import PlacementAdvisor


class HaproxyPlugin:
    """The faces of the driver."""

    def __init__(self) -> None:
        self.advisor: PlacementAdvisor = HaproxyAdvisor()
        self.provisioner: DeviceProvisioner | None = HaproxyProvisioner()

    def check_host(self) -> None:
        """Raise DeviceFailure when there is no HAProxy to run."""
        find_binary()

    def open(self, state_dir: Path) -> DeviceDriver:
        """A device driver that keeps all it must remember below `state_dir`."""
        from adapters.devices.haproxy.driver import HaproxyDriver  # noqa: PLC0415 - the scheduler does without it

        return HaproxyDriver(state_dir)


PLUGIN = HaproxyPlugin()
