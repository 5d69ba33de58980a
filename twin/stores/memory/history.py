"""The store in memory: history, sealed by the owner of a partition."""

from collections.abc import Sequence

from twin.stores.base import OVERVIEW_CHUNKS, Chunk, Lease, Seal, Span
from twin.stores.memory.held import Held

__all__ = ["HistoryVerbs"]


class HistoryVerbs(Held):
    """Chunks and overviews of every machine, and up to where they were sealed."""

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


def _summarise(held: dict[int, tuple[int, bytes]], chunk: Chunk, keep_us: int) -> None:
    """Append a chunk's overview to its block (end, records); drop blocks that ended long ago."""
    if chunk.overview:
        block = chunk.number // OVERVIEW_CHUNKS
        _, before = held.get(block, (chunk.end, b""))
        held[block] = chunk.end, before + chunk.overview
    for old in [n for n, (end, _) in held.items() if end < keep_us]:
        del held[old]
