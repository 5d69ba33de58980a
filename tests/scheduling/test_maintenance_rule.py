"""The control limit against renewal–reward worked out by other means."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.scheduling.maintenance import (
    age_outcome,
    best_age,
    control_limit,
    cost_curve,
    cumulative_at,
    oracle_outcome,
    rule_outcome,
    run_to_failure,
    settled_limit,
    slot_steps,
)


def test_run_to_failure_and_oracle_by_hand():
    life = np.array([100.0, 200.0])
    assert run_to_failure(life, 10.0).rate == pytest.approx(20 / 300)
    assert oracle_outcome(life, 1.0).rate == pytest.approx(2 / 298)


def test_slot_falls_the_lead_after_the_limit_is_crossed():
    risk = [np.array([0.0, 0.0, 0.2, 0.5]), np.zeros(5)]
    assert slot_steps(risk, 1.0, 1.0, 6.0, 3).tolist() == [6.0, np.inf]


def test_a_slot_in_the_step_of_failure_comes_too_late():
    risk = [np.array([1.0] + [0.0] * 9)]
    fails = rule_outcome(risk, np.array([4.0]), 0.1, 1.0, 10.0, 3)
    served = rule_outcome(risk, np.array([5.0]), 0.1, 1.0, 10.0, 3)
    assert (fails.failures, fails.cost, fails.steps) == (1, 10.0, 4.0)
    assert (served.failures, served.cost, served.steps) == (0, 1.0, 4.0)


def test_fixed_point_is_the_best_of_all_limits_for_a_known_hazard():
    rng = np.random.default_rng(0)
    n, shape, scale = 1500, 4.0, 100.0
    life = np.ceil(scale * rng.weibull(shape, n))
    ages = np.arange(1, 400)
    survive = np.exp(-((ages / scale) ** shape))
    hazard = 1 - np.append(survive[1:], 0) / survive
    risk = [hazard[: int(t)] for t in life]
    g = control_limit(risk, life, 1.0, 10.0, 0)
    reached = rule_outcome(risk, life, g, 1.0, 10.0, 0).rate
    best = min(rule_outcome(risk, life, x, 1.0, 10.0, 0).rate for x in np.geomspace(1e-4, 1, 60))
    assert reached == pytest.approx(best, rel=0.02)
    by_age = age_outcome(best_age(life, 1.0, 10.0), life, 1.0, 10.0).rate
    assert reached == pytest.approx(by_age, rel=0.02)  # age is all that this hazard depends on


@pytest.mark.parametrize("seed", range(8))
def test_a_settled_limit_is_one_that_the_rounds_come_back_to(seed):
    rng = np.random.default_rng(seed)
    life = np.ceil(100.0 * rng.weibull(3.0, 30))
    risk = [np.minimum(1.0, np.arange(1, t + 1) ** 3 / 4e6 * rng.uniform(0.2, 5)) for t in life]
    g = settled_limit(risk, life, 1.0, 10.0, 5)
    after = [g]
    for _ in range(100):
        after.append(rule_outcome(risk, life, after[-1], 1.0, 10.0, 5).rate)
    assert any(abs(rate - g) <= 1e-9 * g for rate in after[1:])
    first = run_to_failure(life, 10.0).rate
    assert control_limit(risk, life, 1.0, 10.0, 5) == g or first > g


def test_a_prophet_pays_what_the_oracle_pays():
    life = np.array([30.0, 50.0, 80.0])
    risk = [np.where(np.arange(1, t + 1) >= t - 5 - 1, 1.0, 0.0) for t in life]
    g = control_limit(risk, life, 1.0, 10.0, 5)
    reached = rule_outcome(risk, life, g, 1.0, 10.0, 5)
    assert reached.failures == 0
    assert reached.rate == pytest.approx(oracle_outcome(life, 1.0).rate)


def test_best_slot_of_the_curve_is_where_marginal_risk_meets_the_cost_of_time():
    slot = np.arange(0.0, 200.0)
    failure_p = 1 - np.exp(-((slot / 100) ** 4))
    g, planned, failure = 0.02, 1.0, 10.0
    curve = cost_curve(failure_p, slot, 0.0, g, planned, failure)
    best = int(curve.argmin())
    margin = (failure - planned) * np.diff(failure_p)
    assert margin[best - 1] <= g <= margin[best]
    assert curve[0] == planned


def test_curves_of_many_machines_at_once_equal_one_at_a_time():
    rng = np.random.default_rng(1)
    p, slot = np.sort(rng.random((3, 5)), axis=1), np.arange(5.0)
    g, planned, failure = np.array([0.1, 0.2, 0.3]), np.array([1.0, 2.0, 3.0]), np.full(3, 9.0)
    down = rng.random((3, 5))
    curves = cost_curve(p, slot, down, g, planned, failure)
    for i in range(3):
        one = cost_curve(p[i], slot, down[i], g[i], planned[i], failure[i])
        np.testing.assert_allclose(curves[i], one)


@pytest.mark.parametrize("shape", [1.0, 2.5, 6.0])
def test_what_is_known_at_few_times_gives_a_weibull_life_back_at_all(shape):
    """Its cumulative hazard (t / 60)^shape is straight where both are logarithms."""
    times, at = np.array([0.0, 8.0, 24.0, 24.0, 41.0, 70.0]), np.linspace(0.0, 70.0, 141)
    said = cumulative_at(times, -np.expm1(-((times / 60.0) ** shape)), at)
    np.testing.assert_allclose(said, (at / 60.0) ** shape, rtol=1e-7, atol=1e-12)


@given(st.lists(st.tuples(st.floats(0.0, 99.0), st.floats(0.0, 0.999)), min_size=1, max_size=6))
def test_between_known_times_the_hazard_meets_them_and_never_falls(found):
    times = np.append(0.0, np.sort([t for t, _ in found]))
    p = np.append(0.0, np.sort([q for _, q in found]))
    said = -np.expm1(-cumulative_at(times, p, np.linspace(0.0, 120.0, 241)))
    assert (np.diff(said) >= -1e-12).all()
    assert said[-1] == pytest.approx(p[-1], abs=1e-9)
    alone = np.append(np.diff(times) > 1e-3, True) & (times > 0.01)
    met = -np.expm1(-cumulative_at(times, p, times[alone]))
    np.testing.assert_allclose(met, p[alone], atol=1e-9)
