"""The store on a server: beliefs, views and history, written by the owner of a partition."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from twin.stores import keys
from twin.stores.base import (
    FORECASTS_MAX,
    OVERVIEW_CHUNKS,
    Checkpoint,
    Chunk,
    Commit,
    Lease,
    Run,
    Seal,
    Span,
    stream_id,
)
from twin.stores.redis_link import Link, Send, add_capped, add_counts, add_events, pairs

__all__ = ["BeliefVerbs"]

K = TypeVar("K")
CLASS = "class:"
"""Fields of the checkpoint's and the seal's hash that name a class; the rest is meta."""


class BeliefVerbs:
    """What a worker keeps, and what screens read of it."""

    _link: Link
    _known: set[tuple[int, str]]

    def commit(self, lease: Lease, commit: Commit) -> None:
        p = lease.partition

        def fill(send: Send) -> None:
            new = {run.class_id for run in (*commit.state, *commit.view)}
            classes = {CLASS + c: 1 for c in new if (p, c) not in self._known}
            fields = {**commit.meta, **classes, "last_id": commit.last_id}
            send("HSET", keys.checkpoint(p), *flat(fields))
            _write(send, p, keys.state, commit.state)
            _write(send, p, keys.view, commit.view)
            add_events(send, commit.events)
            for record in commit.forecasts:
                add_capped(send, keys.forecast(p), FORECASTS_MAX, b"b", record)
            add_counts(send, commit.counters, commit.rejects)

        self._link.fenced(lease, fill)
        self._known |= {(p, run.class_id) for run in (*commit.state, *commit.view)}

    def load_checkpoint(self, p: int) -> Checkpoint | None:
        held = self._link.hash(keys.checkpoint(p))
        classes = [f.decode().removeprefix(CLASS) for f in held if f.startswith(CLASS.encode())]

        def fill(send: Send) -> None:
            send("HGETALL", keys.checkpoint(p))
            for c in classes:
                send("GET", keys.state(p, c))
                send("GET", keys.view(p, c))

        flat_fields, *packed = self._link.together(fill)
        fields = pairs(flat_fields)
        if b"last_id" not in fields:
            return None
        state = dict(zip(classes, packed[0::2], strict=True))
        view = dict(zip(classes, packed[1::2], strict=True))
        self._known |= {(p, c) for c in classes}
        return Checkpoint(fields[b"last_id"], _meta(fields), _present(state), _present(view))

    def views(self, p: Sequence[int], c: Sequence[str]) -> dict[tuple[int, str], bytes]:
        wanted = [(i, k) for i in p for k in c]
        if not wanted:
            return {}
        found = self._link.call("MGET", *(keys.view(i, k) for i, k in wanted))
        return _present(dict(zip(wanted, found, strict=True)))

    def forecasts(self, p: int, after: bytes, count: int) -> list[tuple[bytes, bytes]]:
        found = self._link.call("XRANGE", keys.forecast(p), b"(" + after, b"+", "COUNT", count)
        return [(i, fields[1]) for i, fields in found]

    # --- history --------------------------------------------------------------------------------
    def seal(
        self,
        lease: Lease,
        seal: Seal,
        chunks: Sequence[Chunk],
        keep_us: int,
        keep_overview_us: int | None = None,
    ) -> None:
        p, machine_ids = lease.partition, [chunk.machine_id for chunk in chunks]
        keep = keep_us if keep_overview_us is None else keep_overview_us
        old = self._ended(machine_ids, keys.chunks, keep_us)
        old_blocks = self._ended(machine_ids, keys.overviews, keep)

        def fill(send: Send) -> None:
            for machine_id, blocks in old_blocks.items():
                send("DEL", *(keys.overview(machine_id, int(n)) for n in blocks))
                send("ZREM", keys.overviews(machine_id), *blocks)
            for chunk in chunks:
                times = chunk.start.to_bytes(8, "little", signed=True)
                send("SET", keys.chunk(chunk.machine_id, chunk.number), times + chunk.blob)
                member = f"{chunk.number}:{chunk.start}"
                send("ZADD", keys.chunks(chunk.machine_id), chunk.end, member)
                _summarise(send, chunk)
            for machine_id, members in old.items():
                send("DEL", *(keys.chunk(machine_id, _number(m)) for m in members))
                send("ZREM", keys.chunks(machine_id), *members)
            state = {CLASS + c: data for c, data in seal.state.items()}
            fields = {**seal.meta, **state, "last_id": seal.last_id}
            send("DEL", keys.seal(p))
            send("HSET", keys.seal(p), *flat(fields))
            ms, seq = stream_id(seal.last_id)
            send("XTRIM", keys.readings(p), "MINID", f"{ms}-{seq + 1}")

        self._link.fenced(lease, fill)

    def load_seal(self, p: int) -> Seal | None:
        fields = self._link.hash(keys.seal(p))
        if b"last_id" not in fields:
            return None
        prefix = CLASS.encode()
        state = {
            name.removeprefix(prefix).decode(): data
            for name, data in fields.items()
            if name.startswith(prefix)
        }
        return Seal(fields[b"last_id"], _meta(fields), state)

    def seal_id(self, p: int) -> bytes | None:
        held: bytes | None = self._link.call("HGET", keys.seal(p), "last_id")
        return held

    def chunks(self, machine_id: str, start: int, end: int) -> list[Chunk]:
        spans = self._spans(machine_id, start)
        return self.numbered(machine_id, [span for span in spans if span.start <= end])

    def spans(self, machine_id: str) -> list[Span]:
        return self._spans(machine_id, "-inf")

    def numbered(self, machine_id: str, wanted: Sequence[Span]) -> list[Chunk]:
        if not wanted:
            return []
        blobs = self._link.call("MGET", *(keys.chunk(machine_id, n) for n, _, _ in wanted))
        return [
            Chunk(machine_id, n, first, last, blob[8:])
            for (n, first, last), blob in zip(wanted, blobs, strict=True)
            if blob is not None
        ]

    def overviews(self, machine_id: str, after: int = -1) -> dict[int, bytes]:
        held = sorted(map(int, self._link.call("ZRANGE", keys.overviews(machine_id), 0, -1)))
        wanted = [n for n in held if n > after]
        if not wanted:
            return {}
        blocks = self._link.call("MGET", *(keys.overview(machine_id, n) for n in wanted))
        return _present(dict(zip(wanted, blocks, strict=True)))

    def _spans(self, machine_id: str, start: int | str) -> list[Span]:
        found = self._link.call(
            "ZRANGEBYSCORE", keys.chunks(machine_id), start, "+inf", "WITHSCORES"
        )
        pairs = zip(found[0::2], found[1::2], strict=True)
        return sorted(Span(_number(m), _start(m), int(end)) for m, end in pairs)

    def _ended(
        self, machine_ids: Sequence[str], key: Callable[[str], str], keep_us: int
    ) -> dict[str, list[bytes]]:
        """Members of machines' sorted sets that end before keep_us."""

        def fill(send: Send) -> None:
            for machine_id in machine_ids:
                send("ZRANGEBYSCORE", key(machine_id), "-inf", f"({keep_us}")

        found = self._link.together(fill)
        return {m: members for m, members in zip(machine_ids, found, strict=True) if members}


