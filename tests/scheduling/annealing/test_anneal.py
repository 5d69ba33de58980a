"""Annealing reckons what the checker reckons, and simple cases come out as they must."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scheduling.counted_clock import rounds
from twin.errors import PlanningError
from twin.evaluation.invented import small_plant
from twin.evaluation.invented_small import random_problem
from twin.scheduling.annealing.anneal import anneal, first_schedule
from twin.scheduling.annealing.loop import anneal_moves, load
from twin.scheduling.annealing.state import BAD, TOTAL, new_state, schedule_of
from twin.scheduling.annealing.timeline import timeline
from twin.scheduling.check import check
from twin.scheduling.problem import (
    Alternative,
    Crew,
    Job,
    Machine,
    Operation,
    Pin,
    Problem,
    Task,
    TaskPin,
    Weights,
)
from twin.scheduling.rules import best_rule

HOT = 1e6
ALWAYS = (((0, 240),),)


def taken(problem, plan, seed=1):
    tl = timeline(problem)
    state, placed = new_state(tl, seed), np.flatnonzero(plan.machine >= 0)
    load(tl, state, plan, placed[np.argsort(plan.start[placed], kind="stable")], 2.0)
    return tl, state


def rule_plan(problem):
    try:
        return best_rule(problem)[1]
    except PlanningError:
        return None


@given(st.integers(0, 10_000))
@settings(max_examples=60)
def test_a_plan_that_keeps_the_rules_is_taken_over_tick_by_tick(seed):
    problem = random_problem(np.random.default_rng(seed))
    plan = rule_plan(problem)
    if plan is None:
        return
    _, state = taken(problem, plan)
    for ours, theirs in zip(schedule_of(state)[:3], plan[:3], strict=True):
        assert ours.tolist() == theirs.tolist()
    total = check(problem, plan).terms.total
    assert state.sums[TOTAL] == pytest.approx(total, rel=1e-6, abs=1e-6)


@given(st.integers(0, 10_000), st.sampled_from([0.0, 10.0, HOT]))
@settings(max_examples=60)
def test_after_any_moves_the_cost_is_the_checker_s(seed, heat):
    problem = random_problem(np.random.default_rng(seed))
    problem = replace(problem, weights=problem.weights._replace(makespan=3.0, idle=2.0))
    plan = rule_plan(problem)
    if plan is None:
        return
    tl, state = taken(problem, plan, seed)
    anneal_moves(tl, state, 300, heat, heat, np.inf)
    verdict = check(problem, schedule_of(state))
    if state.counts[BAD] == 0:
        assert verdict.faults == ()
        assert state.sums[TOTAL] == pytest.approx(verdict.terms.total, rel=1e-6, abs=1e-6)
    else:
        assert verdict.faults


def test_a_greedy_first_schedule_keeps_every_rule():
    for seed in range(5):
        problem = small_plant(seed)
        assert check(problem, first_schedule(problem)).faults == ()


def test_the_same_seed_gives_the_same_answer_and_another_seed_another_walk():
    problem = small_plant(3)
    told = [[], [], []]
    answers = [
        anneal(problem, rounds(8, seed), tell=heard.append)
        for seed, heard in zip((5, 5, 6), told, strict=True)
    ]
    assert answers[0].cost == answers[1].cost
    assert [a.cost for a in told[0]] == [a.cost for a in told[1]]
    assert [a.cost for a in told[0]] != [a.cost for a in told[2]]
    for row, again in zip(answers[0].schedule, answers[1].schedule, strict=True):
        assert row.tolist() == again.tolist()


def test_told_answers_fall_and_the_last_is_the_answer():
    problem, told = small_plant(2), []
    start = best_rule(problem)[1]
    answer = anneal(problem, rounds(8), start, told.append)
    costs = [each.cost for each in told]
    assert costs == sorted(costs, reverse=True)
    assert costs[0] <= check(problem, start).terms.total + 1e-6
    assert answer == told[-1]


def one_operation(**fields):
    """One hour's ticks of a minute; a kW costs 1 in the first hour and 0.25 after it."""
    job = Job("j", (Operation((Alternative(0, 30, 2.0),)),), **fields)
    price = np.array([1.0] * 4 + [0.25])
    return Problem((job,), (Machine("m"),), ALWAYS, 240, price=price)


