"""The fit finds what the data were made from, and its sums add."""

from itertools import pairwise

import numpy as np
import pytest

from twin.core.hazard import failure_probability, lead_bins, outlook, spline_basis
from twin.core.hazard_fit import fit_coefficients, fit_hazard
from twin.core.hazard_risk import assess
from twin.core.hazard_statistics import Landmarks, at_risk, statistics
from twin.errors import ModelError

HORIZON = 40.0
LANES = np.array([0, 1])


def fleet(seed: int, n_machines: int, rate: float = 0.04, censor: float = np.inf) -> Landmarks:
    """Machines with a level that never changes and a hazard per step of rate · exp(level 0);
    landmarks every third step of a life; lives cut off at age `censor`."""
    rng = np.random.default_rng(seed)
    level = rng.normal(size=(n_machines, 2)) * [0.7, 1.0]
    life = rng.geometric(np.clip(rate * np.exp(level[:, 0]), 0, 0.9)).astype(float)
    end = np.minimum(life, censor)
    rows = [(i, t) for i in range(n_machines) for t in np.arange(0.0, end[i], 3.0)]
    machine = np.array([i for i, _ in rows])
    age = np.array([t for _, t in rows])
    return Landmarks(
        level=level[machine],
        slope=np.random.default_rng(seed + 1).normal(size=(len(rows), 2)) * 0.1,
        age=age,
        lead=end[machine] - age,
        cause=np.where(life <= censor, 0, -1)[machine],
        machine=machine,
    )


def true_probability(level: np.ndarray, lead: float, rate: float = 0.04) -> np.ndarray:
    return 1 - (1 - np.clip(rate * np.exp(level), 0, 0.9)) ** lead


def design(marks: Landmarks) -> np.ndarray:
    return np.column_stack([np.ones(len(marks.age)), marks.level, marks.slope])