def _summarise(send: Send, chunk: Chunk) -> None:
    """Append a chunk's overview to its block; the block ends where its newest chunk does."""
    if chunk.overview:
        block = chunk.number // OVERVIEW_CHUNKS
        send("APPEND", keys.overview(chunk.machine_id, block), chunk.overview)
        send("ZADD", keys.overviews(chunk.machine_id), chunk.end, block)


def _write(send: Send, p: int, key: Callable[[int, str], str], runs: Sequence[Run]) -> None:
    for run in runs:
        if run.whole:
            send("SET", key(p, run.class_id), run.data)
        else:
            send("SETRANGE", key(p, run.class_id), run.offset, run.data)


def flat(fields: Mapping[str, Any]) -> list[Any]:
    """A dictionary as name, value, name, value, …"""
    return [part for pair in fields.items() for part in pair]


def _meta(fields: Mapping[bytes, bytes]) -> dict[str, str]:
    own = (CLASS.encode(), b"last_id")
    return {k.decode(): v.decode() for k, v in fields.items() if not k.startswith(own)}


def _present(held: Mapping[K, bytes | None]) -> dict[K, bytes]:
    return {key: data for key, data in held.items() if data is not None}


def _number(member: bytes) -> int:
    return int(member.partition(b":")[0])


def _start(member: bytes) -> int:
    return int(member.partition(b":")[2])
