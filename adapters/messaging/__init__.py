"""The ways between server and agents."""

from adapters.messaging.in_process import InProcessBus

__all__ = ["InProcessBus"]
