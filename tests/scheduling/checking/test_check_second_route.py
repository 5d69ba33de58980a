"""The checker against a tick-by-tick reckoning, on random problems and on spoilt schedules."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference.dense_plan import DensePlan, open_ticks, operation_end, setup_begin
from twin.evaluation.invented import small_plant
from twin.evaluation.invented_small import random_problem
from twin.scheduling.check import check
from twin.scheduling.layout import lay_out
from twin.scheduling.rules import RULES, best_rule
from twin.scheduling.working_time import WorkingTime

seeds = st.integers(0, 10**6)


@given(seeds)
@settings(max_examples=50)
def test_terms_equal_a_walk_through_every_tick(seed):
    problem = random_problem(np.random.default_rng(seed))
    _, schedule, terms = best_rule(problem)
    dense = DensePlan(problem, schedule)
    assert dense.rules == set()
    want = [dense.tardiness(), dense.risk(), dense.energy(), dense.changeover(), dense.idle_h()]
    assert terms[1:6] == pytest.approx(want)
    assert terms.stability == pytest.approx(dense.stability())
    assert terms.total == pytest.approx(dense.total())


@given(seeds)
@settings(max_examples=40)
def test_no_setup_lowers_how_long_machines_stand_idle(seed):
    """The same plan where nothing needs setting up is idle no longer, nor costs it more."""
    problem = random_problem(np.random.default_rng(seed))
    _, schedule, terms = best_rule(problem)
    spared = replace(problem, setups=tuple(np.zeros_like(each) for each in problem.setups))
    verdict = check(spared, schedule)
    assert verdict.faults == ()
    assert verdict.terms.idle_h <= terms.idle_h + 1e-9
    assert verdict.terms.total <= terms.total + 1e-9


@given(seeds)
@settings(max_examples=80)
def test_the_rules_broken_are_those_that_a_walk_finds(seed):
    """One to three times of a good schedule are moved anywhere."""
    rng = np.random.default_rng(seed)
    problem = random_problem(rng)
    schedule = best_rule(problem)[1]
    for _ in range(rng.integers(1, 4)):
        row = schedule.start if rng.random() < 0.7 else schedule.task_start
        placed = np.flatnonzero(row >= 0)
        if len(placed):
            row[rng.choice(placed)] = rng.integers(problem.horizon)
    verdict = check(problem, schedule)
    dense = DensePlan(problem, schedule)
    assert {fault.rule for fault in verdict.faults} == dense.rules
    if verdict.terms is not None:
        assert verdict.terms.total == pytest.approx(dense.total())


@given(seeds)
@settings(max_examples=30)
def test_working_time_equals_counting_ticks(seed):
    problem = random_problem(np.random.default_rng(seed))
    rng = np.random.default_rng(seed + 1)
    for c, calendar in enumerate(problem.calendars):
        time, is_open = WorkingTime(calendar), open_ticks(problem, c)
        assert time.total == sum(is_open)
        for tick in rng.integers(0, problem.horizon, 5).tolist():
            duration = int(rng.integers(1, 40))
            assert time.is_open(tick) == is_open[tick]
            assert time.worked(tick) == sum(is_open[:tick])
            assert time.end(tick, duration) == operation_end(is_open, tick, duration)
            begin = setup_begin(is_open, tick, duration)
            assert time.begin(tick, duration) == begin
            assert time.covers(tick, min(tick + duration, problem.horizon)) == all(
                is_open[tick : tick + duration]
            )


@pytest.mark.parametrize("rule", RULES)
def test_the_layout_is_where_a_walk_puts_it(rule):
    problem = small_plant(3)
    schedule = RULES[rule](problem)
    layout, dense = lay_out(problem, schedule), DensePlan(problem, schedule)
    n = range(problem.n_operations)
    assert layout.end.tolist() == [dense.end[i] for i in n]
    assert layout.setup_start.tolist() == [dense.begin[i] for i in n]
    assert layout.setup.tolist() == [dense.setup[i] for i in n]
