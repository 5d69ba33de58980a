"""A problem's own faults: none in what is invented, each one said where it is made."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.evaluation.invented import invented_plant, small_plant
from twin.evaluation.invented_small import random_problem
from twin.scheduling.layout import alternative_on
from twin.scheduling.problem import Alternative, Operation, Pin, Reference, TaskPin
from twin.scheduling.problem_faults import faults_of

GOOD = small_plant(1)


@given(st.integers(0, 10**6))
def test_random_problems_have_no_fault(seed):
    assert faults_of(random_problem(np.random.default_rng(seed))) == ()


def test_the_big_plant_has_no_fault():
    assert faults_of(invented_plant(3)) == ()


def test_of_a_machine_listed_twice_the_shortest_alternative_counts():
    operation = Operation((Alternative(1, 2), Alternative(0, 9), Alternative(0, 3)))
    assert alternative_on(operation, 0) == Alternative(0, 3)
    assert alternative_on(operation, 2) is None


def with_operation(**fields):
    job = GOOD.jobs[0]
    operations = (job.operations[0]._replace(**fields), *job.operations[1:])
    return replace(GOOD, jobs=(job._replace(operations=operations), *GOOD.jobs[1:]))


def with_first(name, **fields):
    rows = getattr(GOOD, name)
    return replace(GOOD, **{name: (rows[0]._replace(**fields), *rows[1:])})


N, K = GOOD.n_operations, len(GOOD.tasks)


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (replace(GOOD, horizon=0), "horizon is 0"),
        (replace(GOOD, calendars=(((5, 5),), *GOOD.calendars[1:])), "calendar 0: open 5 to 5"),
        (replace(GOOD, calendars=(((0, 5), (5, 9)), *GOOD.calendars[1:])), "open again at 5"),
        (replace(GOOD, calendars=(((0, 500),), *GOOD.calendars[1:])), "calendar 0: open 0 to 500"),
        (replace(GOOD, price=np.zeros(0)), "price is empty"),
        (replace(GOOD, parts=((9, 3),)), "part 0: arrivals"),
        (with_first("machines", calendar=7), "machine 'machine-1': calendar is 7"),
        (with_first("machines", site=2), "site is 2, want 0 to 1"),
        (with_first("machines", setup=5), "setup is 5"),
        (with_first("machines", family=6), "family is 6, want -1 to 5"),
        (replace(GOOD, transport=np.array([[0, -1], [2, 0]])), "transport: a matrix has -1"),
        (replace(GOOD, setups=(np.eye(6, dtype=np.int64),) * 2), "setups: a diagonal"),
        (with_first("jobs", operations=()), "job 'order-1': has no operations"),
        (with_first("jobs", release=-1), "release, late_cost_h and left_out_cost"),
        (with_operation(alternatives=()), "has no alternatives"),
        (with_operation(alternatives=(Alternative(9, 5),)), "machine is 9, want 0 to 3"),
        (with_operation(alternatives=(Alternative(0, 0),)), "takes 0 ticks"),
        (with_operation(alternatives=(Alternative(0, 5),) * 2), "want each once"),
        (with_operation(family=6), "family is 6, want 0 to 5"),
        (with_operation(pin=Pin(9)), "is pinned to machine 9"),
        (with_first("tasks", machine=4), "task 'service-0': machine is 4"),
        (with_first("tasks", part=1), "part is 1, want -1 to 0"),
        (with_first("tasks", duration=0), "takes 0 ticks"),
        (with_first("tasks", risk=()), "0 costs"),
        (with_first("tasks", earliest=9, latest=8), "starts 9 to 8"),
        (with_first("tasks", earliest=9, pin=TaskPin(3)), "is pinned to 3"),
        (with_first("tasks", pin=TaskPin(3, 1)), "pinned crew is 1, want 0 to 0"),
        (with_first("crews", calendar=3), "crew 'crew-1': calendar is 3"),
        (
            replace(
                GOOD, reference=Reference(*(np.zeros(n, int) for n in (N, N, K + 1)), 1, 1, 1, 1)
            ),
            "reference has",
        ),
        (
            replace(GOOD, reference=Reference(*(np.zeros(n, int) for n in (N, N, K)), 1, 1, 0, 1)),
            "cap 0",
        ),
    ],
)
def test_each_fault_is_said(problem, said):
    faults = faults_of(problem)
    assert len(faults) >= 1
    assert any(said in fault for fault in faults), faults
