"""The store on a server: partitions' streams, their leases and readers."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from twin.stores import keys
from twin.stores.base import FIRST_ID, Entry, Lag, Lease, LeaseLostError, WireEntry, stream_id
from twin.stores.redis.link import Link, Send, add_counts, add_events, pairs
from twin.types import Event

__all__ = ["StreamVerbs"]

GROUP = "twin"
COUNTED_MOST = 5000


class StreamVerbs:
    """What sources and workers do with readings."""

    partitions: int
    _link: Link

    def append(
        self,
        entries: Mapping[int, Sequence[WireEntry]],
        position: tuple[str, bytes] | None = None,
        counters: Mapping[str, int] | None = None,
        rejects: Sequence[Mapping[str, bytes]] = (),
        events: Sequence[Event] = (),
        state: bytes | None = None,
    ) -> None:
        def fill(send: Send) -> None:
            for p, batch in entries.items():
                for entry in batch:
                    send("XADD", keys.readings(p), "*", *entry)
            if position is not None:
                send("SET", keys.source(position[0]), position[1])
                if state is not None:
                    send("SET", keys.source(f"{position[0]}.state"), state)
            add_counts(send, counters or {}, rejects)
            add_events(send, events)

        self._link.together(fill)

    def position(self, source_id: str) -> bytes | None:
        return self._link.get(keys.source(source_id))

    def lease(self, p: int, owner: str, ttl_ms: int) -> Lease | None:
        lease = Lease(p, f"{owner}:{uuid.uuid4().hex}")
        taken = self._link.call("SET", keys.owner(p), lease.token, "NX", "PX", ttl_ms)
        if not taken:
            return None
        self._ensure_group(p)
        return lease

    def renew(self, lease: Lease, ttl_ms: int) -> None:
        owner = keys.owner(lease.partition)
        self._link.fenced(lease, lambda send: send("PEXPIRE", owner, ttl_ms))

    def release(self, lease: Lease) -> None:
        owner = keys.owner(lease.partition)
        try:
            self._link.fenced(lease, lambda send: send("DEL", owner))
        except LeaseLostError:
            return

    def claim(self, lease: Lease, consumer: str) -> int:
        self._link.fenced(lease, lambda send: send("EXISTS", keys.owner(lease.partition)))
        stream, cursor, n = keys.readings(lease.partition), b"0-0", 0
        while True:
            reply = self._link.call(
                "XAUTOCLAIM", stream, GROUP, consumer, 0, cursor, "COUNT", 1000, "JUSTID"
            )
            cursor, n = reply[0], n + len(reply[1])
            if cursor == b"0-0":
                return n

    def read_pending(self, p: int, consumer: str, after: bytes, count: int) -> list[Entry]:
        return self._read(p, consumer, after, ["COUNT", count])

    def read_new(self, p: int, consumer: str, count: int, block_ms: int) -> list[Entry]:
        block = ["BLOCK", block_ms] if block_ms else []
        return self._read(p, consumer, b">", ["COUNT", count, *block])

    def ack(self, p: int, ids: Sequence[bytes]) -> None:
        if ids:
            self._link.call("XACK", keys.readings(p), GROUP, *ids)

    def entries(self, p: int, after: bytes, until: bytes | None, count: int) -> list[Entry]:
        first = b"(" + after
        found = self._link.call("XRANGE", keys.readings(p), first, until or b"+", "COUNT", count)
        return found or []

    def lag(self, p: int) -> Lag:
        applied = self._link.call("HGET", keys.checkpoint(p), "last_id") or FIRST_ID
        stream = keys.readings(p)
        oldest = self._link.call("XRANGE", stream, b"(" + applied, b"+", "COUNT", 1)
        length = int(self._link.call("XLEN", stream))
        if not oldest:
            return Lag(0, length, 0)
        age = self._link.time_us() // 1000 - stream_id(oldest[0][0])[0]
        return Lag(self._behind(p, applied, length), length, max(0, age))

    def _read(self, p: int, consumer: str, after: bytes, options: list[Any]) -> list[Entry]:
        stream = keys.readings(p)
        command = ["XREADGROUP", "GROUP", GROUP, consumer, *options, "STREAMS", stream, after]
        reply = self._link.call(*command)
        return reply[0][1] if reply else []

    def _ensure_group(self, p: int) -> None:
        """The readers' group, from the checkpoint on if a store was restored without it."""
        applied = self._link.call("HGET", keys.checkpoint(p), "last_id") or FIRST_ID
        self._link.create_group(keys.readings(p), GROUP, applied)

    def _behind(self, p: int, applied: bytes, length: int) -> int:
        """Entries after the checkpoint, counted up to a few thousand and else by the length."""
        groups = self._link.call("XINFO", "GROUPS", keys.readings(p))
        facts = [pairs(g) for g in groups]
        lags = [f.get(b"lag") for f in facts if f[b"name"] == GROUP.encode()]
        if not lags or lags[0] is None:  # nobody has read it yet
            return length
        found = self._link.call(
            "XPENDING", keys.readings(p), GROUP, b"(" + applied, "+", COUNTED_MOST
        )
        return len(found) + int(lags[0])
