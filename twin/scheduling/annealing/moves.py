"""Compiled: the moves that annealing tries. Each changes the lines and marks who is concerned.

An operation goes elsewhere near its time; beside one of its family; what makes a job late is broken
up (`late`); one waits for a cheaper tariff or stops waiting; a task goes to another start; a
job that need not be made is left out or taken in again.
"""

from typing import Any

from twin.scheduling.annealing.build import insert_job
from twin.scheduling.annealing.late import break_chain, forward
from twin.scheduling.annealing.lines import by_start, leave_out, relocate, wait_until
from twin.scheduling.annealing.pick import alternative_of, below, slot_at, uniform
from twin.scheduling.annealing.state import PLACED, compiled
from twin.scheduling.annealing.tasks import crew_for, move_task
from twin.scheduling.annealing.timeline import NEVER

__all__ = ["propose"]

MOST_IN_RUN = 16
FAMILY_REACH = 6
"""Places on either side in which an operation of one's family is looked for."""


@compiled
def propose(tl: Any, s: Any, some_left_out: bool) -> Any:
    """Change one thing at random; 0: nothing changed; 2: what it is worth shows at the end only."""
    n, T = s.counts[PLACED], len(tl.task)
    u = uniform(s)
    if T > 0 and (u < 0.03 or n == 0):
        return _task(tl, s, below(s, T))
    if some_left_out and u < 0.04:
        return 2 * _in_or_out(tl, s)
    if n == 0:
        return False
    if u < 0.13 and len(tl.cheaper) > 0:
        return _wait(tl, s, s.order[below(s, n)])
    if u < 0.41:
        return break_chain(tl, s)
    if u < 0.45:
        return forward(tl, s)
    x = s.order[below(s, n)]
    if tl.operation[x].pin >= 0:
        return False
    if u < 0.51:
        return _trade(tl, s, x)
    if u < 0.57:
        return _run(tl, s, x)
    if u < 0.69:
        return _join_family(tl, s, x)
    return _nearby(tl, s, x)


@compiled
def _nearby(tl: Any, s: Any, x: int) -> Any:
    """A place or three to either side, or on any of its machines at a time not far off."""
    o = s.op[x]
    if uniform(s) < 0.4:
        step = 1 + below(s, 3)
        return relocate(tl, s, x, o.alternative, o.slot + (step if uniform(s) < 0.5 else -step), -1)
    a = alternative_of(tl, s, x)
    reach = tl.horizon >> below(s, 10)
    tick = o.start + int((2.0 * uniform(s) - 1.0) * reach)
    return relocate(tl, s, x, a, slot_at(tl, s, x, tl.alternative[a].machine, tick), -1)


