"""What the entry point gives: the faces of the driver."""

from pathlib import Path

from adapters.devices.memory.advisor import MemoryAdvisor
from adapters.devices.memory.driver import MemoryDriver
from adapters.devices.memory.provisioner import MemoryProvisioner
from core.ports.device_provisioner import DeviceProvisioner


class MemoryPlugin:
    """The advisor, a way to the devices, and one to more of them."""

    advisor = MemoryAdvisor()
    provisioner: DeviceProvisioner | None = MemoryProvisioner()

    def check_host(self) -> None:
        """Memory is all it needs."""

    def open(self, state_dir: Path) -> MemoryDriver:
        """A device driver; devices that have a `file` keep it in `state_dir`."""
        return MemoryDriver(state_dir)


PLUGIN = MemoryPlugin()
