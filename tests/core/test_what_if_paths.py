"""Paths of what may come, and their hazard, against closed forms, quadrature and the filter."""

import numpy as np
import pytest
from what_if_case import GROWTH, HORIZON, TREND, case, hazard, start

from twin.core.features import features, learn_features
from twin.core.hazard import Hazard, lead_bins, spline_basis
from twin.core.path_hazard import path_hazard, population
from twin.core.path_match import match, pushed_curve
from twin.core.paths import Start, as_new, drift, free_paths, spread_at, start_of
from twin.core.statespace import trend_of
from twin.core.trend import advance, new_state, new_view
from twin.core.whatif import rehearse


def test_paths_have_the_mean_and_variance_of_the_closed_form():
    """Each over its standard error, seeded: 4 in 10⁴ points beyond 3.5 σ would be many."""
    at = np.array([0.0, 2.0, 7.0, 30.0, 60.0])
    n = 4000
    paths = free_paths(TREND, start(), at, n, 5)
    mean, variance = spread_at(TREND, start(), at)
    np.testing.assert_allclose(paths.level.mean(0), mean, atol=1e-9)  # mirrored pairs
    got = paths.level[: n // 2].var(0)
    assert (np.abs(got / variance - 1) < 3.5 * np.sqrt(2 / (n // 2))).all()


def test_path_hazard_equals_the_features_column_by_column():
    """With products, two modes and clipped features: Σ log(1 + odds) from the feature matrix."""
    rng = np.random.default_rng(2)
    level, slope = rng.normal(size=(2, 50, 2)) * [[[1.0]], [[0.1]]]
    map_ = learn_features(level, slope, rng.uniform(0, 99, 50), np.arange(2), 2, 2)
    edges = lead_bins(HORIZON)
    basis = spline_basis(edges)
    coef = rng.normal(0, 0.3, (2, basis.shape[1], map_.size))
    h = Hazard(
        ("a", "b"), map_, edges, basis, coef, np.zeros((2, 0, 5, map_.size)), np.zeros((2, 3))
    )
    paths = free_paths(TREND, start(), edges, 6, 3)
    got = path_hazard(h, paths, 0.5, 0.1)
    for p in range(6):
        total = 0.0
        for g in range(len(edges) - 1):
            x = (paths.level[p, [g]] + 0.5, paths.slope[p, [g]] + 0.1, paths.age[[g]])
            row = features(map_, *x)[0]
            odds = np.exp(np.array([basis[0] @ a @ row for a in coef])) * (edges[g + 1] - edges[g])
            total += np.log1p(odds).sum()
            assert got[p, g + 1] == pytest.approx(total, rel=1e-9)


def test_paths_agree_with_quadrature_within_their_error():
    """One Gaussian level that stands still, else nothing: E exp(−C) by Gauss and Hermite."""
    h = hazard(coef=(1.5, 0.0))
    still = trend_of(2, 2, q_level=0.0, q_slope=0.0, growth=0.0)
    nil = np.zeros(2)
    belief = Start(nil, nil, np.array([1.0, 0.0]), nil, nil, 10.0)
    z, weight = np.polynomial.hermite_e.hermegauss(60)
    weight = weight / weight.sum()
    width = np.diff(h.edges)
    f = np.zeros((60, 6))
    f[:, 0], f[:, 1], f[:, 5] = 1.0, z, np.log1p(10.0)
    odds = np.exp(f @ (h.basis[0] @ h.coef[0]))[:, None] * width
    want = weight @ np.exp(-np.log1p(odds).sum(1))
    draws = []
    for seed in range(20):
        paths = free_paths(still, belief, h.edges, 256, seed)
        draws.append(np.exp(-population(path_hazard(h, paths))[-1]))
    error = np.std(draws, ddof=1) / np.sqrt(20)
    assert abs(np.mean(draws) - want) < 3.5 * error
    assert error < 0.005


def test_matched_paths_reproduce_the_landmark_curve():
    """Second route: survival under the factors, path by path, as a plain mean."""
    c = case()
    stretch = rehearse(c, 64).now
    for factor, kept in zip(*stretch.matched, strict=True):
        total = np.cumsum(np.diff(stretch.unchanged[kept], axis=1) * factor, axis=1)
        got = -np.log(np.exp(-total).mean(0))
        np.testing.assert_allclose(got, stretch.landmark[0][1:], rtol=1e-6)
    curve, mc_sd = pushed_curve(stretch.landmark, stretch.matched, stretch.unchanged)
    np.testing.assert_allclose(curve, stretch.landmark, rtol=1e-5)
    assert mc_sd.max() < 1e-6


def test_hazard_that_a_change_multiplies_on_a_sure_path_multiplies_the_curve():
    """One path without spread: the factor is Λ₀/C, so thrice C is thrice Λ₀, whatever C is."""
    free = np.tile(np.cumsum([0.0, 0.3, 1e-4, 2.0]), (16, 1))
    landmark = np.stack([np.cumsum([0.0, 0.01, 0.5, 0.02])] * 3)
    curve, _ = pushed_curve(landmark, match(free, landmark[0]), 3.0 * free)
    np.testing.assert_allclose(curve, 3.0 * landmark, rtol=1e-8)


def test_drift_stops_when_the_change_is_taken_back():
    level, slope = drift(0.0, np.array([[1.0], [-1.0], [0.0]]))
    assert slope[:, 0].tolist() == [0, 1, 0, 0]
    assert level[:, 0].tolist() == [0, 0, 1, 1]


def test_start_is_the_belief_of_the_filter(fleet):
    rows = fleet(1, 30, 2)
    trend = trend_of(2, growth=GROWTH)
    state = new_state(trend, np.array([rows["time"][0] - int(3.6e9)]))
    advance(trend, state, new_view(trend, 1), rows)
    got = start_of(trend, state[0])
    np.testing.assert_array_equal(got.level, trend.layout.level(state)[0])
    assert got.age == pytest.approx(1 + (rows["time"][-1] - rows["time"][0]) / 3.6e9)


def test_new_is_the_mean_of_the_machines_seen_new(make_rows):
    """Four machines seen from birth and one that was old: their first 40 readings are constants."""
    trend = trend_of(1)
    born = np.array([0, 0, 0, 0, -(10**13)])
    state = new_state(trend, born)
    values = np.repeat([[1.0], [2.0], [3.0], [4.0], [50.0]], 40, axis=0)
    times = np.tile(np.arange(1, 41) * 10**6, 5)
    rows = make_rows(times, values + 0.01 * (np.arange(200) % 2)[:, None], np.repeat(range(5), 40))
    advance(trend, state, new_view(trend, 5), rows)
    got, n = as_new(trend, state)
    assert n == 4
    assert got.level[0] == pytest.approx(2.5, abs=0.01)
    assert got.p11[0] == pytest.approx(5 / 3, abs=0.01)
    assert got.age == 0.0
    assert as_new(trend, state[:2])[1] == 0
