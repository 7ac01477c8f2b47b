"""What the entry point gives: both faces of the driver."""

from pathlib import Path

from adapters.devices.memory.advisor import MemoryAdvisor
from adapters.devices.memory.driver import MemoryDriver


class MemoryPlugin:
    """The advisor, and a way to the devices."""

    advisor = MemoryAdvisor()

    def check_host(self) -> None:
        """Memory is all it needs."""

    def open(self, state_dir: Path) -> MemoryDriver:  # noqa: ARG002 - nothing is kept on disk
        return MemoryDriver()


PLUGIN = MemoryPlugin()
