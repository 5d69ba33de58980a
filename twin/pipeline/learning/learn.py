"""From lives to a model: conditions, trend, landmarks. Uses the one filter that also serves."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from twin.core.conditions import Conditions, learn_conditions, normalise
from twin.core.hazard_statistics import Landmarks
from twin.core.identify import Identified, Series, identify, wear_effects, whiteness
from twin.core.statespace import Trend
from twin.core.trend import Trace, new_state, trace
from twin.errors import ModelError
from twin.modelfile import TrendModel, model_of
from twin.pipeline.learning.lives import Life
from twin.plant import MachineClass

__all__ = ["LearntTrend", "landmarks", "learn_trend", "life_trace", "whiteness_of"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Progress = Callable[[str], None]

MAX_LIVES = 100
"""Lives that the likelihood is computed on, evenly spaced: parameters are few, samples many."""
MAX_SAMPLES = 400
"""Samples of each, evenly spaced in time order."""
MAX_CONDITION_ROWS = 200_000
WINDOW_STEPS = 24.0
"""Over so many steps wear stands still against what inputs do."""
TRACED = 40
"""Lives that are filtered whole to set the scale of the variances."""
FIRST_LEVEL = 4.0
"""Prior variance of a machine's level in variances of the fleet."""


class LearntTrend:
    """What `learn_trend` found: the model file's part and the figures for the report."""

    def __init__(self, model: TrendModel, lanes: Ints, found: Identified) -> None:
        self.model = model
        self.lanes = lanes
        """Sensors that carry information."""
        self.found = found


