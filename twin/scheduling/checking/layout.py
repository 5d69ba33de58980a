"""The checker's own layout: where each block and each task lies, from the records alone.

Nothing here is shared with `layout`, which solvers, drawings and exports use.
"""

from typing import NamedTuple

from twin.scheduling.checking.rows import Rows
from twin.scheduling.checking.time import OpenTime
from twin.scheduling.problem import Alternative, Operation, Problem

__all__ = ["Laid", "Placed", "Visit", "laid_out", "on_machine"]


class Placed(NamedTuple):
    """An operation and the setup before it, on its machine."""

    number: int
    machine: int
    alternative: Alternative
    setup: int
    """Ticks of setup work."""
    setup_start: int | None
    """The block's first tick; None: there are not so many open ticks before it."""
    start: int
    end: int | None
    """None: its machine's calendar ends before the work does."""


class Visit(NamedTuple):
    """A task that is placed."""

    task: int
    start: int
    end: int
    crew: int


class Laid(NamedTuple):
    """Everything of a schedule."""

    operations: list[Placed | None]
    """As the problem numbers them; None: left out."""
    machines: list[list[Placed]]
    """Of each machine, in order of start."""
    visits: list[Visit]
    times: list[OpenTime]
    """Of each machine."""

    def completion(self, numbers: range) -> int | None:
        """When the last of a job's operations ends; None: it is left out."""
        ends = [placed.end for i in numbers if (placed := self.operations[i]) is not None]
        return max((end for end in ends if end is not None), default=None)


def on_machine(alternatives: tuple[Alternative, ...], machine: int) -> Alternative | None:
    """What it takes on this machine, None if it cannot be done there."""
    for alternative in alternatives:
        if alternative.machine == machine:
            return alternative
    return None


def laid_out(problem: Problem, rows: Rows) -> Laid:
    """Where everything is; each operation must be on one of its alternatives or nowhere."""
    calendars = [OpenTime(calendar) for calendar in problem.calendars]
    times = [calendars[machine.calendar] for machine in problem.machines]
    mine: list[list[tuple[int, int]]] = [[] for _ in problem.machines]
    for i, (m, start) in enumerate(zip(rows.machine, rows.start, strict=True)):
        if m >= 0:
            mine[m].append((start, i))
    operations = [operation for job in problem.jobs for operation in job.operations]
    machines = [
        _machine(problem, m, [(*each, operations[each[1]]) for each in sorted(of)], times[m])
        for m, of in enumerate(mine)
    ]
    found: list[Placed | None] = [None] * len(operations)
    for placed in (placed for of in machines for placed in of):
        found[placed.number] = placed
    visits = [
        Visit(t, start, start + problem.tasks[t].duration, crew)
        for t, (start, crew) in enumerate(zip(rows.task_start, rows.task_crew, strict=True))
        if start >= 0
    ]
    return Laid(found, machines, visits, times)


def _machine(
    problem: Problem, m: int, order: list[tuple[int, int, Operation]], time: OpenTime
) -> list[Placed]:
    """One machine's operations in order of start, each set up after the one before."""
    machine = problem.machines[m]
    family, found = machine.family, []
    for start, i, operation in order:
        alternative = on_machine(operation.alternatives, m)
        assert alternative is not None, "rule 1 is checked before"
        setup = 0
        if family != -1:
            setup = int(problem.setups[machine.setup][family, operation.family])
        begun, end = time.begun(start, setup), time.done(start, alternative.duration)
        found.append(Placed(i, m, alternative, setup, begun, start, end))
        family = operation.family
    return found
