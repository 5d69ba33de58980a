"""Scores against numbers worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.core.calibration import (
    brier,
    coverage,
    expected_calibration_error,
    pit,
    platt,
    recalibrated,
    reliability,
)


def test_brier_by_hand():
    p, y = np.array([0.9, 0.2, 0.5]), np.array([True, False, True])
    assert brier(p, y) == pytest.approx((0.01 + 0.04 + 0.25) / 3)


def test_calibration_error_by_hand():
    p = np.array([0.05, 0.05, 0.95, 0.95])
    y = np.array([False, True, True, True])
    assert expected_calibration_error(p, y) == pytest.approx(0.5 * 0.45 + 0.5 * 0.05)


def test_reliability_counts_every_forecast_once_and_leaves_empty_bins_open():
    r = reliability(np.array([0.0, 0.31, 0.39, 1.0]), np.array([False, True, False, True]))
    assert r.n.tolist() == [1, 0, 0, 2, 0, 0, 0, 0, 0, 1]
    assert r.observed[3] == 0.5
    assert np.isnan(r.observed[1])


def test_coverage_counts_ends_as_inside():
    low, high = np.array([0.0, 2.0, 5.0]), np.array([1.0, 3.0, 6.0])
    assert coverage(low, high, np.array([1.0, 2.5, 4.0])) == pytest.approx(2 / 3)


def test_pit_of_a_right_forecast_is_uniform():
    rng = np.random.default_rng(0)
    life = rng.geometric(0.1, 20_000)
    values = np.sort(pit(1 - 0.9**life, 1 - 0.9 ** (life - 1), rng.random(20_000)))
    assert np.abs(values - (np.arange(20_000) + 0.5) / 20_000).max() < 1.63 / np.sqrt(20_000)


@given(a=st.floats(-1.0, 1.0), b=st.floats(0.4, 2.5))
def test_platt_undoes_a_known_distortion(a, b):
    rng = np.random.default_rng(1)
    x = rng.normal(0, 2, 40_000)
    happened = rng.random(40_000) < 1 / (1 + np.exp(-(a + b * x)))
    got_a, got_b = platt(1 / (1 + np.exp(-x)), happened)
    assert got_a == pytest.approx(a, abs=0.1)
    assert got_b == pytest.approx(b, rel=0.1)


def test_recalibrating_by_nothing_changes_nothing():
    p = np.array([0.001, 0.3, 0.999])
    np.testing.assert_allclose(recalibrated(p, 0.0, 1.0), p, rtol=1e-9)
