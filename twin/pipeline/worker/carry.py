"""Beliefs carried over to another model or another list of lanes of their class.

A belief is in model units, which a new model defines anew: level and slope go through the plant's
units, variances scale with them. A sensor that is new starts from the prior; one that is gone is
forgotten. Alarms, counts and ages stay.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import twin.core.layout as L  # noqa: N812 (as in core)
from twin.core.statespace import Trend
from twin.core.trend import new_state, new_view
from twin.modelfile import TrendModel

__all__ = ["LaneMap", "carried", "carried_view", "same_lanes"]

Array = NDArray[np.float64]
MASKS = (L.BAD, L.BEYOND, L.PENDING, L.RUNNING, L.REPEATING, L.LEARNING)
KEPT = (L.SEEN, L.RUN, L.SAME, L.CALM, L.SINCE, L.LAST)
LEVELS = (L.LEVEL, L.FROZEN, L.BEFORE)
VARIANCES = (L.P11, L.P12, L.P22)


class LaneMap(NamedTuple):
    """For every sensor and input of now its number before, -1 where it is new."""

    sensors: NDArray[np.intp]
    inputs: NDArray[np.intp]
    n_sensors: int
    n_inputs: int


def same_lanes(n_sensors: int, n_inputs: int) -> LaneMap:
    """Nothing changed place."""
    return LaneMap(np.arange(n_sensors), np.arange(n_inputs), n_sensors, n_inputs)


def carried(
    state: Array, old: TrendModel, new: TrendModel, trend: Trend, lanes: LaneMap, born: Array
) -> Array:
    """State rows (N, W) of model `old` in the layout and units of `new`, whose filter is trend."""
    layout = L.layout_of(lanes.n_sensors, lanes.n_inputs)
    out = new_state(trend, born.astype(np.int64))
    head, was = out.view(np.int64), np.ascontiguousarray(state).view(np.int64)
    head[:, : L.HEADER] = was[:, : L.HEADER]
    for word in MASKS:
        head[:, word] = _moved_bits(was[:, word], lanes.sensors, word == L.LEARNING)
    kept, src = np.flatnonzero(lanes.sensors >= 0), lanes.sensors[lanes.sensors >= 0]
    held = lanes.inputs >= 0
    trend.layout.inputs(out)[:, held] = layout.inputs(state)[:, lanes.inputs[held]]
    offset, scale = _units(old, was[:, L.REGIME], layout.inputs(state))
    regime = _nearest(new, trend.layout.inputs(out))
    head[:, L.REGIME] = np.where(was[:, L.REGIME] < 0, -1, regime)
    offset_new, scale_new = _units(new, regime, trend.layout.inputs(out))
    shift = offset[:, src] - offset_new[:, kept]
    ratio = scale[:, src] / scale_new[:, kept]

    def put(block: int, values: Array) -> None:
        trend.layout.block(out, block)[:, kept] = values

    def get(block: int) -> Array:
        return layout.block(state, block)[:, src]

    for block in LEVELS:
        put(block, get(block) * ratio + shift / scale_new[:, kept])
    for block in KEPT:
        put(block, get(block))
    for block in VARIANCES:
        put(block, get(block) * ratio * ratio)
    put(L.SLOPE, get(L.SLOPE) * ratio)
    return out


def carried_view(view: NDArray[np.void], trend: Trend, lanes: LaneMap) -> NDArray[np.void]:
    """View rows (N,) with the lanes of now; what is new is unknown."""
    out = new_view(trend, len(view))
    n_lanes = len(lanes.sensors) + len(lanes.inputs)
    shifted = np.where(lanes.inputs >= 0, lanes.inputs + lanes.n_sensors, -1)
    both = np.concatenate([lanes.sensors, shifted])
    for name in out.dtype.names or ():
        shape = out.dtype[name].shape
        if name in {"seen", "value"} and shape == (n_lanes,):
            out[name][:, both >= 0] = view[name][:, both[both >= 0]]
        elif name in {"level", "slope", "sd", "spread", "innovation"}:
            kept = lanes.sensors >= 0
            out[name][:, kept] = view[name][:, lanes.sensors[kept]]
        elif name in {"quality", "missing"}:
            out[name] = _moved_bits(view[name].astype(np.int64), both, False)
        elif name in {"bad", "beyond"}:
            out[name] = _moved_bits(view[name].astype(np.int64), lanes.sensors, False)
        elif name not in {"driver", "driver_logit", "pad"}:
            out[name] = view[name]
    return out


def _units(model: TrendModel, regime: NDArray[np.int64], inputs: Array) -> tuple[Array, Array]:
    """Plant units at model level 0, and plant units in one of the model's, (N, m) each."""
    k = np.maximum(regime, 0)
    centre = np.array(model.centre).reshape(len(model.offset), -1)[k]
    u = np.where(np.isfinite(inputs), inputs, centre)
    gain = np.array(model.gain).reshape(len(model.offset), len(model.r), -1)[k]
    offset: Array = np.array(model.offset)[k] + np.einsum("nmk,nk->nm", gain, u)
    return offset, np.array(model.scale)[k]


def _nearest(model: TrendModel, inputs: Array) -> NDArray[np.int64]:
    """Regime of each machine's newest inputs."""
    centre = np.array(model.centre).reshape(len(model.offset), -1)
    gap = (np.nan_to_num(inputs)[:, None, :] - centre) / np.array(model.input_scale)
    nearest: NDArray[np.int64] = np.argmin((gap * gap).sum(2), axis=1)
    return nearest


def _moved_bits(
    masks: NDArray[np.int64], source: NDArray[np.intp], when_new: bool
) -> NDArray[np.int64]:
    """Bit n of the result is bit source[n] of the masks, when_new where that is -1."""
    out = np.zeros_like(masks)
    for n, bit in enumerate(source.tolist()):
        out |= (((masks >> bit) & 1) if bit >= 0 else np.int64(when_new)) << n
    return out
