"""History: what was sealed and what came since, read back with the estimate."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from twin.catalogue import Catalogue, Place
from twin.core.rows import RESET, row_dtype
from twin.core.statespace import Trend
from twin.core.trend import Trace, new_state, trace
from twin.pipeline.history.tail import GOES_ON
from twin.stores.base import FIRST_ID, READ_MAX, Entry, Seal, Store
from twin.stores.chunkcodec import ChunkData, decode_chunk
from twin.stores.codec import Readings, decode

__all__ = [
    "Estimate",
    "Tails",
    "estimate",
    "history",
    "sealed_belief",
    "tail_of",
    "with_lanes_of_now",
]

Rows = NDArray[np.void]


class Estimate(NamedTuple):
    """A machine's rows in source-time order and the filter at each; trace[i] belongs to rows[i]."""

    rows: Rows
    trace: Trace


class Tails(Protocol):
    """Unsealed rows that are kept from one question to the next (`tailcache`)."""

    def pieces(self, catalogue: Catalogue, place: Place) -> list[ChunkData]: ...


def history(
    store: Store,
    catalogue: Catalogue,
    machine_id: str,
    start: int,
    end: int,
    tails: Tails | None = None,
) -> Rows:
    """Rows of a machine with start ≤ source time ≤ end (µs), by time, with the lanes of now.

    Sealed chunks and the stream's tail; late rows are in their place, resets are left out.
    """
    pieces = _pieces(store, catalogue, machine_id, start, end, tails)
    rows = _joined(pieces, catalogue, catalogue.slot(machine_id).class_id)
    inside = (rows["time"] >= start) & (rows["time"] <= end) & ((rows["slot"] & RESET) == 0)
    rows = rows[inside]
    by_time: Rows = rows[np.argsort(rows["time"], kind="stable")]
    return by_time


def estimate(
    store: Store,
    catalogue: Catalogue,
    trend: Trend,
    model_version: int,
    machine_id: str,
    start: int,
    end: int,
    tails: Tails | None = None,
) -> Estimate:
    """What the twin believed from start to end: the rows and, recomputed, the filter at each.

    Pieces that another version of the model filtered begin from the prior or go on from the piece
    before; the rest from the belief that was kept, bit for bit as it was live.
    """
    class_id = catalogue.slot(machine_id).class_id
    lanes = catalogue.lane_version(class_id)
    state = new_state(trend, np.zeros(1, dtype=np.int64))
    rows, traces = [], []
    for piece in _pieces(store, catalogue, machine_id, start, end, tails):
        known = len(piece.belief) == state.shape[1] and piece.model_version == model_version
        if known and piece.lane_version == lanes:
            state = piece.belief.reshape(1, -1).copy()
        own = _joined([piece], catalogue, class_id)
        own["slot"] &= RESET
        traces.append(trace(trend, state, own))
        rows.append(own)
    return _window(rows, traces, trend, start, end)


def _window(rows: list[Rows], traces: list[Trace], trend: Trend, start: int, end: int) -> Estimate:
    if not rows:
        empty = np.zeros(0, dtype=row_dtype(trend.n_sensors + trend.n_inputs))
        return Estimate(empty, trace(trend, new_state(trend, np.zeros(1, np.int64)), empty))
    joined = np.concatenate(rows)
    inside = (joined["time"] >= start) & (joined["time"] <= end) & (joined["slot"] == 0)
    places = np.flatnonzero(inside)
    places = places[np.argsort(joined["time"][places], kind="stable")]
    columns = (np.concatenate(column)[places] for column in zip(*traces, strict=True))
    return Estimate(joined[places], Trace(*columns))


def _pieces(
    store: Store,
    catalogue: Catalogue,
    machine_id: str,
    start: int,
    end: int,
    tails: Tails | None,
) -> list[ChunkData]:
    """Sealed chunks that overlap, then what lies in the stream since the seal."""
    place = catalogue.slot(machine_id)
    p = place.slot % store.partitions
    while True:
        sealed = store.seal_id(p)
        chunks = store.chunks(machine_id, start, end)
        tail = tails.pieces(catalogue, place) if tails else _tail_pieces(store, catalogue, place, p)
        if store.seal_id(p) == sealed:
            return [decode_chunk(chunk.blob) for chunk in chunks] + tail


def _tail_pieces(store: Store, catalogue: Catalogue, place: Place, p: int) -> list[ChunkData]:
    """A machine's rows in the stream, the first with the belief as of the seal."""
    seal = store.load_seal(p)
    belief, model_version = sealed_belief(seal, place, store.partitions)
    found: list[ChunkData] = []
    for part in tail_of(store, catalogue, p, seal.last_id if seal else FIRST_ID):
        if part.class_id != place.class_id:
            continue
        rows = part.rows[(part.rows["slot"] & ~RESET) == place.slot]
        if len(rows):
            version = model_version if not found else GOES_ON
            found.append(ChunkData(part.catalogue_version, version, belief, rows))
    return found


def sealed_belief(
    seal: Seal | None, place: Place, partitions: int
) -> tuple[NDArray[np.float64], int]:
    """Belief (W,) of a machine as of the seal, and the version of the model that held it."""
    c, local = place.class_id, place.slot // partitions
    if seal is None or c not in seal.state:
        return np.zeros(0), GOES_ON
    width = int(seal.meta[f"width:{c}"])
    states = np.frombuffer(seal.state[c]).reshape(-1, width)
    if local >= len(states):
        return np.zeros(0), GOES_ON
    return states[local], int(seal.meta[f"model:{c}"])


def _joined(parts: list[ChunkData], catalogue: Catalogue, class_id: str) -> Rows:
    """Rows of all parts with the lanes of now; a copy."""
    now = row_dtype(len(catalogue.lanes(class_id).ids))
    rows = [with_lanes_of_now(catalogue, class_id, d.lane_version, d.rows) for d in parts]
    return np.concatenate([np.zeros(0, dtype=now), *rows])


def with_lanes_of_now(catalogue: Catalogue, class_id: str, version: int, rows: Rows) -> Rows:
    """Rows of an older lane list with their values and quality where they belong now."""
    if version == catalogue.lane_version(class_id):
        return rows
    places = catalogue.remap(class_id, version)
    out = np.zeros(len(rows), dtype=row_dtype(len(places)))
    out["slot"], out["time"], out["value"] = rows["slot"], rows["time"], np.nan
    for lane, old in enumerate(places):
        if old >= 0:
            out["value"][:, lane] = rows["value"][:, old]
            out["quality"] |= ((rows["quality"] >> old) & 1) << lane
    return out


def tail_of(
    store: Store, catalogue: Catalogue, p: int, after: bytes, until: bytes | None = None
) -> Iterator[Readings]:
    """Readings that lie in a partition's stream after an id, in order."""

    def n_lanes(class_id: str, version: int) -> int | None:
        try:
            return len(catalogue.lanes(class_id, version).ids)
        except KeyError:
            return None

    while True:
        entries: list[Entry] = store.entries(p, after, until, READ_MAX)
        if not entries:
            return
        batch = decode(entries, n_lanes, after)
        yield from (part for part in batch.parts if isinstance(part, Readings))
        after = batch.last_id
