"""Tabu search: the best plan of small job shops, clear words about what is none."""

from dataclasses import replace
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scheduling.shops import FT06, brute_force, longest_path, random_plan, shop_problem, shops
from twin.errors import PlanningError
from twin.scheduling.check import check
from twin.scheduling.jobshop_graph import makespan_bound, pure_shop, shop_schedule, starts
from twin.scheduling.problem import Pin, Task, Weights
from twin.scheduling.schedule import Limit, empty_schedule
from twin.scheduling.tabu.solver import tabu, warm_up


def ft06():
    return shop_problem([[{m: d} for m, d in job] for job in FT06], 6)


def looks(n=40, seed=1):
    """A limit of so many looks at the clock, so that what repeats repeats on any machine."""
    return Limit(float(n), count().__next__, seed)


@settings(max_examples=40)
@given(shops(max_jobs=3, max_steps=2), st.integers(0, 99))
def test_small_flexible_shops_are_solved_as_by_trying_all(problem, seed):
    _is_least(problem, seed)


@settings(max_examples=40)
@given(shops(max_jobs=3, max_steps=2, flexible=False), st.integers(0, 99))
def test_small_classical_shops_are_solved_as_by_trying_all(problem, seed):
    _is_least(problem, seed)


def _is_least(problem, seed):
    answer = tabu(problem, looks(seed=seed))
    verdict = check(problem, answer.schedule)
    least = brute_force(pure_shop(problem))
    assert verdict.valid
    assert verdict.terms.total == pytest.approx(answer.cost) == pytest.approx(least)
    assert makespan_bound(pure_shop(problem)) <= answer.bound <= least


def test_fisher_and_thompsons_six_by_six_takes_55():
    assert tabu(ft06(), looks(100)).cost == pytest.approx(55)


def test_a_seed_repeats_and_another_searches_elsewhere():
    problem = ft06()
    told = [[], [], []]
    for seed, heard in zip((1, 1, 2), told, strict=True):
        tabu(problem, looks(5, seed), None, heard.append)
    starts_of = [[answer.schedule.start.tolist() for answer in heard] for heard in told]
    assert starts_of[0] == starts_of[1] != starts_of[2]


def test_what_is_told_keeps_getting_better_and_the_last_is_the_answer():
    told = []
    answer = tabu(ft06(), looks(), None, told.append)
    costs = [one.cost for one in told]
    assert costs == sorted(set(costs), reverse=True)
    assert told[-1] is answer
    assert all(check(ft06(), one.schedule).valid for one in told)


@given(st.integers(0, 999))
def test_an_answer_is_no_worse_than_its_start_however_short_the_time(seed):
    problem = ft06()
    shop = pure_shop(problem)
    machine, order = random_plan(shop, seed)
    start, end = starts(shop, machine, order)
    given_ = shop_schedule(problem, machine, start, int(end.max()))
    answer = tabu(problem, looks(0), given_)
    assert answer.cost <= end.max()


@settings(max_examples=40)
@given(shops(max_jobs=3, max_steps=2))
def test_bound_is_below_the_least_makespan(problem):
    shop = pure_shop(problem)
    assert makespan_bound(shop) <= brute_force(shop)


def test_bound_counts_the_work_that_machines_share():
    """Five operations of 4 for machines 0 and 1 only, after 1 and before 1: 1 + 20 / 2 + 1."""
    jobs = [[{2: 1}, {0: 4, 1: 4}, {3: 1}] for _ in range(5)]
    assert makespan_bound(pure_shop(shop_problem(jobs, 4))) == 12


def test_search_ends_where_plan_and_bound_meet():
    problem = shop_problem([[{0: 3}, {1: 2}]], 2)
    answer = tabu(problem, Limit(1e9, count().__next__))
    assert answer.cost == answer.bound == 5


def test_compiling_ahead_changes_nothing():
    warm_up()
    shop = pure_shop(ft06())
    machine, order = random_plan(shop, 1)
    orders = [[i for i in order if machine[i] == k] for k in range(6)]
    assert starts(shop, machine, order)[0].tolist() == longest_path(shop, machine, orders)[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tasks": (Task("t", 0, 3, 0, 9, (1.0,)),)}, "maintenance tasks"),
        ({"setups": (np.array([[0, 2], [2, 0]]),)}, "setup times"),
        ({"transport": np.array([[1]])}, "transport times"),
        ({"calendars": (((0, 20), (30, 197)),)}, "closed hours"),
        ({"weights": Weights(makespan=1.0, idle=2.0)}, "a cost of idle machines"),
        ({"weights": Weights()}, "no cost of makespan"),
    ],
)
def test_more_than_a_job_shop_is_refused_by_name(change, said):
    with pytest.raises(PlanningError, match=said):
        tabu(replace(ft06(), **change), looks())


def test_jobs_that_bring_more_are_refused_by_name():
    problem = ft06()
    job = problem.jobs[0]
    pinned = job._replace(operations=(job.operations[0]._replace(pin=Pin(2)), *job.operations[1:]))
    weights = Weights(makespan=1.0)
    for other, said in (
        (pinned, "pinned operations"),
        (job._replace(left_out_cost=9.0), "jobs that may be left out"),
        (job._replace(late_cost_h=9.0), "a cost of lateness"),
    ):
        jobs = (other, *problem.jobs[1:])
        with pytest.raises(PlanningError, match=said):
            tabu(replace(problem, jobs=jobs, weights=weights), looks())


def test_a_start_that_leaves_operations_out_is_refused():
    with pytest.raises(PlanningError, match="leaves operations out"):
        tabu(ft06(), looks(), empty_schedule(ft06()))


def test_a_horizon_that_no_plan_keeps_is_refused():
    problem = replace(ft06(), horizon=54, calendars=(((0, 54),),))
    with pytest.raises(PlanningError, match="want ≤ 54"):
        tabu(problem, looks())


def test_no_operations_are_refused():
    with pytest.raises(PlanningError, match="no operations"):
        tabu(replace(ft06(), jobs=()), looks())
