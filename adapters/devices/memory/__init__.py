"""A driver whose devices live in memory: they hold state, answer requests and can fail."""

from adapters.devices.memory.advised import (
    ADVISED,
    AdvisedMemoryAdvisor,
    AdvisedMemoryDriver,
    AdvisedMemoryPlugin,
)
from adapters.devices.memory.advisor import MemoryAdvisor
from adapters.devices.memory.driver import MemoryDriver
from adapters.devices.memory.plugin import PLUGIN, MemoryPlugin
from adapters.devices.memory.provisioner import MemoryProvisioner

__all__ = [
    "ADVISED",
    "PLUGIN",
    "AdvisedMemoryAdvisor",
    "AdvisedMemoryDriver",
    "AdvisedMemoryPlugin",
    "MemoryAdvisor",
    "MemoryDriver",
    "MemoryPlugin",
    "MemoryProvisioner",
]
