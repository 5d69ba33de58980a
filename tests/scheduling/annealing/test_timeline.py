"""Dense arrays of a problem against the plain route, window by window."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.evaluation.invented_small import random_problem
from twin.scheduling.annealing.calendars import dense_calendars
from twin.scheduling.annealing.timeline import NEVER, timeline
from twin.scheduling.working_time import WorkingTime

seeds = st.integers(0, 10_000).map(np.random.default_rng)


@given(seeds)
def test_worked_and_open_at_are_those_of_the_windows(rng):
    problem = random_problem(rng)
    days = dense_calendars(problem)
    for c, calendar in enumerate(problem.calendars):
        time, row = WorkingTime(calendar), days.number[c]
        ticks = range(problem.horizon + 1)
        assert days.worked[row].tolist() == [time.worked(t) for t in ticks]
        opened = [t for t in range(problem.horizon) if time.is_open(t)]
        assert days.total[row] == len(opened)
        assert days.open_at[row, : len(opened)].tolist() == opened


@given(seeds)
def test_spent_is_the_price_of_every_open_tick_before(rng):
    problem = random_problem(rng)
    days, last = dense_calendars(problem), len(problem.price) - 1
    for c, calendar in enumerate(problem.calendars):
        time, money = WorkingTime(calendar), [0.0]
        for t in range(problem.horizon):
            price = problem.price[min(t // problem.bucket, last)] if time.is_open(t) else 0.0
            money.append(money[-1] + price)
        assert days.spent[days.number[c], : len(money)] == pytest.approx(np.array(money))


def test_equal_calendars_share_a_row_and_a_pinned_job_is_never_left_out():
    for seed in range(40):
        problem = random_problem(np.random.default_rng(seed))
        tl = timeline(problem)
        assert len(tl.worked) == len(set(problem.calendars))
        for job, row in zip(problem.jobs, tl.job, strict=True):
            if any(operation.pin for operation in job.operations):
                assert row["left_out"] >= NEVER
