"""What is known of a machine between two times: samples and estimates, or summaries of them.

A narrow window holds every sample and the filter at each; a wide one the lowest and highest of
each piece, and the belief at every chunk. Both come as one kind of table, so that whoever draws
them need not care: a sample is a piece of one row.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.catalogue import Catalogue
from twin.core.rows import RESET, row_dtype
from twin.core.statespace import Trend
from twin.core.trend import new_state, trace
from twin.core.units import carried, to_plant_units
from twin.pipeline.history.archive import Archive, Kept, Piece, Step
from twin.pipeline.history.history import Rows, with_lanes_of_now
from twin.stores.base import Span
from twin.stores.overviewcodec import BELIEF, PIECE

__all__ = ["RAW_MAX", "Beliefs", "Samples", "Window", "filtered", "read_window"]

Array = NDArray[np.float64]
RAW_MAX = 60_000
"""Samples up to which a window is read sample by sample."""


PIECES_MAX = 16_000
"""Pieces up to which each is looked at by itself."""
BELIEFS_MAX = 4000


class Samples(NamedTuple):
    """Pieces by start; times (R,) µs UTC inclusive, values (R, lanes) in the plant's units."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    rows: NDArray[np.int64]
    """Samples in each: 1 for a sample itself."""
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    uncertain: NDArray[np.uint32]
    bad: NDArray[np.uint32]
    gated: NDArray[np.uint32]
    """Sensors whose reading was not believed, a sensor a bit; known of samples alone."""


class Beliefs(NamedTuple):
    """What the twin believed at times (B,): level and sd of a reading (B, m), plant's units."""

    time: NDArray[np.int64]
    level: Array
    sd: Array


class Window(NamedTuple):
    samples: Samples
    beliefs: Beliefs
    is_raw: bool
    """Every sample by itself."""
    n_samples: int


