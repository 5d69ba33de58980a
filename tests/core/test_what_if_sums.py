"""What a course is summed up to: when limits are crossed, what it costs, what is doubtful."""

import numpy as np
import pytest
from what_if_case import GROWTH, HORIZON, TREND, case

from twin.core.whatif import Change, Scenario, course_of, rehearse
from twin.core.whatif_sums import (
    Prices,
    crossing,
    crossing_times,
    doubts,
    eases,
    expected_cost,
    unseen_from,
)


def test_crossing_is_where_the_line_meets_the_limit():
    at = np.array([0.0, 10.0, 20.0])
    paths = np.array([[0.0, 5.0, 15.0], [0.0, -4.0, 0.0], [11.0, 0.0, 0.0]])
    assert crossing_times(at, paths, np.nan, 10.0).tolist() == [15.0, np.inf, 0.0]
    assert crossing_times(at, paths, -2.0, np.nan).tolist() == [np.inf, 5.0, np.inf]


def test_nearer_limit_is_crossed_no_later():
    c = case()
    course = course_of(c, rehearse(c, 64), Scenario((Change(0, 100.0),)))
    now = course.mean[0, 0]
    near, far = (crossing(course, 0, np.nan, now + d) for d in (1.0, 4.0))
    assert near.mid <= far.mid
    assert near.share >= far.share > 0


def test_costs_are_their_definition():
    """Half the output for the whole horizon, nothing fails: half the money."""
    c = case(hazard=None)
    course = course_of(c, rehearse(c, 8), Scenario((Change(0, 25.0),)))
    course = course._replace(cumulative=np.zeros((3, len(course.at))))
    got = expected_cost(Prices(100.0, 1000.0, 7.0), course, 30.0, 0, 50.0, 50.0)
    assert got.slower == pytest.approx(0.5 * 7.0 * HORIZON)
    assert got.planned == pytest.approx(100.0)
    assert got.failure == 0.0
    assert got.total == pytest.approx(got.slower + 100.0)


def test_levels_beyond_training_are_dated():
    """Level 0 rises by 0.01 a step from 0.5 (growth aside): beyond 0.8 after some 26 steps."""
    c = case(wear=np.zeros((2, 2)))
    map_ = c.hazard.map_._replace(high=np.array([0.8, 9.0, 9.0, 9.0, 9.0]))
    narrow = c._replace(hazard=c.hazard._replace(map_=map_))
    course = course_of(narrow, rehearse(narrow, 8), Scenario())
    rise = 0.01 * np.expm1(GROWTH * course.at) / GROWTH
    want = course.at[np.flatnonzero(0.5 + rise > 0.8)[0]]
    assert unseen_from(narrow, course) == want
    assert unseen_from(c, course) == np.inf


def test_doubts_name_what_was_not_learnt():
    c = case()
    assert doubts(c, Change(0, 120.0), 0.0, 100.0) == ["beyond_range"]
    assert doubts(c, Change(1, 30.0), 0.0, 40.0) == ["no_wear"]
    deaf = c._replace(trend=TREND._replace(gain=np.zeros((1, 2, 2))))
    assert doubts(deaf, Change(1, 30.0), 0.0, 40.0) == ["no_wear", "no_answer"]
    two = TREND._replace(
        centre=np.array([[10.0, 20.0], [90.0, 20.0]]),
        gain=np.zeros((2, 2, 2)),
        offset=np.zeros((2, 2)),
        scale=np.ones((2, 2)),
    )
    apart = c._replace(trend=two, inputs=np.array([10.0, 20.0]))
    assert doubts(apart, Change(0, 50.0), 0.0, 100.0) == ["unseen_regime"]
    assert doubts(apart, Change(0, 90.0), 0.0, 100.0) == []


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("value", [10.0, 90.0])
def test_load_that_is_learnt_to_slow_wear_is_doubted(sign: float, value: float) -> None:
    c = case()
    wear = np.zeros_like(c.wear)
    wear[0, 0] = sign * 1e-4
    c = c._replace(wear=wear)
    scenario = Scenario((Change(0, value),))
    told = eases(c, rehearse(c, 32), scenario, 0)
    course = course_of(c, rehearse(c, 32), scenario).cumulative[0, -1]
    usual = course_of(c, rehearse(c, 32), Scenario()).cumulative[0, -1]
    assert told == ((course < usual) == (value > c.inputs[0]))
    assert told == (sign < 0)


def test_load_without_effect_is_not_said_to_ease() -> None:
    c = case(wear=np.zeros((2, 2)))
    assert not eases(c, rehearse(c, 8), Scenario((Change(0, 90.0),)), 0)
