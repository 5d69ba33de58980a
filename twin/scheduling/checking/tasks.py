"""Rules of maintenance tasks: window and crew (5), spare parts (6)."""

from collections.abc import Iterator
from math import inf

from twin.scheduling.checking.layout import Laid, Visit
from twin.scheduling.checking.rows import Rows
from twin.scheduling.checking.time import OpenTime
from twin.scheduling.fault import Fault
from twin.scheduling.problem import Problem

__all__ = ["part_faults", "task_faults"]


def task_faults(problem: Problem, rows: Rows, laid: Laid) -> Iterator[Fault]:
    """Rule 5: in its window, by a crew that can, is there and does nothing else."""
    for t, (start, crew) in enumerate(zip(rows.task_start, rows.task_crew, strict=True)):
        task, said = problem.tasks[t], ""
        if (start < 0) != (crew < 0):
            said = f"start is {start} and crew is {crew}, want both or neither"
        elif start < 0 and task.skip_cost == inf:
            said = "is not placed, want it placed"
        elif start >= 0 and not task.earliest <= start <= task.latest:
            said = f"starts at {start}, want {task.earliest} to {task.latest}"
        if said:
            yield Fault(5, f"task '{task.id}': {said}", tasks=(t,))
    crews = [[visit for visit in laid.visits if visit.crew == c] for c in range(len(problem.crews))]
    for c, visits in enumerate(crews):
        for visit in visits:
            for said in _unfit_said(problem, c, visit):
                yield Fault(5, f"task '{problem.tasks[visit.task].id}': {said}", (), (visit.task,))
        yield from _crew_overlaps(problem, c, visits)


def _unfit_said(problem: Problem, c: int, visit: Visit) -> Iterator[str]:
    crew, task = problem.crews[c], problem.tasks[visit.task]
    site = problem.machines[task.machine].site
    if task.skill not in crew.skills:
        yield f"crew '{crew.id}' has skills {sorted(crew.skills)}, want {task.skill}"
    if site not in crew.sites:
        yield f"crew '{crew.id}' works at sites {sorted(crew.sites)}, want {site}"
    there = OpenTime(problem.calendars[crew.calendar]).ticks(visit.start, visit.end)
    if there < visit.end - visit.start:
        yield f"crew '{crew.id}' is not there all of {visit.start} to {visit.end}"


def _crew_overlaps(problem: Problem, c: int, visits: list[Visit]) -> Iterator[Fault]:
    before: Visit | None = None
    for now in sorted(visits, key=lambda visit: (visit.start, visit.task)):
        if before is not None and now.start < before.end:
            busy = f"crew '{problem.crews[c].id}' is at task '{problem.tasks[before.task].id}'"
            said = f"starts at {now.start}, want {before.end} or later: {busy}"
            what = f"task '{problem.tasks[now.task].id}': {said}"
            yield Fault(5, what, tasks=(before.task, now.task))
        if before is None or now.end > before.end:
            before = now


def part_faults(problem: Problem, laid: Laid) -> Iterator[Fault]:
    """Rule 6: the n-th to start has the n-th part to arrive."""
    for part, arrivals in enumerate(problem.parts):
        takers = sorted(
            (visit.start, visit.task)
            for visit in laid.visits
            if problem.tasks[visit.task].part == part
        )
        for n, (begun, t) in enumerate(takers):
            there = arrivals[n] if n < len(arrivals) else None
            if there is None or begun < there:
                when = f"{there} or later" if there is not None else "it not to start: no more come"
                said = f"starts at {begun} with part {part} number {n + 1}, want {when}"
                yield Fault(6, f"task '{problem.tasks[t].id}': {said}", tasks=(t,))
