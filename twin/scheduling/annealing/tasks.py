"""Compiled: when a maintenance task may start, who does it, and moving it there.

Tasks stand where they are put and operations flow around them, so what binds tasks (crews, spare
parts, windows, each other on a machine) is looked at among tasks alone.
"""

from typing import Any

from twin.scheduling.annealing.state import BAD, TASKS, TOTAL, compiled, inlined
from twin.scheduling.annealing.times import mark, worked

__all__ = ["cheapest_place", "crew_for", "move_task", "task_cost", "unmove_tasks"]


@compiled
def crew_for(tl: Any, s: Any, t: int, start: int, turn: int) -> Any:
    """A crew for task t at a start, looked for from number `turn` on; -1: it cannot start then."""
    task, end = tl.task[t], start + tl.task[t].duration
    if start < task.earliest or start > task.latest or start < 0 or end > tl.horizon:
        return -1
    if (task.pin >= 0 and start != task.pin) or not _machine_free(tl, s, t, start, end):
        return -1
    if task.part >= 0 and not _parts_there(tl, s, t, start):
        return -1
    n = len(tl.crew_calendar)
    for i in range(n):
        c = (turn + i) % n
        if tl.crew_can[t, c] and _crew_free(tl, s, t, c, start, end):
            return c
    return -1


@compiled
def _machine_free(tl: Any, s: Any, t: int, start: int, end: int) -> Any:
    m = tl.task[t].machine
    for i in range(s.in_task_line[m]):
        other = s.task_line[tl.machine[m].task_line + i]
        begun = s.task[other].start
        if other != t and begun < end and start < begun + tl.task[other].duration:
            return False
    return True


@compiled
def _crew_free(tl: Any, s: Any, t: int, crew: int, start: int, end: int) -> Any:
    """At work throughout, and at nothing else."""
    calendar = tl.crew_calendar[crew]
    if worked(tl, calendar, end) - worked(tl, calendar, start) < end - start:
        return False
    for other in range(len(tl.task)):
        if other != t and s.task[other].crew == crew and s.task[other].start >= 0:
            begun = s.task[other].start
            if begun < end and start < begun + tl.task[other].duration:
                return False
    return True


@compiled
def _parts_there(tl: Any, s: Any, t: int, start: int) -> Any:
    """Whether each task that takes this part, and starts no earlier than t would, still has one."""
    part = tl.task[t].part
    first, n = tl.arrival_first[part], tl.arrival_first[part + 1] - tl.arrival_first[part]
    for other in range(len(tl.task)):
        begun = start if other == t else s.task[other].start
        if tl.task[other].part != part or begun < start:
            continue
        taken = 0
        for another in range(len(tl.task)):
            if tl.task[another].part == part:
                when = start if another == t else s.task[another].start
                taken += 0 <= when <= begun
        if taken > n or begun < tl.arrival[first + taken - 1]:
            return False
    return True


@inlined
def task_cost(tl: Any, t: int, start: int) -> Any:
    """Risk of a start, or of none, and what leaving the plan in force costs."""
    task = tl.task[t]
    if start < 0:
        risk = task.skip if task.must == 0 else 1e4 * tl.penalty
    else:
        risk = tl.risk[task.risk + min(start // tl.bucket, task.n_risk - 1)]
    if task.was_start >= 0:
        moved = 1.0 if start < 0 else min(1.0, abs(start - task.was_start) / tl.cap)
        risk += task.near_time * moved
    return risk


@compiled
def move_task(tl: Any, s: Any, t: int, start: int, crew: int) -> None:
    """Task t to a start (-1: not placed) with a crew, logged; operations there are marked."""
    mine, log = s.task[t], s.task_log[s.counts[TASKS]]
    log.task, log.start, log.crew, log.bad, log.cost = t, mine.start, mine.crew, mine.bad, mine.cost
    s.counts[TASKS] += 1
    cost, was = task_cost(tl, t, start), mine.start
    bad = 1 if start < 0 and tl.task[t].must else 0
    s.sums[TOTAL] += cost - mine.cost
    s.counts[BAD] += bad - mine.bad
    _set(tl, s, t, start, crew)
    mine.cost, mine.bad = cost, bad
    since = start if was < 0 else (was if start < 0 else min(start, was))
    _mark_from(tl, s, tl.task[t].machine, since)


@compiled
def _mark_from(tl: Any, s: Any, m: int, since: int) -> None:
    """All operations of a machine that end after a tick."""
    first = tl.machine[m].line
    for k in range(s.in_line[m] - 1, -1, -1):
        x = s.line[first + k]
        if s.op[x].end <= since:
            break
        mark(s, x)


@compiled
def _set(tl: Any, s: Any, t: int, start: int, crew: int) -> None:
    """Keeps the machine's tasks in order of their starts."""
    m, mine = tl.task[t].machine, s.task[t]
    first = tl.machine[m].task_line
    if mine.start >= 0:
        s.in_task_line[m] -= 1
        k = 0
        while s.task_line[first + k] != t:
            k += 1
        for i in range(k, s.in_task_line[m]):
            s.task_line[first + i] = s.task_line[first + i + 1]
    mine.start, mine.crew = start, crew
    if start >= 0:
        k = s.in_task_line[m]
        while k > 0 and s.task[s.task_line[first + k - 1]].start > start:
            s.task_line[first + k] = s.task_line[first + k - 1]
            k -= 1
        s.task_line[first + k] = t
        s.in_task_line[m] += 1


@compiled
def unmove_tasks(tl: Any, s: Any) -> None:
    """Tasks back to where the log began."""
    for i in range(s.counts[TASKS] - 1, -1, -1):
        log = s.task_log[i]
        _set(tl, s, log.task, log.start, log.crew)
        s.task[log.task].cost, s.task[log.task].bad = log.cost, log.bad
    s.counts[TASKS] = 0


@compiled
def cheapest_place(tl: Any, s: Any, t: int) -> Any:
    """Of the starts at which buckets begin, and the first, the one of least risk: start, crew.

    (-1, -1) where none is free, or none costs less than not to be serviced.
    """
    task = tl.task[t]
    best, best_start, best_crew = task_cost(tl, t, -1), -1, -1
    start = task.pin if task.pin >= 0 else task.earliest
    while start <= task.latest:
        cost = task_cost(tl, t, start)
        if cost < best:
            crew = crew_for(tl, s, t, start, 0)
            if crew >= 0:
                best, best_start, best_crew = cost, start, crew
        start += tl.bucket - start % tl.bucket
    return best_start, best_crew
