"""Later where it is cheaper: nothing else gets worse, and the least is found where it is known."""

import numpy as np
import pytest

from twin.evaluation.invented import small_plant
from twin.evaluation.invented_small import random_problem
from twin.scheduling.annealing.timeline import timeline
from twin.scheduling.check import check
from twin.scheduling.pareto.breed import loaded
from twin.scheduling.pareto.shift import shifted
from twin.scheduling.problem import Alternative, Job, Machine, Operation, Problem
from twin.scheduling.rules import RULES
from twin.scheduling.schedule import Schedule


def changes(problem):
    return (np.flatnonzero(np.diff(problem.price)) + 1) * problem.bucket


@pytest.mark.parametrize("seed", range(24))
def test_shifted_plan_keeps_the_rules_and_is_no_dearer(seed):
    problem = random_problem(np.random.default_rng(seed)) if seed % 4 else small_plant(seed)
    tl = timeline(problem)
    for rule in RULES.values():
        plan = rule(problem)
        was = check(problem, plan).terms
        last = round(was.makespan_h / problem.tick_h)
        after = shifted(tl, loaded(tl, plan, 1), changes(problem), last, 0)
        verdict = check(problem, after)
        assert verdict.faults == ()
        assert after.machine.tolist() == plan.machine.tolist()
        assert verdict.terms.energy <= was.energy + 1e-6
        assert verdict.terms.tardiness <= was.tardiness + 1e-6
        assert verdict.terms.makespan_h <= was.makespan_h
        assert verdict.terms.changeover == pytest.approx(was.changeover)


def test_two_in_a_row_go_where_power_is_cheap_and_no_later():
    """Cheap from 6 to 12: a waits until 6, b until a has ended, and 12 is not waited for."""
    operations = (Operation((Alternative(0, 2, 1.0),)), Operation((Alternative(0, 3, 1.0),)))
    problem = Problem(
        (Job("j", operations),),
        (Machine("m"),),
        (((0, 20),),),
        20,
        price=np.array([5.0, 1.0, 5.0]),
        bucket=6,
        tick_s=3600.0,
    )
    none = np.zeros(0, np.int64)
    plan = Schedule(np.zeros(2, np.int64), np.array([0, 2]), none, none)
    tl = timeline(problem)
    state = loaded(tl, plan, 1)
    assert shifted(tl, state, changes(problem), 20, 20).start.tolist() == [6, 8]
    # what must end by 9 works 3 ticks at the cheap price, and 2 at the dear one
    assert shifted(tl, state, changes(problem), 9, 20).start.tolist() == [0, 6]
