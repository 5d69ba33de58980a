"""Compiled: putting an operation elsewhere in its lines, and taking that back.

Every change keeps the order one in which predecessors come first, marks whom it may move in time,
and is logged. Costs follow when the state is settled.
"""

from typing import Any

from twin.scheduling.annealing.state import (
    BAD,
    CHANGED,
    LATES,
    LOGGED,
    MOVED,
    PLACED,
    TOTAL,
    compiled,
    inlined,
)
from twin.scheduling.annealing.times import mark

__all__ = ["by_start", "leave_out", "put", "relocate", "unmove", "wait_until"]


@inlined
def _log(s: Any, x: int) -> None:
    o, move = s.op[x], s.moves[s.counts[MOVED]]
    move.op, move.machine, move.alternative = x, o.machine, o.alternative
    move.slot, move.at, move.not_before = o.slot, o.at, o.not_before
    s.counts[MOVED] += 1


@inlined
def _changed(tl: Any, x: int, machine: int) -> Any:
    """Whether x would be on another machine than in the plan in force."""
    was = tl.operation[x].was_machine
    return was >= 0 and machine >= 0 and machine != was


@inlined
def _leave_line(tl: Any, s: Any, x: int) -> None:
    """Those behind x move up by one."""
    o = s.op[x]
    first = tl.machine[o.machine].line
    s.counts[CHANGED] -= _changed(tl, x, o.machine)
    s.in_line[o.machine] -= 1
    for k in range(o.slot, s.in_line[o.machine]):
        y = s.line[first + k + 1]
        s.line[first + k] = y
        s.op[y].slot = k


@inlined
def _enter_line(tl: Any, s: Any, x: int, alternative: int, slot: int) -> None:
    """Those from the slot on move back by one."""
    o = s.op[x]
    o.alternative, o.machine, o.slot = alternative, tl.alternative[alternative].machine, slot
    first = tl.machine[o.machine].line
    s.counts[CHANGED] += _changed(tl, x, o.machine)
    for k in range(s.in_line[o.machine], slot, -1):
        y = s.line[first + k - 1]
        s.line[first + k] = y
        s.op[y].slot = k
    s.line[first + slot] = x
    s.in_line[o.machine] += 1


@compiled
def _pull(tl: Any, s: Any, x: int) -> None:
    """Out of its machine's line and of the order."""
    o = s.op[x]
    _leave_line(tl, s, x)
    s.counts[PLACED] -= 1
    for i in range(o.at, s.counts[PLACED]):
        y = s.order[i + 1]
        s.order[i] = y
        s.op[y].at = i
    o.machine = -1


@compiled
def _push(tl: Any, s: Any, x: int, alternative: int, slot: int, at: int) -> None:
    """Into a line and the order."""
    _enter_line(tl, s, x, alternative, slot)
    for i in range(s.counts[PLACED], at, -1):
        y = s.order[i - 1]
        s.order[i] = y
        s.op[y].at = i
    s.order[at] = x
    s.op[x].at = at
    s.counts[PLACED] += 1


@compiled
def _slide(tl: Any, s: Any, x: int, alternative: int, slot: int, at: int) -> None:
    """From one line into another and along the order; slot and at as they are without x.

    Of the order only what lies between moves: pulled and pushed, all behind both would.
    """
    o = s.op[x]
    _leave_line(tl, s, x)
    _enter_line(tl, s, x, alternative, slot)
    for i in range(o.at, at):
        y = s.order[i + 1]
        s.order[i] = y
        s.op[y].at = i
    for i in range(o.at, at, -1):
        y = s.order[i - 1]
        s.order[i] = y
        s.op[y].at = i
    s.order[at] = x
    o.at = at


