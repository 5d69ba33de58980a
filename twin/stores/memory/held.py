"""What a store in memory holds: streams, partitions, and all else under one lock."""

import threading
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from twin.stores.base import (
    ACTIONS_MAX,
    EVENTS_MAX,
    FIRST_ID,
    FORECASTS_MAX,
    KPIS_MAX,
    REJECTED_MAX,
    Chunk,
    Lease,
    LeaseLostError,
    Seal,
    stream_id,
)
from twin.types import Clock, Event

__all__ = ["Held", "Partition", "Stream"]

T = TypeVar("T")


class Stream(Generic[T]):
    """Items under rising ids, at most `limit` of them (0: no limit)."""

    def __init__(self, limit: int = 0) -> None:
        self.limit = limit
        self.ids: list[tuple[int, int]] = []
        self.items: list[T] = []
        self.last = (0, 0)

    def add(self, item: T) -> bytes:
        ms = time.time_ns() // 1_000_000
        self.last = (ms, 0) if ms > self.last[0] else (self.last[0], self.last[1] + 1)
        self.ids.append(self.last)
        self.items.append(item)
        if self.limit and len(self.ids) > self.limit:
            del self.ids[: -self.limit], self.items[: -self.limit]
        return b"%d-%d" % self.last

    def after(self, text: bytes, count: int) -> list[tuple[bytes, T]]:
        first = bisect_right(self.ids, stream_id(text))
        return self._slice(first, first + count)

    def newest(self, count: int) -> list[tuple[bytes, T]]:
        return self._slice(max(0, len(self.ids) - count), len(self.ids))[::-1]

    def trim(self, until: bytes) -> None:
        n = bisect_right(self.ids, stream_id(until))
        del self.ids[:n], self.items[:n]

    def _slice(self, first: int, last: int) -> list[tuple[bytes, T]]:
        pairs = zip(self.ids[first:last], self.items[first:last], strict=True)
        return [(b"%d-%d" % i, item) for i, item in pairs]


class Partition:
    """One partition's stream, what has been delivered of it, and what the worker keeps."""

    def __init__(self) -> None:
        self.readings: Stream[list[bytes]] = Stream()
        self.delivered = FIRST_ID
        self.pending: dict[bytes, str] = {}
        self.lease: Lease | None = None
        self.lease_until = 0.0
        self.last_id = FIRST_ID
        self.meta: dict[str, str] | None = None
        self.state: dict[str, bytearray] = {}
        self.view: dict[str, bytearray] = {}
        self.forecasts: Stream[bytes] = Stream(FORECASTS_MAX)
        self.seal: Seal | None = None


class Held:
    """All of one store; what its verbs share."""

    def __init__(self, partitions: int = 4, clock_s: Callable[[], float] = time.monotonic) -> None:
        """clock_s: by which leases run out; one that stands still lets them last for ever."""
        self.partitions = partitions
        self._clock_s = clock_s
        self._changed = threading.Condition(threading.RLock())
        self._p = [Partition() for _ in range(partitions)]
        self._events: Stream[Event] = Stream(EVENTS_MAX)
        self._rejected: Stream[dict[str, bytes]] = Stream(REJECTED_MAX)
        self._kpis: Stream[bytes] = Stream(KPIS_MAX)
        self._actions: Stream[bytes] = Stream(ACTIONS_MAX)
        self._documents: defaultdict[str, dict[str, bytes]] = defaultdict(dict)
        self._counters: defaultdict[str, int] = defaultdict(int)
        self._positions: dict[str, bytes] = {}
        self._chunks: defaultdict[str, dict[int, Chunk]] = defaultdict(dict)
        self._overviews: defaultdict[str, dict[int, tuple[int, bytes]]] = defaultdict(dict)
        self._models: dict[str, bytes] = {}
        self._heartbeats: dict[str, bytes] = {}
        self._clock = Clock(0, 0, 1.0)
        self._catalogue: bytes | None = None
        self._plan: bytes | None = None

    def _owned(self, lease: Lease) -> Partition:
        part = self._p[lease.partition]
        if part.lease != lease or self._clock_s() >= part.lease_until:
            raise LeaseLostError(f"partition {lease.partition}: lease lost or run out")
        return part

    def _count(self, counters: Mapping[str, int], rejects: Sequence[Mapping[str, bytes]]) -> None:
        for name, n in counters.items():
            self._counters[name] += n
        for reject in rejects:
            self._rejected.add(dict(reject))
