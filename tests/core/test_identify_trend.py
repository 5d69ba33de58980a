"""Identification finds what a simulated fleet was made from; its likelihood is the dense one."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from twin.core.identify import P0, Series, identify, log_likelihood, wear_effects, whiteness
from twin.core.transition import trend_matrices


def grown(seed: int, n: int, steps: int, growth: float, q_slope: float, r: float) -> np.ndarray:
    """Readings (n, steps, 2) of simulated trends."""
    rng = np.random.default_rng(seed)
    F, Q = trend_matrices(growth, 0.0, q_slope, 1.0)
    root = np.linalg.cholesky(Q + 1e-18 * np.eye(2))
    x = np.zeros((n, 2, 2))
    x[..., 0] = rng.normal(0, 0.5, (n, 2))
    out = np.empty((n, steps, 2))
    for t in range(steps):
        out[:, t] = x[..., 0] + rng.normal(0, np.sqrt(r), (n, 2))
        x = x @ F.T + rng.normal(size=(n, 2, 2)) @ root.T
    return out


def dense_log_likelihood(z, time, growth, q_level, q_slope) -> tuple[float, float]:
    """Concentrated log-likelihood and R of one life from its joint normal distribution."""
    n = len(z)
    cov = np.zeros((n, n))
    state = [np.diag(P0)]
    for i in range(1, n):
        F, Q = trend_matrices(growth, q_level, q_slope, time[i] - time[i - 1])
        state.append(F @ state[-1] @ F.T + Q)
    for i in range(n):
        carried = state[i]
        for j in range(i, n):
            if j > i:
                F, _ = trend_matrices(growth, q_level, q_slope, time[j] - time[j - 1])
                carried = F @ carried
            cov[i, j] = cov[j, i] = carried[0, 0]
    cov += np.eye(n)
    seen = ~np.isnan(z)
    c, y = cov[np.ix_(seen, seen)], z[seen]
    r = float(y @ np.linalg.solve(c, y)) / len(y)
    loglik = multivariate_normal(np.zeros(len(y)), r * c).logpdf(y)
    return float(loglik) + 0.5 * len(y) * np.log(2 * np.pi), r


@pytest.mark.parametrize("missing", [False, True])
def test_likelihood_equals_the_joint_normal_density(missing):
    rng = np.random.default_rng(5)
    z = rng.normal(size=(1, 12, 1)).cumsum(1)
    dt = np.ones((1, 12)) if not missing else rng.uniform(0.3, 4.0, (1, 12))
    if missing:
        z[0, [3, 4, 8]] = np.nan
    time = np.cumsum(dt[0])
    for growth, q_level, q_slope in [(0.0, 0.0, 1e-2), (0.05, 0.2, 1e-3)]:
        got, r = log_likelihood(Series(z, dt), growth, np.array([[q_level]]), np.array([[q_slope]]))
        want, want_r = dense_log_likelihood(z[0, :, 0], time, growth, q_level, q_slope)
        assert got[0, 0] == pytest.approx(want, rel=1e-9)
        assert r[0, 0] == pytest.approx(want_r, rel=1e-9)


def test_lives_on_one_clock_equal_lives_with_their_own():
    z = grown(1, 4, 30, 0.02, 1e-4, 0.3)
    z[1, 20:] = np.nan
    dt = np.ones(z.shape[:2])
    ratios = np.array([[1e-5], [1e-3]])
    shared = log_likelihood(Series(z, dt), 0.02, np.zeros((1, 1)), ratios)[0]
    one_by_one = sum(log_likelihood_pair(z[i : i + 1], dt[i : i + 1], ratios) for i in range(4))
    n = (~np.isnan(z)).sum((0, 1))
    square, logs = one_by_one
    want = -0.5 * (n * np.log(square / n) + logs + n)
    np.testing.assert_allclose(shared, want, rtol=1e-9)


def log_likelihood_pair(z, dt, ratios):
    """(Σ e²/s, Σ log s) of one life, read back from its own concentrated likelihood."""
    loglik, r = log_likelihood(Series(z, dt), 0.02, np.zeros((1, 1)), ratios)
    n = (~np.isnan(z)).sum((0, 1))
    return np.array([r * n, -2 * loglik - n - n * np.log(r)])


def test_no_growth_wins_where_nothing_grows():
    z = grown(2, 60, 200, 0.0, 1e-6, 0.3)
    found = identify(Series(z, np.ones(z.shape[:2])), 200.0)
    assert found.growth == 0.0
    assert found.gain == 0.0


def test_growth_noise_and_wander_are_recovered():
    growth, q_slope, r = np.log(1.02), 1e-6, 0.3
    z = grown(3, 100, 200, growth, q_slope, r)
    found = identify(Series(z, np.ones(z.shape[:2])), 200.0)
    assert found.growth == pytest.approx(growth, rel=0.3)
    assert found.gain > 20.0
    np.testing.assert_allclose(found.r, r, rtol=0.05)
    assert np.all(np.abs(np.log10(found.q_slope / q_slope)) < 0.6)


def test_random_walk_of_the_level_is_found():
    rng = np.random.default_rng(4)
    z = rng.normal(0, 0.3, (40, 150, 1)).cumsum(1) + rng.normal(0, 1.0, (40, 150, 1))
    found = identify(Series(z, np.ones(z.shape[:2])), 150.0)
    assert found.q_level[0] == pytest.approx(0.09, rel=0.6)
    assert found.r[0] == pytest.approx(1.0, rel=0.1)


def test_whiteness_by_hand():
    y = np.array([[1.0], [-1.0], [1.0], [1.0]])
    variance, lagged = whiteness(y, np.array([0, 0, 1, 1]))
    assert variance[0] == 1.0
    assert lagged[0] == 0.0


def test_effect_of_load_on_wear_is_recovered_and_noise_is_not():
    rng = np.random.default_rng(6)
    n, growth, gap = 2000, 0.01, 24.0
    u = np.column_stack([rng.uniform(0, 100, n), np.full(n, 3.0), rng.normal(size=n)])
    before = rng.normal(0, 1e-3, (n, 2))
    step = np.outer(u[:, 0], [1e-5, 0.0])
    after = np.exp(growth * gap) * before + gap * (step + rng.normal(0, 1e-4, (n, 2)))
    B = wear_effects(before, after, u, growth, gap)
    assert B[0, 0] == pytest.approx(1e-5, rel=0.05)
    assert np.count_nonzero(B) == 1


def test_effect_whose_sign_turns_without_the_other_inputs_is_not_believed():
    """Load and the heat that follows it: what is learnt of heat alone remains, and its sign."""
    rng = np.random.default_rng(7)
    n, gap = 2000, 24.0
    load = rng.normal(0, 10, n)
    u = np.column_stack([load, load + rng.normal(0, 2, n)])
    slope = u @ np.array([-1e-5, 2e-5]) + rng.normal(0, 1e-5, n)
    before = np.zeros((n, 1))
    B = wear_effects(before, gap * slope[:, None], u, 0.0, gap)
    assert B[0, 0] == 0.0
    heat = u[:, 1] - u[:, 1].mean()
    assert B[0, 1] == pytest.approx(heat @ slope / (heat @ heat), rel=1e-6)
    assert B[0, 1] > 0