def learn_trend(machine_class: MachineClass, lives: Sequence[Life]) -> LearntTrend:
    """Conditions, φ, q and R of a class. Raises ModelError if no sensor moves."""
    n_sensors = len(machine_class.sensors)
    thin = _thinned(lives, machine_class.step_s)
    z, u, life = _columns(thin, n_sensors)
    ranges = np.array([i.range for i in machine_class.inputs]).reshape(-1, 2)
    window = max(8, round(WINDOW_STEPS * machine_class.step_s * 1e6 / _sample_us(thin)))
    stride = max(1, len(z) // MAX_CONDITION_ROWS)
    conditions = learn_conditions(z[::stride], u[::stride], life[::stride], ranges, window)
    lanes = np.flatnonzero(~conditions.constant)
    if len(lanes) == 0:
        raise ModelError("no sensor of the history moves; nothing can be learnt")
    series = _series(thin, conditions, lanes, machine_class)
    spans = [(x.end_us - x.born_us) / (machine_class.step_s * 1e6) for x in lives]
    found = identify(series, float(np.median(spans)))
    draft = _trend_model(conditions, lanes, found, n_sensors)
    found = _at_full_rate(draft, machine_class, lives, lanes, found)
    model = _trend_model(conditions, lanes, found, n_sensors)
    wear = _wear(model, machine_class, lives)
    return LearntTrend(model.model_copy(update={"wear": wear.tolist()}), lanes, found)


def _wear(draft: TrendModel, machine_class: MachineClass, lives: Sequence[Life]) -> Array:
    """What inputs do to wear (m, k), from slopes a window apart."""
    trend = model_of("draft", machine_class, draft, None, version=0).trend(machine_class)
    gap, m = WINDOW_STEPS, trend.n_sensors
    before, after, inputs = [], [], []
    for life in _evenly(lives, TRACED) if trend.n_inputs else []:
        at = _spaced(life.rows["time"], gap * trend.step_us)
        slope = life_trace(trend, life).slope[at]
        u = _inputs_held(life.rows["value"].astype(np.float64), m)[:, m:]
        sums = np.add.reduceat(np.nan_to_num(u), at, axis=0)[:-1]
        before.append(slope[:-1])
        after.append(slope[1:])
        inputs.append(sums / np.diff(at)[:, None])
    if not before:
        return np.zeros((m, trend.n_inputs))
    joined = [np.concatenate(parts) for parts in (before, after, inputs)]
    return wear_effects(joined[0], joined[1], joined[2], trend.growth, gap)


def _at_full_rate(
    draft: TrendModel,
    machine_class: MachineClass,
    lives: Sequence[Life],
    lanes: Ints,
    found: Identified,
) -> Identified:
    """The same gains with variances that fit the innovations of every sample, not of the thinned
    ones: noise that lasts from one sample to the next weighs more when samples are dense."""
    model = model_of("draft", machine_class, draft, None, version=0)
    trend = model.trend(machine_class)._replace(gate=np.inf, monitors=False)
    nis = np.concatenate([life_trace(trend, life).nis[1:] for life in _evenly(lives, TRACED)])
    factor = np.fmax(np.nanmean(nis[:, lanes], axis=0), 1e-3)
    return found._replace(
        q_level=found.q_level * factor, q_slope=found.q_slope * factor, r=found.r * factor
    )


def life_trace(trend: Trend, life: Life) -> Trace:
    """The twin at every row of one life, from its prior on."""
    return trace(trend, new_state(trend, np.array([life.born_us])), life.rows)


def landmarks(
    trend: Trend, lives: Sequence[Life], limit: int, progress: Progress | None = None
) -> Landmarks:
    """Beliefs at moments a step or more apart, at most about `limit`, evenly over all lives.

    Evenly, because a choice that knew how lives end would bias every probability.
    """
    steps = sum((x.end_us - x.born_us) / trend.step_us for x in lives)
    gap = max(1.0, steps / limit) * trend.step_us
    parts = []
    for life in lives:
        at = _spaced(life.rows["time"], gap)
        belief = life_trace(trend, life)
        time = life.rows["time"][at]
        parts.append(
            (
                belief.level[at],
                belief.slope[at],
                (time - life.born_us) / trend.step_us,
                (life.end_us - time) / trend.step_us,
                np.full(len(at), life.cause),
                np.full(len(at), life.machine),
            )
        )
        if progress is not None:
            progress("landmarks")
    level, slope, age, lead, cause, machine = (np.concatenate(p) for p in zip(*parts, strict=True))
    return Landmarks(level, slope, age, lead, cause, machine)


def whiteness_of(trend: Trend, lives: Sequence[Life], lanes: Ints) -> dict[str, list[float]]:
    """Variance and lag-one autocorrelation of the innovations of some lives, by sensor."""
    some = _evenly(lives, TRACED)
    y = np.concatenate([life_trace(trend, x).innovation[1:] for x in some])[:, lanes]
    life = np.repeat(np.arange(len(some)), [len(x.rows) - 1 for x in some])
    variance, lagged = whiteness(y, life)
    return {"variance": variance.tolist(), "lag1": lagged.tolist()}


def _spaced(time: Ints, gap_us: float) -> Ints:
    """Rows at least gap apart: the first of each cell of a grid that starts at the first row."""
    cell = ((time - time[0]) / gap_us + 1e-9).astype(np.int64)
    return np.flatnonzero(np.concatenate([[True], cell[1:] != cell[:-1]]))


def _evenly(lives: Sequence[Life], most: int) -> list[Life]:
    chosen = np.unique(np.linspace(0, len(lives) - 1, min(most, len(lives))).round().astype(int))
    return [lives[i] for i in chosen]


def _thinned(lives: Sequence[Life], step_s: float) -> list[Life]:
    """Lives with rows about a step apart; whole where samples are no denser than steps."""
    gap = 0.999 * step_s * 1e6
    return [life._replace(rows=life.rows[_spaced(life.rows["time"], gap)]) for life in lives]


def _sample_us(lives: Sequence[Life]) -> float:
    return float(np.median(np.concatenate([np.diff(x.rows["time"]) for x in lives])))


def _columns(lives: Sequence[Life], n_sensors: int) -> tuple[Array, Array, Ints]:
    """Sensors (R, m), inputs (R, k) as last known, number of the life (R,)."""
    values = [_inputs_held(x.rows["value"].astype(np.float64), n_sensors) for x in lives]
    v = np.concatenate(values)
    return (
        v[:, :n_sensors],
        v[:, n_sensors:],
        np.repeat(np.arange(len(lives)), [len(x) for x in values]),
    )


def _inputs_held(values: Array, n_sensors: int) -> Array:
    """Inputs that are missing take their last value, as in the filter."""
    for lane in range(n_sensors, values.shape[1]):
        seen = ~np.isnan(values[:, lane])
        if not seen.all() and seen.any():
            last = np.maximum.accumulate(np.where(seen, np.arange(len(seen)), 0))
            values[:, lane] = values[last, lane]
    return values


def _series(
    lives: Sequence[Life], conditions: Conditions, lanes: Ints, machine_class: MachineClass
) -> Series:
    """The likelihood's data: some lives, their first MAX_SAMPLES · stride samples, normalised."""
    some = _evenly(lives, MAX_LIVES)
    n_sensors, step_us = len(machine_class.sensors), machine_class.step_s * 1e6
    length = max(len(x.rows) for x in some)
    stride = -(-length // MAX_SAMPLES)
    kept = [x.rows[::stride] for x in some]
    width = max(len(rows) for rows in kept)
    z = np.full((len(some), width, len(lanes)), np.nan)
    dt = np.full((len(some), width), float(stride))
    for i, rows in enumerate(kept):
        value = _inputs_held(rows["value"].astype(np.float64), n_sensors)
        model_units = normalise(conditions, value[:, :n_sensors], value[:, n_sensors:])
        z[i, : len(rows)] = model_units[:, lanes]
        dt[i, 1 : len(rows)] = np.diff(rows["time"]) / step_us
    return Series(z, dt)


def _trend_model(conditions: Conditions, lanes: Ints, found: Identified, m: int) -> TrendModel:
    """Lanes without information keep the place of their value, believe nothing and never move."""
    q_level, q_slope, r = np.full(m, 1e-9), np.full(m, 1e-12), np.ones(m)
    q_level[lanes], q_slope[lanes], r[lanes] = found.q_level, found.q_slope, found.r
    return TrendModel(
        growth=found.growth,
        q_level=q_level.tolist(),
        q_slope=q_slope.tolist(),
        r=r.tolist(),
        p0=(max(10.0, FIRST_LEVEL / float(found.r.min())), 1e-3),
        centre=conditions.centre.tolist(),
        input_scale=conditions.input_scale.tolist(),
        offset=conditions.offset.tolist(),
        gain=conditions.gain.tolist(),
        scale=conditions.scale.tolist(),
        constant=conditions.constant.tolist(),
        wear=np.zeros((m, conditions.centre.shape[1])).tolist(),
    )
