"""Finds installed drivers through the entry point group ``pierhead.drivers``."""

from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

from core.ports.device_driver import DeviceDriver, DeviceFailure
from core.ports.device_provisioner import DeviceProvisioner
from core.ports.placement_advisor import PlacementAdvisor
from pierhead.errors import StartupError
from pierhead.state_dir import StateDir

GROUP = "pierhead.drivers"


class DriverPlugin(Protocol):
    """What an entry point of the group gives: the faces of a driver."""

    advisor: PlacementAdvisor
    provisioner: DeviceProvisioner | None
    """What makes devices for elastic pools; None: somebody else makes them."""

    def check_host(self) -> None:
        """Raise DeviceFailure when this host lacks what the driver needs to do anything."""

    def open(self, state_dir: Path) -> DeviceDriver:
        """The face that talks to devices; it may keep files below `state_dir`."""


def load_drivers(names: Iterable[str]) -> dict[str, DriverPlugin]:
    """The named drivers. Raises StartupError for one that is not installed."""
    installed = {point.name: point for point in entry_points(group=GROUP)}
    found: dict[str, DriverPlugin] = {}
    for name in names:
        if name not in installed:
            raise StartupError(
                f"drivers: {name!r} is not installed; there are {', '.join(sorted(installed))}"
            )
        found[name] = installed[name].load()
    return found


def usable_drivers(names: Iterable[str]) -> dict[str, DriverPlugin]:
    """The named drivers, for working with devices on this host. Raises StartupError for one that
    is not installed, or lacks something."""
    plugins = load_drivers(names)
    for name, plugin in plugins.items():
        try:
            plugin.check_host()
        except DeviceFailure as failure:
            raise StartupError(f"driver {name}: {failure}") from failure
    return plugins


def advisors_of(plugins: Mapping[str, DriverPlugin]) -> dict[str, PlacementAdvisor]:
    """What each driver says in placement."""
    return {name: plugin.advisor for name, plugin in plugins.items()}


def open_drivers(plugins: Mapping[str, DriverPlugin], state: StateDir) -> dict[str, DeviceDriver]:
    """The faces that talk to devices, each with a directory of its own."""
    return {name: plugin.open(state.driver_dir(name)) for name, plugin in plugins.items()}


def provisioners_of(plugins: Mapping[str, DriverPlugin]) -> dict[str, DeviceProvisioner]:
    """The provisioners of those drivers that have one."""
    found = {name: getattr(plugin, "provisioner", None) for name, plugin in plugins.items()}
    return {name: provisioner for name, provisioner in found.items() if provisioner is not None}
