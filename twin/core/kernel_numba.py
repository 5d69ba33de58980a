"""The hot loop of the trend family, compiled: rows in order, in place on the state.

Shapes: state (N, W) float64 and `head`, the same memory as int64; u and f, the rows as u32 and f32
words (R, 4 + L); scratch (8, lanes), what one step of a row hands to the next. `width` is a tuple of
`lanes` zeros: its length belongs to its type, so the compiler knows it and unrolls loops over
sensors. No fast-math: every result is the same whatever is inlined where, so that `trace` equals
`advance` bit for bit. The model stands in statespace.py, the rules of judgement in gating.py.
"""

from math import sqrt
from typing import Any, NamedTuple

import numpy as np
from numba import njit

import twin.core.layout as L
import twin.core.statespace as S
from twin.core.kernel_monitors import judge, limit, monitor, recover, repeat
from twin.core.kernel_stack import stack
from twin.core.rows import HEADER_WORDS
from twin.core.statespace import PAR_ROWS, Packed
from twin.core.transition import transition as transition_formula
from twin.core.view import NEVER

__all__ = ["APPLIED", "LATE", "RESET_DONE", "UNKNOWN", "ViewAt", "advance_rows", "trace_rows"]

APPLIED, LATE, RESET_DONE, UNKNOWN = range(4)
RAW, BASE, Z, Y, VARIANCE, INVERSE, E, D2, SCALE, UNSCALE = range(10)
SCRATCH_ROWS = 10
TOP_BIT = np.uint32(1 << 31)


class ViewAt(NamedTuple):
    """Where the fields of a view row begin: `time`, `born`, `seen` in 8-byte, others 4-byte words."""

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


compiled = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
inlined = njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
transition = inlined(transition_formula)


@inlined
def start_belief(p: Packed, par: Any, M: int, state: Any, slot: int) -> None:
    """Return every sensor to the prior: level 0, P₀ = r·diag(p0)."""
    for i in range(M):
        at = L.HEADER + i
        state[slot, at + L.LEVEL * M] = 0.0
        state[slot, at + L.SLOPE * M] = 0.0
        state[slot, at + L.P11 * M] = par[S.P0_LEVEL * M + i]
        state[slot, at + L.P12 * M] = 0.0
        state[slot, at + L.P22 * M] = par[S.P0_SLOPE * M + i]


@inlined
def start_monitors(p: Packed, par: Any, M: int, state: Any, head: Any, slot: int) -> None:
    """Forget every judgement of the machine's old life; limits and counts stay."""
    for i in range(M):
        at = L.HEADER + i
        state[slot, at + L.UP * M] = 0.0
        state[slot, at + L.DOWN * M] = 0.0
        state[slot, at + L.FROZEN * M] = 0.0
        state[slot, at + L.SEEN * M] = 0.0
        state[slot, at + L.RUN * M] = 0.0
        state[slot, at + L.SAME * M] = 0.0
        state[slot, at + L.LAST * M] = np.nan
    head[slot, L.FIRST] = NEVER
    head[slot, L.CHANGED] = 0
    head[slot, L.BAD] = 0
    head[slot, L.RUNNING] = 0
    head[slot, L.REPEATING] = 0
    head[slot, L.LEARNING] = p.sensors
    state[slot, L.NIS] = 1.0
    state[slot, L.HEALTH] = 1.0


@inlined
def reset(p: Packed, par: Any, M: int, state: Any, head: Any, slot: int, time: int) -> int:
    """Repaired or replaced at `time`: back to the prior. Older than the last reset: late."""
    if time < head[slot, L.BORN]:
        head[slot, L.N_LATE] += 1
        return LATE
    head[slot, L.BORN] = time
    head[slot, L.TIME] = max(head[slot, L.TIME], time)
    start_belief(p, par, M, state, slot)
    start_monitors(p, par, M, state, head, slot)
    return RESET_DONE


@inlined
def read_inputs(p: Packed, par: Any, M: int, state: Any, slot: int, f: Any, row: int) -> int:
    """Remember the inputs that came; the nearest regime by those that are known."""
    k = p.centre.shape[1]
    at = L.HEADER + L.BLOCKS * M
    lane = HEADER_WORDS + p.n_sensors
    for j in range(k):
        value = np.float64(f[row, lane + j])
        if value == value:
            state[slot, at + j] = value
    nearest = 0
    if p.centre.shape[0] > 1:
        best = np.inf
        for regime in range(p.centre.shape[0]):
            distance = 0.0
            for j in range(k):
                away = (state[slot, at + j] - p.centre[regime, j]) * p.input_weight[j]
                if away == away:
                    distance += away * away
            if distance < best:
                best = distance
                nearest = regime
    return nearest


