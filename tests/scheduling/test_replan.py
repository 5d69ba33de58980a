"""Planning again: what is about to start stays, few change machine, what cannot be is mended."""

from dataclasses import replace

import numpy as np
import pytest

from tests.scheduling.counted_clock import rounds
from twin.evaluation.invented import small_plant
from twin.scheduling.annealing.anneal import FEW, anneal
from twin.scheduling.changes import breakdown, extended, with_jobs
from twin.scheduling.check import check
from twin.scheduling.layout import numbered
from twin.scheduling.problem import Alternative, Job, Machine, Operation, Pin, Problem
from twin.scheduling.replan import MOST_CHANGED, frozen, referred, replan
from twin.scheduling.rules import best_rule
from twin.scheduling.schedule import Schedule
from twin.scheduling.working_time import WorkingTime

FREEZE = 40


def pins_of(problem):
    return [operation.pin for _, _, operation in numbered(problem)]


def planned(seed=1):
    problem = small_plant(seed)
    return problem, best_rule(problem)[1]


def test_a_possible_plan_is_frozen_whole_and_nothing_behind_it():
    for seed in range(1, 6):
        problem, plan = planned(seed)
        was, now = pins_of(problem), pins_of(frozen(problem, plan, FREEZE))
        for i, start in enumerate(plan.start.tolist()):
            if 0 <= start < FREEZE:
                assert now[i] == Pin(int(plan.machine[i]), start)
            else:
                assert now[i] == was[i]
        assert check(frozen(problem, plan, FREEZE), plan).faults == ()


def test_nothing_is_frozen_on_a_machine_that_is_down():
    problem, plan = planned()
    machine = int(plan.machine[np.argmin(plan.start)])
    broken = frozen(breakdown(problem, machine, FREEZE), plan, FREEZE)
    for pin in pins_of(broken):
        assert pin is None or pin.machine != machine or pin.start is None


def test_a_machine_that_is_down_is_closed_until_then_and_others_are_not():
    problem, _ = planned()
    broken = breakdown(problem, 1, 50)
    for m, machine in enumerate(problem.machines):
        before = WorkingTime(problem.calendars[machine.calendar])
        after = WorkingTime(broken.calendars[broken.machines[m].calendar])
        for tick in range(problem.horizon):
            assert after.is_open(tick) == (before.is_open(tick) and (m != 1 or tick >= 50))


def test_new_jobs_come_last_and_are_in_no_plan():
    problem, plan = planned()
    more = with_jobs(referred(problem, plan), problem.jobs[:2])
    n = problem.n_operations
    longer = extended(more, plan)
    assert longer.start[:n].tolist() == plan.start.tolist()
    assert (longer.start[n:] == -1).all()
    assert len(longer.machine) == more.n_operations
    assert more.reference.machine.tolist() == longer.machine.tolist()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planning_again_keeps_the_freeze_and_the_machines(seed):
    problem, _ = planned(seed)
    plan = anneal(problem, rounds(6)).schedule
    after = with_jobs(problem, problem.jobs[:1])
    was = extended(after, plan)
    answer = replan(after, was, rounds(6), FREEZE)
    assert check(after, answer.schedule).faults == ()
    assert check(frozen(after, was, FREEZE), answer.schedule).faults == ()
    other = (answer.schedule.machine != was.machine) & (was.machine >= 0)
    assert other.sum() <= max(FEW, MOST_CHANGED * (was.machine >= 0).sum())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_breakdown_is_planned_around(seed):
    problem, plan = planned(seed)
    machine = int(plan.machine[np.argmin(plan.start)])
    after = breakdown(problem, machine, 20)
    answer = replan(after, plan, rounds(6), 0)
    assert check(after, answer.schedule).faults == ()
    stated = referred(frozen(after, plan, 0), plan)
    assert answer.cost == pytest.approx(check(stated, answer.schedule).terms.total, rel=1e-6)


@pytest.mark.parametrize("seed", [5, 9, 18])
def test_a_plan_made_impossible_by_a_breakdown_is_never_the_answer(seed):
    problem = small_plant(seed)
    plan = anneal(problem, rounds(20)).schedule
    after = breakdown(problem, 3, 60)
    answer = replan(after, plan, rounds(6, seed), FREEZE)
    assert check(frozen(after, plan, FREEZE), answer.schedule).faults == ()


def test_a_plan_that_no_repair_leads_out_of_gives_way_to_a_rule_s():
    """Two jobs fill the time there is; a breakdown leaves room for the one that must be done, and
    the other is so dear to leave out that being too late looks cheaper to the search."""
    must = Job("must", (Operation((Alternative(0, 10),)),))
    jobs = (must._replace(id="may", left_out_cost=1e6), must)
    problem = Problem(jobs, (Machine("m"),), (((0, 20),),), 20)
    plan = Schedule(*(np.array(row, np.int64) for row in ((0, 0), (0, 10), (), ())))
    answer = replan(breakdown(problem, 0, 5), plan, rounds(6), 0)
    assert answer.schedule.machine.tolist() == [-1, 0]
    assert answer.schedule.start.tolist() == [-1, 5]


def test_planning_again_for_nothing_changes_nothing_for_the_worse():
    problem, _ = planned()
    plan = anneal(problem, rounds(6)).schedule
    answer = replan(problem, plan, rounds(6), FREEZE)
    cost = check(replace(problem, reference=None), plan).terms.total
    assert check(problem, answer.schedule).terms.total <= cost + 1e-6
