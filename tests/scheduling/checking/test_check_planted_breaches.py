"""Each rule broken on purpose in good plans of random problems: the checker finds it every time.

A breach follows from the rule's words alone, one change of the plan or of what it is judged by.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.reference.dense_plan import open_ticks
from twin.evaluation.invented_small import random_problem
from twin.scheduling.check import check
from twin.scheduling.problem import Pin, TaskPin
from twin.scheduling.rules import best_rule


@cache
def good_plans():
    """(problem, schedule) pairs without a fault, nothing pinned."""
    found = []
    for seed in range(40):
        problem = random_problem(np.random.default_rng(seed))
        jobs = tuple(
            job._replace(operations=tuple(o._replace(pin=None) for o in job.operations))
            for job in problem.jobs
        )
        tasks = tuple(task._replace(pin=None) for task in problem.tasks)
        problem = replace(problem, jobs=jobs, tasks=tasks)
        found.append((problem, best_rule(problem)[1]))
    assert all(check(*pair).faults == () for pair in found)
    return found


def numbers(problem):
    """(job, step) of every operation."""
    return [(j, k) for j, job in enumerate(problem.jobs) for k in range(len(job.operations))]


def placed(schedule):
    return np.flatnonzero(schedule.machine >= 0).tolist()


def serviced(schedule):
    return np.flatnonzero(schedule.task_start >= 0).tolist()


def changed(schedule, name, index, value):
    row = getattr(schedule, name).copy()
    row[index] = value
    return schedule._replace(**{name: row})


def with_operation(problem, i, **fields):
    j, k = numbers(problem)[i]
    operations = list(problem.jobs[j].operations)
    operations[k] = operations[k]._replace(**fields)
    jobs = list(problem.jobs)
    jobs[j] = jobs[j]._replace(operations=tuple(operations))
    return replace(problem, jobs=tuple(jobs))


def with_task(problem, t, **fields):
    tasks = list(problem.tasks)
    tasks[t] = tasks[t]._replace(**fields)
    return replace(problem, tasks=tuple(tasks))


def with_crew(problem, c, **fields):
    crews = list(problem.crews)
    crews[c] = crews[c]._replace(**fields)
    return replace(problem, crews=tuple(crews))


def half_a_job(problem, schedule):
    for i in placed(schedule):
        if len(problem.jobs[numbers(problem)[i][0]].operations) > 1:
            yield problem, changed(changed(schedule, "machine", i, -1), "start", i, -1)


def on_another_machine(problem, schedule):
    for i in placed(schedule):
        j, k = numbers(problem)[i]
        able = {a.machine for a in problem.jobs[j].operations[k].alternatives}
        for m in set(range(len(problem.machines))) - able:
            yield problem, changed(schedule, "machine", i, m)


def while_closed(problem, schedule):
    for i in placed(schedule):
        calendar = problem.machines[schedule.machine[i]].calendar
        closed = [tick for tick, is_open in enumerate(open_ticks(problem, calendar)) if not is_open]
        if closed:
            yield problem, changed(schedule, "start", i, closed[len(closed) // 2])


def two_at_once(problem, schedule):
    for i in placed(schedule):
        for other in placed(schedule):
            if other != i and schedule.machine[other] == schedule.machine[i]:
                yield problem, changed(schedule, "start", i, schedule.start[other])
        for t in serviced(schedule):
            if problem.tasks[t].machine == schedule.machine[i]:
                yield problem, changed(schedule, "task_start", t, schedule.start[i])


def no_time_to_set_up(problem, schedule):
    """What comes after another family starts when that ends, and the setup takes two ticks more."""
    matrices = tuple(m + 2 * (1 - np.eye(len(m), dtype=np.int64)) for m in problem.setups)
    always = replace(problem, calendars=(((0, problem.horizon),),) * len(problem.calendars))
    for i in placed(schedule):
        for other in placed(schedule):
            before, after = (numbers(problem)[n] for n in (other, i))
            [first, second] = [problem.jobs[j].operations[k] for j, k in (before, after)]
            m = schedule.machine[i]
            if schedule.machine[other] == m and first.family != second.family:
                [work] = [a.duration for a in first.alternatives if a.machine == m]
                end = schedule.start[other] + work
                if end < problem.horizon:
                    yield replace(always, setups=matrices), changed(schedule, "start", i, end)


def before_the_release(problem, schedule):
    for i in placed(schedule):
        j, k = numbers(problem)[i]
        if k == 0:
            jobs = list(problem.jobs)
            jobs[j] = jobs[j]._replace(release=int(schedule.start[i]) + 1)
            yield replace(problem, jobs=tuple(jobs)), schedule


def before_the_one_before(problem, schedule):
    for i in placed(schedule):
        if numbers(problem)[i][1]:
            yield problem, changed(schedule, "start", i, schedule.start[i - 1])
            yield replace(problem, transport=problem.transport + problem.horizon), schedule


def out_of_its_window(problem, schedule):
    for t in serviced(schedule):
        start = int(schedule.task_start[t])
        yield with_task(problem, t, latest=start - 1), schedule
        yield with_task(problem, t, earliest=start + 1), schedule


def by_a_crew_that_cannot(problem, schedule):
    for t in serviced(schedule):
        c, start = int(schedule.task_crew[t]), int(schedule.task_start[t])
        away = (*problem.calendars, ((0, start + 1), (start + 2, problem.horizon)))
        gone = with_crew(problem, c, calendar=len(problem.calendars))
        yield with_crew(problem, c, skills=frozenset()), schedule
        yield with_crew(problem, c, sites=frozenset()), schedule
        yield replace(gone, calendars=away), schedule
        yield problem, changed(schedule, "task_crew", t, -1)


def a_crew_at_two_tasks(problem, schedule):
    for t in serviced(schedule):
        for other in serviced(schedule):
            if other != t:
                twice = changed(schedule, "task_crew", t, schedule.task_crew[other])
                yield problem, changed(twice, "task_start", t, schedule.task_start[other])


def a_task_that_must_be(problem, schedule):
    for t in serviced(schedule):
        nowhere = changed(changed(schedule, "task_start", t, -1), "task_crew", t, -1)
        yield with_task(problem, t, skip_cost=float("inf")), nowhere


def a_part_too_late(problem, schedule):
    for t in serviced(schedule):
        part = problem.tasks[t].part
        if part >= 0:
            for arrivals in ((), (problem.horizon,) * len(problem.tasks)):
                parts = list(problem.parts)
                parts[part] = arrivals
                yield replace(problem, parts=tuple(parts)), schedule


def off_its_pin(problem, schedule):
    for i in placed(schedule):
        m, start = int(schedule.machine[i]), int(schedule.start[i])
        yield with_operation(problem, i, pin=Pin(m, start + 1)), schedule
        yield with_operation(problem, i, pin=Pin(m + 1)), schedule
    for t in serviced(schedule):
        start, crew = int(schedule.task_start[t]), int(schedule.task_crew[t])
        yield with_task(problem, t, pin=TaskPin(start + 1)), schedule
        yield with_task(problem, t, pin=TaskPin(start, crew + 1)), schedule


def beyond_the_horizon(problem, schedule):
    for i in placed(schedule):
        yield problem, changed(schedule, "start", i, problem.horizon)
        j, k = numbers(problem)[i]
        shortest = min(a.duration for a in problem.jobs[j].operations[k].alternatives)
        if schedule.start[i] == schedule.start.max() and shortest > 1:
            yield replace(problem, horizon=int(schedule.start[i]) + 1), schedule
    for t in serviced(schedule):
        end = int(schedule.task_start[t]) + problem.tasks[t].duration
        yield replace(problem, horizon=end - 1), schedule
        yield problem, changed(schedule, "task_start", t, -2)


BREACHES = {
    1: (half_a_job, on_another_machine),
    2: (while_closed,),
    3: (two_at_once, no_time_to_set_up),
    4: (before_the_release, before_the_one_before),
    5: (out_of_its_window, by_a_crew_that_cannot, a_crew_at_two_tasks, a_task_that_must_be),
    6: (a_part_too_late,),
    7: (off_its_pin,),
    8: (beyond_the_horizon,),
}


@pytest.mark.parametrize(
    ("rule", "plant"),
    [(rule, plant) for rule, plants in BREACHES.items() for plant in plants],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_planted_breach_is_found(rule, plant):
    planted = [pair for good in good_plans() for pair in list(plant(*good))[:20]]
    assert len(planted) >= 10
    for problem, schedule in planted:
        assert rule in {fault.rule for fault in check(problem, schedule).faults}