@compiled
def _join_family(tl: Any, s: Any, x: int) -> Any:
    """Beside the nearest operation of its family on one of its machines, so that no setup is."""
    a = alternative_of(tl, s, x)
    m, family = tl.alternative[a].machine, tl.operation[x].family
    first, n = tl.machine[m].line, s.in_line[m]
    middle = slot_at(tl, s, x, m, s.op[x].start)
    for step in range(1, 2 * FAMILY_REACH):
        k = middle + (step // 2 if step % 2 else -(step // 2))
        if 0 <= k < n:
            y = s.line[first + k]
            if y != x and tl.operation[y].family == family:
                k -= s.op[x].machine == m and s.op[x].slot < k
                return relocate(tl, s, x, a, k + (1 if uniform(s) < 0.5 else 0), -1)
    return False


@compiled
def _trade(tl: Any, s: Any, x: int) -> Any:
    """Two operations that can do each other's machine change places, at about one time."""
    o, a = s.op[x], alternative_of(tl, s, x)
    m = tl.alternative[a].machine
    reach = tl.horizon >> (2 + below(s, 8))
    tick = o.start + int((2.0 * uniform(s) - 1.0) * reach)
    slot = slot_at(tl, s, x, m, tick)
    slot += m == o.machine and slot >= o.slot
    if slot >= s.in_line[m]:
        return False
    y = s.line[tl.machine[m].line + slot]
    of = tl.operation[y]
    if y == x or of.pin >= 0 or of.job == tl.operation[x].job:
        return False
    back = -1
    for b in range(of.first_alternative, of.first_alternative + of.n_alternatives):
        if tl.alternative[b].machine == o.machine:
            back = b
    if back < 0:
        return False
    was = o.slot
    if not relocate(tl, s, x, a, slot, -1):
        return False
    relocate(tl, s, y, back, was, -1)
    return True


@compiled
def _run(tl: Any, s: Any, x: int) -> Any:
    """All of one family that stand together go some places on, or back, together."""
    o, m = s.op[x], s.op[x].machine
    first, n, family = tl.machine[m].line, s.in_line[m], tl.operation[x].family
    low, high = o.slot, o.slot + 1
    while low > 0 and tl.operation[s.line[first + low - 1]].family == family:
        low -= 1
    while high < n and tl.operation[s.line[first + high]].family == family:
        high += 1
    if uniform(s) < 0.5:
        low, high = (o.slot, high) if uniform(s) < 0.5 else (low, o.slot + 1)
    step, moved = 1 + below(s, 6), False
    if high - low > MOST_IN_RUN:
        return False
    if uniform(s) < 0.5:
        for k in range(low, high):
            y = s.line[first + k]
            if tl.operation[y].pin >= 0 or not relocate(
                tl, s, y, s.op[y].alternative, k - step, -1
            ):
                break
            moved = True
    else:
        for k in range(high - 1, low - 1, -1):
            y = s.line[first + k]
            if tl.operation[y].pin >= 0 or not relocate(
                tl, s, y, s.op[y].alternative, k + step, -1
            ):
                break
            moved = True
    return moved


@compiled
def _wait(tl: Any, s: Any, x: int) -> Any:
    """Until the tariff falls, once or twice more; or no longer."""
    o = s.op[x]
    if tl.operation[x].pin >= 0:
        return False
    if o.not_before > 0 and uniform(s) < 0.6:
        return wait_until(s, x, 0)
    low, high = 0, len(tl.cheaper)
    while low < high:
        middle = (low + high) // 2
        if tl.cheaper[middle] <= o.start:
            low = middle + 1
        else:
            high = middle
    low += below(s, 2)
    if low >= len(tl.cheaper):
        return False
    return wait_until(s, x, tl.cheaper[low])


@compiled
def _task(tl: Any, s: Any, t: int) -> Any:
    """To any start, to one near, to when its machine has done something, or nowhere."""
    task, mine = tl.task[t], s.task[t]
    u, start = uniform(s), 0
    if task.pin >= 0:
        return False
    if task.must == 0 and u < 0.03:
        if mine.start < 0:
            return False
        move_task(tl, s, t, -1, -1)
        return True
    n = s.in_line[task.machine]
    if u < 0.3 and n > 0:
        start = s.op[s.line[tl.machine[task.machine].line + below(s, n)]].end
    elif u < 0.6 and mine.start >= 0:
        reach = (tl.horizon >> 1) >> below(s, 10)
        start = mine.start + int((2.0 * uniform(s) - 1.0) * reach)
    else:
        start = task.earliest + below(s, task.latest - task.earliest + 1)
        if uniform(s) < 0.5:
            start = max(task.earliest, start - start % tl.bucket)
    if start == mine.start:
        return False
    crew = crew_for(tl, s, t, start, below(s, len(tl.crew_calendar)))
    if crew < 0:
        return False
    move_task(tl, s, t, start, crew)
    return True


@compiled
def _in_or_out(tl: Any, s: Any) -> Any:
    j = below(s, len(tl.job))
    job = tl.job[j]
    if job.left_out >= NEVER:
        return False
    if s.op[job.first].machine < 0:
        by_start(s)
        insert_job(tl, s, j)
        return True
    leave_out(tl, s, j)
    return True
