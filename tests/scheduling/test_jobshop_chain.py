"""The chain for job shops: each goes on from where the one before stopped, none is believed."""

from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings

from tests.scheduling.shops import brute_force, shop_problem, shops
from twin.errors import PlanningError
from twin.evaluation.invented import small_plant
from twin.scheduling import jobshop_chain
from twin.scheduling.check import check
from twin.scheduling.jobshop_chain import solve_shop
from twin.scheduling.jobshop_graph import pure_shop
from twin.scheduling.rules import best_rule
from twin.scheduling.schedule import Answer, Limit
from twin.scheduling.tabu.solver import tabu

OPEN = shop_problem(
    [[{0: 3, 1: 4}, {1: 2}], [{1: 3, 2: 2}, {0: 2, 2: 3}], [{2: 4}, {1: 2, 0: 5}]], 3
)


def looks(n=30):
    return Limit(float(n), count().__next__)


def none_searched(monkeypatch):
    """Tabu search that finds nothing, so that what comes after has something to do."""

    def nothing(*_arguments):
        raise PlanningError("nothing")

    monkeypatch.setattr(jobshop_chain, "tabu", nothing)


@settings(max_examples=20)
@given(shops(max_jobs=3, max_steps=2))
def test_small_shops_are_solved_as_by_trying_all(problem):
    told = []
    answer = solve_shop(problem, looks(), tell=told.append)
    least = brute_force(pure_shop(problem))
    assert check(problem, answer.schedule).terms.makespan_h == pytest.approx(least)
    assert answer.cost == pytest.approx(least)
    assert answer.bound <= least
    costs = [each.cost for each in told]
    assert costs == sorted(set(costs), reverse=True)
    assert costs[-1] == answer.cost


def test_the_exact_solver_gets_the_plan_at_hand_and_a_horizon_that_it_just_keeps(monkeypatch):
    none_searched(monkeypatch)
    begun = []

    def exact(problem, _limit, start, _tell):
        begun.append((problem, start))
        return tabu(problem, looks(), start)

    answer = solve_shop(OPEN, looks(), exact=exact)
    (problem, start), rule = begun[0], best_rule(OPEN)[2]
    verdict = check(problem, start)
    assert verdict.valid
    assert problem.horizon == verdict.terms.makespan_h == rule.makespan_h
    assert answer.cost == brute_force(pure_shop(OPEN))


def test_what_is_faulted_or_aborts_takes_nothing_away(monkeypatch):
    none_searched(monkeypatch)
    _, rule, terms = best_rule(OPEN)

    def overlapping(_problem, _limit, start, _tell):
        return Answer(start._replace(start=np.zeros_like(start.start)), 1.0, 99.0, 0.0)

    def aborts(*_arguments):
        raise PlanningError("it aborted")

    for exact in (overlapping, aborts):
        answer = solve_shop(OPEN, looks(), rule, exact=exact)
        assert answer.cost == terms.total
        assert answer.bound is None


def test_a_start_that_breaks_a_rule_is_dropped():
    _, rule, terms = best_rule(OPEN)
    broken = rule._replace(start=np.zeros_like(rule.start))
    assert solve_shop(OPEN, looks(), broken).cost <= terms.total


def test_more_than_a_job_shop_is_refused():
    with pytest.raises(PlanningError, match="want machines and makespan only"):
        solve_shop(small_plant(1), looks())
