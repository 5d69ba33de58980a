"""Rules of jobs: all of one or none of it (1), one operation after the other (4)."""

from collections.abc import Iterator
from math import inf

from twin.scheduling.checking.layout import Laid, on_machine
from twin.scheduling.checking.rows import Rows
from twin.scheduling.fault import Fault, operation_name
from twin.scheduling.problem import Job, Operation, Problem

__all__ = ["numbered_jobs", "order_faults", "placing_faults"]


def placing_faults(problem: Problem, rows: Rows) -> Iterator[Fault]:
    """Rule 1: all of a job on its alternatives, or none of it where it may be left out."""
    machine, start = rows.machine, rows.start
    for job, mine in numbered_jobs(problem):
        placed = [i for i in mine if machine[i] >= 0]
        if placed and len(placed) < len(mine):
            said = f"job '{job.id}': {len(placed)} operations placed, want {len(mine)} or none"
            yield Fault(1, said, operations=tuple(mine))
        if not placed and job.left_out_cost == inf:
            yield Fault(1, f"job '{job.id}' is left out, want it placed", operations=tuple(mine))
        for i, operation in zip(mine, job.operations, strict=True):
            if (machine[i] < 0) != (start[i] < 0):
                said = f"machine is {machine[i]} and start is {start[i]}, want both or neither"
                yield Fault(1, f"{operation_name(problem, i)}: {said}", operations=(i,))
            elif machine[i] >= 0 and on_machine(operation.alternatives, machine[i]) is None:
                yield _elsewhere(problem, i, operation, machine[i])


def order_faults(problem: Problem, laid: Laid) -> Iterator[Fault]:
    """Rule 4: not before the release, nor before what comes before has arrived."""
    for job, mine in numbered_jobs(problem):
        before = laid.operations[mine[0]]
        if before is None:
            continue
        if before.start < job.release:
            said = f"starts at {before.start}, want its release {job.release} or later"
            yield Fault(4, f"{operation_name(problem, mine[0])}: {said}", operations=(mine[0],))
        for i in mine[1:]:
            now = laid.operations[i]
            assert now is not None, "rule 1 is checked before"
            sites = (problem.machines[before.machine].site, problem.machines[now.machine].site)
            way, end = int(problem.transport[sites]), before.end
            if end is not None and now.start < end + way:
                want = f"{end + way} or later: the one before ends at {end}"
                said = f"starts at {now.start}, want {want}, {way} ticks of transport"
                yield Fault(4, f"{operation_name(problem, i)}: {said}", operations=(i - 1, i))
            before = now


def numbered_jobs(problem: Problem) -> Iterator[tuple[Job, range]]:
    """Each job with its operations' numbers."""
    first = 0
    for job in problem.jobs:
        yield job, range(first, first + len(job.operations))
        first += len(job.operations)


def _elsewhere(problem: Problem, i: int, operation: Operation, got: int) -> Fault:
    want = ", ".join(f"'{problem.machines[a.machine].id}'" for a in operation.alternatives)
    said = f"is on '{problem.machines[got].id}', want one of {want}"
    return Fault(1, f"{operation_name(problem, i)}: {said}", operations=(i,))
