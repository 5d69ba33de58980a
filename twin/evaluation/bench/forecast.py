"""Forecast of a fleet: one sensor of 10,000 machines, mean and variance at 500 steps."""

from typing import Any

import numpy as np
from filterpy.kalman import KalmanFilter

from twin.core.forecast import Forecast, forecast
from twin.core.transition import trend_matrices
from twin.core.trend import advance, new_state, new_view
from twin.errors import ModelError
from twin.evaluation.bench.measure import interleave
from twin.evaluation.bench.scenario import scenario

__all__ = ["bench_forecast"]

N_MACHINES = 10_000
STEPS = 500
LOOP_MACHINES = 20
ROUNDS = 9


def bench_forecast() -> dict[str, Any]:
    """Milliseconds for all machines, and how many times a loop of filterpy's predict takes."""
    case = scenario(N_MACHINES, 5)
    state = new_state(case.trend, np.zeros(N_MACHINES, np.int64))
    view = new_view(case.trend, N_MACHINES)
    for rows in case.rows:
        advance(case.trend, state, view, rows)
    ahead = np.arange(1, STEPS + 1)
    F, Q = trend_matrices(case.trend.growth, case.trend.q_level[0], case.trend.q_slope[0], 1.0)
    level, slope = (
        block[:, 0] for block in (case.trend.layout.level(state), case.trend.layout.slope(state))
    )
    p11, p12, p22 = case.trend.layout.covariance(state)[:, :, 0]
    means = np.empty((LOOP_MACHINES, STEPS))
    ours: list[Forecast] = []

    def fleet() -> int:
        ours[:] = [forecast(case.trend, state, ahead, sensors=0)]
        return N_MACHINES

    def loop() -> int:
        for n in range(LOOP_MACHINES):
            kf = KalmanFilter(dim_x=2, dim_z=1)
            kf.F, kf.Q = F, Q
            kf.x = np.array([[level[n]], [slope[n]]])
            kf.P = np.array([[p11[n], p12[n]], [p12[n], p22[n]]])
            for h in range(STEPS):
                kf.predict()
                means[n, h] = kf.x[0, 0]
        return LOOP_MACHINES

    timings = interleave({"fleet": fleet, "loop": loop}, ROUNDS)
    worst = float(np.max(np.abs(ours[0].mean[:LOOP_MACHINES, 0] - means)))
    if not worst < 1e-4:
        raise ModelError(f"bench: forecasts differ by {worst} noise sds: not the same model")
    fast = timings["fleet"]
    return {
        "ms": round(fast.median_s * N_MACHINES * 1e3, 2),
        "x_loop": round(timings["loop"].median_s / fast.median_s, 1),
        "spread": {name: timing.spread() for name, timing in timings.items()},
    }
