"""The flexible job shop without anything else, as flat arrays: what a compiled search walks over.

A problem is pure if only the makespan costs anything and nothing but machines and the order within
jobs binds: no setups, calendars, transport, tasks or pins.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import PlanningError
from twin.scheduling.problem import Problem
from twin.scheduling.schedule import Schedule

__all__ = ["Shop", "makespan_bound", "makespan_cost", "pure_shop", "shop_schedule", "starts"]

Ints = NDArray[np.int64]


class Shop(NamedTuple):
    """N operations numbered job by job, on M machines; durations in ticks."""

    before: Ints
    """(N,) the operation before it in its job; -1: it is the first."""
    after: Ints
    """(N,) the one after it; -1: it is the last."""
    release: Ints
    """(N,) its job's release if it is the first, else 0."""
    options: Ints
    """(N + 1,) operation i's alternatives are options[i] … options[i + 1] − 1."""
    machines: Ints
    """(A,) machine of each alternative."""
    durations: Ints
    """(A,) ticks of each alternative."""
    n_machines: int


def pure_shop(problem: Problem) -> Shop:
    """The problem's arrays. Raises PlanningError naming what makes it more than a job shop."""
    _refuse_what_is_not_pure(problem)
    sizes = [len(job.operations) for job in problem.jobs]
    firsts = np.concatenate(([0], np.cumsum(sizes, dtype=np.int64)))
    n = int(firsts[-1])
    before = np.arange(n, dtype=np.int64) - 1
    after = np.arange(n, dtype=np.int64) + 1
    release = np.zeros(n, np.int64)
    for job, size, first in zip(problem.jobs, sizes, firsts[:-1], strict=True):
        if size:
            before[first], after[first + size - 1] = -1, -1
            release[first] = job.release
    options, machines, durations = _alternatives(problem)
    return Shop(before, after, release, options, machines, durations, len(problem.machines))


def _alternatives(problem: Problem) -> tuple[Ints, Ints, Ints]:
    """Of a machine named twice by an operation, the shorter duration."""
    counts: list[int] = [0]
    machines: list[int] = []
    durations: list[int] = []
    for job in problem.jobs:
        for operation in job.operations:
            shortest: dict[int, int] = {}
            for machine, duration, _ in operation.alternatives:
                shortest[machine] = min(duration, shortest.get(machine, duration))
            machines += shortest
            durations += shortest.values()
            counts.append(len(machines))
    as_array = (np.array(part, np.int64) for part in (counts, machines, durations))
    options, able, ticks = as_array
    return options, able, ticks


def _refuse_what_is_not_pure(problem: Problem) -> None:
    operations = [operation for job in problem.jobs for operation in job.operations]
    if not operations:
        raise PlanningError("job shop: got no operations, want at least one")
    weights = problem.weights
    powered = any(choice.power_kw for operation in operations for choice in operation.alternatives)
    more_than = {
        "maintenance tasks": bool(problem.tasks),
        "pinned operations": any(operation.pin is not None for operation in operations),
        "a plan to stay near": problem.reference is not None and weights.stability > 0,
        "setup times": any(problem.setups[machine.setup].any() for machine in problem.machines),
        "transport times": bool(problem.transport.any()),
        "closed hours": any(not _always_open(problem, m.calendar) for m in problem.machines),
        "jobs that may be left out": any(np.isfinite(job.left_out_cost) for job in problem.jobs),
        "a cost of lateness": weights.tardiness > 0 and any(j.late_cost_h for j in problem.jobs),
        "a cost of energy": weights.energy > 0 and powered and bool(problem.price.any()),
        "a cost of idle machines": weights.idle > 0,
        "operations without duration": any(
            c.duration < 1 for o in operations for c in o.alternatives
        ),
        "no cost of makespan": weights.makespan <= 0,
    }
    if found := [what for what, is_so in more_than.items() if is_so]:
        raise PlanningError(f"job shop: got {', '.join(found)}, want machines and makespan only")


def _always_open(problem: Problem, calendar: int) -> bool:
    reach = 0
    for start, end in problem.calendars[calendar]:
        if start > reach:
            break
        reach = max(reach, end)
    return reach >= problem.horizon


def starts(shop: Shop, machine: Ints, order: Ints) -> tuple[Ints, Ints]:
    """Earliest start and end (N,) of each operation, machines taken in the order given.

    machine (N,); order (N,) operations, every job's in its own order. Plain and slow: one pass.
    """
    end, free = np.zeros(len(order), np.int64), np.zeros(shop.n_machines, np.int64)
    start = np.zeros(len(order), np.int64)
    for i in order:
        choice = shop.options[i]
        while shop.machines[choice] != machine[i]:
            choice += 1
        came = end[shop.before[i]] if shop.before[i] >= 0 else shop.release[i]
        start[i] = max(came, free[machine[i]])
        end[i] = free[machine[i]] = start[i] + shop.durations[choice]
    return start, end


def shop_schedule(problem: Problem, machine: Ints, start: Ints, makespan: int) -> Schedule:
    """A found plan as a schedule. Raises PlanningError if it does not end within the horizon."""
    if makespan > problem.horizon:
        raise PlanningError(f"job shop: got a makespan of {makespan}, want ≤ {problem.horizon}")
    nothing = np.zeros(0, np.int64)
    return Schedule(machine.copy(), start.copy(), nothing, nothing)


def makespan_cost(problem: Problem, makespan: int) -> float:
    """What a makespan in ticks costs by the problem's weights."""
    return problem.weights.makespan * makespan * problem.tick_h


def makespan_bound(shop: Shop) -> int:
    """No schedule is shorter: the longest job, and the load of every set of machines.

    Of operations that no machine outside a set may do: least head + their least work shared by the
    set's machines + least tail, heads and tails along the job alone. Sets: of each operation's
    alternatives, and all machines.
    """
    n = len(shop.before)
    shortest = np.minimum.reduceat(shop.durations, shop.options[:-1])
    head, tail = shop.release.copy(), np.zeros(n, np.int64)
    for i in range(n):
        if shop.before[i] >= 0:
            head[i] = head[i - 1] + shortest[i - 1]
    for i in range(n - 1, -1, -1):
        if shop.after[i] >= 0:
            tail[i] = tail[i + 1] + shortest[i + 1]
    able = [frozenset(shop.machines[a:b].tolist()) for a, b in _pairs(shop.options)]
    bound = int(np.max(head + shortest + tail))
    for machines in {*able, frozenset(range(shop.n_machines))}:
        own = np.array([operation <= machines for operation in able])
        shared = -(-int(shortest[own].sum()) // len(machines))
        bound = max(bound, int(head[own].min()) + shared + int(tail[own].min()))
    return bound


def _pairs(options: Ints) -> list[tuple[int, int]]:
    return list(zip(options[:-1].tolist(), options[1:].tolist(), strict=True))