def test_statistics_of_machines_add_up_to_the_whole():
    marks, basis = fleet(1, 30), spline_basis(lead_bins(HORIZON))
    lived, event = at_risk(lead_bins(HORIZON), marks.lead, marks.cause, 0)
    x = design(marks)
    coef = np.random.default_rng(0).normal(0, 0.1, (basis.shape[1], x.shape[1]))
    whole = statistics(x, lived, event, basis, coef)
    machines = [marks.machine == m for m in np.unique(marks.machine)]
    parts = [statistics(x[i], lived[i], event[i], basis, coef) for i in machines]
    total = parts[0]
    for part in parts[1:]:
        total = total.plus(part)
    assert total.loglik == pytest.approx(whole.loglik, rel=1e-12)
    np.testing.assert_allclose(total.gradient, whole.gradient, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(total.hessian, whole.hessian, rtol=1e-9, atol=1e-9)


def test_gradient_and_hessian_are_the_derivatives_of_the_likelihood():
    marks, basis = fleet(2, 20), spline_basis(lead_bins(HORIZON))
    lived, event = at_risk(lead_bins(HORIZON), marks.lead, marks.cause, 0)
    x = design(marks)
    coef = np.random.default_rng(1).normal(0, 0.2, (basis.shape[1], x.shape[1]))
    at = statistics(x, lived, event, basis, coef)
    for index in [(0, 0), (2, 1), (4, 3)]:
        step = np.zeros_like(coef)
        step[index] = 1e-5
        up = statistics(x, lived, event, basis, coef + step)
        down = statistics(x, lived, event, basis, coef - step)
        slope = (up.loglik - down.loglik) / 2e-5
        assert at.gradient[index] == pytest.approx(slope, rel=1e-5, abs=1e-5)
        bend = -(up.gradient - down.gradient) / 2e-5
        row = at.hessian[np.ravel_multi_index(index, coef.shape)].reshape(coef.shape)
        np.testing.assert_allclose(row, bend, rtol=1e-5, atol=1e-5)


def test_likelihood_equals_the_sum_over_single_bins():
    edges = lead_bins(HORIZON)
    basis = spline_basis(edges)
    lead, cause = np.array([1.0, 2.0, 2.5, 17.0, 90.0, 12.0]), np.array([0, 0, 0, 0, 0, -1])
    lived, event = at_risk(edges, lead, cause, 0)
    eta = -2.0
    want = 0.0
    for t, c in zip(lead, cause, strict=True):
        for left, right in pairwise(edges):
            if c == 0 and left < t <= right:
                want += np.log(1 / (1 + np.exp(-eta)))
            elif t > right or (c == -1 and t >= right):
                want += np.log(1 / (1 + np.exp(eta)))
    got = statistics(np.ones((6, 1)), lived, event, basis, np.full((basis.shape[1], 1), eta))
    assert got.loglik == pytest.approx(want, rel=1e-12)


def test_newton_ends_where_the_penalised_gradient_is_zero():
    marks, basis = fleet(3, 60), spline_basis(lead_bins(HORIZON))
    lived, event = at_risk(lead_bins(HORIZON), marks.lead, marks.cause, 0)
    x = design(marks)
    start = np.zeros((basis.shape[1], x.shape[1]))
    start[:, 0] = -3.0
    coef, _ = fit_coefficients(lambda a: statistics(x, lived, event, basis, a), start, 2.0)
    pull = 2.0 * coef
    pull[:, 0] = 1e-3 * (coef[:, 0] + 3.0)
    gradient = statistics(x, lived, event, basis, coef).gradient - pull
    assert np.abs(gradient).max() < 1e-2


def test_known_hazard_is_recovered_from_simulated_failures():
    marks = fleet(4, 1500)
    hazard = fit_hazard(marks, ("wear",), LANES, HORIZON, intervals=False)
    level = np.column_stack([np.linspace(-1, 1, 9), np.zeros(9)])
    future = outlook(hazard, level, np.zeros((9, 2)), np.full(9, 6.0))
    for lead in (4.0, 10.0, 25.0):
        got = failure_probability(future, hazard.edges, [lead])[:, 0]
        np.testing.assert_allclose(got, true_probability(level[:, 0], lead), atol=0.06)


def test_censored_lives_do_not_bias_the_risk():
    whole, cut = fleet(5, 1500), fleet(5, 1500, censor=12.0)
    assert (cut.cause == -1).mean() > 0.3
    level = np.column_stack([np.linspace(-1, 1, 5), np.zeros(5)])
    for marks in (whole, cut):
        hazard = fit_hazard(marks, ("wear",), LANES, 12.0, intervals=False)
        future = outlook(hazard, level, np.zeros((5, 2)), np.full(5, 3.0))
        got = failure_probability(future, hazard.edges, [6.0])[:, 0]
        np.testing.assert_allclose(got, true_probability(level[:, 0], 6.0), atol=0.06)


def test_two_modes_each_get_their_own_hazard_and_share():
    rng = np.random.default_rng(6)
    n = 1200
    level = rng.normal(size=(n, 2))
    rates = 0.02 * np.exp(0.8 * level)
    life = rng.exponential(1 / rates)
    first = life.argmin(1)
    marks = Landmarks(level, np.zeros((n, 2)), np.zeros(n), life.min(1), first, np.arange(n))
    hazard = fit_hazard(marks, ("a", "b"), LANES, HORIZON, intervals=False)
    at = np.array([[1.0, -1.0], [-1.0, 1.0]])
    risk = assess(hazard, at, np.zeros((2, 2)), np.zeros(2), (10.0,))
    want = rng.random(2)
    for i in range(2):
        r = 0.02 * np.exp(0.8 * at[i])
        want[i] = 1 - np.exp(-10.0 * r.sum())
        assert risk.mode_p[i, 0] == pytest.approx(r[0] / r.sum(), abs=0.08)
    np.testing.assert_allclose(risk.p[:, 0], want, atol=0.05)


def test_eighty_per_cent_interval_holds_the_truth_about_four_times_in_five():
    level = np.array([[0.5, 0.0], [0.0, 0.5], [-0.5, -0.5]])
    truth = true_probability(level[:, 0], 10.0)
    inside = []
    for seed in range(40):
        hazard = fit_hazard(fleet(100 + seed, 60), ("wear",), LANES, HORIZON, ridge=3.0)
        risk = assess(hazard, level, np.zeros((3, 2)), np.full(3, 6.0), (10.0,))
        inside.append((risk.p_lo[:, 0] <= truth) & (truth <= risk.p_hi[:, 0]))
    assert 0.65 <= np.mean(inside) <= 0.95


def test_few_failures_make_a_linear_provisional_model():
    hazard = fit_hazard(fleet(8, 12), ("wear",), LANES, HORIZON)
    assert hazard.provisional
    assert hazard.map_.components.shape[1] == 0
    assert not fit_hazard(fleet(8, 60), ("wear",), LANES, HORIZON).provisional


def test_a_history_without_failure_is_refused():
    marks = fleet(9, 10)
    with pytest.raises(ModelError, match="no failure"):
        fit_hazard(marks._replace(cause=np.full_like(marks.cause, -1)), ("wear",), LANES, HORIZON)
