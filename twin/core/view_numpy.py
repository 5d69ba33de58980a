"""View rows: where their fields are for the compiled kernel, and how numpy fills them."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import twin.core.layout as lay
from twin.core.kernel_numpy import Round
from twin.core.readings_numpy import span_of
from twin.core.rows import HEADER_WORDS
from twin.core.statespace import Trend
from twin.core.step_numpy import bit_sets, cells
from twin.core.view import NEVER, view_dtype

__all__ = ["ViewAt", "new_view", "view_at", "write_judgement", "write_prior", "write_round"]

Array = NDArray[np.float64]
Slots = NDArray[np.int64]


COPIED = {
    "n_applied": lay.N_APPLIED,
    "n_late": lay.N_LATE,
    "n_gated": lay.N_GATED,
    "bad": lay.BAD,
    "beyond": lay.BEYOND,
}


class ViewAt(NamedTuple):
    """Where fields of a view row begin: in 8-byte words time, born and seen, in 4-byte the rest."""

    n_lanes: int
    time: int
    born: int
    seen: int
    n_applied: int
    n_late: int
    n_gated: int
    quality: int
    missing: int
    bad: int
    changed: int
    beyond: int
    nis: int
    health: int
    value: int
    level: int
    slope: int
    sd: int
    spread: int
    innovation: int


@lru_cache(maxsize=64)
def view_at(n_sensors: int, n_inputs: int) -> NDArray[np.int64]:
    """Where the fields of a view row begin, in words, in the order of ViewAt."""
    fields: Mapping[str, Any] = view_dtype(n_sensors, n_inputs).fields or {}
    wide = ("time", "born", "seen")
    starts = [fields[n][1] // (8 if n in wide else 4) for n in ViewAt._fields[1:]]
    return np.array([n_sensors + n_inputs, *starts], dtype=np.int64)


@lru_cache(maxsize=64)
def _places(n_sensors: int, n_inputs: int) -> ViewAt:
    return ViewAt(*view_at(n_sensors, n_inputs).tolist())


def new_view(trend: Trend, n: int) -> NDArray[np.void]:
    """View rows of n machines that have sent nothing."""
    view = np.zeros(n, dtype=view_dtype(trend.n_sensors, trend.n_inputs))
    for name in view.dtype.names or ():
        if view.dtype[name].base.kind == "f":
            view[name] = np.nan
    view["time"] = view["born"] = view["seen"] = NEVER
    view["driver"] = -1
    view["nis"] = view["health"] = 1.0
    return view


def write_round(
    trend: Trend,
    view: NDArray[np.void],
    done: Round,
    u: NDArray[np.uint32],
    f: NDArray[np.float32],
) -> None:
    """Readings and estimates of the machines of a round, in the plant's unit."""
    m, at = trend.n_sensors, _places(trend.n_sensors, trend.n_inputs)
    span = span_of(done.slots)
    wide, bits, narrow = _words(view)
    wide[span, at.time], bits[span, at.quality] = done.time, u[done.rows, 1]
    value = cells(f, HEADER_WORDS, at.n_lanes)[done.rows].copy().view(np.float32)
    machine, lane = done.machine, done.sensor
    if trend.n_inputs:
        machine, lane = np.nonzero(np.isnan(value))
    bits[span, at.missing] = bit_sets(machine, lane, len(done.slots))
    seen = np.repeat(done.time, at.n_lanes).reshape(-1, at.n_lanes)
    absent = machine * at.n_lanes + lane
    value.reshape(-1)[absent] = _old(narrow, done.slots[machine], at.value + lane)
    seen.reshape(-1)[absent] = _old(wide, done.slots[machine], at.seen + lane)
    cells(narrow, at.value, at.n_lanes)[span] = cells(value, 0, at.n_lanes)
    cells(wide, at.seen, at.n_lanes)[span] = cells(seen, 0, at.n_lanes)

    shown, lanes = _shown(done), trend.layout.lanes
    old = _old(narrow, done.slots[done.machine], at.innovation + done.sensor)
    shown[4][done.machine * lanes + done.sensor] = old
    fields = cells(shown.reshape(-1, lanes), 0, m).reshape(5, -1)
    cells(narrow, at.level, m, 5)[span] = fields.T


def _old(words: NDArray[Any], rows: Slots, columns: Slots) -> NDArray[Any]:
    return np.asarray(words.reshape(-1)[rows * words.shape[1] + columns])


def _words(
    view: NDArray[np.void],
) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.float32]]:
    n = len(view)
    bits = view.view("<u4").reshape(n, -1)
    return view.view("<i8").reshape(n, -1), bits, bits.view("<f4")


def _shown(done: Round) -> NDArray[np.float32]:
    """Level, slope, sd, spread and innovation, as they follow each other in a row, each flat."""
    shown = np.empty((5, len(done.innovation)), dtype=np.float32)
    tile, (level, slope, p11) = done.tile, done.belief
    scale, r = _narrow(tile.scale), _narrow(tile.r)
    level = level * tile.scale
    level += tile.base
    shown[0], shown[1], shown[2], shown[4] = level, slope, p11, done.variance
    np.add(shown[2], r, out=shown[3])
    np.sqrt(shown[2:], out=shown[2:])
    shown[1:4] *= scale
    np.divide(done.innovation.astype(np.float32), shown[4], out=shown[4])
    return shown


def _narrow(tile: float | Array) -> float | NDArray[np.float32]:
    return tile.astype(np.float32) if isinstance(tile, np.ndarray) else tile


def write_prior(trend: Trend, state: Array, view: NDArray[np.void], slots: Slots) -> None:
    """After a reset: the prior, without an innovation."""
    if not len(slots):
        return
    regime = np.maximum(state.view(np.int64)[slots, lay.REGIME], 0)
    scale, p11 = trend.scale[regime], trend.layout.block(state, lay.P11)[slots]
    view["level"][slots] = trend.offset[regime]
    view["slope"][slots] = 0.0
    view["sd"][slots] = np.sqrt(p11.astype(np.float32)) * scale
    view["spread"][slots] = np.sqrt((p11 + trend.r).astype(np.float32)) * scale
    view["innovation"][slots] = np.nan


def write_judgement(state: Array, view: NDArray[np.void], slots: Slots) -> None:
    """Counts, judgements and health."""
    span, (wide, bits, narrow) = span_of(slots), _words(view)
    place, head = _starts(view.dtype), state.view(np.int64)[span]
    wide[span, place["born"] // 8] = head[:, lay.BORN]
    for name, word in COPIED.items():
        bits[span, place[name] // 4] = head[:, word]
    bits[span, place["changed"] // 4] = head[:, lay.CHANGED] > 0
    narrow[span, place["nis"] // 4] = state[span, lay.NIS]
    narrow[span, place["health"] // 4] = state[span, lay.HEALTH]


@lru_cache(maxsize=64)
def _starts(dtype: np.dtype[np.void]) -> Mapping[str, int]:
    fields: Mapping[str, Any] = dtype.fields or {}
    return {name: field[1] for name, field in fields.items()}
