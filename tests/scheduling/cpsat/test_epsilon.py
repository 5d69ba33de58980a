"""Exact trade-offs, against all schedules there are."""

import time
from functools import cache

import pytest

from tests.reference.exhaustive import every_schedule
from tests.scheduling.tiny import tiny_problem
from twin.scheduling.check import check
from twin.scheduling.cpsat.epsilon import exact_front, exact_order
from twin.scheduling.cpsat.solver import NoScheduleError
from twin.scheduling.objectives import of_weights
from twin.scheduling.schedule import Limit

LIMIT = Limit(20.0, time.perf_counter)


@cache
def all_terms(seed):
    """Of every schedule that keeps the rules."""
    problem = tiny_problem(seed)
    verdicts = (check(problem, schedule) for schedule in every_schedule(problem))
    return [of_weights(verdict.terms) for verdict in verdicts if verdict.valid]


def values(seed, names):
    return [tuple(round(terms[name], 6) for name in names) for terms in all_terms(seed)]


def reached(problem, schedule, names):
    verdict = check(problem, schedule)
    assert verdict.valid
    return tuple(round(of_weights(verdict.terms)[name], 6) for name in names)


PAIRS = [("tardiness", "energy"), ("makespan", "energy"), ("changeover", "tardiness")]


@pytest.mark.parametrize(("seed", "names"), list(zip((0, 1, 8), PAIRS, strict=True)))
def test_front_is_every_pair_that_nothing_beats(seed, names):
    problem = tiny_problem(seed)
    known = set(values(seed, names))
    best = {a for a in known if not any(b != a and b[0] <= a[0] and b[1] <= a[1] for b in known)}
    front = exact_front(problem, *names, LIMIT)
    assert [reached(problem, schedule, names) for schedule in front] == sorted(best)


@pytest.mark.parametrize("seed", [0, 1, 4])
def test_order_is_the_lexicographic_least(seed):
    problem, names = tiny_problem(seed), ("tardiness", "risk", "energy", "makespan")
    least = min(values(seed, names))
    assert reached(problem, exact_order(problem, names, LIMIT), names) == least


def test_caps_that_nothing_keeps_are_said():
    with pytest.raises(NoScheduleError):
        exact_order(tiny_problem(0), ("energy",), LIMIT, {"makespan": 0.5})
