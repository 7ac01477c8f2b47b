"""Which agent this is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AgentIdentity:
    """An agent's stable id, the host it runs on and the version of its code."""

    id: str
    host: str
    version: str
