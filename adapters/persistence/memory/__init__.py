"""A store in memory: for tests, demonstrations and deployments that keep nothing."""

from adapters.persistence.memory.unit_of_work import MemoryStore

__all__ = ["MemoryStore"]
