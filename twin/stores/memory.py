"""A store in this process's memory: for tests, evaluation and anything that need not outlive it.

Keeps every law that the others keep, thread-safe under one lock.
"""

import threading
import time
import uuid
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

from twin.stores.base import (
    ACTIONS_MAX,
    EVENTS_MAX,
    FIRST_ID,
    FORECASTS_MAX,
    KPIS_MAX,
    OVERVIEW_CHUNKS,
    REJECTED_MAX,
    Checkpoint,
    Chunk,
    Commit,
    DeskCommit,
    Documents,
    Entry,
    Info,
    Lag,
    Lease,
    LeaseLostError,
    Run,
    Seal,
    Span,
    StaleError,
    WireEntry,
    stream_id,
)
from twin.types import Clock, Event

__all__ = ["MemoryStore"]

T = TypeVar("T")


class _Stream(Generic[T]):
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


class _Partition:
    """One partition's stream, what has been delivered of it, and what the worker keeps."""

    def __init__(self) -> None:
        self.readings: _Stream[list[bytes]] = _Stream()
        self.delivered = FIRST_ID
        self.pending: dict[bytes, str] = {}
        self.lease: Lease | None = None
        self.lease_until = 0.0
        self.last_id = FIRST_ID
        self.meta: dict[str, str] | None = None
        self.state: dict[str, bytearray] = {}
        self.view: dict[str, bytearray] = {}
        self.forecasts: _Stream[bytes] = _Stream(FORECASTS_MAX)
        self.seal: Seal | None = None


