"""CP-SAT against all schedules there are."""

import time
from dataclasses import replace

import numpy as np
import pytest
from ortools.sat.python import cp_model

from tests.reference.exhaustive import cheapest
from tests.scheduling.tiny import tiny_problem
from twin.errors import PlanningError
from twin.evaluation.invented import small_plant
from twin.evaluation.invented_small import random_problem
from twin.scheduling.check import check
from twin.scheduling.cpsat.search import search
from twin.scheduling.cpsat.solver import Window, cpsat, polish
from twin.scheduling.layout import lay_out
from twin.scheduling.problem import Alternative, Job, Machine, Operation, Problem
from twin.scheduling.rules import best_rule
from twin.scheduling.schedule import Limit, Schedule
from twin.scheduling.windows import cpsat_windows


def limit(seconds):
    return Limit(seconds, time.perf_counter)


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 5, 6, 8, 10, 11, 12, 14])
def test_cheapest_of_all_schedules_is_found_and_known_to_be(seed):
    problem = tiny_problem(seed)
    want = cheapest(problem)
    answer = cpsat(problem, limit(20.0))
    assert check(problem, answer.schedule).valid
    assert answer.cost == pytest.approx(want, rel=1e-9)
    assert answer.bound == pytest.approx(want, rel=1e-6)
    assert answer.bound <= want


@pytest.mark.parametrize("seed", [7, 9])
def test_problem_without_a_schedule_is_said_to_have_none(seed):
    problem = tiny_problem(seed)
    assert cheapest(problem) == np.inf
    with pytest.raises(PlanningError, match="no schedule keeps all rules"):
        cpsat(problem, limit(20.0))


@pytest.mark.parametrize("seed", [1, 2, 3, 8])
def test_window_of_everything_leaves_nothing_to_gain(seed):
    problem = tiny_problem(seed)
    jobs = tuple(job._replace(left_out_cost=np.inf) for job in problem.jobs)
    tasks = tuple(task._replace(skip_cost=np.inf) for task in problem.tasks)
    problem = replace(problem, jobs=jobs, tasks=tasks)
    _, start, _ = best_rule(problem)
    answer = polish(problem, start, Window(0, problem.horizon), limit(20.0))
    assert answer.cost == pytest.approx(cheapest(problem), rel=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_polish_moves_nothing_outside_its_window_and_never_costs_more(seed):
    problem = random_problem(np.random.default_rng(seed)) if seed % 2 else small_plant(seed)
    _, start, terms = best_rule(problem)
    layout = lay_out(problem, start)
    middle = int(layout.end.max()) // 2
    window = Window(0, middle, frozenset(range(0, len(problem.machines), 2)) if seed < 4 else None)
    answer = polish(problem, start, window, limit(0.5))
    assert check(problem, answer.schedule).valid
    assert answer.cost <= terms.total
    moved = answer.schedule.start != start.start
    moved |= answer.schedule.machine != start.machine
    assert np.all(layout.end[moved] <= middle)
    served = answer.schedule.task_start != start.task_start
    assert np.all(layout.task_end[served] <= middle)
    if window.machines is not None:
        assert set(start.machine[moved].tolist()) <= window.machines


def test_polish_puts_what_is_alike_together():
    """Families 0 1 0 1 on one machine are three setups; 0 0 1 1 is one, and costs 100."""
    jobs = tuple(Job(f"j{j}", (Operation((Alternative(0, 3),), j % 2),)) for j in range(4))
    problem = Problem(
        jobs,
        (Machine("m", family=0, setup_cost_h=100.0),),
        (((0, 8), (12, 30)),),
        horizon=30,
        setups=(np.array([[0, 1], [1, 0]]),),
        tick_s=3600.0,
    )
    none = np.zeros(0, np.int64)
    start = Schedule(np.zeros(4, np.int64), np.array([0, 4, 12, 16]), none, none)
    assert check(problem, start).terms.changeover == 300.0
    answer = polish(problem, start, Window(0, 30), limit(20.0))
    assert check(problem, answer.schedule).terms.changeover == answer.cost == 100.0
    whole = cpsat_windows(problem, limit(20.0), start)
    assert check(problem, whole.schedule).valid
    assert 100.0 <= whole.cost <= 300.0
    with pytest.raises(PlanningError, match="breaks a rule"):
        cpsat_windows(problem, limit(1.0), start._replace(start=np.zeros(4, np.int64)))


def test_hint_of_a_constant_that_stands_for_many_is_completed():
    """Whatever does not depend on a choice is one constant, and is hinted for each that it is."""
    cp = cp_model.CpModel()
    always, x, y = cp.new_constant(1), cp.new_int_var(0, 9, "x"), cp.new_int_var(0, 18, "y")
    cp.add(y == 2 * x).only_enforce_if(always)
    cp.add(x >= 2)
    cp.minimize(y)
    found = search(cp, [(always, 1), (x, 5), (always, 1)], 5.0, 1)
    assert found.optimal
    hint = cp.proto.solution_hint
    told = dict(zip(hint.vars, hint.values, strict=True))
    assert told == {always.index: 1, x.index: 5, y.index: 10}
