"""The store in memory: partitions' streams, their leases and readers."""

import time
import uuid
from collections.abc import Mapping, Sequence

from twin.stores.base import Entry, Lag, Lease, WireEntry, stream_id
from twin.stores.memory.held import Held
from twin.types import Event

__all__ = ["StreamVerbs"]


class StreamVerbs(Held):
    """What sources and workers do with readings."""

    def append(
        self,
        entries: Mapping[int, Sequence[WireEntry]],
        position: tuple[str, bytes] | None = None,
        counters: Mapping[str, int] | None = None,
        rejects: Sequence[Mapping[str, bytes]] = (),
        events: Sequence[Event] = (),
        state: bytes | None = None,
    ) -> None:
        with self._changed:
            for p, batch in entries.items():
                for entry in batch:
                    self._p[p].readings.add([bytes(part) for part in entry])
            for event in events:
                self._events.add(event)
            if position is not None:
                self._positions[position[0]] = bytes(position[1])
                if state is not None:
                    self._positions[f"{position[0]}.state"] = bytes(state)
            self._count(counters or {}, rejects)
            self._changed.notify_all()

    def position(self, source_id: str) -> bytes | None:
        return self._positions.get(source_id)

    def lease(self, p: int, owner: str, ttl_ms: int) -> Lease | None:
        with self._changed:
            part = self._p[p]
            if part.lease is not None and self._clock_s() < part.lease_until:
                return None
            part.lease = Lease(p, f"{owner}:{uuid.uuid4().hex}")
            part.lease_until = self._clock_s() + ttl_ms / 1000
            return part.lease

    def renew(self, lease: Lease, ttl_ms: int) -> None:
        with self._changed:
            self._owned(lease).lease_until = self._clock_s() + ttl_ms / 1000

    def release(self, lease: Lease) -> None:
        with self._changed:
            part = self._p[lease.partition]
            if part.lease == lease:
                part.lease = None

    def claim(self, lease: Lease, consumer: str) -> int:
        with self._changed:
            pending = self._owned(lease).pending
            dead = [i for i, peer in pending.items() if peer != consumer]
            pending.update(dict.fromkeys(dead, consumer))
            return len(dead)

    def read_pending(self, p: int, consumer: str, after: bytes, count: int) -> list[Entry]:
        with self._changed:
            part = self._p[p]
            mine = [i for i, peer in part.pending.items() if peer == consumer]
            ids = sorted((i for i in mine if stream_id(i) > stream_id(after)), key=stream_id)
            held = dict(part.readings.after(after, len(part.readings.ids)))
            return [(i, held.get(i)) for i in ids[:count]]

    def read_new(self, p: int, consumer: str, count: int, block_ms: int) -> list[Entry]:
        part = self._p[p]
        with self._changed:
            self._changed.wait_for(
                lambda: part.readings.last > stream_id(part.delivered), timeout=block_ms / 1000
            )
            found = part.readings.after(part.delivered, count)
            part.pending.update({i: consumer for i, _ in found})
            if found:
                part.delivered = found[-1][0]
            return list(found)

    def ack(self, p: int, ids: Sequence[bytes]) -> None:
        with self._changed:
            for i in ids:
                self._p[p].pending.pop(i, None)

    def entries(self, p: int, after: bytes, until: bytes | None, count: int) -> list[Entry]:
        with self._changed:
            found = self._p[p].readings.after(after, count)
            last = stream_id(until) if until is not None else None
            return [(i, fields) for i, fields in found if last is None or stream_id(i) <= last]

    def lag(self, p: int) -> Lag:
        with self._changed:
            part = self._p[p]
            behind = part.readings.after(part.last_id, len(part.readings.ids))
            oldest = stream_id(behind[0][0])[0] if behind else 0
            age = max(0, time.time_ns() // 1_000_000 - oldest) if behind else 0
            return Lag(len(behind), len(part.readings.ids), age)