@inlined
def read_sensors(
    p: Packed, par: Any, M: int, state: Any, slot: int, f: Any, row: int, regime: int, scratch: Any
) -> None:
    """Raw readings, and what the inputs alone explain: offset + gain·u.

    An input never heard of is taken at its regime's centre.
    """
    for i in range(M):
        scratch[RAW * M + i] = np.nan
        scratch[UNSCALE * M + i] = p.inv_scale[np.uint64(regime * M) + np.uint64(i)]
        scratch[SCALE * M + i] = p.scale[np.uint64(regime * M) + np.uint64(i)]
        scratch[BASE * M + i] = p.offset[np.uint64(regime * M) + np.uint64(i)]
    for i in range(p.n_sensors):
        scratch[RAW * M + i] = np.float64(f[row, HEADER_WORDS + i])
    at = L.HEADER + L.BLOCKS * M
    for j in range(p.centre.shape[1]):
        value = state[slot, at + j]
        if value != value:
            value = p.centre[regime, j]
        for i in range(M):
            scratch[BASE * M + i] += (
                p.gain[np.uint64((regime * p.centre.shape[1] + j) * M) + np.uint64(i)] * value
            )


@inlined
def predict_update(
    p: Packed,
    par: Any,
    M: int,
    state: Any,
    slot: int,
    bad: int,
    regime: int,
    scratch: Any,
    cache: Any,
) -> tuple[int, int]:
    """Predict every sensor over the cached Δ, then condition it on its reading if believed.

    y = z' − level, s = p11 + r, believed: y² ≤ gate·s (false for NaN) and not a bad sensor.
    P·r/s in place of P − KHP: p11 r/s, p12 r/s, (p22 r + det P)/s stay positive in any number of
    steps. Returns bit masks: sensors seen, and those whose reading fits.
    Source: Durbin & Koopman (2012), §6.4, one univariate update a sensor.
    """
    e, a, qa, qb, qc, dt = cache[1], cache[2], cache[3], cache[4], cache[5], cache[0]
    seen = 0
    fits = 0
    for i in range(M):
        at = L.HEADER + i
        r = par[S.R * M + i]
        q_slope = par[S.Q_SLOPE * M + i]
        slope = state[slot, at + L.SLOPE * M]
        p12 = state[slot, at + L.P12 * M]
        p22 = state[slot, at + L.P22 * M]
        level = state[slot, at + L.LEVEL * M] + a * slope
        slope = e * slope
        p11 = state[slot, at + L.P11 * M] + a * (2.0 * p12 + a * p22)
        p11 = p11 + (par[S.Q_LEVEL * M + i] * dt + q_slope * qa)
        p12 = e * (p12 + a * p22) + q_slope * qb
        p22 = e * (e * p22) + q_slope * qc
        lost = p11 > par[S.LOST * M + i]
        level = 0.0 if lost else level
        slope = 0.0 if lost else slope
        p11 = par[S.P0_LEVEL * M + i] if lost else p11
        p12 = 0.0 if lost else p12
        p22 = par[S.P0_SLOPE * M + i] if lost else p22

        z = (scratch[RAW * M + i] - scratch[BASE * M + i]) * scratch[UNSCALE * M + i]
        y = z - level
        s = p11 + r
        inverse = 1.0 / s
        fit = y * y <= p.gate * s
        use = fit & (((bad >> i) & 1) == 0)
        seen |= (1 if y == y else 0) << i
        fits |= (1 if fit else 0) << i
        scratch[Z * M + i] = z
        scratch[Y * M + i] = y
        scratch[E * M + i] = y * sqrt(inverse)
        scratch[VARIANCE * M + i] = s
        scratch[INVERSE * M + i] = inverse
        step = y * inverse
        step = step if use else 0.0
        keep = r * inverse if use else 1.0
        narrow = (p22 * r + (p11 * p22 - p12 * p12)) * inverse
        state[slot, at + L.LEVEL * M] = level + p11 * step
        state[slot, at + L.SLOPE * M] = slope + p12 * step
        state[slot, at + L.P11 * M] = p11 * keep
        state[slot, at + L.P12 * M] = p12 * keep
        state[slot, at + L.P22 * M] = narrow if use else p22
    return seen, fits


