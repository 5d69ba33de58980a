"""What a fitted hazard says must follow from its own definition, computed here another way."""

import numpy as np
import pytest
from scipy.interpolate import BSpline

from twin.core.features import base_features, features, learn_features
from twin.core.hazard import (
    Hazard,
    failure_probability,
    lead_bins,
    outlook,
    rul_mean,
    rul_quantile,
    spline_basis,
)
from twin.core.hazard_risk import assess, contributions

RNG = np.random.default_rng(7)
N, M = 40, 3
LEVEL, SLOPE = RNG.normal(size=(N, M)), RNG.normal(size=(N, M)) * 0.1
AGE = RNG.uniform(0, 200, N)


def made_up(n_modes: int = 2, horizon: float = 60.0, rank: int = 4) -> Hazard:
    rng = np.random.default_rng(3)
    map_ = learn_features(LEVEL, SLOPE, AGE, np.array([0, 2]), 2, 2)
    edges = lead_bins(horizon)
    basis = spline_basis(edges)
    coef = rng.normal(0, 0.2, (n_modes, basis.shape[1], map_.size))
    coef[:, :, 0] = -4.0
    factor = rng.normal(0, 0.02, (n_modes, rank, basis.shape[1], map_.size))
    modes = tuple(f"mode-{i}" for i in range(n_modes))
    reference = np.zeros((n_modes, len(map_.lanes) + 1))
    return Hazard(modes, map_, edges, basis, coef, factor, reference)


def bin_hazards(h: Hazard) -> np.ndarray:
    """(M, N, J) from the definition, one number at a time."""
    x = features(h.map_, LEVEL, SLOPE, AGE)
    out = np.empty((len(h.modes), N, len(h.basis)))
    width = np.diff(h.edges)
    for m, coef in enumerate(h.coef):
        for j, b in enumerate(h.basis):
            odds = np.array([np.exp(b @ coef @ row) for row in x]) * width[j]
            out[m, :, j] = odds / (1 + odds)
    return out


def test_bins_are_two_to_ten_then_three_to_the_horizon():
    assert lead_bins(125.0).tolist() == [0, 2, 4, 6, 8, *range(10, 124, 3), 125]
    assert lead_bins(126.0).tolist()[-2:] == [124, 126]
    assert lead_bins(10.0).tolist() == [0, 2, 4, 6, 8, 10]
    assert lead_bins(336.0)[-1] == 336.0
    assert np.all(np.diff(lead_bins(336.0)) >= 2.0)


def test_spline_basis_equals_scipys_design_matrix():
    edges = lead_bins(125.0)
    x = np.log1p((edges[1:] + edges[:-1]) / 2)
    knots = np.r_[[x[0]] * 4, np.linspace(x[0], x[-1], 3)[1:-1], [x[-1]] * 4]
    inside = np.minimum(x, x[-1] - 1e-9 * (x[-1] - x[0]))
    want = BSpline.design_matrix(inside, knots, 3).toarray()
    np.testing.assert_allclose(spline_basis(edges), want, atol=1e-12)
    np.testing.assert_allclose(spline_basis(edges).sum(1), 1.0)


def test_survival_is_the_product_of_one_minus_hazard_over_bins_and_modes():
    h = made_up()
    want = np.cumprod(np.prod(1 - bin_hazards(h), axis=0), axis=1)
    got = outlook(h, LEVEL, SLOPE, AGE).survival
    np.testing.assert_allclose(got[:, 1:], want, rtol=1e-10)
    assert np.all(got[:, 0] == 1.0)


def test_probability_never_falls_with_the_horizon():
    h = made_up()
    p = failure_probability(outlook(h, LEVEL, SLOPE, AGE), h.edges, np.linspace(0, 80, 200))
    assert np.all(np.diff(p, axis=1) >= -1e-15)
    assert np.all((p >= 0) & (p < 1))
    assert np.all(p[:, 0] == 0)


def test_quantile_is_where_the_probability_reaches_it():
    h = made_up()
    future = outlook(h, LEVEL, SLOPE, AGE)
    for q in (0.1, 0.5, 0.9):
        lead = rul_quantile(future, h.edges, q)
        within = np.isfinite(lead)
        assert within.any()
        for n in np.flatnonzero(within):
            p = failure_probability(future, h.edges, [lead[n]])[n, 0]
            assert p == pytest.approx(q, abs=1e-9)
        beyond = failure_probability(future, h.edges, [h.horizon])[~within, 0]
        assert np.all(beyond < q)


def test_mean_life_equals_the_sum_of_survival_over_whole_steps():
    h = made_up(horizon=100.0)
    future = outlook(h, LEVEL, SLOPE, AGE)
    p = failure_probability(future, h.edges, np.arange(0.0, 100.0))
    want = (1 - p).sum(1)  # sum of P(T >= d) for d = 1 .. 100
    np.testing.assert_allclose(rul_mean(future, h.edges), want, rtol=5e-3)


