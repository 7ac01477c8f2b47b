"""Agents as the operator sees them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A process that runs device drivers, as its last hello described it."""

    id: str
    host: str
    version: str
    drivers: tuple[str, ...]
    devices: tuple[str, ...]
    backlog: int
    started_at: float
    seen_at: float
