"""A recalibrated failure model says σ(a + b·logit P) of the fitted one, in every figure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from twin.core.features import learn_features
from twin.core.hazard import Hazard, failure_probability, lead_bins, outlook, rul_mean, spline_basis
from twin.core.hazard_risk import assess, contributions

RNG = np.random.default_rng(8)
N = 30
LEVEL, SLOPE, AGE = RNG.normal(size=(N, 3)), RNG.normal(size=(N, 3)) * 0.1, RNG.uniform(0, 200, N)
HORIZONS = (8.0, 25.0, 60.0)
"""At bins' edges, where the law holds exactly."""


def made_up(line: tuple[float, float] | None = None) -> Hazard:
    rng = np.random.default_rng(3)
    map_ = learn_features(LEVEL, SLOPE, AGE, np.array([0, 2]), 2, 2)
    edges = lead_bins(60.0)
    basis = spline_basis(edges)
    coef = rng.normal(0, 0.2, (2, basis.shape[1], map_.size))
    coef[:, :, 0] = -4.0
    factor = rng.normal(0, 0.02, (2, 4, basis.shape[1], map_.size))
    reference = np.zeros((2, len(map_.lanes) + 1))
    return Hazard(("m", "n"), map_, edges, basis, coef, factor, reference, False, line)


PLAIN = assess(made_up(), LEVEL, SLOPE, AGE, HORIZONS)
lines = st.tuples(st.floats(-2, 2), st.floats(0.2, 3))


@settings(deadline=None, max_examples=30)
@given(lines)
def test_probability_is_the_line_of_the_fitted_one(line):
    got = assess(made_up(line), LEVEL, SLOPE, AGE, HORIZONS)
    assert got.p == pytest.approx(expit(line[0] + line[1] * logit(PLAIN.p)), rel=1e-6)
    assert np.all(np.diff(got.p, axis=1) >= -1e-12)
    assert np.all(got.p_lo <= got.p + 1e-12)
    assert np.all(got.p <= got.p_hi + 1e-12)


def test_line_that_changes_nothing_changes_nothing():
    got = assess(made_up((0.0, 1.0)), LEVEL, SLOPE, AGE, HORIZONS)
    for one, other in zip(got, PLAIN, strict=True):
        assert one == pytest.approx(other, rel=1e-9)


def test_interval_moves_as_far_as_the_line_takes_it():
    """A small step of log Λ and what it becomes: the delta method's derivative, by difference."""
    line = (0.4, 0.6)
    z, h = 1.2815515655446004, 1e-5
    got = assess(made_up(line), LEVEL, SLOPE, AGE, HORIZONS)
    plain = -np.log1p(-PLAIN.p)
    moved = [
        -np.log1p(-expit(line[0] + line[1] * logit(-np.expm1(-plain * np.exp(s))))) for s in (-h, h)
    ]
    gain = (np.log(moved[1]) - np.log(moved[0])) / (2 * h)
    sd = np.log(-np.log1p(-PLAIN.p_hi) / plain) / z
    want = -np.expm1(np.log1p(-got.p) * np.exp(z * sd * gain))
    assert got.p_hi == pytest.approx(want, rel=1e-5)


def test_quantiles_of_life_belong_to_the_recalibrated_curve():
    hazard = made_up((0.5, 0.7))
    got, future = assess(hazard, LEVEL, SLOPE, AGE, HORIZONS), outlook(hazard, LEVEL, SLOPE, AGE)
    for column, q in enumerate((0.1, 0.5, 0.9)):
        known = np.isfinite(got.rul_q[:, column])
        leads = got.rul_q[known, column]
        p = np.array(
            [
                failure_probability(future, hazard.edges, [t])[n, 0]
                for n, t in zip(np.flatnonzero(known), leads, strict=True)
            ]
        )
        assert p == pytest.approx(np.full(len(p), q), abs=1e-9)
    assert got.rul_mean == pytest.approx(rul_mean(future, hazard.edges))


def test_contributions_are_in_the_log_odds_that_are_said():
    got = contributions(made_up((0.3, 0.5)), LEVEL, SLOPE, AGE)
    assert got == pytest.approx(0.5 * contributions(made_up(), LEVEL, SLOPE, AGE))