def test_constant_hazard_gives_the_geometric_distribution():
    h = made_up(n_modes=1)
    rate = 0.03
    per_bin = 1 - (1 - rate) ** np.diff(h.edges)
    logit = np.log(per_bin / (1 - per_bin)) - np.log(np.diff(h.edges))
    coef = np.zeros_like(h.coef)
    coef[0, :, 0] = np.linalg.lstsq(h.basis, logit, rcond=None)[0]
    h = h._replace(coef=coef)
    future = outlook(h, LEVEL, SLOPE, AGE)
    for lead in (2.0, 10.0, 31.0, 60.0):
        want = 1 - (1 - rate) ** lead
        assert failure_probability(future, h.edges, [lead])[0, 0] == pytest.approx(want, rel=2e-3)


def test_parts_by_sensor_add_up_to_the_averaged_log_odds():
    h = made_up()
    z = base_features(h.map_, LEVEL, SLOPE, AGE)
    width = np.diff(h.edges)
    average = (width @ h.basis) / width.sum()
    x = features(h.map_, LEVEL, SLOPE, AGE)
    parts = contributions(h, LEVEL, SLOPE, AGE)
    for m, coef in enumerate(h.coef):
        theta = average @ coef
        bend = theta[1 + z.shape[1] :]
        constant = theta[0] - (bend * h.map_.product_centre / h.map_.product_scale).sum()
        np.testing.assert_allclose(parts[m].sum(1) + constant, x @ theta, atol=1e-10)


def test_risk_of_machines_together_equals_one_at_a_time():
    h = made_up()
    together = assess(h, LEVEL, SLOPE, AGE, (8.0, 24.0, 48.0))
    for n in range(0, N, 7):
        alone = assess(h, LEVEL[[n]], SLOPE[[n]], AGE[[n]], (8.0, 24.0, 48.0))
        for got, want in zip(alone, together, strict=True):
            np.testing.assert_allclose(got[0], want[n], rtol=1e-12, atol=1e-15)


def test_interval_holds_the_probability_and_closes_without_uncertainty():
    h = made_up()
    risk = assess(h, LEVEL, SLOPE, AGE)
    assert np.all(risk.p_lo < risk.p)
    assert np.all(risk.p < risk.p_hi)
    certain = assess(h._replace(factor=np.zeros_like(h.factor)), LEVEL, SLOPE, AGE)
    np.testing.assert_allclose(certain.p_lo, certain.p, rtol=1e-12)


def test_interval_equals_the_delta_method_by_finite_differences():
    h = made_up(n_modes=2, rank=3)
    lead, step = 24.0, 1e-5
    variance = np.zeros(N)

    def log_cumulative(coef):
        p = failure_probability(outlook(h._replace(coef=coef), LEVEL, SLOPE, AGE), h.edges, [lead])
        return np.log(-np.log1p(-p[:, 0]))

    for m in range(2):
        for direction in h.factor[m]:
            up, down = h.coef.copy(), h.coef.copy()
            up[m] += step * direction
            down[m] -= step * direction
            variance += ((log_cumulative(up) - log_cumulative(down)) / (2 * step)) ** 2
    risk = assess(h, LEVEL, SLOPE, AGE, (lead,))
    half = np.log(np.log1p(-risk.p_hi[:, 0]) / np.log1p(-risk.p[:, 0]))
    np.testing.assert_allclose(half, 1.2815515655 * np.sqrt(variance), rtol=1e-5)


def test_shares_of_modes_sum_to_one_and_follow_the_larger_hazard():
    h = made_up()
    coef = h.coef.copy()
    coef[1] = coef[0]
    coef[1, :, 0] -= np.log(9.0)
    risk = assess(h._replace(coef=coef), LEVEL, SLOPE, AGE, (8.0,))
    np.testing.assert_allclose(risk.mode_p.sum(1), 1.0)
    assert np.all(risk.mode_p[:, 0] > 0.85)


def test_a_sensor_never_seen_counts_as_the_fleets_mean():
    h = made_up()
    unseen = LEVEL.copy()
    unseen[:, 0] = np.nan
    mean = LEVEL.copy()
    mean[:, 0] = h.map_.centre[0]
    got = assess(h, unseen, SLOPE, AGE).p
    np.testing.assert_allclose(got, assess(h, mean, SLOPE, AGE).p, rtol=1e-12)


def test_belief_gone_mad_is_bounded():
    h = made_up()
    wild = assess(h, LEVEL * 1e30, SLOPE * -1e30, AGE)
    assert all(np.all(np.isfinite(part)) for part in (wild.p, wild.p_lo, wild.p_hi))
