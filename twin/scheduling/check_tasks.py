"""Rules of maintenance tasks: window and crew (5), spare parts (6)."""

from collections.abc import Iterator

from twin.scheduling.fault import Fault
from twin.scheduling.problem import Problem, Task
from twin.scheduling.schedule import Schedule
from twin.scheduling.working_time import WorkingTime

__all__ = ["part_faults", "task_faults"]


def task_faults(problem: Problem, schedule: Schedule) -> Iterator[Fault]:
    """Rule 5: in its window, by a crew that can, is there and does nothing else."""
    rows = zip(schedule.task_start.tolist(), schedule.task_crew.tolist(), strict=True)
    for t, (task, (start, crew)) in enumerate(zip(problem.tasks, rows, strict=True)):
        for said in _said_of(problem, task, start, crew):
            yield Fault(5, f"task '{task.id}': {said}", tasks=(t,))
    yield from _crew_overlaps(problem, schedule)


def _said_of(problem: Problem, task: Task, start: int, crew: int) -> Iterator[str]:
    if (start < 0) != (crew < 0):
        yield f"start is {start} and crew is {crew}, want both or neither"
    elif start < 0:
        if task.skip_cost == float("inf"):
            yield "is not placed, want it placed"
    else:
        if not task.earliest <= start <= task.latest:
            yield f"starts at {start}, want {task.earliest} to {task.latest}"
        yield from _crew_said(problem, task, start, crew)


def _crew_said(problem: Problem, task: Task, start: int, crew: int) -> Iterator[str]:
    who = problem.crews[crew]
    site = problem.machines[task.machine].site
    if task.skill not in who.skills:
        yield f"crew '{who.id}' has skills {sorted(who.skills)}, want {task.skill}"
    if site not in who.sites:
        yield f"crew '{who.id}' works at sites {sorted(who.sites)}, want {site}"
    end = start + task.duration
    if not WorkingTime(problem.calendars[who.calendar]).covers(start, end):
        yield f"crew '{who.id}' is not there all of {start} to {end}"


def _crew_overlaps(problem: Problem, schedule: Schedule) -> Iterator[Fault]:
    start, crew = schedule.task_start.tolist(), schedule.task_crew.tolist()
    for c, who in enumerate(problem.crews):
        mine = sorted((start[t], t) for t in range(len(start)) if crew[t] == c and start[t] >= 0)
        until, busy = -1, -1
        for begun, t in mine:
            if begun < until:
                with_ = f"crew '{who.id}' is at task '{problem.tasks[busy].id}'"
                said = f"task '{problem.tasks[t].id}': starts at {begun}, want {until} or later"
                yield Fault(5, f"{said}: {with_}", tasks=(busy, t))
            if begun + problem.tasks[t].duration > until:
                until, busy = begun + problem.tasks[t].duration, t


def part_faults(problem: Problem, schedule: Schedule) -> Iterator[Fault]:
    """Rule 6: the n-th to start has the n-th part to arrive."""
    start = schedule.task_start.tolist()
    for part, arrivals in enumerate(problem.parts):
        takers = sorted(
            (start[t], t)
            for t, task in enumerate(problem.tasks)
            if task.part == part and start[t] >= 0
        )
        for n, (begun, t) in enumerate(takers):
            there = arrivals[n] if n < len(arrivals) else None
            if there is None or begun < there:
                when = f"{there} or later" if there is not None else "it not to start: no more come"
                said = f"starts at {begun} with part {part} number {n + 1}, want {when}"
                yield Fault(6, f"task '{problem.tasks[t].id}': {said}", tasks=(t,))
