"""The store on a server: history, sealed by the owner of a partition."""

from collections.abc import Callable, Sequence

from twin.stores import keys
from twin.stores.base import OVERVIEW_CHUNKS, Chunk, Lease, Seal, Span, stream_id
from twin.stores.redis.fields import CLASS, flat, meta_of, present
from twin.stores.redis.link import Link, Send

__all__ = ["HistoryVerbs"]


class HistoryVerbs:
    """Chunks and overviews of every machine, and up to where they were sealed."""

    _link: Link

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
        return Seal(fields[b"last_id"], meta_of(fields), state)

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
        return present(dict(zip(wanted, blocks, strict=True)))

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


def _number(member: bytes) -> int:
    return int(member.partition(b":")[0])


def _start(member: bytes) -> int:
    return int(member.partition(b":")[2])
