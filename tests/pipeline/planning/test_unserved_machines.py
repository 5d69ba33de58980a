"""A machine that a plan leaves unserviced though a service pays is told with what is in the way."""

from dataclasses import replace

import pytest
from planning_bench import site_of
from problem_bench import planned

from twin.pipeline.planning.problem_of import state_problem
from twin.pipeline.planning.solve import solve
from twin.pipeline.planning.unserved import unserved


@pytest.fixture(scope="module")
def left_out(tmp_path_factory):
    """A plan that services nothing but one of two worn machines."""
    site = site_of(tmp_path_factory.mktemp("plant"))
    held, _ = planned(site, lives={"mill-0": 30.0, "mill-1": 50.0})
    stated = state_problem(held)
    schedule = solve(stated.problem).schedule
    t = next(t for t, task in enumerate(stated.problem.tasks) if "mill-0" in task.id)
    schedule.task_start[t] = -1
    return stated, schedule, t


def changed(stated, t, parts=None, crews=None):
    tasks, problem = list(stated.problem.tasks), stated.problem
    if parts is not None:
        tasks[t] = tasks[t]._replace(part=0)
    return replace(
        stated,
        problem=replace(
            problem,
            tasks=tuple(tasks),
            parts=problem.parts if parts is None else parts,
            crews=problem.crews if crews is None else crews,
        ),
    )


def told(stated, schedule):
    (one,) = unserved(stated, schedule)
    assert one["machine"] == "mill-0"
    assert one["saves"] > 0.0
    return one["why"], one["until"]


def test_what_can_be_done_and_is_not_holds_up_work(left_out):
    stated, schedule, _ = left_out
    assert told(stated, schedule) == ("work", None)


def test_a_part_that_never_comes_or_comes_late_is_named_with_its_time(left_out):
    stated, schedule, t = left_out
    assert told(changed(stated, t, parts=((),)), schedule) == ("part", None)
    arrives = stated.earliest + 3 * 24 * 60
    why, until = told(changed(stated, t, parts=((arrives,),)), schedule)
    assert why == "part"
    assert until >= stated.horizon.us(arrives)


def test_nobody_free_is_said_even_where_the_part_is_missing_too(left_out):
    stated, schedule, t = left_out
    assert told(changed(stated, t, crews=()), schedule) == ("crew", None)
    assert told(changed(stated, t, parts=((),), crews=()), schedule) == ("crew", None)


def test_a_plan_that_services_all_tells_of_none(left_out):
    stated, _, _ = left_out
    assert unserved(stated, solve(stated.problem).schedule) == []
