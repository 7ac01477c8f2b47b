"""A driver whose devices live in memory: they hold state, answer requests and can fail."""

from adapters.devices.memory.advisor import MemoryAdvisor
from adapters.devices.memory.driver import MemoryDriver
from adapters.devices.memory.plugin import PLUGIN, MemoryPlugin

__all__ = ["PLUGIN", "MemoryAdvisor", "MemoryDriver", "MemoryPlugin"]