@inlined
def fit_of_row(
    p: Packed, par: Any, M: int, state: Any, slot: int, counted: int, scratch: Any
) -> None:
    """EWMA of NIS per degree of freedom; a rejected reading counts as the gate, not more."""
    total = 0.0
    n = 0
    for i in range(M):
        nis = scratch[Y * M + i] * scratch[Y * M + i] * scratch[INVERSE * M + i]
        scratch[D2 * M + i] = min(nis, p.gate) if (counted >> i) & 1 else 0.0
    for i in range(M):
        total += scratch[D2 * M + i]
        n += (counted >> i) & 1
    if n > 0:
        state[slot, L.NIS] += p.nis_weight * (total / n - state[slot, L.NIS])


@inlined
def apply_row(
    p: Packed,
    par: Any,
    M: int,
    watch: bool,
    state: Any,
    head: Any,
    u: Any,
    f: Any,
    row: int,
    slot: int,
    scratch: Any,
    cache: Any,
) -> tuple[int, int]:
    """One row into the state of `slot`. Returns what became of it and its rejected sensors."""
    time = np.int64(u[row, 2]) | (np.int64(u[row, 3]) << 32)
    if u[row, 0] & TOP_BIT:
        return reset(p, par, M, state, head, slot, time), 0
    before = head[slot, L.TIME]
    if time <= before:
        head[slot, L.N_LATE] += 1
        return LATE, 0
    dt = 0.0 if before == NEVER else (time - before) / p.step_us
    if dt != cache[0]:
        cache[0] = dt
        cache[1], cache[2], cache[3], cache[4], cache[5] = transition(p.growth, dt)
    regime = read_inputs(p, par, M, state, slot, f, row)
    read_sensors(p, par, M, state, slot, f, row, regime, scratch)
    head[slot, L.TIME] = time
    head[slot, L.REGIME] = regime
    head[slot, L.N_APPLIED] += 1
    if head[slot, L.FIRST] == NEVER:
        head[slot, L.FIRST] = time
    if watch:
        repeat(p, par, M, state, head, slot, scratch)
    bad = head[slot, L.BAD]
    seen, fits = predict_update(p, par, M, state, slot, bad, regime, scratch, cache)
    gated = seen & ~fits & ~bad
    if gated:
        head[slot, L.N_GATED] += 1 if gated & (gated - 1) == 0 else bits(gated)
    fit_of_row(p, par, M, state, slot, seen & ~bad, scratch)
    if watch:
        monitor(p, par, M, state, head, slot, seen & ~bad, fits, scratch, time)
        if (gated | head[slot, L.RUNNING]) & seen:
            judge(p, par, M, state, head, slot, seen, gated, scratch)
        if bad & seen:
            recover(p, par, M, state, head, slot, bad & seen, fits, scratch)
        limit(p, par, M, state, head, slot, scratch, time)
    return APPLIED, gated


@inlined
def bits(mask: int) -> int:
    """How many bits are set."""
    n = 0
    while mask:
        mask &= mask - 1
        n += 1
    return n


@inlined
def slot_of(u: Any, row: int, partitions: int) -> int:
    """Local slot of a row: slot within the class // number of partitions."""
    return np.uint64(u[row, 0] & ~TOP_BIT) // np.uint64(partitions)


@inlined
def write_view(
    p: Packed,
    par: Any,
    M: int,
    state: Any,
    head: Any,
    slot: int,
    u: Any,
    f: Any,
    row: int,
    scratch: Any,
    view: Any,
    vi: Any,
    vf: Any,
    at: ViewAt,
) -> None:
    """The machine's view row, in the plant's units; `seen` and `value` of lanes that came."""
    view[slot, at.time] = head[slot, L.TIME]
    quality = np.int64(u[row, 1])
    missing = 0
    for lane in range(at.n_lanes):
        z = f[row, HEADER_WORDS + lane]
        here = z == z
        view[slot, at.seen + lane] = head[slot, L.TIME] if here else view[slot, at.seen + lane]
        vf[slot, at.value + lane] = z if here else vf[slot, at.value + lane]
        missing |= (0 if here else 1) << lane
    vi[slot, at.quality] = quality
    vi[slot, at.missing] = missing
    for i in range(p.n_sensors):
        j = L.HEADER + i
        scale = scratch[SCALE * M + i]
        vf[slot, at.level + i] = state[slot, j + L.LEVEL * M] * scale + scratch[BASE * M + i]
        vf[slot, at.slope + i] = state[slot, j + L.SLOPE * M] * scale
        vf[slot, at.sd + i] = sqrt(state[slot, j + L.P11 * M]) * scale
        spread = sqrt(scratch[VARIANCE * M + i]) * scale
        vf[slot, at.spread + i] = spread
        e = np.float32(scratch[E * M + i])
        vf[slot, at.innovation + i] = e if e == e else vf[slot, at.innovation + i]


