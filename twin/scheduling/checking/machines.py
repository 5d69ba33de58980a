"""Rules of machines: work starts in open time and gets it (2), nothing overlaps (3)."""

from collections.abc import Iterator
from typing import NamedTuple

from twin.scheduling.checking.layout import Laid, Placed
from twin.scheduling.fault import Fault, operation_name
from twin.scheduling.problem import Problem

__all__ = ["machine_faults"]


class _Held(NamedTuple):
    """A stretch of time that a machine is taken for."""

    start: int
    end: int
    operations: tuple[int, ...] = ()
    tasks: tuple[int, ...] = ()


def machine_faults(problem: Problem, laid: Laid) -> Iterator[Fault]:
    """Rules 2 and 3, machine by machine."""
    for m, blocks in enumerate(laid.machines):
        for placed in blocks:
            yield from _block_faults(problem, laid, placed)
        held = [_block(problem, placed) for placed in blocks]
        for visit in laid.visits:
            if problem.tasks[visit.task].machine == m:
                held.append(_Held(visit.start, visit.end, tasks=(visit.task,)))
        yield from _overlaps(problem, problem.machines[m].id, held)


def _block_faults(problem: Problem, laid: Laid, placed: Placed) -> Iterator[Fault]:
    i, start = placed.number, placed.start
    if not laid.times[placed.machine].is_open(start):
        said = f"starts at {start}, want an open tick of its machine's calendar"
        yield Fault(2, f"{operation_name(problem, i)}: {said}", operations=(i,))
    if placed.setup_start is None:
        said = f"want {placed.setup} open ticks of setup before {start}, got fewer"
        yield Fault(3, f"{operation_name(problem, i)}: {said}", operations=(i,))


def _block(problem: Problem, placed: Placed) -> _Held:
    """Setup and operation; as far as they are known where one has no room."""
    begun = placed.start if placed.setup_start is None else placed.setup_start
    until = problem.horizon if placed.end is None else placed.end
    return _Held(begun, max(until, placed.start + 1), operations=(placed.number,))


def _name(problem: Problem, held: _Held) -> str:
    """What it is taken for, as people say it."""
    if held.tasks:
        return f"task '{problem.tasks[held.tasks[0]].id}'"
    return operation_name(problem, held.operations[0])


def _overlaps(problem: Problem, machine: str, held: list[_Held]) -> Iterator[Fault]:
    """Of what a machine is taken for, each that begins before an earlier one has ended."""
    before: _Held | None = None
    for now in sorted(held):
        if before is not None and now.start < before.end:
            want = (
                f"{before.end} or later: machine '{machine}' is taken by {_name(problem, before)}"
            )
            said = f"{_name(problem, now)}: begins (setup included) at {now.start}, want {want}"
            yield Fault(3, said, before.operations + now.operations, before.tasks + now.tasks)
        if before is None or now.end > before.end:
            before = now
