"""A machine's level along its class's course, against exact lives and by brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.scheduling.maintenance import cumulative_at
from twin.scheduling.usual_course import COURSE_H, cumulative_of, level_of, usual_course

COURSE = np.log([0.003, 0.01, 0.9])


def chance(log_cumulative):
    return -np.expm1(-np.exp(log_cumulative))


@given(st.lists(st.floats(-6.0, 2.5), min_size=1, max_size=5))
def test_machines_that_keep_to_the_course_are_read_exactly(levels):
    level = np.array(levels)
    p = chance(COURSE + level[:, None])
    np.testing.assert_allclose(level_of(p, COURSE), level, atol=1e-6)
    known = cumulative_of(level, COURSE, COURSE_H)
    np.testing.assert_allclose(-np.expm1(-known), p, rtol=1e-6)


def test_hours_between_are_the_courses_at_the_machines_level():
    at = np.array([0.0, 3.0, 10.0, 50.0, 168.0])
    usual = cumulative_at(np.append(0.0, COURSE_H), np.append(0.0, chance(COURSE)), at)
    np.testing.assert_allclose(cumulative_of(np.log(2.5), COURSE, at), 2.5 * usual)
    # told of other horizons, a machine on the course is where it is
    some = cumulative_of(0.7, COURSE, at[1:])
    assert level_of(-np.expm1(-some), COURSE, at[1:]) == pytest.approx(0.7)


def test_the_level_is_nearest_to_all_that_was_said():
    """By brute force: the least sum of squares of log cumulative hazards."""
    said = COURSE + np.array([0.9, -0.2, 0.4])
    tried = np.linspace(-2.0, 2.0, 4001)
    apart = ((said - COURSE - tried[:, None]) ** 2).sum(axis=1)
    assert level_of(chance(said), COURSE) == pytest.approx(tried[apart.argmin()], abs=1e-3)


def test_the_course_is_that_of_machines_near_their_service():
    rng = np.random.default_rng(2)
    near = COURSE + rng.uniform(-0.5, 0.5, (400, 1)) + rng.normal(0.0, 0.2, (400, 3))
    fresh, worn = np.full((900, 3), 1e-5), np.tile([0.3, 0.9, 1.0], (900, 1))
    course = usual_course(np.concatenate([fresh, chance(near), worn]))
    np.testing.assert_allclose(course, COURSE, atol=0.06)
    assert usual_course(np.concatenate([fresh, worn, chance(near[:3])])) is None


def test_a_horizon_within_which_nearly_all_fail_tells_nothing():
    course = np.log([0.003, 0.01, 12.0])
    said = course + np.array([0.6, 0.2, 0.0])
    assert level_of(chance(said), course) == pytest.approx(0.4, abs=1e-6)


def test_certain_and_impossible_failures_are_read_too():
    assert np.isfinite(level_of(np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]), COURSE)).all()


def test_services_by_all_horizons_cost_less_than_by_the_nearest_where_each_errs_by_itself():
    """Gompertz lives of spread frailty; forecasts off by independent factors. Each way of reading
    has the best of all limits; failures are counted by the cumulative hazard."""
    rng, rise, hours = np.random.default_rng(4), 0.03, np.arange(0.0, 500.0, 4.0)
    begin = np.log(1e-9) + rng.normal(0.0, 0.5, 400) + rise * 100.0
    log_now = begin[:, None] + rise * hours
    said = log_now[:, :, None] + np.log(np.expm1(rise * COURSE_H) / rise)
    p = chance(said + rng.normal(0.0, 0.6, said.shape))
    course = usual_course(p.reshape(-1, 3))
    risk = (np.exp(log_now) - np.exp(log_now[:, :1])) / rise

    def least_cost_h(score):
        costs = []
        for limit in np.quantile(score, np.linspace(0.3, 0.95, 60)):
            over = score >= limit
            first = np.where(over.any(axis=1), over.argmax(axis=1), len(hours) - 1)
            fails = -np.expm1(-risk[np.arange(400), first])
            costs.append((1.0 + 9.0 * fails).sum() / hours[np.maximum(first, 1)].sum())
        return min(costs)

    by_all, by_nearest = least_cost_h(level_of(p, course)), least_cost_h(p[:, :, 0])
    known = least_cost_h(log_now)
    assert known < by_all < by_nearest
    assert by_all - known < 0.5 * (by_nearest - known)  # a third of the variance is left
