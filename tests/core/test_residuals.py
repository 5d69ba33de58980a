"""Residual diagnostics against loops, scipy, and innovations simulated from the model itself."""

import numpy as np
import pytest
from scipy import stats

from twin.core.residual_verdict import findings
from twin.core.residuals import (
    autocorrelation,
    ljung_box,
    moments,
    nis_windows,
    pit_counts,
    qq_points,
    residuals,
)
from twin.core.statespace import trend_of
from twin.core.trend import new_state, trace

STEP_US = 3_600_000_000
SEEDS = range(12)
N = 1500
NEVER_REJECTED = np.zeros(N, dtype=bool)


def simulated(make_rows, seed, **wrong):
    """Innovations of a filter on its own model's data; wrong: what it believes."""
    true = {"q_level": 0.02, "q_slope": 1e-5, "r": 1.0, "monitors": False}
    rng = np.random.default_rng(seed)
    slope = np.cumsum(rng.normal(0, np.sqrt(1e-5), N)) + 0.01
    level = np.cumsum(slope + rng.normal(0, np.sqrt(0.02), N))
    z = level + rng.normal(0, 1, N)
    rows = make_rows(np.arange(1, N + 1) * STEP_US, z[:, None])
    trend = trend_of(1, **(true | wrong))
    found = trace(trend, new_state(trend, np.zeros(1, np.int64)), rows)
    return found.innovation[:, 0]


def ar1(seed, phi, n=N):
    rng = np.random.default_rng(seed)
    e = rng.normal(size=n)
    for t in range(1, n):
        e[t] = phi * e[t - 1] + np.sqrt(1 - phi * phi) * e[t]
    return e


def test_autocorrelation_equals_the_formula_by_loop():
    e = np.random.default_rng(0).normal(size=50)
    mean, square = e.mean(), sum((x - e.mean()) ** 2 for x in e)
    for k in range(1, 8):
        want = sum((e[t] - mean) * (e[t + k] - mean) for t in range(50 - k)) / square
        assert autocorrelation(e, 7)[k - 1] == pytest.approx(want, rel=1e-12)


def test_missing_samples_do_not_shrink_the_autocorrelation():
    """AR(1): r_1 = φ whether or not a third is missing; standard error about 1/√n."""
    e = ar1(1, 0.6, 20_000)
    e[np.random.default_rng(2).random(len(e)) < 1 / 3] = np.nan
    assert autocorrelation(e, 3) == pytest.approx([0.6, 0.36, 0.216], abs=0.03)


def test_ljung_box_equals_the_formula_by_loop():
    r, n = np.array([0.1, -0.05, 0.02]), 80
    want = sum(n * (n + 2) * r[k - 1] ** 2 / (n - k) for k in (1, 2, 3))
    q, p = ljung_box(r, n)
    assert q == pytest.approx(want, rel=1e-12)
    assert p == pytest.approx(stats.chi2.sf(want, 3), rel=1e-9)


def test_moments_equal_scipys():
    e = np.random.default_rng(3).gamma(3.0, size=400)
    got = moments(e)
    assert got.skewness == pytest.approx(stats.skew(e))
    assert got.kurtosis == pytest.approx(stats.kurtosis(e, fisher=False))
    want = stats.jarque_bera(e)
    assert got.h == pytest.approx(want.statistic)
    assert got.h_p == pytest.approx(want.pvalue, rel=1e-9)


def test_qq_band_is_that_of_order_statistics():
    e = np.random.default_rng(4).normal(size=9)
    got = qq_points(e)
    np.testing.assert_array_equal(got.found, np.sort(e))
    want = stats.norm.ppf(stats.beta.ppf(0.975, 9, 1))
    assert got.high[-1] == pytest.approx(want, rel=1e-9)