class MemoryStore:
    """Store protocol in memory."""

    def __init__(self, partitions: int = 4) -> None:
        self.partitions = partitions
        self._changed = threading.Condition(threading.RLock())
        self._p = [_Partition() for _ in range(partitions)]
        self._events: _Stream[Event] = _Stream(EVENTS_MAX)
        self._rejected: _Stream[dict[str, bytes]] = _Stream(REJECTED_MAX)
        self._kpis: _Stream[bytes] = _Stream(KPIS_MAX)
        self._actions: _Stream[bytes] = _Stream(ACTIONS_MAX)
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

    # --- readings ---------------------------------------------------------------------------
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
            if part.lease is not None and time.monotonic() < part.lease_until:
                return None
            part.lease = Lease(p, f"{owner}:{uuid.uuid4().hex}")
            part.lease_until = time.monotonic() + ttl_ms / 1000
            return part.lease

    def renew(self, lease: Lease, ttl_ms: int) -> None:
        with self._changed:
            self._owned(lease).lease_until = time.monotonic() + ttl_ms / 1000

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

    # --- what the worker keeps ----------------------------------------------------------------
    def commit(self, lease: Lease, commit: Commit) -> None:
        with self._changed:
            part = self._owned(lease)
            part.last_id = commit.last_id
            part.meta = {**(part.meta or {}), **commit.meta}
            _write(part.state, commit.state)
            _write(part.view, commit.view)
            for event in commit.events:
                self._events.add(event)
            for record in commit.forecasts:
                part.forecasts.add(record)
            self._count(commit.counters, commit.rejects)

    def load_checkpoint(self, p: int) -> Checkpoint | None:
        with self._changed:
            part = self._p[p]
            if part.meta is None:
                return None
            state = {c: bytes(data) for c, data in part.state.items()}
            view = {c: bytes(data) for c, data in part.view.items()}
            return Checkpoint(part.last_id, dict(part.meta), state, view)

    def views(self, p: Sequence[int], c: Sequence[str]) -> dict[tuple[int, str], bytes]:
        with self._changed:
            held = {(i, k): self._p[i].view.get(k) for i in p for k in c}
            return {key: bytes(data) for key, data in held.items() if data is not None}

    def forecasts(self, p: int, after: bytes, count: int) -> list[tuple[bytes, bytes]]:
        with self._changed:
            return self._p[p].forecasts.after(after, count)

    # --- history --------------------------------------------------------------------------------
    def seal(
        self,
        lease: Lease,
        seal: Seal,
        chunks: Sequence[Chunk],
        keep_us: int,
        keep_overview_us: int | None = None,
    ) -> None:
        keep = keep_us if keep_overview_us is None else keep_overview_us
        with self._changed:
            part = self._owned(lease)
            for chunk in chunks:
                held = self._chunks[chunk.machine_id]
                held[chunk.number] = chunk._replace(overview=b"")
                for old in [n for n, c in held.items() if c.end < keep_us]:
                    del held[old]
                _summarise(self._overviews[chunk.machine_id], chunk, keep)
            part.seal = seal
            part.readings.trim(seal.last_id)

    def load_seal(self, p: int) -> Seal | None:
        return self._p[p].seal

    def seal_id(self, p: int) -> bytes | None:
        seal = self._p[p].seal
        return None if seal is None else seal.last_id

    def chunks(self, machine_id: str, start: int, end: int) -> list[Chunk]:
        with self._changed:
            held = sorted(self._chunks.get(machine_id, {}).items())
            return [c for _, c in held if c.end >= start and c.start <= end]

    def spans(self, machine_id: str) -> list[Span]:
        with self._changed:
            held = sorted(self._chunks.get(machine_id, {}).items())
            return [Span(n, c.start, c.end) for n, c in held]

    def numbered(self, machine_id: str, wanted: Sequence[Span]) -> list[Chunk]:
        with self._changed:
            held = self._chunks.get(machine_id, {})
            return [held[span.number] for span in wanted if span.number in held]

    def overviews(self, machine_id: str, after: int = -1) -> dict[int, bytes]:
        with self._changed:
            held = sorted(self._overviews.get(machine_id, {}).items())
            return {n: bytes(block) for n, (_, block) in held if n > after}

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

    # --- what people do, and what follows from it -----------------------------------------------
    def add_action(self, text: bytes) -> bytes:
        with self._changed:
            return self._actions.add(text)

    def actions(self, after: bytes, count: int) -> list[tuple[bytes, bytes]]:
        with self._changed:
            return self._actions.after(after, count)

    def documents(self, kind: str) -> dict[str, bytes]:
        with self._changed:
            return dict(self._documents.get(kind, {}))

    def document(self, kind: str, name: str) -> bytes | None:
        with self._changed:
            return self._documents.get(kind, {}).get(name)

    def set_documents(self, kind: str, changes: Documents) -> None:
        with self._changed:
            for name, text in changes.items():
                if text is None:
                    self._documents[kind].pop(name, None)
                else:
                    self._documents[kind][name] = text

    def commit_desk(self, commit: DeskCommit) -> None:
        kind, name, text = commit.expected
        with self._changed:
            if self._documents[kind].get(name) != text:
                raise StaleError(f"{kind}: {name} was written by somebody else meanwhile")
            for changed, documents in commit.documents.items():
                self.set_documents(changed, documents)
            self.add_events(commit.events)
            self.append(commit.entries)

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

    def _owned(self, lease: Lease) -> _Partition:
        part = self._p[lease.partition]
        if part.lease != lease or time.monotonic() >= part.lease_until:
            raise LeaseLostError(f"partition {lease.partition}: lease lost or run out")
        return part

    def _count(self, counters: Mapping[str, int], rejects: Sequence[Mapping[str, bytes]]) -> None:
        for name, n in counters.items():
            self._counters[name] += n
        for reject in rejects:
            self._rejected.add(dict(reject))

    def _tell(self, notice: WireEntry | None) -> None:
        if notice is not None:
            self.append({p: [notice] for p in range(self.partitions)})


def _write(packed: dict[str, bytearray], runs: Sequence[Run]) -> None:
    """SETRANGE and SET: a gap before a run is filled with zeros."""
    for run in runs:
        data = bytes(run.data)
        if run.whole:
            packed[run.class_id] = bytearray(data)
            continue
        held = packed.setdefault(run.class_id, bytearray())
        held.extend(b"\0" * (run.offset - len(held)))
        held[run.offset : run.offset + len(data)] = data


def _summarise(held: dict[int, tuple[int, bytes]], chunk: Chunk, keep_us: int) -> None:
    """Append a chunk's overview to its block (end, records); drop blocks that ended long ago."""
    if chunk.overview:
        block = chunk.number // OVERVIEW_CHUNKS
        _, before = held.get(block, (chunk.end, b""))
        held[block] = chunk.end, before + chunk.overview
    for old in [n for n, (end, _) in held.items() if end < keep_us]:
        del held[old]
