"""Compiled: a first schedule, job by job into the gaps left, and a given one taken over."""

from typing import Any

import numpy as np

from twin.scheduling.annealing.lines import by_start, put
from twin.scheduling.annealing.state import BAD, PLACED, TOTAL, compiled
from twin.scheduling.annealing.tasks import cheapest_place, crew_for, move_task, task_cost
from twin.scheduling.annealing.timeline import NEVER
from twin.scheduling.annealing.times import (
    arrival,
    block,
    keep,
    open_at,
    settle,
    setup_ticks,
    worked,
)

__all__ = ["build", "insert_job", "take_over"]


@compiled
def build(tl: Any, s: Any, tasks: Any, jobs: Any) -> None:
    """From nothing: tasks in this order each where its risk is least, then jobs in this order."""
    _reckon(tl, s)
    for t in tasks:
        _place_task(tl, s, t)
    for j in jobs:
        insert_job(tl, s, j)
        keep(s)


@compiled
def _reckon(tl: Any, s: Any) -> None:
    """What it costs that nothing is placed; a job that must be placed counts once it is."""
    total = 0.0
    for j in range(len(tl.job)):
        s.late[j] = tl.job[j].left_out if tl.job[j].left_out < NEVER else 0.0
        total += s.late[j]
    for t in range(len(tl.task)):
        s.task[t].cost = task_cost(tl, t, -1)
        s.task[t].bad = tl.task[t].must
        total += s.task[t].cost
        s.counts[BAD] += s.task[t].bad
    s.sums[TOTAL] = total


@compiled
def _place_task(tl: Any, s: Any, t: int) -> None:
    start, crew = cheapest_place(tl, s, t)
    if start >= 0:
        move_task(tl, s, t, start, crew)
        settle(tl, s, np.inf)
        keep(s)


@compiled
def insert_job(tl: Any, s: Any, j: int) -> None:
    """Each operation where it ends first without moving another, in a gap or at the end."""
    job = tl.job[j]
    for x in range(job.first, job.first + job.n):
        of = tl.operation[x]
        s.op[x].not_before = max(0, of.pin)
        best, where, place, when = 1e300, -1, 0, 0
        for a in range(of.first_alternative, of.first_alternative + of.n_alternatives):
            slot, start, end = _gap(tl, s, x, a)
            score = float(end) + 1e-3 * (end - start)
            if score < best:
                best, where, place, when = score, a, slot, start
        put(tl, s, x, where, place, when)
        settle(tl, s, np.inf)


@compiled
def _gap(tl: Any, s: Any, x: int, a: int) -> Any:
    """The first place on an alternative's machine where x fits: slot, start, end."""
    m, of = tl.alternative[a].machine, tl.operation[x]
    machine, n, work = tl.machine[m], s.in_line[m], tl.alternative[a].duration
    ready = max(arrival(tl, s, x, m), s.op[x].not_before)
    k = 0
    while k < n and s.op[s.line[machine.line + k]].start < ready:
        k += 1
    while True:
        free, before = 0, machine.family
        if k > 0:
            p = s.line[machine.line + k - 1]
            free, before = s.op[p].end, tl.operation[p].family
        setup = setup_ticks(tl, m, before, of.family)
        start, end = block(tl, s, m, free, ready, setup, work)
        if k == n:
            return k, start, end
        y = s.line[machine.line + k]
        between = setup_ticks(tl, m, of.family, tl.operation[y].family)
        begun = s.op[y].start
        if between > 0:
            begun = worked(tl, machine.calendar, begun) - between
            begun = open_at(tl, machine.calendar, begun) if begun >= 0 else -1
        if end <= begun:
            return k, start, end
        k += 1


@compiled
def take_over(tl: Any, s: Any, plan: Any, order: Any, reluctance: float) -> None:
    """Operations, tasks and waiting times of a schedule, as far as they are still possible.

    plan: Schedule; order: the operations to place, as they have the say: by start, and new ones
    among them. Each goes where it first fits from its planned start on, without moving those
    before. It leaves its machine if it cannot start as planned and is done sooner elsewhere by more
    than `reluctance` times its work. Jobs that must be placed and are not in the order come last.
    A schedule that keeps the rules is taken over tick by tick.
    """
    _reckon(tl, s)
    for t in range(len(tl.task)):
        start = plan.task_start[t]
        crew = crew_for(tl, s, t, start, max(0, plan.task_crew[t])) if start >= 0 else -1
        if crew >= 0:
            move_task(tl, s, t, start, crew)
            keep(s)
        elif start >= 0 or tl.task[t].must or tl.task[t].pin >= 0:
            _place_task(tl, s, t)
    for x in order:
        pin = tl.operation[x].pin
        s.op[x].not_before = pin if pin >= 0 else max(0, plan.start[x])
        _settle_in(tl, s, x, plan.machine[x], reluctance)
        settle(tl, s, np.inf)
        keep(s)
    by_start(s)
    for j in range(len(tl.job)):
        if s.op[tl.job[j].first].machine < 0 and tl.job[j].left_out >= NEVER:
            insert_job(tl, s, j)
            keep(s)
    _loosen(tl, s)


@compiled
def _settle_in(tl: Any, s: Any, x: int, machine: int, reluctance: float) -> None:
    """x where it first fits from its not-before time on; on its machine, if not much later."""
    of, best, where, place, when = tl.operation[x], NEVER, -1, 0, 0
    for a in range(of.first_alternative, of.first_alternative + of.n_alternatives):
        if tl.alternative[a].machine == machine:
            place, when, best = _gap(tl, s, x, a)
            where = a
    if where < 0 or when > s.op[x].not_before:
        best -= int(min(reluctance, 1e6) * tl.alternative[where].duration) if where >= 0 else 0
        for a in range(of.first_alternative, of.first_alternative + of.n_alternatives):
            slot, start, end = _gap(tl, s, x, a)
            if end < best:
                best, where, place, when = end, a, slot, start
    put(tl, s, x, where, place, when)


@compiled
def _loosen(tl: Any, s: Any) -> None:
    """Drop the waiting times that nothing waits for."""
    for i in range(s.counts[PLACED]):
        x = s.order[i]
        o, of = s.op[x], tl.operation[x]
        if o.not_before == 0 or of.pin >= 0:
            continue
        free = 0
        if o.slot > 0:
            free = s.op[s.line[tl.machine[o.machine].line + o.slot - 1]].end
        work, ready = tl.alternative[o.alternative].duration, arrival(tl, s, x, o.machine)
        start, _ = block(tl, s, o.machine, free, ready, o.setup, work)
        if start == o.start:
            o.not_before = 0
