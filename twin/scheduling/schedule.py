"""What a solver says: who does what when, what it costs, how good it can be at best."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.problem import Problem

__all__ = ["Answer", "Limit", "Schedule", "Solver", "Tell", "Terms", "empty_schedule"]

Ints = NDArray[np.int64]


class Schedule(NamedTuple):
    """Operations and tasks as the problem numbers them; ends and setups follow from its rules."""

    machine: Ints
    """(n_operations,) machine of each; -1: its job is left out."""
    start: Ints
    """(n_operations,) first tick of processing; -1 likewise."""
    task_start: Ints
    """(n_tasks,) -1: not within the horizon."""
    task_crew: Ints
    """(n_tasks,) -1 likewise."""


class Terms(NamedTuple):
    """Every objective of a schedule, in money unless its name says another unit."""

    makespan_h: float
    """Hours until the last operation ends."""
    tardiness: float
    """Late cost of jobs, and the cost of those left out."""
    risk: float
    energy: float
    changeover: float
    idle_h: float
    stability: float
    total: float
    """Weighted sum: what solvers minimise."""
    late_jobs: int
    """Late or left out."""
    late_h: float
    """Hours of lateness, all jobs."""
    energy_kwh: float
    setup_h: float


class Limit(NamedTuple):
    """How long a solver may take, and what makes it repeatable."""

    seconds: float
    clock: Callable[[], float]
    """Seconds from anywhere, rising: time.perf_counter where a wall clock counts."""
    seed: int = 1


class Answer(NamedTuple):
    schedule: Schedule
    cost: float
    """Terms.total of the schedule, as the solver reckons it."""
    bound: float | None
    """No schedule costs less; None: the solver knows no bound."""
    seconds: float
    """When it was found, from the solver's start."""


Tell = Callable[[Answer], None]
"""Called with every better answer as it is found."""


class Solver(Protocol):
    """From a problem to a schedule that keeps its rules, better with time."""

    def __call__(
        self,
        problem: Problem,
        limit: Limit,
        start: Schedule | None = None,
        tell: Tell | None = None,
    ) -> Answer:
        """Raises PlanningError where it finds no schedule."""
        ...


def empty_schedule(problem: Problem) -> Schedule:
    """Nothing placed."""
    n, k = problem.n_operations, len(problem.tasks)
    nowhere = [np.full(size, -1, np.int64) for size in (n, n, k, k)]
    return Schedule(*nowhere)
