"""Small random problems with every feature, for property tests: any corner may be turned.

What is pinned and what the plan in force says come from a dispatch rule's schedule, so that a
schedule exists; jobs and tasks may be left out at a price, so that a tight horizon has one too.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twin.errors import PlanningError
from twin.evaluation.invented_tasks import invented_task
from twin.scheduling.problem import (
    Alternative,
    Calendar,
    Crew,
    Job,
    Machine,
    Operation,
    Pin,
    Problem,
    Reference,
    Task,
    TaskPin,
    Weights,
)
from twin.scheduling.rules import best_rule
from twin.scheduling.schedule import Schedule

__all__ = ["random_problem"]

Ints = NDArray[np.int64]


def random_problem(rng: np.random.Generator) -> Problem:
    """1 to 5 machines, 1 to 7 jobs of 1 to 3 operations, 0 to 3 tasks, ticks of ten minutes."""
    while True:
        problem = _problem(rng)
        try:
            _, schedule, _ = best_rule(problem)
        except PlanningError:
            continue
        if rng.random() < 0.4:
            problem = _pinned(rng, problem, schedule)
        if rng.random() < 0.4:
            problem = replace(problem, reference=_reference(rng, schedule))
        return problem


def _problem(rng: np.random.Generator) -> Problem:
    """Nothing pinned, no plan in force."""
    horizon = int(rng.integers(50, 500))
    n_machines, n_sites, n_families = (int(n) for n in rng.integers(1, (6, 4, 4)))
    n_calendars = int(rng.integers(1, 4))
    calendars = tuple(_calendar(rng, horizon) for _ in range(n_calendars + 1))
    machines = tuple(
        Machine(
            f"m{m}",
            int(rng.integers(n_calendars)),
            int(rng.integers(n_sites)),
            int(rng.integers(2)),
            int(rng.integers(-1, n_families)),
            float(rng.choice([0.0, 30.0])),
        )
        for m in range(n_machines)
    )
    tasks, parts = _tasks(rng, n_machines, horizon)
    return Problem(
        jobs=tuple(
            _job(rng, j, n_machines, n_families, horizon) for j in range(rng.integers(1, 8))
        ),
        machines=machines,
        calendars=calendars,
        horizon=horizon,
        tasks=tasks,
        crews=_crews(rng, n_calendars, n_sites),
        parts=parts,
        setups=(_setups(rng, n_families), _setups(rng, n_families)),
        transport=_transport(rng, n_sites),
        price=rng.uniform(0.0, 0.4, int(rng.integers(1, 60))),
        tick_s=600.0,
        bucket=int(rng.integers(1, 9)),
        weights=Weights(*(float(w) for w in rng.choice([0.0, 1.0, 2.5], 7))),
    )


def _calendar(rng: np.random.Generator, horizon: int) -> Calendar:
    """Always open, or in shifts with pauses of any length."""
    if rng.random() < 0.25:
        return ((0, horizon),)
    windows, tick = [], int(rng.integers(0, 20))
    while tick < horizon:
        end = min(horizon, tick + int(rng.integers(8, 60)))
        windows.append((tick, end))
        tick = end + int(rng.integers(1, 30))
    return tuple(windows)


def _job(rng: np.random.Generator, j: int, n_machines: int, n_families: int, horizon: int) -> Job:
    operations = tuple(_operation(rng, n_machines, n_families) for _ in range(rng.integers(1, 4)))
    due = None if rng.random() < 0.2 else int(rng.integers(5, horizon // 2))
    release = int(rng.integers(0, 40)) if rng.random() < 0.5 else 0
    optional = rng.random() < 0.7 or horizon < 300
    left_out_cost = float(rng.uniform(200.0, 2000.0)) if optional else float("inf")
    return Job(f"j{j}", operations, release, due, float(rng.uniform(0.0, 50.0)), left_out_cost)


def _operation(rng: np.random.Generator, n_machines: int, n_families: int) -> Operation:
    n = int(rng.integers(1, min(3, n_machines) + 1))
    alternatives = tuple(
        Alternative(
            int(m), int(rng.integers(1, 16)), float(rng.uniform(1, 40)) * (rng.random() < 0.8)
        )
        for m in rng.permutation(n_machines)[:n]
    )
    return Operation(alternatives, int(rng.integers(n_families)))


def _tasks(
    rng: np.random.Generator, n_machines: int, horizon: int
) -> tuple[tuple[Task, ...], tuple[tuple[int, ...], ...]]:
    tasks = []
    for t in range(rng.integers(0, 4)):
        task = invented_task(rng, f"t{t}", int(rng.integers(n_machines)), horizon, 6, 600.0)
        earliest = int(rng.integers(0, horizon // 4))
        part = int(rng.integers(-1, 2))
        skill = int(rng.integers(2))
        latest = int(rng.integers(horizon // 2, horizon))
        tasks.append(
            task._replace(
                earliest=earliest,
                latest=latest,
                part=part,
                skill=skill,
                duration=4,
                skip_cost=task.skip_cost if part >= 0 or horizon < 300 else float("inf"),
            )
        )
    parts = tuple(
        tuple(sorted(int(n) for n in rng.choice([0, 0, 30, 90], int(rng.integers(0, 4)))))
        for _ in range(2)
    )
    return tuple(tasks), parts


def _crews(rng: np.random.Generator, calendar: int, n_sites: int) -> tuple[Crew, ...]:
    first = Crew("c0", calendar, frozenset({0, 1}), frozenset(range(n_sites)))
    other = Crew(
        "c1", 0, frozenset({int(rng.integers(2))}), frozenset({int(rng.integers(n_sites))})
    )
    return (first, other) if rng.random() < 0.5 else (first,)


def _setups(rng: np.random.Generator, n: int) -> Ints:
    matrix = rng.integers(0, 7, (n, n)).astype(np.int64)
    np.fill_diagonal(matrix, 0)
    return matrix


def _transport(rng: np.random.Generator, n: int) -> Ints:
    matrix = rng.integers(0, 10, (n, n)).astype(np.int64)
    np.fill_diagonal(matrix, int(rng.integers(0, 2)))
    return matrix


def _pinned(rng: np.random.Generator, problem: Problem, schedule: Schedule) -> Problem:
    """Some of what the schedule places is pinned where it is: what starts first, and locks."""
    frozen = int(rng.integers(0, 40))
    jobs, i = [], 0
    for job in problem.jobs:
        operations = []
        for operation in job.operations:
            m, start = int(schedule.machine[i]), int(schedule.start[i])
            i += 1
            if m >= 0 and start < frozen:
                operations.append(operation._replace(pin=Pin(m, start)))
            elif m >= 0 and rng.random() < 0.1:
                operations.append(operation._replace(pin=Pin(m)))
            else:
                operations.append(operation)
        jobs.append(job._replace(operations=tuple(operations)))
    tasks = [
        task._replace(pin=TaskPin(int(start), int(crew) if rng.random() < 0.5 else None))
        if start >= 0 and rng.random() < 0.5
        else task
        for task, start, crew in zip(
            problem.tasks, schedule.task_start, schedule.task_crew, strict=True
        )
    ]
    return replace(problem, jobs=tuple(jobs), tasks=tuple(tasks))


def _reference(rng: np.random.Generator, schedule: Schedule) -> Reference:
    """The plan in force: another than the schedule here and there, and what it does not know."""
    machine, start = schedule.machine.copy(), schedule.start.copy()
    unknown = rng.random(len(machine)) < 0.2
    machine[unknown], start[unknown] = -1, -1
    start = np.where(start >= 0, start + rng.integers(0, 20, len(start)), -1)
    return Reference(machine, start, schedule.task_start.copy(), 20.0, 10.0, 30, 100.0)
