"""The cheapest schedule by trying them all: for problems of a few operations and ticks."""

from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.check import check
from twin.scheduling.problem import Operation, Problem, Task
from twin.scheduling.schedule import Schedule

__all__ = ["cheapest", "every_schedule"]

Ints = NDArray[np.int64]
Place = tuple[int, int]
NOWHERE: Place = (-1, -1)


def cheapest(problem: Problem) -> float:
    """The least total of any schedule that the checker finds no fault in; inf: there is none."""
    verdicts = (check(problem, schedule) for schedule in every_schedule(problem))
    return min((v.terms.total for v in verdicts if v.valid), default=np.inf)


def every_schedule(problem: Problem):
    """Every operation on every alternative, every task with every crew, at every tick."""
    jobs = [_job_places(problem, job.operations, job.left_out_cost) for job in problem.jobs]
    tasks = [_task_places(problem, task) for task in problem.tasks]
    for chosen in product(*jobs, *tasks):
        places = [place for job in chosen[: len(jobs)] for place in job]
        yield Schedule(*_columns(places), *_columns(chosen[len(jobs) :]))


def _columns(rows: Sequence[Place]) -> tuple[Ints, Ints]:
    table = np.array(rows, np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _job_places(problem: Problem, operations: tuple[Operation, ...], left_out: float):
    """All of a job's, in order of time; none of them where it may be left out."""
    places = [
        [(a.machine, s) for a in operation.alternatives for s in range(problem.horizon)]
        for operation in operations
    ]
    whole = [job for job in product(*places) if all(a[1] < b[1] for a, b in pairwise(job))]
    return whole + ([(NOWHERE,) * len(operations)] if left_out < np.inf else [])


def _task_places(problem: Problem, task: Task) -> list[Place]:
    starts = range(task.earliest, min(task.latest + 1, problem.horizon))
    placed = [(s, c) for s in starts for c in range(len(problem.crews))]
    return placed + ([NOWHERE] if task.skip_cost < np.inf else [])
