"""A store in this process's memory: for tests, evaluation and anything that need not outlive it.

Keeps every law that the others keep, thread-safe under one lock.
"""

import time
from collections.abc import Sequence

from twin.stores.base import Info, WireEntry
from twin.stores.memory.belief import BeliefVerbs
from twin.stores.memory.desk import DeskVerbs
from twin.stores.memory.history import HistoryVerbs
from twin.types import Clock, Event

__all__ = ["MemoryStore"]


class MemoryStore(BeliefVerbs, HistoryVerbs, DeskVerbs):
    """Store protocol in memory."""

    # --- the plant ------------------------------------------------------------------------------
    def clock(self) -> Clock:
        return self._clock

    def set_clock(self, clock: Clock) -> None:
        self._clock = clock

    def catalogue(self) -> bytes | None:
        return self._catalogue

    def set_catalogue(self, text: bytes, notice: WireEntry | None = None) -> None:
        with self._changed:
            self._catalogue = text
            self._tell(notice)

    def model(self, c: str) -> bytes | None:
        return self._models.get(c)

    def set_model(self, c: str, text: bytes, notice: WireEntry | None = None) -> None:
        with self._changed:
            self._models[c] = text
            self._tell(notice)

    def plan(self) -> bytes | None:
        return self._plan

    def set_plan(self, text: bytes) -> None:
        self._plan = text

    def kpis(self, count: int) -> list[tuple[bytes, bytes]]:
        with self._changed:
            return self._kpis.newest(count)[::-1]

    def add_kpi(self, text: bytes) -> None:
        with self._changed:
            self._kpis.add(text)

    # --- what happened ----------------------------------------------------------------------------
    def add_events(self, events: Sequence[Event]) -> None:
        with self._changed:
            for event in events:
                self._events.add(event)

    def events(self, after: bytes, count: int) -> list[tuple[bytes, Event]]:
        with self._changed:
            return self._events.after(after, count)

    def last_events(self, count: int) -> list[tuple[bytes, Event]]:
        with self._changed:
            return self._events.newest(count)

    def rejected(self, count: int) -> list[tuple[bytes, dict[str, bytes]]]:
        with self._changed:
            return self._rejected.newest(count)

    def counters(self) -> dict[str, int]:
        with self._changed:
            return dict(self._counters)

    def heartbeat(self, part: str, text: bytes) -> None:
        with self._changed:
            self._heartbeats[part] = text

    def heartbeats(self) -> dict[str, bytes]:
        with self._changed:
            return dict(self._heartbeats)

    # --- the store itself -------------------------------------------------------------------------
    def info(self) -> Info:
        with self._changed:
            held = sum(len(b) for part in self._p for f in part.readings.items for b in f)
        return Info("memory", "1", held, 0, False, time.time_ns() // 1000)

    def close(self) -> None:
        """Nothing to give back."""

    def _tell(self, notice: WireEntry | None) -> None:
        if notice is not None:
            self.append({p: [notice] for p in range(self.partitions)})
