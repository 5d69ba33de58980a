"""View rows: where their fields are for the compiled kernel, and how numpy fills them."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import twin.core.layout as lay
from twin.core.kernel_numpy import Round, span_of
from twin.core.rows import HEADER_WORDS
from twin.core.statespace import Trend
from twin.core.view import NEVER, view_dtype

__all__ = ["ViewAt", "new_view", "view_at", "write_judgement", "write_prior", "write_round"]

Array = NDArray[np.float64]
Slots = NDArray[np.int64]


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
    state: Array,
    view: NDArray[np.void],
    done: Round,
    u: NDArray[np.uint32],
    f: NDArray[np.float32],
) -> None:
    """Readings and estimates of the machines of a round, in the plant's unit."""
    span = span_of(done.slots)
    time = state.view(np.int64)[span, lay.TIME]
    view["time"][span] = time
    view["quality"][span] = u[span_of(done.rows), 1]
    lanes = f[span_of(done.rows), HEADER_WORDS:]
    here = ~np.isnan(lanes)
    lane_bits = 1 << np.arange(lanes.shape[1], dtype=np.int64)
    view["missing"][span] = (~here * lane_bits).sum(axis=1)
    for name, value, mask in (("value", lanes, here), ("seen", time[:, None], here)):
        if isinstance(span, slice):
            np.copyto(view[name][span], value, where=mask)
        else:
            view[name][span] = np.where(mask, value, view[name][span])
    # level, slope, sd, spread and innovation follow each other in a row: one store for all five
    m, at = trend.n_sensors, view_at(trend.n_sensors, trend.n_inputs)[ViewAt._fields.index("level")]
    words = view.view("<f4").reshape(len(view), -1)[:, at : at + 5 * m]
    shown = np.empty((5 * m, len(done.slots)), dtype=np.float32)
    p11 = done.belief[lay.P11]
    shown[:m] = done.belief[lay.LEVEL] * done.scale + done.base
    shown[m : 2 * m] = done.belief[lay.SLOPE] * done.scale
    shown[2 * m : 3 * m] = np.sqrt(p11) * done.scale
    shown[3 * m : 4 * m] = np.sqrt(p11 + trend.r[:, None]) * done.scale
    shown[4 * m :] = np.where(done.seen, done.e, words[span, 4 * m :].T)
    words[span] = shown.T


def write_prior(trend: Trend, state: Array, view: NDArray[np.void], slots: Slots) -> None:
    """After a reset: the prior, without an innovation."""
    regime = np.maximum(state.view(np.int64)[slots, lay.REGIME], 0)
    scale, p11 = trend.scale[regime], trend.layout.block(state, lay.P11)[slots]
    view["level"][slots] = trend.offset[regime]
    view["slope"][slots] = 0.0
    view["sd"][slots] = np.sqrt(p11.astype(np.float32)) * scale
    view["spread"][slots] = np.sqrt((p11 + trend.r).astype(np.float32)) * scale
    view["innovation"][slots] = np.nan


def write_judgement(state: Array, view: NDArray[np.void], slots: Slots) -> None:
    """Counts, judgements and health."""
    head = state.view(np.int64)
    span = span_of(slots)
    words = {"n_applied": lay.N_APPLIED, "n_late": lay.N_LATE, "n_gated": lay.N_GATED}
    for name, word in {**words, "born": lay.BORN, "bad": lay.BAD, "beyond": lay.BEYOND}.items():
        view[name][span] = head[span, word]
    view["changed"][span] = head[span, lay.CHANGED] > 0
    view["nis"][span] = state[span, lay.NIS]
    view["health"][span] = state[span, lay.HEALTH]