def read_window(
    archive: Archive,
    catalogue: Catalogue,
    trend: Trend | None,
    model_version: int,
    machine_id: str,
    start: int,
    end: int,
    raw_max: int | None = RAW_MAX,
    gap_us: int = 0,
) -> Window:
    """A machine from start to end (µs, inclusive); pieces that reach beyond are whole.

    trend: None where the twin's estimates are not to be had; gap_us: how long a silence is a gap,
    where the widest windows must still show one. Raises KeyError, StoreError.
    """
    records = archive.overview(catalogue, machine_id)
    inside = (records["end"] >= start) & (records["start"] <= end)
    records = records if inside.all() else records[inside]
    sealed = records[records["kind"] == PIECE]
    n_sealed = int(sealed["rows"].sum())
    is_raw = raw_max is None or n_sealed <= raw_max
    held = {span.number for span in archive.spans(catalogue, machine_id)}

    def is_wanted(span: Span) -> bool:
        return is_raw and span.end >= start and span.start <= end

    pieces = archive.pieces(catalogue, machine_id, is_wanted)
    found = filtered(pieces, catalogue, trend, model_version, machine_id, archive.steps)
    older = sealed[~np.isin(sealed["number"], list(held))] if is_raw else sealed
    if len(older) > PIECES_MAX and not is_raw:
        older = archive.coarse(catalogue, machine_id, gap_us)
    samples = _joined(_of_pieces(older), _of_rows(found.rows, found.gated), start, end)
    beliefs = found.beliefs
    if trend is not None:
        told = records[(records["kind"] == BELIEF) & (records["model_version"] == model_version)]
        told = told[told["lane_version"] == catalogue.lane_version(_class(catalogue, machine_id))]
        told = told[~np.isin(told["number"], list(held))] if is_raw else told
        told = told[:: max(1, len(told) // BELIEFS_MAX)]
        beliefs = _by_time(_of_records(trend, told), beliefs, start, end)
    return Window(samples, beliefs, is_raw and not len(older), int(samples.rows.sum()))


class Filtered(NamedTuple):
    """Rows (R,) by time without resets, the beliefs at them, and what was not believed (R,)."""

    rows: Rows
    beliefs: Beliefs
    gated: NDArray[np.uint32]


def filtered(
    pieces: list[Piece],
    catalogue: Catalogue,
    trend: Trend | None,
    model_version: int,
    machine_id: str,
    steps: Kept[Step] | None = None,
) -> Filtered:
    """Run the filter over pieces as `history.estimate` does, each from its belief if it has one.

    steps: where runs over sealed pieces are kept for the next time.
    """
    class_id = _class(catalogue, machine_id)
    lanes = catalogue.lane_version(class_id)
    state = None if trend is None else new_state(trend, np.zeros(1, np.int64))
    rows: list[Rows] = [np.zeros(0, _dtype(catalogue, class_id))]
    traces: list[Step] = []
    for key, data in pieces:
        own = with_lanes_of_now(catalogue, class_id, data.lane_version, data.rows).copy()
        own["slot"] &= RESET
        rows.append(own)
        if trend is None or state is None:
            continue
        version = data.model_version, data.lane_version
        is_known = len(data.belief) == state.shape[1] and version == (model_version, lanes)
        kept = steps.get((key, trend)) if steps and key and is_known else None
        if kept is None:
            state = data.belief.reshape(1, -1).copy() if is_known else state
            found = trace(trend, state, own)
            kept = Step(found.level, found.p11, found.gated, state.copy())
            if steps and key and is_known:
                steps.put((key, trend), kept, sum(column.nbytes for column in kept))
        state = kept.state.copy()
        traces.append(kept)
    return _in_order(np.concatenate(rows), traces, trend)


def _in_order(rows: Rows, traces: list[Step], trend: Trend | None) -> Filtered:
    kept = np.flatnonzero(rows["slot"] == 0)
    kept = kept[np.argsort(rows["time"][kept], kind="stable")]
    rows = rows[kept]
    if trend is None or not traces:
        none = np.zeros((0, 0 if trend is None else trend.n_sensors))
        return Filtered(rows, Beliefs(np.zeros(0, np.int64), none, none), np.zeros(len(rows), "u4"))
    level, p11, gated = (
        np.concatenate([getattr(t, name) for t in traces])[kept]
        for name in ("level", "p11", "gated")
    )
    u = carried(rows["value"][:, trend.n_sensors :].astype(np.float64))
    mean, sd = to_plant_units(trend, u, level, np.sqrt(p11 + trend.r))
    return Filtered(rows, Beliefs(rows["time"].copy(), mean, sd), gated)


def _of_rows(rows: Rows, gated: NDArray[np.uint32]) -> Samples:
    value = rows["value"]
    bits = np.uint32(1) << np.arange(value.shape[1], dtype=np.uint32)
    missing = (np.isnan(value) * bits).sum(axis=1, dtype=np.uint32)
    uncertain, bad = rows["quality"] & ~missing, rows["quality"] & missing
    one = np.ones(len(rows), np.int64)
    return Samples(rows["time"], rows["time"], one, value, value, uncertain, bad, gated)


def _of_pieces(records: NDArray[np.void]) -> Samples:
    r, none = records, np.zeros(len(records), np.uint32)
    counts = r["rows"].astype(np.int64)
    bounds = r["start"], r["end"], counts, r["low"], r["high"]
    return Samples(*bounds, r["uncertain"], r["bad"], none)


def _joined(a: Samples, b: Samples, start: int, end: int) -> Samples:
    """Both by start, without what lies outside."""
    return Samples(*_merged(a, b, start, end, ends=1))


def _of_records(trend: Trend, records: NDArray[np.void]) -> Beliefs:
    m = trend.n_sensors
    level, u = records["low"][:, :m].astype(np.float64), records["low"][:, m:].astype(np.float64)
    sd = np.sqrt(records["high"][:, :m].astype(np.float64) + trend.r)
    return Beliefs(records["start"].copy(), *to_plant_units(trend, u, level, sd))


def _by_time(a: Beliefs, b: Beliefs, start: int, end: int) -> Beliefs:
    return Beliefs(*_merged(a, b, start, end, ends=0))


def _merged(a: Any, b: Any, start: int, end: int, ends: int) -> list[Any]:
    """Columns of both, sorted by the first, of what lies between times; `ends`: which says until
    when a row lasts."""
    both: list[Any] = [np.concatenate(pair) for pair in zip(a, b, strict=True)]
    inside = np.flatnonzero((both[ends] >= start) & (both[0] <= end))
    order = inside[np.argsort(both[0][inside], kind="stable")]
    return [column[order] for column in both]


def _class(catalogue: Catalogue, machine_id: str) -> str:
    return catalogue.slot(machine_id).class_id


def _dtype(catalogue: Catalogue, class_id: str) -> np.dtype[np.void]:
    return row_dtype(len(catalogue.lanes(class_id).ids))
