"""Compiled: moves that make a late job sooner.

A job is late by a chain of operations, each waiting for its machine or for the one before it in its
job; only what changes the chain can help. Source for moves on the chain of a late job: Mati,
Dauzère-Pérès & Lahlou (2011), EJOR 212:33.
"""

from typing import Any

from twin.scheduling.annealing.lines import relocate
from twin.scheduling.annealing.pick import alternative_of, below, slot_at, uniform
from twin.scheduling.annealing.state import compiled
from twin.scheduling.annealing.times import arrival, block, setup_ticks, worked

__all__ = ["break_chain", "forward"]

WHOLE_JOBS = 0.08
TRACED = 40
"""Operations of a chain that are looked at, from its end."""
TAKEN = 0.3
"""Chance of each wait for a machine, from the end of a chain, to be the one that is broken."""


@compiled
def _late_job(tl: Any, s: Any) -> Any:
    """The costliest of four."""
    j = below(s, len(tl.job))
    for _ in range(3):
        other = below(s, len(tl.job))
        if s.late[other] > s.late[j]:
            j = other
    return j


@compiled
def break_chain(tl: Any, s: Any) -> Any:
    """On the chain that makes a job late: one before the one that it waits for, or either
    elsewhere."""
    j = _late_job(tl, s)
    if s.op[tl.job[j].first].machine < 0 or s.late[j] <= 0.0:
        return False
    x, before = _waiting(tl, s, tl.job[j].first + tl.job[j].n - 1)
    if x < 0:
        return False
    u, o = uniform(s), s.op[x]
    if u < 0.7 and tl.operation[x].pin < 0:
        if u < 0.5:
            back = below(s, 4) if u < 0.25 else 0
            return relocate(tl, s, x, o.alternative, o.slot - 1 - back, -1)
        return _sooner(tl, s, x)
    if tl.operation[before].pin >= 0:
        return False
    o = s.op[before]
    if u >= 0.85:
        return relocate(tl, s, before, o.alternative, o.slot + 1 + below(s, 4), -1)
    a, reach = alternative_of(tl, s, before), tl.horizon >> (2 + below(s, 8))
    tick = o.start + int((2.0 * uniform(s) - 1.0) * reach)
    return relocate(tl, s, before, a, slot_at(tl, s, before, tl.alternative[a].machine, tick), -1)


@compiled
def _waiting(tl: Any, s: Any, x: int) -> Any:
    """One on the chain that ends in x, and the one whose machine it waits for; -1, -1: none."""
    found, before = -1, -1
    for _ in range(TRACED):
        o = s.op[x]
        machine, p = tl.machine[o.machine], -1
        if o.slot > 0:
            p = s.line[machine.line + o.slot - 1]
            ready = max(o.not_before, arrival(tl, s, x, o.machine))
            free = worked(tl, machine.calendar, s.op[p].end) + o.setup
            if free <= worked(tl, machine.calendar, ready):
                p = -1
        if p >= 0:
            found, before = x, p
            if uniform(s) < TAKEN:
                break
            x = p
        elif tl.operation[x].step > 0:
            x -= 1
        else:
            break
    return found, before


@compiled
def forward(tl: Any, s: Any) -> Any:
    """Of the costliest of a few late jobs, the operation that waits longest, or any, sooner."""
    j = _late_job(tl, s)
    job = tl.job[j]
    if s.op[job.first].machine < 0:
        return False
    if uniform(s) < WHOLE_JOBS:
        return 2 * _whole_job(tl, s, j)
    x = job.first + below(s, job.n)
    if uniform(s) < 0.6:
        longest = -1
        for y in range(job.first, job.first + job.n):
            waits = s.op[y].start - arrival(tl, s, y, s.op[y].machine)
            if waits > longest:
                x, longest = y, waits
    if tl.operation[x].pin >= 0:
        return False
    o = s.op[x]
    if uniform(s) < 0.25:
        return relocate(tl, s, x, o.alternative, o.slot - 1 - below(s, 5), -1)
    return _sooner(tl, s, x)


@compiled
def _sooner(tl: Any, s: Any, x: int) -> Any:
    """x on any of its machines, between when it could be there and when it starts now."""
    a = alternative_of(tl, s, x)
    m = tl.alternative[a].machine
    ready = arrival(tl, s, x, m)
    tick = ready + int(uniform(s) * max(1, s.op[x].start - ready))
    return relocate(tl, s, x, a, slot_at(tl, s, x, m, tick), -1)


@compiled
def _whole_job(tl: Any, s: Any, j: int) -> Any:
    """All of a job as early as it may be from some time on, ahead of whoever stands there."""
    job, moved = tl.job[j], False
    begun = s.op[job.first].start
    ready = job.release + int(uniform(s) * uniform(s) * max(1, begun - job.release))
    for x in range(job.first, job.first + job.n):
        of = tl.operation[x]
        if of.pin >= 0:
            ready = s.op[x].end
            continue
        best, where, place, start, done = 1e300, -1, 0, 0, ready
        for a in range(of.first_alternative, of.first_alternative + of.n_alternatives):
            m = tl.alternative[a].machine
            there = ready
            if of.step > 0:
                there += tl.transport[tl.machine[s.op[x - 1].machine].site, tl.machine[m].site]
            slot, begin, end = _ahead(tl, s, x, a, there)
            score = end + uniform(s) * tl.alternative[a].duration
            if score < best:
                best, where, place, start, done = score, a, slot, begin, end
        if relocate(tl, s, x, where, place, start):
            moved = True
        ready = done
    return moved


@compiled
def _ahead(tl: Any, s: Any, x: int, a: int, ready: int) -> Any:
    """The place of x ahead of all that start after `ready`, about when it would start, be done."""
    m = tl.alternative[a].machine
    slot, free, before = slot_at(tl, s, x, m, ready), 0, tl.machine[m].family
    if slot > 0:
        k = slot - 1 + (s.op[x].machine == m and s.op[x].slot < slot)
        y = s.line[tl.machine[m].line + k]
        free, before = s.op[y].end, tl.operation[y].family
    setup = setup_ticks(tl, m, before, tl.operation[x].family)
    start, end = block(tl, s, m, free, ready, setup, tl.alternative[a].duration)
    return slot, start, end
