"""What the sensors report: lagged response, noise, slow drift; stuck, dead and missing readings."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.sources.physics.spec import ClassSpec

__all__ = ["SensorState", "faulty", "heat", "new_sensors", "respond"]

Floats = NDArray[np.float64]
Float32s = NDArray[np.float32]
HEAT_TAU_S = 900.0
NONE, STUCK, DEAD, FLAGGED, CREEPING = range(5)
"""Faults of a sensor: repeats one value; sends nothing; sends nothing and says it is bad; drifts
off by a share of its range until it is calibrated again."""
FAULTS_PER_DAY = (0.0, 1 / 260, 1 / 400, 1 / 500, 1 / 700)
FAULT_H = ((0.0, 0.0), (1.0, 8.0), (0.3, 5.0), (0.5, 6.0), (30.0, 90.0))
CREEP_SPAN = 0.35
"""What a creeping sensor is off by in the end, of its normal range."""
P_MISSING = 5e-4
P_UNCERTAIN = 1e-4
DRIFT_SD, DRIFT_TAU_S = 0.006, 20 * 86_400.0
"""Of the normal range: every sensor's zero point wanders a little."""
UNIT_SD = 0.015
"""Of the normal range: no two machines are alike."""


class SensorState(NamedTuple):
    """Of every machine and sensor (N, m), and heat (N,)."""

    heat: Floats
    settled: Floats
    """Lagged response; NaN before the first block."""
    unit: Floats
    drift: Floats
    fault: NDArray[np.int64]
    since: NDArray[np.int64]
    until: NDArray[np.int64]
    stuck_at: Floats


def new_sensors(rng: np.random.Generator, spec: ClassSpec, n: int) -> SensorState:
    """Sensors without faults on machines that differ a little from each other."""
    m = len(spec.noise)
    zero = np.zeros((n, m), dtype=np.int64)
    return SensorState(
        np.full(n, np.nan),
        np.full((n, m), np.nan),
        rng.normal(0.0, 1.0, (n, m)) * UNIT_SD * spec.span,
        rng.normal(0.0, 1.0, (n, m)) * DRIFT_SD * spec.span,
        zero,
        zero.copy(),
        zero.copy(),
        np.full((n, m), np.nan),
    )


def heat(start: Floats, load: Floats, period_s: float) -> tuple[Floats, Floats]:
    """I²t drive (T, N): load² behind a lag of a quarter of an hour; and where it ends (N,)."""
    here = np.where(np.isnan(start), load[0] ** 2, start)
    path, a = np.empty_like(load), np.exp(-period_s / HEAT_TAU_S)
    for t, used in enumerate(load * load):
        here = path[t] = used + (here - used) * a
    return path, here.copy()


def respond(
    state: SensorState,
    spec: ClassSpec,
    drives: Floats,
    effects: tuple[Floats, Floats],
    period_s: float,
    rng: np.random.Generator,
) -> tuple[SensorState, Float32s]:
    """Readings (T, N, m) of sensors without faults.

    drives (T, N, drives); effects: what wear adds at the start and the end of the block (N, m).
    Every sensor follows with its own lag; noise and drift come on top.
    """
    n_times, n = drives.shape[:2]
    m = len(spec.noise)
    gain = spec.gain.astype(np.float32)
    z = (drives.reshape(-1, drives.shape[2]).astype(np.float32) @ gain).reshape(n_times, n, m)
    here = np.where(np.isnan(state.settled), z[0] + effects[0], state.settled).astype(np.float32)
    follow = -np.expm1(-period_s / np.maximum(spec.lag_s, 1e-9)).astype(np.float32)
    worn, more = (e.astype(np.float32) for e in (effects[0], (effects[1] - effects[0]) / n_times))
    for t in range(n_times):
        worn += more
        z[t] += worn
        here += (z[t] - here) * follow
        z[t] = here
    drift = _wander(state.drift, spec, n_times * period_s, rng)
    z += (state.unit + drift).astype(np.float32)
    z += rng.standard_normal(z.shape, dtype=np.float32) * spec.noise.astype(np.float32)
    return state._replace(settled=here.astype(np.float64), drift=drift), z


def faulty(
    state: SensorState,
    spec: ClassSpec,
    z: Float32s,
    times: NDArray[np.int64],
    period_s: float,
    rng: np.random.Generator,
) -> tuple[SensorState, NDArray[np.uint32]]:
    """Spoil readings z (T, N, m) in place as faults have it; quality bits (T, N)."""
    state = _new_faults(state, times, period_s, rng)
    quality = np.zeros(z.shape[:2], dtype=np.uint32)
    for i, j in zip(*np.nonzero(state.fault), strict=True):
        when = (times >= state.since[i, j]) & (times < state.until[i, j])
        kind = state.fault[i, j]
        if kind == STUCK and when.any():
            if np.isnan(state.stuck_at[i, j]):
                state.stuck_at[i, j] = z[when, i, j][0]
            z[when, i, j] = state.stuck_at[i, j]
        elif kind in {DEAD, FLAGGED}:
            z[when, i, j] = np.nan
            quality[when, i] |= np.uint32(0 if kind == DEAD else 1 << j)
        elif kind == CREEPING:
            share = (times[when] - state.since[i, j]) / (state.until[i, j] - state.since[i, j])
            z[when, i, j] += (CREEP_SPAN * spec.span[j] * share).astype(np.float32)
    _scatter(z, quality, rng)
    return state, quality


def _wander(drift: Floats, spec: ClassSpec, length_s: float, rng: np.random.Generator) -> Floats:
    a = np.exp(-length_s / DRIFT_TAU_S)
    return np.asarray(
        a * drift + rng.standard_normal(drift.shape) * (DRIFT_SD * np.sqrt(1 - a * a)) * spec.span
    )


def _new_faults(
    state: SensorState, times: NDArray[np.int64], period_s: float, rng: np.random.Generator
) -> SensorState:
    """End the faults that are over; begin new ones within the block."""
    length_s = len(times) * period_s
    fault = np.where(state.until <= times[0], NONE, state.fault)
    chance = np.array(FAULTS_PER_DAY) * length_s / 86_400
    drawn = np.searchsorted(np.cumsum(chance), rng.random(fault.shape))
    begins = (fault == NONE) & (drawn < len(chance))
    if not begins.any():
        return state._replace(fault=fault)
    fault = np.where(begins, drawn, fault)
    low, high = np.array(FAULT_H)[fault].transpose(2, 0, 1)
    length = (rng.uniform(0, 1, fault.shape) * (high - low) + low) * 3600e6
    start = times[0] + (rng.random(fault.shape) * length_s * 1e6).astype(np.int64)
    return state._replace(
        fault=fault,
        since=np.where(begins, start, state.since),
        until=np.where(begins, start + length.astype(np.int64), state.until),
        stuck_at=np.where(begins, np.nan, state.stuck_at),
    )


def _scatter(z: Float32s, quality: NDArray[np.uint32], rng: np.random.Generator) -> None:
    """Lose single readings, and mark single ones uncertain."""
    n_times, n, m = z.shape
    lost = rng.integers(0, z.size, rng.poisson(P_MISSING * z.size))
    z.reshape(-1)[lost] = np.nan
    doubtful = rng.integers(0, z.size, rng.poisson(P_UNCERTAIN * z.size))
    good = doubtful[np.isfinite(z.reshape(-1)[doubtful])]
    bit = np.left_shift(np.uint32(1), (good % m).astype(np.uint32))
    np.bitwise_or.at(quality.reshape(n_times * n), good // m, bit)
