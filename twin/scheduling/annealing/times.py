"""Compiled: when each operation starts and what it costs, spread only as far as a change reaches.

`settle` times the operations that are marked, in order, and marks who follows one whose end has
moved; what was is logged, so that `forget` brings it back. A full sweep and a sweep of what changed
are the same function. Source for the graph and its heads: Taillard (1994), ORSA J. Comput. 6:108.
"""

from typing import Any

import numpy as np

from twin.scheduling.annealing.state import (
    BAD,
    EXTRA,
    LATES,
    LOGGED,
    MOVED,
    PLACED,
    TASKS,
    TOTAL,
    TOUCHED,
    compiled,
    inlined,
)

__all__ = [
    "arrival",
    "block",
    "forget",
    "keep",
    "mark",
    "open_at",
    "settle",
    "setup_ticks",
    "worked",
]

ONE = np.uint64(1)
LAST6 = np.uint64(63)
DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
SHIFT = np.uint64(58)


def _bit_table() -> Any:
    """Number of the only bit set, by the top six bits of its product with a de Bruijn word."""
    table = np.zeros(64, np.int64)
    for i in range(64):
        table[((0x03F79D71B4CB0A89 << i) & (2**64 - 1)) >> 58] = i
    return table


BIT = _bit_table()


@inlined
def worked(tl: Any, c: int, t: int) -> Any:
    """Open ticks before t; beyond the horizon it is always open, and penalised."""
    return tl.worked[c, t] if t <= tl.horizon else tl.total[c] + t - tl.horizon


@inlined
def open_at(tl: Any, c: int, k: int) -> Any:
    """The k-th open tick."""
    return np.int64(tl.open_at[c, k]) if k < tl.total[c] else tl.horizon + k - tl.total[c]


@inlined
def mark(s: Any, x: int) -> None:
    """Operation x is to be timed again when the state is settled."""
    s.touched[s.counts[TOUCHED]] = x
    s.counts[TOUCHED] += 1


@inlined
def _flag(s: Any, x: int) -> None:
    at = np.uint64(s.op[x].at)
    s.dirty[at >> np.uint64(6)] |= ONE << (at & LAST6)


@compiled
def block(tl: Any, s: Any, m: int, free: int, ready: int, setup: int, work: int) -> Any:
    """First start and end on machine m, free from `free`, for a job there from `ready`.

    Flows around the tasks on the machine: behind each that the block, setup and all, would overlap.
    """
    machine = tl.machine[m]
    c, n, i, t = machine.calendar, s.in_task_line[m], 0, 0
    when = worked(tl, c, ready)
    while True:
        k = max(when, worked(tl, c, free) + setup)
        start = open_at(tl, c, k)
        begin = start if setup == 0 else open_at(tl, c, k - setup)
        end = start if work == 0 else open_at(tl, c, k + work - 1) + 1
        while i < n:
            t = s.task_line[machine.task_line + i]
            if s.task[t].start + tl.task[t].duration > begin:
                break
            i += 1
        if i == n or s.task[t].start >= end:
            return start, end
        free = s.task[t].start + tl.task[t].duration


@inlined
def arrival(tl: Any, s: Any, x: int, m: int) -> Any:
    """When operation x could be there at machine m: its job's release, or from where it was."""
    of = tl.operation[x]
    if of.step == 0:
        return tl.job[of.job].release
    q = s.op[x - 1]
    return q.end + tl.transport[tl.machine[q.machine].site, tl.machine[m].site]


@inlined
def setup_ticks(tl: Any, m: int, before: int, after: int) -> Any:
    """Of machine m between two families; none from no family."""
    return tl.setups[tl.machine[m].setup, before, after] if before >= 0 else 0


@compiled
def _time(tl: Any, s: Any, x: int) -> None:
    """Start, end, setup and own cost of x, from its predecessors, which are settled."""
    o, of = s.op[x], tl.operation[x]
    machine = tl.machine[o.machine]
    free, before = 0, machine.family
    if o.slot > 0:
        p = s.line[machine.line + o.slot - 1]
        free, before = s.op[p].end, tl.operation[p].family
    o.setup = setup_ticks(tl, o.machine, before, of.family)
    ready = max(o.not_before, arrival(tl, s, x, o.machine))
    alternative = tl.alternative[o.alternative]
    o.start, o.end = block(tl, s, o.machine, free, ready, o.setup, alternative.duration)
    c, H = machine.calendar, tl.horizon
    own = o.setup * machine.setup_cost
    own += alternative.power * (tl.spent[c, min(o.end, H)] - tl.spent[c, min(o.start, H)])
    if of.was_machine >= 0:
        own += of.near_machine * (o.machine != of.was_machine)
        own += of.near_time * min(1.0, abs(o.start - of.was_start) / tl.cap)
    off = max(0, o.end - H) + (abs(o.start - of.pin) if of.pin >= 0 else 0)
    o.bad = 1 if off > 0 else 0
    o.own = own + tl.penalty * (off + 100 * o.bad)


