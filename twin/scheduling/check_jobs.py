"""Rules of jobs: all of one or none of it (1), one operation after the other (4)."""

from collections.abc import Iterator

from twin.scheduling.fault import Fault, operation_name
from twin.scheduling.layout import Layout, alternative_on
from twin.scheduling.problem import Job, Operation, Problem
from twin.scheduling.schedule import Schedule

__all__ = ["order_faults", "placing_faults"]


def placing_faults(problem: Problem, schedule: Schedule) -> Iterator[Fault]:
    """Rule 1: all of a job on its alternatives, or none of it where it may be left out."""
    machine, start = schedule.machine.tolist(), schedule.start.tolist()
    for job, mine in _jobs(problem):
        placed = [i for i in mine if machine[i] >= 0]
        if placed and len(placed) < len(mine):
            said = f"job '{job.id}': {len(placed)} operations placed, want {len(mine)} or none"
            yield Fault(1, said, operations=tuple(mine))
        if not placed and job.left_out_cost == float("inf"):
            yield Fault(1, f"job '{job.id}' is left out, want it placed", operations=tuple(mine))
        for i, operation in zip(mine, job.operations, strict=True):
            if (machine[i] < 0) != (start[i] < 0):
                said = f"machine is {machine[i]} and start is {start[i]}, want both or neither"
                yield Fault(1, f"{operation_name(problem, i)}: {said}", operations=(i,))
            elif machine[i] >= 0 and alternative_on(operation, machine[i]) is None:
                yield _elsewhere(problem, i, operation, machine[i])


def order_faults(problem: Problem, schedule: Schedule, layout: Layout) -> Iterator[Fault]:
    """Rule 4: not before the release, nor before what comes before has arrived."""
    machine, start, end = schedule.machine.tolist(), layout.start.tolist(), layout.end.tolist()
    sites = [machine_.site for machine_ in problem.machines]
    for job, mine in _jobs(problem):
        if machine[mine[0]] < 0:
            continue
        if start[mine[0]] < job.release:
            said = f"starts at {start[mine[0]]}, want its release {job.release} or later"
            yield Fault(4, f"{operation_name(problem, mine[0])}: {said}", operations=(mine[0],))
        for i in mine[1:]:
            way = int(problem.transport[sites[machine[i - 1]], sites[machine[i]]])
            if end[i - 1] >= 0 and start[i] < end[i - 1] + way:
                want = f"{end[i - 1] + way} or later: the one before ends at {end[i - 1]}"
                said = f"starts at {start[i]}, want {want}, {way} ticks of transport"
                yield Fault(4, f"{operation_name(problem, i)}: {said}", operations=(i - 1, i))


def _jobs(problem: Problem) -> Iterator[tuple[Job, range]]:
    """Each job with its operations' numbers."""
    first = 0
    for job in problem.jobs:
        yield job, range(first, first + len(job.operations))
        first += len(job.operations)


def _elsewhere(problem: Problem, i: int, operation: Operation, got: int) -> Fault:
    want = ", ".join(f"'{problem.machines[a.machine].id}'" for a in operation.alternatives)
    said = f"is on '{problem.machines[got].id}', want one of {want}"
    return Fault(1, f"{operation_name(problem, i)}: {said}", operations=(i,))
