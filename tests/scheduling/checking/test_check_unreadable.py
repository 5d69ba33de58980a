"""What cannot be reckoned with is a fault in plain words: never an error, never a cost of NaN."""

from dataclasses import replace

import numpy as np
import pytest

from twin.scheduling.check import check
from twin.scheduling.problem import (
    Alternative,
    Crew,
    Job,
    Machine,
    Operation,
    Problem,
    Reference,
    Task,
    Weights,
)
from twin.scheduling.schedule import Schedule

NAN, INF = float("nan"), float("inf")


def ints(*values):
    return np.array(values, np.int64)


JOB = Job("j", (Operation((Alternative(0, 5, 1.0),)),), due=1)
TASK = Task("t", 0, 3, 0, 10, (1.0, 2.0), 5.0)
PROBLEM = Problem((JOB,), (Machine("m"),), (((0, 20),),), 20, (TASK,), (Crew("c"),), parts=((0,),))
GOOD = Schedule(ints(0), ints(1), ints(8), ints(0))


def but(**fields):
    return replace(PROBLEM, **fields)


def job(**fields):
    return but(jobs=(JOB._replace(**fields),))


def takes(*alternatives, **fields):
    return job(operations=(Operation(alternatives, **fields),))


def task(**fields):
    return but(tasks=(TASK._replace(**fields),))


def machine(**fields):
    return but(machines=(Machine("m")._replace(**fields),))


def refers(**fields):
    plan = Reference(ints(0), ints(0), ints(0), 1.0, 1.0, 1, 1.0)
    return but(reference=plan._replace(**fields))


def test_the_plan_that_is_spoilt_below_is_good():
    verdict = check(PROBLEM, GOOD)
    assert verdict.faults == ()
    assert np.isfinite(verdict.terms).all()


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (but(price=np.array([NAN])), "price has numbers that are not finite"),
        (but(price=np.zeros(0)), "price has 0 entries, want 1"),
        (but(weights=Weights(risk=NAN)), "weights: risk is nan"),
        (but(tick_s=NAN), "tick_s is nan"),
        (but(horizon=INF), "horizon is inf, want a whole number above 0"),
        (but(bucket=0), "bucket is 0"),
        (but(calendars=(((5, 0),),)), "calendar 0 is open"),
        (but(calendars=(((0, INF),),)), "calendar 0 is open"),
        (but(parts=((0.5,),)), "part 0 arrives at"),
        (but(setups=()), "setup is 0, want nothing: there is none"),
        (but(transport=np.array([[0.5]])), "transport: a matrix is of type float64"),
        (but(transport=ints(0)), "transport: a matrix has"),
        (but(machines=()), "machine is 0, want nothing"),
        (but(crews=(Crew("c", 4),)), "crew 'c': calendar is 4"),
        (machine(family=2), "machine 'm': family is 2, want -1 to 0"),
        (machine(setup_cost_h=NAN), "setup_cost_h is nan"),
        (takes(Alternative(0, INF)), "job 'j' operation 1: duration is inf"),
        (takes(Alternative(0, 5.5)), "duration is 5.5, want a whole number"),
        (takes(Alternative(0, -3)), "duration is -3"),
        (takes(Alternative(0, 5, NAN)), "power_kw is nan, want a finite number"),
        (takes(Alternative(3, 5)), "machine is 3, want 0 to 0"),
        (takes(Alternative(0, 5), family=7), "family is 7, want 0 to 0"),
        (takes(Alternative(0, 5), Alternative(0, 2)), "machines [0, 0], want each once"),
        (job(operations=()), "has no operations"),
        (job(late_cost_h=NAN), "late_cost_h is nan"),
        (job(left_out_cost=NAN), "left_out_cost is nan, want a number or inf"),
        (job(due=INF), "due is inf, want a whole number or None"),
        (job(release=None), "release is None"),
        (job(late_cost_h="much"), "late_cost_h is much"),
        (task(risk=(1.0, NAN)), "task 't': risk has numbers that are not finite"),
        (task(risk=()), "task 't': risk has 0 entries"),
        (task(skip_cost=NAN), "skip_cost is nan"),
        (task(duration=INF), "duration is inf"),
        (task(part=2), "part is 2, want -1 to 0"),
        (refers(task_start=ints(0, 0)), "reference: task_start has 2 entries, want 1"),
        (refers(machine_cost=NAN), "reference: machine_cost is nan"),
        (refers(cap=0), "reference: cap is 0"),
        (replace(job(late_cost_h=1e308), weights=Weights(tardiness=1e308)), "total=inf"),
    ],
)
def test_numbers_that_are_none_are_said(problem, said):
    verdict = check(problem, GOOD)
    assert verdict.terms is None
    assert {fault.rule for fault in verdict.faults} == {0}
    assert any(said in fault.what for fault in verdict.faults), verdict.faults


@pytest.mark.parametrize(
    ("rule", "name", "row", "said"),
    [
        (0, "start", np.array([1.0]), "start is of type float64, want whole numbers"),
        (0, "start", np.array([NAN]), "start is of type float64"),
        (0, "start", ints([1]), "start has shape (1, 1), want (1,)"),
        (0, "start", ints(1, 2), "start has 2 entries, want 1"),
        (0, "start", None, "start has shape ()"),
        (0, "start", [[1], 2], "start is ragged"),
        (0, "machine", np.array([True]), "machine is of type bool"),
        (0, "task_crew", np.array(["c"]), "task_crew is of type <U1"),
        (8, "start", ints(-2), "start is -2, want -1 to 19"),
        (8, "start", np.array([2**63], np.uint64), "want -1 to 19"),
        (1, "machine", ints(1), "machine is 1, want -1 to 0"),
        (1, "machine", ints(-1), "machine is -1 and start is 1"),
        (8, "task_start", ints(-7), "task 't': task_start is -7"),
        (5, "task_crew", ints(4), "task_crew is 4, want -1 to 0"),
        (5, "task_crew", ints(-1), "crew is -1, want both or neither"),
    ],
)
def test_arrays_that_say_nothing_are_said(rule, name, row, said):
    faults = check(PROBLEM, GOOD._replace(**{name: row})).faults
    assert rule in {fault.rule for fault in faults}
    assert any(said in fault.what for fault in faults), faults
