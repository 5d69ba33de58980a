"""Later where it is cheaper: what the annealer, which starts all work as soon as it can, leaves.

The order on every machine and in every job stays as it is. First each operation, the last to start
first, goes to the latest of the starts at which its energy is least, as far back as what follows
it lets it; then each, the first to start first, comes forward again as far as that costs nothing.
Energy over the start is piecewise linear: it is least where work begins or ends at a change of
price, or where it can go no further.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin.scheduling.annealing.state import State, schedule_of
from twin.scheduling.annealing.timeline import NEVER, Timeline
from twin.scheduling.schedule import Schedule

__all__ = ["shifted"]

Ints = NDArray[np.int64]
LEAST_GAIN = 1e-9


class _Held(NamedTuple):
    """What binds the operations to each other; rows by operation."""

    start: Ints
    end: Ints
    setup: Ints
    after: Ints
    """The next on its machine, -1: none."""
    before: Ints
    travel: Ints
    """Ticks to the next of its job, -1: it is the last."""
    calendar: Ints
    release: Ints
    """Before this it does not start: its job's release, of later steps 0."""
    room: Ints
    """After this it does not end."""
    task_end: Ints
    """Its block begins no sooner: a task is before it."""
    fixed: NDArray[np.bool_]


def shifted(tl: Timeline, state: State, changes: Ints, last_end: int, late: int) -> Schedule:
    """The plan of a state that breaks no rule, with operations moved to cheaper times.

    changes: ticks at which the price changes; no operation ends after `last_end` unless it does
    already, no job later than it does or than it is due by more than `late` ticks.
    """
    plan = schedule_of(state)
    placed = np.flatnonzero(plan.machine >= 0)
    order = placed[np.argsort(plan.start[placed], kind="stable")]
    held = _held(tl, state, plan, placed, last_end, late)
    days = (tl.worked, tl.open_at, tl.spent, changes)
    _to_the_right(order[::-1].copy(), held, *days)
    _to_the_left(order, held, *days)
    return plan._replace(start=np.where(plan.machine >= 0, held.start, -1))


def _held(
    tl: Timeline, state: State, plan: Schedule, placed: Ints, last_end: int, late: int
) -> _Held:
    operation, end = tl.operation, state.op["end"]
    after, before = _neighbours(plan, placed)
    task_end, task_start = _tasks_beside(tl, state)
    due = np.maximum(tl.job["due"][operation["job"]], end) + late
    room = np.where(operation["last"] > 0, due, NEVER)
    room = np.minimum(room, np.maximum(last_end, end))
    release = np.where(operation["step"] == 0, tl.job["release"][operation["job"]], 0)
    return _Held(
        plan.start.copy(),
        end.copy(),
        state.op["setup"].copy(),
        after,
        before,
        _travel(tl, plan),
        tl.machine["calendar"][plan.machine],
        release,
        np.minimum(np.minimum(room, task_start), tl.horizon),
        task_end,
        operation["pin"] >= 0,
    )


def _neighbours(plan: Schedule, placed: Ints) -> tuple[Ints, Ints]:
    """Of each operation the one after and before it on its machine, -1: none."""
    after, before = np.full((2, len(plan.machine)), -1)
    rows = placed[np.lexsort((plan.start[placed], plan.machine[placed]))]
    same = plan.machine[rows[:-1]] == plan.machine[rows[1:]]
    after[rows[:-1]] = np.where(same, rows[1:], -1)
    before[rows[1:]] = np.where(same, rows[:-1], -1)
    return after, before


def _travel(tl: Timeline, plan: Schedule) -> Ints:
    site = tl.machine["site"][plan.machine]
    travel = np.full(len(site), -1)
    travel[:-1] = tl.transport[site[:-1], site[1:]]
    travel[tl.operation["last"] > 0] = -1
    return travel


def _tasks_beside(tl: Timeline, state: State) -> tuple[Ints, Ints]:
    """On its machine, the last end of a task before an operation and the first start after it."""
    ends, starts = np.zeros(len(state.op), np.int64), np.full(len(state.op), NEVER)
    for row, task in zip(state.task, tl.task, strict=True):
        if row["start"] >= 0:
            mine, done = state.op["machine"] == task["machine"], row["start"] + task["duration"]
            earlier, later = (
                mine & (state.op["start"] >= done),
                mine & (state.op["end"] <= row["start"]),
            )
            ends[earlier] = np.maximum(ends[earlier], done)
            starts[later] = np.minimum(starts[later], row["start"])
    return ends, starts


@njit(cache=True, nogil=True)
def _cheapest(  # type: ignore[no-untyped-def]
    c: Any, low: Any, high: Any, work: Any, worked: Any, open_at: Any, spent: Any, changes: Any
):
    """The least energy of a start from the low-th to the high-th open tick, and between which
    starts it is that: (money, first, last)."""
    first, last, least = low, low, np.inf
    begin, end = open_at[c, low], open_at[c, high + work - 1] + 1
    a, b = np.searchsorted(changes, begin), np.searchsorted(changes, end, "right")
    for i in range(-1, 2 * (b - a) + 1):
        at = low if i < 0 else high
        if 0 <= i < 2 * (b - a):
            at = worked[c, changes[a + i // 2]] - (work if i % 2 else 0)
        if low <= at <= high:
            money = spent[c, open_at[c, at + work - 1] + 1] - spent[c, open_at[c, at]]
            if money < least - LEAST_GAIN:
                first, last, least = at, at, money
            elif money <= least + LEAST_GAIN:
                first, last = min(first, at), max(last, at)
    return least, first, last


@njit(cache=True, nogil=True)
def _to_the_right(  # type: ignore[no-untyped-def]
    order: Any, held: Any, worked: Any, open_at: Any, spent: Any, changes: Any
):
    """Each to the latest of its cheapest starts."""
    for x in order:
        c, limit = held.calendar[x], held.room[x]
        k = worked[c, held.start[x]]
        work = worked[c, held.end[x]] - k
        if held.fixed[x] or work == 0:
            continue
        if held.travel[x] >= 0:
            limit = min(limit, held.start[x + 1] - held.travel[x])
        most = worked[c, max(0, limit)]
        if held.after[x] >= 0:
            y = held.after[x]
            most = min(most, worked[c, held.start[y]] - held.setup[y])
        if most - work > k:
            _, _, at = _cheapest(c, k, most - work, work, worked, open_at, spent, changes)
            held.start[x], held.end[x] = open_at[c, at], open_at[c, at + work - 1] + 1


@njit(cache=True, nogil=True)
def _to_the_left(  # type: ignore[no-untyped-def]
    order: Any, held: Any, worked: Any, open_at: Any, spent: Any, changes: Any
):
    """Each to the earliest of its cheapest starts, none of them later than it is."""
    for x in order:
        c, ready = held.calendar[x], held.release[x]
        k = worked[c, held.start[x]]
        work = worked[c, held.end[x]] - k
        if held.fixed[x] or work == 0:
            continue
        if x > 0 and held.travel[x - 1] >= 0:
            ready = max(ready, held.end[x - 1] + held.travel[x - 1])
        free = worked[c, held.task_end[x]]
        if held.before[x] >= 0:
            free = max(free, worked[c, held.end[held.before[x]]])
        least = max(worked[c, ready], free + held.setup[x])
        if least < k:
            _, at, _ = _cheapest(c, least, k, work, worked, open_at, spent, changes)
            held.start[x], held.end[x] = open_at[c, at], open_at[c, at + work - 1] + 1
