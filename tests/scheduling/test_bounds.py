"""What no schedule goes below, against all schedules and closed forms."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference.exhaustive import cheapest
from tests.scheduling.tiny import tiny_problem
from twin.evaluation.invented import invented_plant, small_plant
from twin.evaluation.invented_small import random_problem
from twin.scheduling.bounds import bound, floor_of
from twin.scheduling.bounds_scarce import scarce_bound
from twin.scheduling.check import check
from twin.scheduling.problem import (
    Alternative,
    Crew,
    Job,
    Machine,
    Operation,
    Problem,
    Task,
    Weights,
)
from twin.scheduling.rules import RULES, best_rule


@pytest.mark.parametrize("seed", [*range(20, 27), 7])
def test_no_schedule_of_a_tiny_problem_costs_less(seed):
    problem = tiny_problem(seed)
    assert bound(problem) <= scarce_bound(problem) <= cheapest(problem) + 1e-9


@given(st.integers(0, 10**6))
@settings(max_examples=60)
def test_no_plan_costs_less_than_scarce_machines_allow(seed):
    problem = random_problem(np.random.default_rng(seed))
    least, total = scarce_bound(problem), best_rule(problem)[2].total
    assert bound(problem) <= least <= total + 1e-6 * abs(total)


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_task_s_floor_is_the_best_that_the_checker_takes_of_it(seed):
    problem = random_problem(np.random.default_rng(seed))
    for task in problem.tasks:
        alone = replace(problem, jobs=(), tasks=(task,), reference=None)
        assert floor_of(alone).risk == cheapest(replace(alone, weights=Weights(tardiness=0)))


def test_a_service_may_last_over_two_shifts_that_follow_on_one_another():
    task = Task("t", 0, 4, 0, 4, (9.0, 9.0, 1.0, 9.0, 9.0))
    crew = Crew("c", 1, frozenset({0}), frozenset({0}))
    problem = Problem(
        (), (Machine("m"),), (((0, 8),), ((0, 4), (4, 8))), 8, (task,), (crew,), bucket=1
    )
    assert floor_of(problem).risk == 1.0 == cheapest(problem)


def test_cheap_hours_are_worth_what_there_is_of_them():
    """Four jobs of 2 h at 10 kW; of the machine's hours four cost 1, those after them 3."""
    job = Job("j", (Operation((Alternative(0, 2, 10.0),)),))
    problem = Problem(
        (job,) * 4,
        (Machine("m"),),
        (((0, 50),),),
        50,
        price=np.array([1.0, 3.0]),
        tick_s=3600.0,
        bucket=4,
    )
    assert bound(problem) == 4 * 20.0  # each for itself in the cheap hours
    # as a program in fractions of jobs the best is 4 h at 1 and 4 h at 3
    assert 0.9 * 160.0 < scarce_bound(problem) <= 160.0 + 1e-9


def test_jobs_in_each_other_s_way_are_late_by_more_than_alone():
    """Four of a day's work on one machine, due at once: they end after 1, 2, 3 and 4 days."""
    job = Job("j", (Operation((Alternative(0, 24),)),), 0, 0, 10.0)
    problem = Problem((job,) * 4, (Machine("m"),), (((0, 200),),), 200, tick_s=3600.0)
    assert bound(problem) == 240.0 * 4
    assert 0.9 * 2400.0 < scarce_bound(problem) <= 240.0 * (1 + 2 + 3 + 4) + 1e-9


@pytest.mark.parametrize("make", [small_plant, invented_plant])
def test_every_term_of_a_plan_is_above_its_floor(make):
    problem = make()
    floor = floor_of(problem)
    _, _, terms = best_rule(problem)
    assert floor.risk <= terms.risk
    assert floor.jobs <= terms.tardiness + terms.energy
    assert floor.changeover <= terms.changeover
    assert floor.makespan_h <= terms.makespan_h
    assert 0.5 * terms.total < floor.total < scarce_bound(problem, 3) <= terms.total


def test_jobs_that_share_nothing_reach_it():
    """Each on a machine of its own, due before it can be done: all is unavoidable."""
    jobs = tuple(
        Job(f"j{m}", (Operation((Alternative(m, 4, 10.0),)),), 1, 3, 60.0) for m in range(3)
    )
    machines = tuple(Machine(f"m{m}") for m in range(3))
    problem = Problem(
        jobs, machines, (((0, 2), (5, 20)),), 20, price=np.array([2.0]), tick_s=3600.0
    )
    # from 1 they end at 8, 5 h late at 60 an hour; 4 h of 10 kW at 2
    assert bound(problem) == 3 * (5 * 60.0 + 80.0)
    assert check(problem, RULES["edd"](problem)).terms.total == bound(problem)


def test_work_on_one_machine_bounds_its_makespan():
    job = Job("j", (Operation((Alternative(0, 5),)),))
    problem = Problem(
        (job,) * 4, (Machine("m"),), (((0, 50),),), 50, tick_s=3600.0, weights=Weights(makespan=1.0)
    )
    assert bound(problem) == 20.0


def test_problem_that_fits_in_no_time_has_no_finite_bound():
    problem = Problem(
        (Job("j", (Operation((Alternative(0, 9),)),)),), (Machine("m"),), (((0, 8),),), 8
    )
    assert bound(problem) == np.inf
    left_out = problem.jobs[0]._replace(left_out_cost=70.0)
    assert bound(replace(problem, jobs=(left_out,))) == 70.0
