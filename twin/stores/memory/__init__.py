"""A store in this process's memory, by what its verbs are about."""

from twin.stores.memory.store import MemoryStore

__all__ = ["MemoryStore"]