def test_an_operation_waits_for_the_cheap_tariff():
    answer = anneal(one_operation(), rounds(4))
    assert answer.schedule.start[0] >= 60
    assert answer.cost == pytest.approx(2.0 * 0.5 * 0.25)


def test_it_does_not_wait_where_being_late_costs_more():
    """Each minute late costs 1/60 · 60 = 1; waiting saves 0.75 in all."""
    answer = anneal(one_operation(due=30, late_cost_h=60.0), rounds(4))
    assert answer.schedule.start.tolist() == [0]
    assert answer.cost == pytest.approx(2.0 * 0.5)


def test_a_job_is_left_out_where_that_is_cheaper_than_making_it():
    cheap = anneal(one_operation(left_out_cost=0.1), rounds(4))
    dear = anneal(one_operation(left_out_cost=9.0), rounds(4))
    assert cheap.schedule.machine.tolist() == [-1]
    assert cheap.cost == pytest.approx(0.1)
    assert dear.schedule.machine.tolist() == [0]


def served(risk, crew_open=((0, 240),), **fields):
    """A machine with an hour's work and a service of 30 minutes."""
    job = Job("j", (Operation((Alternative(0, 60),)),))
    task = Task("t", 0, 30, 0, 210, risk, **fields)
    return Problem(
        (job,),
        (Machine("m"),),
        (*ALWAYS, crew_open),
        240,
        tasks=(task,),
        crews=(Crew("crew", calendar=1),),
    )


def test_a_service_goes_to_its_cheapest_time():
    risk = tuple(float(abs(bucket - 6)) for bucket in range(16))
    answer = anneal(served(risk), rounds(4))
    assert answer.schedule.task_start[0] // 15 == 6
    assert answer.cost == pytest.approx(0.0)


def test_a_service_goes_to_the_cheapest_time_of_its_crew():
    """At work from 120 to 180, so it starts from 120 to 150: buckets 8 to 10, the first costs 2."""
    risk = tuple(float(abs(bucket - 6)) for bucket in range(16))
    answer = anneal(served(risk, ((120, 180),)), rounds(4))
    assert 120 <= answer.schedule.task_start[0] < 135
    assert answer.cost == pytest.approx(2.0)


def test_a_service_is_spared_where_that_is_cheaper():
    answer = anneal(served((5.0,) * 16, skip_cost=1.0), rounds(4))
    assert answer.schedule.task_start.tolist() == [-1]
    assert answer.cost == pytest.approx(1.0)


def test_pins_are_kept_though_they_cost():
    problem = served(tuple(float(abs(bucket - 6)) for bucket in range(16)))
    task = problem.tasks[0]._replace(pin=TaskPin(200))
    operation = problem.jobs[0].operations[0]._replace(pin=Pin(0, 77))
    job = problem.jobs[0]._replace(operations=(operation,), due=0, late_cost_h=60.0)
    answer = anneal(replace(problem, jobs=(job,), tasks=(task,)), rounds(4))
    assert answer.schedule.start.tolist() == [77]
    assert answer.schedule.task_start.tolist() == [200]


def test_families_are_made_together_where_setups_cost():
    """Four operations of two families in turn: one setup is needed at least, of 10 ticks."""
    jobs = tuple(Job(str(k), (Operation((Alternative(0, 10),), family=k % 2),)) for k in range(4))
    setups = (np.array([[0, 10], [10, 0]]),)
    machine = Machine("m", setup_cost_h=60.0)
    problem = Problem(jobs, (machine,), ALWAYS, 240, setups=setups)
    answer = anneal(problem, rounds(4))
    assert answer.cost == pytest.approx(10.0)


def test_makespan_alone_is_brought_to_the_work_shared_out():
    """Eight operations of 10 on any of two machines: 40 at best."""
    pair = (Alternative(0, 10), Alternative(1, 10))
    jobs = tuple(Job(str(k), (Operation(pair),)) for k in range(8))
    weights = Weights(makespan=60.0)
    problem = Problem(jobs, (Machine("a"), Machine("b")), ALWAYS, 240, weights=weights)
    assert anneal(problem, rounds(4)).cost == pytest.approx(40.0)


def test_what_does_not_fit_the_horizon_is_no_answer():
    jobs = tuple(Job(str(k), (Operation((Alternative(0, 100),)),)) for k in range(3))
    with pytest.raises(PlanningError, match="no schedule that keeps the rules"):
        anneal(Problem(jobs, (Machine("m"),), ALWAYS, 240), rounds(3))