def test_share_outside_is_nominal_for_innovations_of_the_model_itself(make_rows):
    """Over all seeds: 5 % of lags, NIS windows and bins, within 3.5 binomial standard errors."""
    outside = {"acf": [], "nis": [], "pit": []}
    p_values, white = [], 0
    for seed in SEEDS:
        e = simulated(make_rows, seed)
        found = residuals(e, NEVER_REJECTED)
        outside["acf"] += list(np.abs(found.acf) > found.bound)
        mean = found.nis.mean
        outside["nis"] += list((mean < found.nis.low) | (mean > found.nis.high))
        outside["pit"] += list((found.pit < found.pit_low) | (found.pit > found.pit_high))
        p_values.append(found.q_p)
        white += findings(found) == ["white"]
    for name, marks in outside.items():
        error = np.sqrt(0.05 * 0.95 / len(marks))
        assert abs(np.mean(marks) - 0.05) < 3.5 * error, name
    assert stats.kstest(p_values, "uniform").pvalue > 1e-3
    assert white >= 11


def test_correlated_innovations_are_found():
    found = residuals(ar1(5, 0.4), NEVER_REJECTED)
    assert found.q_p < 1e-6
    assert findings(found) == ["coloured"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"q_level": 1e-6, "q_slope": 1e-12}, "lagging"), ({"q_level": 3.0}, "restless")],
)
def test_wrong_process_noise_is_named(make_rows, wrong, code):
    found = residuals(simulated(make_rows, 6, gate=np.inf, **wrong), NEVER_REJECTED)
    assert findings(found)[0] == code


@pytest.mark.parametrize(("r", "code"), [(0.3, "narrow"), (4.0, "wide")])
def test_wrong_measurement_noise_puts_nis_outside(make_rows, r, code):
    found = residuals(simulated(make_rows, 7, r=r, gate=np.inf), NEVER_REJECTED)
    assert code in findings(found)
    assert found.nis.outside > 0.5
    side = found.nis.mean > found.nis.high if r < 1 else found.nis.mean < found.nis.low
    assert side.mean() == pytest.approx(found.nis.outside)


def test_heavy_tails_lopsidedness_bias_and_growing_spread_are_named():
    rng = np.random.default_rng(8)
    heavy = rng.standard_t(4, N) / np.sqrt(2)
    lopsided = (rng.gamma(2.0, size=N) - 2) / np.sqrt(2)
    growing = rng.normal(size=N) * np.linspace(0.5, 1.5, N)
    want = {
        "tails": heavy,
        "lopsided": lopsided,
        "changing": growing,
        "biased": rng.normal(0.4, 0.9, N),
    }
    for code, e in want.items():
        assert code in findings(residuals(e, NEVER_REJECTED))


def test_cycle_at_a_longer_lag_is_named():
    """Every twentieth reading is pushed up: lags 20 and 40 stand out, the first ones do not."""
    e = np.random.default_rng(10).normal(size=N)
    e[::20] += 3.0
    assert "repeating" in findings(residuals(e, NEVER_REJECTED))


def test_rejected_readings_are_counted_and_left_out():
    e = np.random.default_rng(9).normal(size=N)
    e[::50] = 40.0
    found = residuals(e, np.arange(N) % 50 == 0)
    assert (found.gated, found.n) == (30, N - 30)
    assert found.moments.variance < 1.3
    assert findings(found) == ["rejects"]


def test_little_is_not_judged_and_nothing_breaks():
    for e in (np.zeros(0), np.full(300, np.nan), np.ones(20), np.ones(400)):
        assert findings(residuals(e, np.zeros(len(e), dtype=bool))) == ["few"]


def test_windows_end_where_their_last_reading_is():
    e = np.ones(10)
    e[3] = np.nan
    got = nis_windows(e, 4)
    assert got.ends.tolist() == [4, 8]
    assert got.mean.tolist() == [1.0, 1.0]
    assert (got.low, got.high) == pytest.approx(tuple(stats.chi2.ppf([0.025, 0.975], 4) / 4))


def test_pit_of_known_quantiles_fills_its_bins_evenly():
    counts, low, high = pit_counts(stats.norm.ppf((np.arange(100) + 0.5) / 100), 20)
    assert counts.tolist() == [5] * 20
    assert low < 5 < high