@compiled
def place_of(s: Any, tick: int) -> Any:
    """How many operations of the order start before a tick, if it is by start."""
    low, high = 0, s.counts[PLACED]
    while low < high:
        middle = (low + high) // 2
        if s.op[s.order[middle]].start < tick:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def relocate(tl: Any, s: Any, x: int, alternative: int, slot: int, tick: int) -> Any:
    """x to the place `slot` of a line, counted without x. False: nothing changed, or it would wait
    for itself.

    tick: when it will start, for its place in the order; -1: near where it is.
    """
    o, of, m = s.op[x], tl.operation[x], tl.alternative[alternative].machine
    first, n, same = tl.machine[m].line, s.in_line[m], m == o.machine
    n -= same
    if not same and s.counts[CHANGED] >= tl.most_changed and _changed(tl, x, m):
        return False
    slot = min(max(slot, 0), n)
    if alternative == o.alternative and slot == o.slot:
        return False
    low, high = -1, s.counts[PLACED]
    if slot > 0:
        low = s.op[s.line[first + slot - 1 + (same and slot - 1 >= o.slot)]].at
    if slot < n:
        high = s.op[s.line[first + slot + (same and slot >= o.slot)]].at
    if of.step > 0:
        low = max(low, s.op[x - 1].at)
    if of.last == 0:
        high = min(high, s.op[x + 1].at)
    if low >= high:
        return False
    at = o.at
    if tick >= 0:
        at = place_of(s, tick)
        at -= o.at < at
    at = min(max(at, low + (low < o.at)), high - (high > o.at))
    was = tl.machine[o.machine].line + o.slot + 1
    after = s.line[was] if o.slot + 1 < s.in_line[o.machine] else -1
    _log(s, x)
    _slide(tl, s, x, alternative, slot, at)
    if o.not_before > 0 and of.pin < 0:
        o.not_before = 0
    mark(s, x)
    if after >= 0:
        mark(s, after)
    if slot < n:
        mark(s, s.line[first + slot + 1])
    if of.last == 0 and not same:
        mark(s, x + 1)
    return True


@compiled
def wait_until(s: Any, x: int, tick: int) -> Any:
    """x may not start before a tick."""
    if s.op[x].not_before == tick:
        return False
    _log(s, x)
    s.op[x].not_before = tick
    mark(s, x)
    return True


@compiled
def put(tl: Any, s: Any, x: int, alternative: int, slot: int, start: int) -> None:
    """An operation that is not placed into a line; it is expected to start at `start`.

    The operations before it in its job are placed, those behind it not.
    """
    m = tl.alternative[alternative].machine
    first, at = tl.machine[m].line, place_of(s, start)
    if slot < s.in_line[m]:
        at = min(at, s.op[s.line[first + slot]].at)
    if slot > 0:
        at = max(at, s.op[s.line[first + slot - 1]].at + 1)
    if tl.operation[x].step > 0 and at <= s.op[x - 1].at:
        at = s.op[x - 1].at + 1
        while slot < s.in_line[m] and s.op[s.line[first + slot]].at < at:
            slot += 1
    _log(s, x)
    _push(tl, s, x, alternative, slot, at)
    s.op[x].end = -1
    mark(s, x)
    if slot + 1 < s.in_line[m]:
        mark(s, s.line[first + slot + 1])


@compiled
def leave_out(tl: Any, s: Any, j: int) -> None:
    """All of job j out of the plan, at its price; what stood behind it may move up."""
    job = tl.job[j]
    for x in range(job.first, job.first + job.n):
        o, log = s.op[x], s.log[s.counts[LOGGED]]
        log.op, log.start, log.end = x, o.start, o.end
        log.setup, log.bad, log.own = o.setup, o.bad, o.own
        s.counts[LOGGED] += 1
        s.counts[BAD] -= o.bad
        s.sums[TOTAL] -= o.own
        _log(s, x)
        m, slot = o.machine, o.slot
        _pull(tl, s, x)
        o.own, o.bad, o.end, o.start = 0.0, 0, -1, -1
    s.late_log[s.counts[LATES]].job, s.late_log[s.counts[LATES]].cost = j, s.late[j]
    s.counts[LATES] += 1
    s.sums[TOTAL] += job.left_out - s.late[j]
    s.late[j] = job.left_out
    for i in range(s.counts[MOVED] - job.n, s.counts[MOVED]):
        m, slot = s.moves[i].machine, s.moves[i].slot
        if slot < s.in_line[m]:
            mark(s, s.line[tl.machine[m].line + slot])


@compiled
def unmove(tl: Any, s: Any) -> None:
    """Lines and order back to where the log began."""
    for i in range(s.counts[MOVED] - 1, -1, -1):
        move = s.moves[i]
        x, o = move.op, s.op[move.op]
        if move.machine < 0:
            _pull(tl, s, x)
            o.start, o.end, o.own, o.bad = -1, -1, 0.0, 0
        elif o.machine < 0:
            _push(tl, s, x, move.alternative, move.slot, move.at)
        elif o.at != move.at or o.slot != move.slot or o.alternative != move.alternative:
            _slide(tl, s, x, move.alternative, move.slot, move.at)
        o.not_before = move.not_before
    s.counts[MOVED] = 0


@compiled
def by_start(s: Any) -> None:
    """The order by start, so that who stands near in it is near in time; equal starts stay."""
    for i in range(1, s.counts[PLACED]):
        x = s.order[i]
        start, k = s.op[x].start, i
        while k > 0 and s.op[s.order[k - 1]].start > start:
            s.order[k] = s.order[k - 1]
            s.op[s.order[k]].at = k
            k -= 1
        s.order[k] = x
        s.op[x].at = k
