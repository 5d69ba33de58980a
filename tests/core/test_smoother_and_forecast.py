import numpy as np
import pytest
from textbook import dense_posterior, van_loan

from twin.core.forecast import forecast
from twin.core.smoother import filter_trend, smooth_trend
from twin.core.statespace import trend_of
from twin.core.trend import advance, new_state, new_view, trace

STEP_US = 3_600_000_000
PLAIN = {"q_level": 1e-2, "q_slope": 1e-3, "gate": np.inf, "monitors": False}


@pytest.mark.parametrize("growth", [0.0, 0.02, -0.2])
def test_trend_smoother_is_the_joint_gaussian_posterior(growth):
    trend = trend_of(2, growth=growth, r=[0.5, 1.0], **PLAIN)
    rng = np.random.default_rng(6)
    times = np.cumsum(rng.integers(STEP_US // 4, 3 * STEP_US, 25))
    z = rng.normal(size=(25, 2))
    z[rng.random(z.shape) < 0.3] = np.nan
    got = smooth_trend(trend, times, z)
    for i in range(2):
        steps = np.diff(times, prepend=times[0]) / STEP_US
        pairs = [van_loan(growth, 1e-2, 1e-3, d) for d in steps]
        mean, cov = dense_posterior(
            [f for f, _ in pairs],
            [q for _, q in pairs],
            np.array([[1.0, 0.0]]),
            np.array([[trend.r[i]]]),
            np.zeros(2),
            trend.r[i] * np.diag(trend.p0),
            list(z[:, i : i + 1]),
        )
        np.testing.assert_allclose(got.level[:, i], mean[:, 0], rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(got.slope[:, i], mean[:, 1], rtol=1e-6, atol=1e-9)
        got_cov = np.array([got.p11[:, i], got.p12[:, i], got.p22[:, i]]).T
        want = np.array([cov[:, 0, 0], cov[:, 0, 1], cov[:, 1, 1]]).T
        np.testing.assert_allclose(got_cov, want, rtol=1e-6, atol=1e-10)


def test_filter_of_the_smoother_equals_the_kernel(fleet):
    trend = trend_of(3, growth=0.01, **PLAIN)
    rows = fleet(1, 80, 3, missing=0.3)
    got = filter_trend(trend, rows["time"], rows["value"].astype(float))
    want = trace(trend, new_state(trend, np.zeros(1, np.int64)), rows)
    np.testing.assert_allclose(got.level, want.level, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(got.p11, want.p11, rtol=1e-11)


def learned(trend, rows, n):
    state = new_state(trend, np.zeros(n, np.int64))
    advance(trend, state, new_view(trend, n), rows)
    return state


def test_forecast_equals_filtering_with_everything_missing(fleet, make_rows):
    trend = trend_of(3, growth=0.02, **PLAIN)
    rows = fleet(4, 40, 3)
    state = learned(trend, rows, 4)
    got = forecast(trend, state, [1, 5, 24], dtype=np.float64)
    reading = forecast(trend, state, [1, 5, 24], reading=True, dtype=np.float64)
    for j, h in enumerate([1, 5, 24]):
        silent = make_rows(rows["time"][-4:] + h * STEP_US, np.full((4, 3), np.nan), np.arange(4))
        ahead = trace(trend, state.copy(), silent)
        np.testing.assert_allclose(got.mean[:, :, j], ahead.level, rtol=1e-12)
        np.testing.assert_allclose(got.variance[:, :, j], ahead.p11, rtol=1e-12)
        np.testing.assert_allclose(reading.variance[:, :, j], ahead.s, rtol=1e-12)


def test_forecast_of_some_is_part_of_the_forecast_of_all(fleet):
    trend = trend_of(3, growth=0.02, **PLAIN)
    state = learned(trend, fleet(4, 40, 3), 4)
    whole = forecast(trend, state, range(50))
    part = forecast(trend, state, range(50), sensors=[2, 0], machines=[3])
    np.testing.assert_array_equal(part.mean, whole.mean[[3]][:, [2, 0]])
    np.testing.assert_array_equal(part.variance, whole.variance[[3]][:, [2, 0]])


def test_single_precision_forecast_errs_by_far_less_than_its_sd(fleet):
    trend = trend_of(3, growth=0.02, **PLAIN)
    state = learned(trend, fleet(4, 40, 3), 4)
    fine, coarse = (forecast(trend, state, range(500), dtype=d) for d in (np.float64, np.float32))
    assert (np.abs(fine.mean - coarse.mean) < 1e-5 * np.sqrt(fine.variance)).all()
