"""A second driver: devices in memory that can do little, hold little and may not answer.

The features place services on them; they carry no traffic. The daemon finds the driver
the way it finds any vendor's: through an entry point.
"""

from dataclasses import replace
from pathlib import Path

from adapters.devices.memory import MemoryAdvisor, MemoryDriver
from core.domain.device import Capabilities

INFO = replace(
    MemoryAdvisor.info,
    name="lite",
    description="Appliances in memory that balance HTTP and TCP by turns and know no persistence",
    capabilities=Capabilities(
        protocols=frozenset({"HTTP", "TCP"}),
        methods=frozenset({"ROUND_ROBIN"}),
        monitors=frozenset({"TCP"}),
        persistences=frozenset(),
    ),
    limits={"vips": 2, "vlans:eth1": 2},
    physical=True,
)


class LiteAdvisor(MemoryAdvisor):
    """Says what the devices can do."""

    info = INFO


class LiteDriver(MemoryDriver):
    """Talks to the devices."""

    info = INFO


class LitePlugin:
    """Both faces of the driver; nothing makes its devices."""

    advisor = LiteAdvisor()
    provisioner = None

    def check_host(self) -> None:
        """The driver needs nothing of the host."""

    def open(self, state_dir: Path) -> LiteDriver:
        return LiteDriver(state_dir)


PLUGIN = LitePlugin()
