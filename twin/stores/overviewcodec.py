"""What is kept of a history chunk for wide views: lowest and highest of each lane, piece by piece.

A piece is up to PIECE_ROWS samples that follow each other without a gap; a record of it takes less
than a tenth of its rows. One more record a chunk holds the twin's belief before it, so that a wide
view can draw the estimate without running the filter. All records of a lane list are of one size:
many chunks' records, joined, are read by one frombuffer.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from twin.core.layout import P11, Layout
from twin.core.rows import RESET
from twin.errors import WireError
from twin.stores.chunkcodec import ChunkData

__all__ = [
    "BELIEF",
    "COARSE",
    "PIECE",
    "PIECE_ROWS",
    "coarser",
    "overview_dtype",
    "read_overview",
    "summarise",
]

PIECE_ROWS = 128
GAP_STEPS = 3.0
"""A step of more than so many times the usual one is a gap: pieces end there."""
GAPS_MAX = 16
"""Gaps that end a piece, a chunk: the longest ones."""
COARSE = 16
"""Pieces joined for the widest views."""
PIECE, BELIEF = 0, 1
"""Kinds of record. BELIEF: low is the level, high its variance, in model units, as of `start`; the
inputs' lanes hold the inputs as of then."""
_LANES_AT = 6


def overview_dtype(n_lanes: int) -> np.dtype[np.void]:
    """One record: 40 + 8·n_lanes bytes, little-endian; times are µs UTC, both inclusive."""
    lanes = (n_lanes,)
    return np.dtype(
        [
            *(("number", "<u4"), ("rows", "<u2"), ("lanes", "u1"), ("kind", "u1")),
            *(("lane_version", "<u4"), ("model_version", "<u4"), ("start", "<i8"), ("end", "<i8")),
            *(("uncertain", "<u4"), ("bad", "<u4"), ("low", "<f4", lanes), ("high", "<f4", lanes)),
        ]
    )


def summarise(number: int, chunk: ChunkData, layout: Layout | None = None) -> bytes:
    """Records of a chunk, by time; layout: that of its belief, None where it has another form.

    Resets are left out, as in every view; a lane without a value in a piece is NaN there.
    """
    rows = chunk.rows[(chunk.rows["slot"] & RESET) == 0]
    rows = rows[np.argsort(rows["time"], kind="stable")]
    if not len(rows):
        return b""
    pieces = _pieces(rows)
    pieces["number"], pieces["lane_version"] = number, chunk.lane_version
    pieces["model_version"] = chunk.model_version
    if layout is not None and layout.width == len(chunk.belief):
        pieces = np.concatenate([_belief(pieces[:1], rows, chunk.belief, layout), pieces])
    return bytes(pieces.tobytes())


def read_overview(blob: bytes) -> Iterator[NDArray[np.void]]:
    """Records in the order of writing, an array a lane list. Raises WireError."""
    at = 0
    while at < len(blob):
        if len(blob) < at + _LANES_AT + 1:
            raise WireError(f"overview: got {len(blob) - at} bytes at the end, want a record")
        dtype = overview_dtype(blob[at + _LANES_AT])
        n = (len(blob) - at) // dtype.itemsize
        if not n:
            raise WireError(f"overview: got {len(blob) - at} bytes, want {dtype.itemsize}")
        records = np.frombuffer(blob, dtype, n, at)
        other = np.flatnonzero(records["lanes"] != records["lanes"][0])
        records = records[: other[0]] if len(other) else records
        at += len(records) * dtype.itemsize
        yield records


def coarser(pieces: NDArray[np.void], gap_us: int) -> NDArray[np.void]:
    """Pieces (n,) by start joined by COARSE, never across a gap of more than gap_us.

    Their numbers are those of the first.
    """
    if not len(pieces):
        return pieces
    gaps = np.flatnonzero(pieces["start"][1:] - pieces["end"][:-1] > gap_us) + 1
    edges = [0, *gaps.tolist(), len(pieces)]
    starts = np.concatenate([np.arange(a, b, COARSE) for a, b in pairwise(edges)])
    out: NDArray[np.void] = pieces[starts]
    out["rows"] = np.add.reduceat(pieces["rows"], starts)
    out["end"] = np.maximum.reduceat(pieces["end"], starts)
    out["low"] = np.fmin.reduceat(pieces["low"], starts, axis=0)
    out["high"] = np.fmax.reduceat(pieces["high"], starts, axis=0)
    for name in ("uncertain", "bad"):
        out[name] = np.bitwise_or.reduceat(pieces[name], starts)
    return out


def _pieces(rows: NDArray[np.void]) -> NDArray[np.void]:
    """Records (n,) of rows (R,) by time; R > 0."""
    starts = _starts(rows["time"])
    ends = np.append(starts[1:], len(rows)) - 1
    value, lanes = rows["value"], rows["value"].shape[1]
    out = np.zeros(len(starts), overview_dtype(lanes))
    out["kind"], out["lanes"], out["rows"] = PIECE, lanes, ends - starts + 1
    out["start"], out["end"] = rows["time"][starts], rows["time"][ends]
    out["low"] = np.fmin.reduceat(value, starts, axis=0)
    out["high"] = np.fmax.reduceat(value, starts, axis=0)
    bits = np.uint32(1) << np.arange(lanes, dtype=np.uint32)
    missing = (np.isnan(value) * bits).sum(axis=1, dtype=np.uint32)
    out["uncertain"] = np.bitwise_or.reduceat(rows["quality"] & ~missing, starts)
    out["bad"] = np.bitwise_or.reduceat(rows["quality"] & missing, starts)
    return out


def _starts(times: NDArray[np.int64]) -> NDArray[np.intp]:
    """Where pieces begin: after the longest gaps, and every PIECE_ROWS samples from there."""
    steps = np.diff(times)
    usual = float(np.median(steps)) if len(steps) else 0.0
    gaps = np.flatnonzero(steps > GAP_STEPS * usual)
    if len(gaps) > GAPS_MAX:
        gaps = np.sort(gaps[np.argsort(steps[gaps], kind="stable")[-GAPS_MAX:]])
    edges = [0, *(gaps + 1).tolist(), len(times)]
    return np.concatenate([np.arange(a, b, PIECE_ROWS) for a, b in pairwise(edges)])


def _belief(
    like: NDArray[np.void], rows: NDArray[np.void], belief: NDArray[np.float64], layout: Layout
) -> NDArray[np.void]:
    out, state, m = like.copy(), belief.reshape(1, -1), layout.n_sensors
    out["kind"], out["rows"], out["uncertain"], out["bad"] = BELIEF, 0, 0, 0
    out["end"] = out["start"]
    out["low"][:, :m], out["high"][:, :m] = layout.level(state), layout.block(state, P11)
    known = layout.inputs(state)[0]
    u = np.where(np.isfinite(known), known, rows["value"][0, m:])
    out["low"][0, m:] = out["high"][0, m:] = u
    return out