@compiled
def settle(tl: Any, s: Any, limit: float) -> Any:
    """Time every marked operation and all whom it delays or advances; brings the total up.

    False: given up half way, to be taken back, as soon as the total goes beyond `limit`.
    """
    for i in range(s.counts[TOUCHED]):
        if s.op[s.touched[i]].machine >= 0:
            _flag(s, s.touched[i])
    s.counts[TOUCHED] = 0
    limit -= s.sums[TOTAL]
    delta, bad, logged = 0.0, 0, s.counts[LOGGED]
    n_words = (s.counts[PLACED] >> 6) + 1
    for w in range(n_words):
        while s.dirty[w] != 0:
            word = s.dirty[w]
            low = word & (~word + ONE)
            s.dirty[w] = word ^ low
            x = s.order[(w << 6) + BIT[(low * DE_BRUIJN) >> SHIFT]]
            o, log = s.op[x], s.log[logged]
            end = o.end
            log.op, log.start, log.end = x, o.start, end
            log.setup, log.bad, log.own = o.setup, o.bad, o.own
            logged += 1
            _time(tl, s, x)
            delta += o.own - log.own
            bad += o.bad - log.bad
            if delta > limit:
                s.dirty[w:n_words] = 0
                s.counts[LOGGED] = logged
                return False
            if o.end != end:
                j = tl.operation[x].job
                if tl.operation[x].last == 0:
                    if s.op[x + 1].machine >= 0:  # a job is put in step by step
                        _flag(s, x + 1)
                else:
                    delta += _complete(tl, s, j, o.end)
                if o.slot + 1 < s.in_line[o.machine]:
                    _flag(s, s.line[tl.machine[o.machine].line + o.slot + 1])
    s.counts[LOGGED], s.sums[TOTAL] = logged, s.sums[TOTAL] + delta
    s.counts[BAD] += bad
    if tl.makespan_cost > 0 or tl.idle_cost > 0:
        extra = _extra(tl, s)
        s.sums[TOTAL] += extra - s.sums[EXTRA]
        s.sums[EXTRA] = extra
    return True


@inlined
def _complete(tl: Any, s: Any, j: int, end: int) -> Any:
    """Job j is done at `end`: the change of its cost, logged."""
    job, log = tl.job[j], s.late_log[s.counts[LATES]]
    log.job, log.cost = j, s.late[j]
    s.counts[LATES] += 1
    s.late[j] = job.late * max(0, end - job.due)
    return s.late[j] - log.cost


@compiled
def _extra(tl: Any, s: Any) -> Any:
    """Makespan and idle time of the whole, only reckoned where they cost."""
    last, idle = 0, 0
    for m in range(len(tl.machine)):
        n, machine = s.in_line[m], tl.machine[m]
        if n == 0:
            continue
        line = s.line[machine.line : machine.line + n]
        end = s.op[line[n - 1]].end
        last = max(last, end)
        if tl.idle_cost > 0:
            idle += _idle(tl, s, m, line, end)
    return last * tl.makespan_cost + idle * tl.idle_cost


@compiled
def _idle(tl: Any, s: Any, m: int, line: Any, end: int) -> Any:
    """Open ticks of machine m from its first block to its last without operation or task."""
    machine, first = tl.machine[m], s.op[line[0]]
    c = machine.calendar
    begin = worked(tl, c, first.start) - first.setup
    ticks = worked(tl, c, end) - begin
    for x in line:
        ticks -= tl.alternative[s.op[x].alternative].duration
    for i in range(s.in_task_line[m]):
        t = s.task_line[machine.task_line + i]
        done = s.task[t].start + tl.task[t].duration
        if s.task[t].start > first.start and done <= end:
            ticks -= worked(tl, c, done) - worked(tl, c, s.task[t].start)
    return ticks


@inlined
def keep(s: Any) -> None:
    """What is logged stays as it is."""
    for log in (LOGGED, LATES, MOVED, TASKS):
        s.counts[log] = 0


@compiled
def forget(s: Any) -> None:
    """Times and costs back to what the log says; the lines are put back by `unmove`."""
    for i in range(s.counts[LOGGED] - 1, -1, -1):
        log = s.log[i]
        o = s.op[log.op]
        o.start, o.end, o.setup, o.bad, o.own = log.start, log.end, log.setup, log.bad, log.own
    for i in range(s.counts[LATES] - 1, -1, -1):
        s.late[s.late_log[i].job] = s.late_log[i].cost
    s.counts[LOGGED], s.counts[LATES] = 0, 0
