"""Filter, gate and view of a fleet, a sample of each machine a call: ours against two others."""

from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.statespace import Trend
from twin.core.transition import trend_matrices
from twin.core.trend import new_state, new_view
from twin.errors import ModelError
from twin.evaluation.bench.measure import Timing, interleave
from twin.evaluation.bench.rivals import FilterpyLoop, SimdkalmanFleet
from twin.evaluation.bench.scenario import N_SENSORS, Scenario, scenario

__all__ = ["SIZES", "Advance", "bench_kernel"]

SIZES = (100, 1_000, 10_000)
ROUNDS = 5
STEPS = 20
"""Samples of every machine in a turn: long enough to run warm after a rival, as a worker does."""
LOOP_MACHINES = 200
"""A Python loop costs the same a machine however many there are; more would only take longer."""

Array = NDArray[np.float64]
Advance = Callable[..., Any]
Run = Callable[[], int]


def bench_kernel(advance: Advance, sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """Nanoseconds an update of an 8-sensor machine, and how many times the others take."""
    return {str(n): _figures(_race(advance, n)) for n in sizes}


def _figures(timings: dict[str, Timing]) -> dict[str, Any]:
    ours = timings["ours"].median_s
    return {
        "ns_per_update": round(ours * 1e9, 1),
        "x_filterpy": round(timings["filterpy"].median_s / ours, 1),
        "x_simdkalman": round(timings["simdkalman"].median_s / ours, 1),
        "spread": {name: timing.spread() for name, timing in timings.items()},
    }


def _race(advance: Advance, n: int) -> dict[str, Timing]:
    """Time all on the same samples; refuse to compare unless their answers agree."""
    case = scenario(n, 1 + (ROUNDS + 1) * STEPS, STEPS)
    loop = FilterpyLoop(min(n, LOOP_MACHINES), case.trend.r, case.trend.p0, case.trend.gate)
    fleet = SimdkalmanFleet(n, case.trend.r, case.trend.p0, case.trend.gate)
    state = new_state(case.trend, np.zeros(n, np.int64))
    rivals = {
        "ours": _ours(advance, case, state),
        "filterpy": _steps(case, loop, len(loop.machines), joint=True),
        "simdkalman": _steps(case, fleet, n, joint=False),
    }
    timings = interleave(rivals, ROUNDS)
    levels = case.trend.layout.level(state)
    _agree("filterpy", levels[: len(loop.machines)], loop.levels())
    _agree("simdkalman", levels, fleet.levels())
    return timings


def _ours(advance: Advance, case: Scenario, state: Array) -> Run:
    """Turns of our kernel, after every machine's first sample."""
    view = new_view(case.trend, len(state))
    samples = iter(case.rows)
    advance(case.trend, state, view, next(samples))

    def run() -> int:
        for rows in islice(samples, STEPS):
            advance(case.trend, state, view, rows)
        return STEPS * len(state)

    return run


def _steps(case: Scenario, rival: FilterpyLoop | SimdkalmanFleet, n: int, joint: bool) -> Run:
    """The rival's turns over the first n machines; matrices are made before the clock starts."""
    matrices = [_matrices(case.trend, dt[:n], joint) for dt in case.dt_steps]
    samples = (rows["value"][:n].astype(np.float64) for rows in case.rows)
    rival.step(next(samples), *_matrices(case.trend, np.zeros(n), joint))

    def run() -> int:
        for z, (F, Q) in zip(islice(samples, STEPS), matrices, strict=True):
            rival.step(z, F, Q)
        return STEPS * n

    return run


def _matrices(trend: Trend, dt_steps: Array, joint: bool) -> tuple[Array, Array]:
    """F and Q of every machine: joint (n, 2m, 2m), or a sensor at a time (n·m, 2, 2)."""
    pairs = [
        trend_matrices(trend.growth, trend.q_level[0], trend.q_slope[0], dt) for dt in dt_steps
    ]
    F, Q = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
    if joint:
        eye = np.eye(N_SENSORS)
        return np.array([np.kron(eye, f) for f in F]), np.array([np.kron(eye, q) for q in Q])
    return np.repeat(F, N_SENSORS, axis=0), np.repeat(Q, N_SENSORS, axis=0)


def _agree(name: str, ours: Array, theirs: Array) -> None:
    worst = float(np.max(np.abs(ours - theirs)))
    if not worst < 1e-8:
        raise ModelError(f"bench: {name} differs by {worst} noise sds: not the same model")
