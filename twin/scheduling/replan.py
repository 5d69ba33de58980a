"""Planning again with a plan in force: what is about to start stays, and moving the rest costs.

A plan is only as good as it is steady: people have been told, material has been brought. So what
starts within the freeze is pinned as far as it still can be, leaving the plan in force has a price
that fades with time ahead, few operations may go to another machine, and the search begins at that
plan. A plan annealed long has its jobs done just in time, so shifting it makes many late at once:
the search must be hot enough to order most of it anew, while the plan in force draws it back.
Source: Pfeiffer, Kádár & Monostori (2007), Computers in Industry 58:630 (stability).
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from twin.scheduling.annealing.anneal import Cooling, anneal, temperature
from twin.scheduling.check import check
from twin.scheduling.layout import alternative_on, numbered
from twin.scheduling.problem import Operation, Pin, Problem, Reference, TaskPin
from twin.scheduling.schedule import Answer, Limit, Schedule, Tell
from twin.scheduling.working_time import WorkingTime

__all__ = ["frozen", "referred", "replan", "steadily"]

CAP_H, FADE_H = 8.0, 66.0
MACHINE_COST, TIME_COST = 20.0, 2.0
"""What is far ahead has a price too, or the few changes of machine allowed go where they gain next
to nothing. Prices of 40 and 10 that fade within a day gave dearer plans."""
MOST_CHANGED = 0.05
"""Share of the operations that may go to another machine; at least anneal.FEW."""
SHARE, SPANS, HELD = 0.25, (0.04, 0.2), 0.8
"""The first temperature, by the share of dearer moves kept; how far it falls while the plan in
force holds and after it has let go; share of the time in which it holds."""
HOLD, HOLD_H = 0.75, 96.0
"""What an operation this long away from where it was costs meanwhile, in first temperatures. With
a day instead, plans of three plants were a percent dearer."""
FOREVER = 1e15
"""Ticks: near and far cost the same."""


def replan(
    problem: Problem,
    plan: Schedule,
    limit: Limit,
    freeze: int,
    tell: Tell | None = None,
) -> Answer:
    """A plan for a problem of now, near the one in force; costs include leaving it.

    plan: the one in force, as this problem numbers it (`changes.extended`), possible or not.
    freeze: ticks. Raises PlanningError where no schedule without a fault is found in time.
    """
    return steadily(referred(frozen(problem, plan, freeze), plan), limit, plan, tell)


def steadily(
    problem: Problem, limit: Limit, start: Schedule | None = None, tell: Tell | None = None
) -> Answer:
    """A plan near the one in force, with few operations on another machine than in it.

    start: the plan in force or a better one; no answer is dearer where it keeps the rules. A
    problem without a plan in force, or with nothing to begin at, is annealed as any other. Answers
    are told once the plan in force has let go. Raises PlanningError where no schedule without a
    fault is found in time.
    """
    if problem.reference is None or start is None:
        return anneal(problem, limit, start, tell)
    begun = limit.clock()
    hot = temperature(problem, start, limit.seed, SHARE)
    cooling = Cooling(hot=hot, span=SPANS[0])
    held = limit._replace(seconds=HELD * limit.seconds)
    near = anneal(_held(problem, hot), held, start, None, cooling, MOST_CHANGED).schedule
    left = limit._replace(seconds=limit.seconds - (limit.clock() - begun))
    cooling = Cooling(hot=hot * SPANS[0], span=SPANS[1], meetings=3)
    found = anneal(problem, left, near, tell, cooling, MOST_CHANGED)
    verdict = check(problem, start)
    if verdict.faults or verdict.terms is None or verdict.terms.total >= found.cost:
        return found
    return Answer(start, verdict.terms.total, None, limit.clock() - begun)


def _held(problem: Problem, hot: float) -> Problem:
    """The problem with a plan in force that draws everything back, so that what it knew of a good
    order is not forgotten at a temperature at which most of the order is made anew."""
    reference = problem.reference
    assert reference is not None
    weight = problem.weights.stability
    drawn = reference._replace(
        time_cost=HOLD * hot / weight if weight > 0.0 else 0.0,
        cap=max(1, round(HOLD_H / problem.tick_h)),
        fade=FOREVER,
    )
    return replace(problem, reference=drawn)


def referred(
    problem: Problem,
    plan: Schedule,
    machine_cost: float = MACHINE_COST,
    time_cost: float = TIME_COST,
) -> Problem:
    """The problem with a plan in force that it costs money to leave."""
    reference = Reference(
        machine=plan.machine,
        start=plan.start,
        task_start=plan.task_start,
        machine_cost=machine_cost,
        time_cost=time_cost,
        cap=max(1, round(CAP_H / problem.tick_h)),
        fade=FADE_H / problem.tick_h,
    )
    return replace(problem, reference=reference)


def frozen(problem: Problem, plan: Schedule, freeze: int) -> Problem:
    """What the plan starts before `freeze` pinned as planned, if it can still be done so.

    It cannot if its machine is closed at its start, its machine or job is not free in time, or it
    is pinned otherwise.
    """
    pins = dict(_possible(problem, plan, freeze))
    jobs, i = [], 0
    for job in problem.jobs:
        operations = []
        for operation in job.operations:
            operations.append(operation._replace(pin=pins.get(i, operation.pin)))
            i += 1
        jobs.append(job._replace(operations=tuple(operations)))
    tasks = [
        task._replace(pin=TaskPin(int(start), int(crew)))
        if task.pin is None and 0 <= start < freeze and task.earliest <= start <= task.latest
        else task
        for task, start, crew in zip(problem.tasks, plan.task_start, plan.task_crew, strict=True)
    ]
    return replace(problem, jobs=tuple(jobs), tasks=tuple(tasks))


def _possible(problem: Problem, plan: Schedule, freeze: int) -> Iterator[tuple[int, Pin]]:
    """Operation and pin, in order of starts; who is not pinned pins nobody behind it."""
    rows = numbered(problem)
    times = [WorkingTime(calendar) for calendar in problem.calendars]
    busy = [(0, machine.family) for machine in problem.machines]
    arrived = {j: (job.release, -1) for j, job in enumerate(problem.jobs)}
    due = [i for i in np.argsort(plan.start, kind="stable") if 0 <= plan.start[i] < freeze]
    for i in (int(each) for each in due):
        (j, step, operation), m, start = rows[i], int(plan.machine[i]), int(plan.start[i])
        end = _end(operation, m, start, times[problem.machines[m].calendar])
        there = _there(problem, arrived.get(j), m)
        if end is None or there is None or start < there or _pinned_else(operation, m, start):
            arrived.pop(j, None)
            continue
        free, family = busy[m]
        matrix = problem.setups[problem.machines[m].setup]
        setup = 0 if family < 0 else int(matrix[family, operation.family])
        begin = times[problem.machines[m].calendar].begin(start, setup)
        if begin is None or begin < free or (step > 0 and arrived[j][1] < 0):
            arrived.pop(j, None)
            continue
        busy[m], arrived[j] = (end, operation.family), (end, problem.machines[m].site)
        yield i, Pin(m, start)


def _end(operation: Operation, machine: int, start: int, time: WorkingTime) -> int | None:
    alternative = alternative_on(operation, machine)
    if alternative is None or not time.is_open(start):
        return None
    return time.end(start, alternative.duration)


def _there(problem: Problem, arrived: tuple[int, int] | None, machine: int) -> int | None:
    """When a job can be at a machine; None: what comes before it is not pinned."""
    if arrived is None:
        return None
    tick, site = arrived
    on_the_way = 0 if site < 0 else int(problem.transport[site, problem.machines[machine].site])
    return tick + on_the_way


def _pinned_else(operation: Operation, machine: int, start: int) -> bool:
    return operation.pin is not None and (
        operation.pin.machine != machine or operation.pin.start not in {None, start}
    )
