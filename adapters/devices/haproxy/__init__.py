"""The drivers for HAProxy: one process for each device, for many load balancers.

`PLUGIN` and `NAMESPACE_PLUGIN` are what the entry point group ``pierhead.drivers`` names. They
differ in what they say of themselves: by attachments the second's devices get a network
namespace of their own for each network.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from adapters.devices.haproxy.advisor import INFO, NAMESPACE_INFO, HaproxyAdvisor
from adapters.devices.haproxy.binary import Binary, find_binary
from adapters.devices.haproxy.provisioner import HaproxyProvisioner
from adapters.devices.hosting.privileges import missing_privileges
from core.domain.device import DriverInfo
from core.ports.device_driver import DeviceDriver, DeviceFailure

__all__ = ["NAMESPACE_PLUGIN", "PLUGIN", "Binary", "HaproxyPlugin", "find_binary"]

if TYPE_CHECKING:
    from core.ports.device_provisioner import DeviceProvisioner
    from core.ports.placement_advisor import PlacementAdvisor


class HaproxyPlugin:
    """The faces of a driver."""

    def __init__(self, info: DriverInfo = INFO) -> None:
        self._info = info
        self.advisor: PlacementAdvisor = HaproxyAdvisor(info)
        self.provisioner: DeviceProvisioner | None = HaproxyProvisioner(info.schema)

    def check_host(self) -> None:
        """Raise DeviceFailure when there is no HAProxy to run."""
        find_binary()

    def open(self, state_dir: Path) -> DeviceDriver:
        """A device driver that keeps all it must remember below `state_dir`."""
        from adapters.devices.haproxy.driver import HaproxyDriver  # noqa: PLC0415 - the scheduler does without it

        return HaproxyDriver(state_dir, self._info)


class NamespacePlugin(HaproxyPlugin):
    """The faces of the driver whose HAProxy is in tenants' networks."""

    def __init__(self) -> None:
        super().__init__(NAMESPACE_INFO)

    def check_host(self) -> None:
        """Raise DeviceFailure when there is no HAProxy to run, or no right to make networks."""
        super().check_host()
        if missing := missing_privileges():
            raise DeviceFailure(
                f"network namespaces need root: the agent lacks {' and '.join(missing)}"
            )


PLUGIN = HaproxyPlugin()
NAMESPACE_PLUGIN = NamespacePlugin()