@inlined
def write_prior(
    p: Packed, par: Any, M: int, state: Any, head: Any, slot: int, vf: Any, at: ViewAt
) -> None:
    """After a reset: the prior in the view, without an innovation."""
    regime = max(head[slot, L.REGIME], 0)
    for i in range(p.n_sensors):
        scale = p.scale[np.uint64(regime * M) + np.uint64(i)]
        p11 = state[slot, L.HEADER + i + L.P11 * M]
        vf[slot, at.level + i] = p.offset[np.uint64(regime * M) + np.uint64(i)]
        vf[slot, at.slope + i] = 0.0
        vf[slot, at.sd + i] = sqrt(p11) * scale
        vf[slot, at.spread + i] = sqrt(p11 + par[S.R * M + i]) * scale
        vf[slot, at.innovation + i] = np.nan


@inlined
def write_judgement(
    state: Any, head: Any, slot: int, view: Any, vi: Any, vf: Any, at: ViewAt
) -> None:
    """Counts, judgements and health of the machine into its view row."""
    view[slot, at.born] = head[slot, L.BORN]
    vi[slot, at.n_applied] = head[slot, L.N_APPLIED]
    vi[slot, at.n_late] = head[slot, L.N_LATE]
    vi[slot, at.n_gated] = head[slot, L.N_GATED]
    vi[slot, at.bad] = head[slot, L.BAD]
    vi[slot, at.changed] = 1 if head[slot, L.CHANGED] > 0 else 0
    vi[slot, at.beyond] = head[slot, L.BEYOND]
    vf[slot, at.nis] = state[slot, L.NIS]
    vf[slot, at.health] = state[slot, L.HEALTH]


@compiled
def advance_rows(
    p: Packed,
    width: Any,
    monitors: Any,
    state: Any,
    head: Any,
    u: Any,
    f: Any,
    partitions: int,
    flags: Any,
    gated: Any,
    view: Any,
    vi: Any,
    vf: Any,
    at: ViewAt,
) -> None:
    """Apply rows to state and view."""
    M = len(width)
    watch = len(monitors) > 0
    scratch = stack(width, SCRATCH_ROWS)
    par = stack(width, PAR_ROWS)
    for i in range(PAR_ROWS * M):
        par[i] = p.par[i]
    cache = stack((0,), 6)
    cache[0] = -1.0
    for row in range(np.uint64(u.shape[0])):
        slot = slot_of(u, row, partitions)
        if slot >= np.uint64(state.shape[0]):
            flags[row] = UNKNOWN
            continue
        flag, mask = apply_row(p, par, M, watch, state, head, u, f, row, slot, scratch, cache)
        flags[row] = flag
        gated[row] = mask
        if flag == APPLIED:
            write_view(p, par, M, state, head, slot, u, f, row, scratch, view, vi, vf, at)
        elif flag == RESET_DONE:
            write_prior(p, par, M, state, head, slot, vf, at)
        write_judgement(state, head, slot, view, vi, vf, at)


@compiled
def trace_rows(
    p: Packed,
    width: Any,
    monitors: Any,
    state: Any,
    head: Any,
    u: Any,
    f: Any,
    partitions: int,
    flags: Any,
    gated: Any,
    out: Any,
) -> None:
    """Apply rows and write (5, R, m): level, slope, p11 after, y and s before each row."""
    M = len(width)
    watch = len(monitors) > 0
    scratch = stack(width, SCRATCH_ROWS)
    par = stack(width, PAR_ROWS)
    for i in range(PAR_ROWS * M):
        par[i] = p.par[i]
    cache = stack((0,), 6)
    cache[0] = -1.0
    for row in range(np.uint64(u.shape[0])):
        slot = slot_of(u, row, partitions)
        if slot >= np.uint64(state.shape[0]):
            flags[row] = UNKNOWN
            continue
        flag, mask = apply_row(p, par, M, watch, state, head, u, f, row, slot, scratch, cache)
        flags[row] = flag
        gated[row] = mask
        for i in range(p.n_sensors):
            at = L.HEADER + i
            out[0, row, i] = state[slot, at + L.LEVEL * M]
            out[1, row, i] = state[slot, at + L.SLOPE * M]
            out[2, row, i] = state[slot, at + L.P11 * M]
            if flag == APPLIED:
                out[3, row, i] = scratch[Y * M + i]
                out[4, row, i] = scratch[VARIANCE * M + i]
