"""Which agent this is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AgentIdentity:
    """An agent's stable id, the host it runs on and the version of its code; its group, and the
    zones whose devices it can reach (none: all); seconds between two of its hellos."""

    id: str
    host: str
    version: str
    group: str = "default"
    zones: tuple[str, ...] = ()
    heartbeat: float = 2.0
