"""Services of a plan kept where they are, as long as crew, machine and part allow it."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.problem import Problem, Task
from twin.scheduling.schedule import Schedule
from twin.scheduling.working_time import WorkingTime

__all__ = ["crews_free", "has_part", "kept_tasks"]

Ints = NDArray[np.int64]


def kept_tasks(problem: Problem, wanted: Schedule, frozen: frozenset[int]) -> tuple[Ints, Ints]:
    """Start and crew of each task: pinned ones where they are, others where they were wanted as
    long as window, crew and parts allow it; else not at all."""
    start, crew = np.full((2, len(problem.tasks)), -1, np.int64)
    times = [WorkingTime(calendar) for calendar in problem.calendars]
    busy: dict[int, list[tuple[int, int]]] = {}
    on_machine: dict[int, list[tuple[int, int]]] = {}
    taken: dict[int, list[int]] = {}
    for t in _by_right(problem, wanted, frozen):
        task = problem.tasks[t]
        begun, who = int(wanted.task_start[t]), int(wanted.task_crew[t])
        if task.pin is not None:
            begun, who = task.pin.start, who if task.pin.crew is None else task.pin.crew
        if begun < 0:
            continue
        span = (begun, begun + task.duration)
        able = _able(problem, times, busy, task, span)
        who = who if who in able else (able[0] if able else -1)
        is_apart = all(span[1] <= a or b <= span[0] for a, b in on_machine.get(task.machine, []))
        in_window = task.earliest <= begun <= task.latest
        if who < 0 or not is_apart or not in_window or not _has_part(problem, taken, task, begun):
            continue
        start[t], crew[t] = begun, who
        busy.setdefault(who, []).append(span)
        on_machine.setdefault(task.machine, []).append(span)
        taken.setdefault(task.part, []).append(begun)
    return start, crew


def crews_free(problem: Problem, schedule: Schedule, t: int, start: int) -> list[int]:
    """Crews that can do task t from a tick on beside the other tasks of a schedule."""
    times = [WorkingTime(calendar) for calendar in problem.calendars]
    busy: dict[int, list[tuple[int, int]]] = {}
    rows = zip(schedule.task_start.tolist(), schedule.task_crew.tolist(), strict=True)
    for k, (begun, crew) in enumerate(rows):
        if begun >= 0 and k != t:
            busy.setdefault(crew, []).append((begun, begun + problem.tasks[k].duration))
    task = problem.tasks[t]
    return _able(problem, times, busy, task, (start, start + task.duration))


def has_part(problem: Problem, schedule: Schedule, t: int, start: int) -> bool:
    """Whether task t can take its part at a tick beside the other tasks of a schedule."""
    taken: dict[int, list[int]] = {}
    for k, begun in enumerate(schedule.task_start.tolist()):
        if begun >= 0 and k != t:
            taken.setdefault(problem.tasks[k].part, []).append(begun)
    return _has_part(problem, taken, problem.tasks[t], start)


def _by_right(problem: Problem, wanted: Schedule, frozen: frozenset[int]) -> list[int]:
    """Pinned tasks first, then those that are frozen, then by start."""
    return sorted(
        range(len(problem.tasks)),
        key=lambda t: (problem.tasks[t].pin is None, t not in frozen, int(wanted.task_start[t])),
    )


def _able(
    problem: Problem,
    times: Sequence[WorkingTime],
    busy: Mapping[int, Sequence[tuple[int, int]]],
    task: Task,
    span: tuple[int, int],
) -> list[int]:
    """Crews that can do a task then."""
    site = problem.machines[task.machine].site
    return [
        c
        for c, crew in enumerate(problem.crews)
        if task.skill in crew.skills
        and site in crew.sites
        and times[crew.calendar].covers(*span)
        and all(span[1] <= a or b <= span[0] for a, b in busy.get(c, ()))
    ]


def _has_part(problem: Problem, taken: Mapping[int, Sequence[int]], task: Task, begun: int) -> bool:
    """Whether every taker of the part still has one if this task takes one too."""
    if task.part < 0:
        return True
    arrivals = problem.parts[task.part]
    starts = sorted([*taken.get(task.part, ()), begun])
    return len(starts) <= len(arrivals) and all(
        there <= at for there, at in zip(arrivals, starts, strict=False)
    )
