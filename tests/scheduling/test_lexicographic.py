"""Objectives one after the other, against all schedules and against less of an order."""

import time

import pytest

from tests.scheduling.counted_clock import CountedClock
from tests.scheduling.tiny import tiny_problem
from twin.evaluation.invented import small_plant
from twin.scheduling.check import check
from twin.scheduling.cpsat.epsilon import exact_order
from twin.scheduling.cpsat.solver import cpsat
from twin.scheduling.lexicographic import lexicographic
from twin.scheduling.objectives import of_weights
from twin.scheduling.rules import best_rule
from twin.scheduling.schedule import Limit

ORDER = ("tardiness", "energy", "changeover")


def values(problem, schedule):
    verdict = check(problem, schedule)
    assert verdict.faults == ()
    return [of_weights(verdict.terms)[name] for name in ORDER]


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_weights_far_apart_reach_the_proven_order(seed):
    """Whole costs below a hundred: a thousand of the later is never worth one of the earlier."""
    problem = tiny_problem(seed)
    want = exact_order(problem, ORDER, Limit(60.0, time.perf_counter))
    got = lexicographic(problem, ORDER, Limit(60.0, time.perf_counter), solver=cpsat)
    assert values(problem, got) == pytest.approx(values(problem, want), abs=1e-6)


def test_later_objectives_give_up_nothing_of_earlier_ones():
    problem = small_plant(1)
    _, start, _ = best_rule(problem)
    first = lexicographic(problem, ORDER[:1], Limit(0.5, CountedClock(0.02)), start)
    both = lexicographic(problem, ORDER[:2], Limit(1.0, CountedClock(0.02)), start)
    assert values(problem, first)[0] <= values(problem, start)[0]
    assert values(problem, both)[0] <= values(problem, first)[0] + 1e-6
    assert values(problem, both)[1] <= values(problem, first)[1] + 1e-6
