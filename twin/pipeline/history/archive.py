"""Histories of machines as one looks at them: read and decoded once, kept for a while.

The rows of a window and the filter at each are those of `history.estimate`; what is kept here is
chunks that were decoded and filtered, and overviews, which never change once sealed.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from twin.catalogue import Catalogue
from twin.pipeline.history.tailcache import TailCache
from twin.stores.base import OVERVIEW_CHUNKS, Span, Store
from twin.stores.chunkcodec import ChunkData, decode_chunk
from twin.stores.overviewcodec import PIECE, coarser, overview_dtype, read_overview, summarise

__all__ = ["Archive", "Kept", "Piece", "Step"]

T = TypeVar("T")
CHUNKS_BYTES = 96 << 20
STEPS_BYTES = 64 << 20
OVERVIEWS_BYTES = 64 << 20
COARSE_BYTES = 16 << 20
ATTEMPTS = 5
READ_CHUNKS = 256
"""Chunks asked for at once."""


class Kept(Generic[T]):
    """Values by key up to so many bytes; the one used least recently is forgotten first."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max, self.n_bytes = bytes_max, 0
        self._held: OrderedDict[object, tuple[T, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: object) -> T | None:
        with self._lock:
            found = self._held.get(key)
            if found is None:
                return None
            self._held.move_to_end(key)
            return found[0]

    def put(self, key: object, value: T, n_bytes: int) -> None:
        with self._lock:
            _, before = self._held.pop(key, (None, 0))
            self._held[key] = value, n_bytes
            self.n_bytes += n_bytes - before
            while self.n_bytes > self._bytes_max and len(self._held) > 1:
                _, (_, size) = self._held.popitem(last=False)
                self.n_bytes -= size


class Piece(NamedTuple):
    """Rows that follow upon a belief; key: of a sealed one, None for the stream's."""

    key: tuple[str, int] | None
    data: ChunkData


class Step(NamedTuple):
    """The filter over one piece: level and variance (R, m), what it gated, and where it ended."""

    level: NDArray[np.float64]
    p11: NDArray[np.float64]
    gated: NDArray[np.uint32]
    state: NDArray[np.float64]


class _Overview(NamedTuple):
    """What is known of a machine's sealed past; valid as of a seal."""

    seal_id: bytes | None
    spans: list[Span]
    blocks: dict[int, NDArray[np.void]]
    made: dict[int, NDArray[np.void]]
    """Of chunks that were sealed without an overview, by number."""
    joined: NDArray[np.void]
    """Blocks and what was made, one after the other."""


class Archive:
    """Reads of one store; safe to share between threads. Memory is bounded."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._tails = TailCache(store)
        self._chunks: Kept[ChunkData] = Kept(CHUNKS_BYTES)
        self.steps: Kept[Step] = Kept(STEPS_BYTES)
        self._coarse: Kept[tuple[object, NDArray[np.void]]] = Kept(COARSE_BYTES)
        self._overviews: Kept[_Overview] = Kept(OVERVIEWS_BYTES)

    def spans(self, catalogue: Catalogue, machine_id: str) -> list[Span]:
        """Times of the chunks that are held of a machine, by number."""
        return self._overview(catalogue, machine_id).spans

    def overview(self, catalogue: Catalogue, machine_id: str) -> NDArray[np.void]:
        """Records of all that is sealed, in the order of sealing, with the lanes of now."""
        return self._overview(catalogue, machine_id).joined

    def coarse(self, catalogue: Catalogue, machine_id: str, gap_us: int) -> NDArray[np.void]:
        """Pieces of all that is sealed, by start, joined where no gap is between them."""
        known = self._overview(catalogue, machine_id)
        key = (*_key(catalogue, machine_id), gap_us)
        held = self._coarse.get(key)
        if held is None or held[0] is not known.joined:
            pieces = known.joined[known.joined["kind"] == PIECE]
            pieces = pieces[np.argsort(pieces["start"], kind="stable")]
            held = known.joined, coarser(pieces, gap_us)
            self._coarse.put(key, held, held[1].nbytes)
        return held[1]

    def pieces(
        self, catalogue: Catalogue, machine_id: str, wanted: Callable[[Span], bool]
    ) -> list[Piece]:
        """Sealed pieces whose span is wanted, by number, then what lies in the stream."""
        place = catalogue.slot(machine_id)
        p = place.slot % self.store.partitions
        for _ in range(ATTEMPTS):
            spans = [span for span in self.spans(catalogue, machine_id) if wanted(span)]
            sealed = self._sealed(machine_id, spans)
            tail = self._tails.pieces(catalogue, place)
            known = self._overviews.get(_key(catalogue, machine_id))
            if known is not None and known.seal_id == self.store.seal_id(p):
                break  # else sealed meanwhile: what left the stream is in a chunk by now
        return sealed + [Piece(None, data) for data in tail]

    def _sealed(self, machine_id: str, spans: Sequence[Span]) -> list[Piece]:
        keys = [(machine_id, span.number) for span in spans]
        found: dict[tuple[str, int], ChunkData | None] = {k: self._chunks.get(k) for k in keys}
        missing = [span for span in spans if found[machine_id, span.number] is None]
        for start in range(0, len(missing), READ_CHUNKS):
            for chunk in self.store.numbered(machine_id, missing[start : start + READ_CHUNKS]):
                data = decode_chunk(chunk.blob)
                found[machine_id, chunk.number] = data
                size = data.rows.nbytes + data.belief.nbytes
                self._chunks.put((machine_id, chunk.number), data, size)
        present = ((key, found[key]) for key in keys)
        return [Piece(key, data) for key, data in present if data is not None]

    def _overview(self, catalogue: Catalogue, machine_id: str) -> _Overview:
        place = catalogue.slot(machine_id)
        sealed = self.store.seal_id(place.slot % self.store.partitions)
        known = self._overviews.get(_key(catalogue, machine_id))
        if known is not None and known.seal_id == sealed:
            return known
        blocks = dict(known.blocks) if known else {}
        last = max(blocks, default=0)
        for number, blob in self.store.overviews(machine_id, last - 1).items():
            records = [_of_now(catalogue, place.class_id, r) for r in read_overview(blob)]
            blocks[number] = np.concatenate(records)
        spans = self.store.spans(machine_id)
        made = self._made(catalogue, machine_id, spans, blocks, known.made if known else {})
        n_lanes = len(catalogue.lanes(place.class_id).ids)
        new = _Overview(sealed, spans, blocks, made, _joined(n_lanes, blocks, made))
        self._overviews.put(
            _key(catalogue, machine_id), new, 2 * new.joined.nbytes + 100 * len(spans)
        )
        return new

    def _made(
        self,
        catalogue: Catalogue,
        machine_id: str,
        spans: Sequence[Span],
        blocks: dict[int, NDArray[np.void]],
        before: dict[int, NDArray[np.void]],
    ) -> dict[int, NDArray[np.void]]:
        """Overviews of the chunks that were sealed without."""
        told = {int(n) for records in blocks.values() for n in np.unique(records["number"])}
        bare = [span for span in spans if span.number not in told]
        made = {span.number: before[span.number] for span in bare if span.number in before}
        class_id = catalogue.slot(machine_id).class_id
        for piece in self._sealed(machine_id, [s for s in bare if s.number not in made]):
            number = piece.key[1] if piece.key else 0
            for records in read_overview(summarise(number, piece.data)):
                made[number] = _of_now(catalogue, class_id, records)
        return made


def _key(catalogue: Catalogue, machine_id: str) -> tuple[str, int]:
    """Overviews are kept with the lanes of now."""
    return machine_id, catalogue.lane_version(catalogue.slot(machine_id).class_id)


def _joined(
    n_lanes: int, blocks: dict[int, NDArray[np.void]], made: dict[int, NDArray[np.void]]
) -> NDArray[np.void]:
    parts = [*blocks.items(), *((n // OVERVIEW_CHUNKS, records) for n, records in made.items())]
    parts.sort(key=lambda part: part[0])
    return np.concatenate([np.zeros(0, overview_dtype(n_lanes)), *(r for _, r in parts)])


def _of_now(catalogue: Catalogue, class_id: str, records: NDArray[np.void]) -> NDArray[np.void]:
    """Records of a lane list with the lanes of now; the same where that is theirs."""
    n_lanes = len(catalogue.lanes(class_id).ids)
    now = catalogue.lane_version(class_id)
    if (records["lane_version"] == now).all():
        return records
    out = np.zeros(len(records), overview_dtype(n_lanes))
    for name in ("number", "rows", "kind", "lane_version", "model_version", "start", "end"):
        out[name] = records[name]
    out["lanes"], out["low"], out["high"] = n_lanes, np.nan, np.nan
    for version in np.unique(records["lane_version"]).tolist():
        own = records["lane_version"] == version
        for lane, old in enumerate(catalogue.remap(class_id, version)):
            if old >= 0:
                out["low"][own, lane] = records["low"][own, old]
                out["high"][own, lane] = records["high"][own, old]
                for name in ("uncertain", "bad"):
                    out[name][own] |= ((records[name][own] >> old) & 1) << lane
    return out
