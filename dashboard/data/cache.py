"""What the web tier works out, worked out once for all readers of all its processes.

Kept in the store's server for seconds, apart from everything that the twin remembers; with the
memory store, in this process. A lock is asked once more when it is held, so that twenty readers
who open one page at once cost one computation. Keys name what was computed, never who asked.
"""

import threading
from collections.abc import Callable
from typing import Any, TypeVar
from zlib import crc32

import redis
from flask_caching.backends import RedisCache, SimpleCache

__all__ = ["Computed"]

T = TypeVar("T")
PREFIX = "cache:"
N_LOCKS = 64
ENTRIES_MAX = 500


class Computed:
    """Values by key, each for some seconds; url: the store's server, "" for this process alone."""

    def __init__(self, url: str = "") -> None:
        self._kept: Any = SimpleCache(threshold=ENTRIES_MAX)
        if url:
            self._kept = RedisCache(redis.Redis.from_url(url), key_prefix=PREFIX)
        self._locks = [threading.Lock() for _ in range(N_LOCKS)]

    def get(self, key: str, seconds: int, make: Callable[[], T]) -> T:
        """The value kept under the key, or else made now and kept so long. None is a value.

        A server that does not answer costs the saving, not the answer.
        """
        found = self._read(key)
        if found is None:
            with self._locks[crc32(key.encode()) % N_LOCKS]:
                found = self._read(key)
                if found is None:
                    found = (make(),)
                    self._write(key, found, seconds)
        value: T = found[0]
        return value

    def _read(self, key: str) -> Any:
        try:
            return self._kept.get(key)
        except redis.RedisError:
            return None

    def _write(self, key: str, found: Any, seconds: int) -> None:
        try:
            self._kept.set(key, found, timeout=seconds)
        except redis.RedisError:
            return
