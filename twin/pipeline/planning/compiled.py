"""The solvers compiled before anybody needs them: each is run once in its process on a small plant.

On a new computer that takes a minute or so, and then lies in the compiler's cache beside the
sources; where it does already it takes seconds. Until then plans come from the rules.
"""

import sys
import threading
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import cast

import numpy as np

from twin.errors import PlanningError
from twin.pipeline.apart import run_apart
from twin.pipeline.planning.front_apart import traded
from twin.scheduling.annealing.anneal import anneal
from twin.scheduling.pareto.front import Front
from twin.scheduling.problem import Alternative, Crew, Job, Machine, Operation, Problem, Task
from twin.scheduling.schedule import Answer, Limit, Schedule, Solver, Tell

__all__ = ["COMPILED", "Compiling", "small_problem"]

LOOKS = 200
"""Looks at the clock that a solver gets, however long it compiles between them."""
GRACE_S = 600.0
LONG_S = 10.0
"""What takes longer than this compiles; else it was there."""


def anneal_once(
    problem: Problem, limit: Limit, start: Schedule | None = None, tell: Tell | None = None
) -> Answer:
    """All of the annealer, for a moment."""
    return anneal(problem, _by_looks(limit), start, tell)


def trade_once(
    problem: Problem, limit: Limit, start: Schedule | None = None, _tell: Tell | None = None
) -> Front:
    """All of the search for trade-offs, for a moment."""
    return traded(problem, _by_looks(limit), start)


COMPILED: Sequence[Solver] = (anneal_once, cast(Solver, trade_once))
"""In the order in which they are needed."""


def _by_looks(limit: Limit) -> Limit:
    """A limit that is reached after so many looks: by a clock it would be before all is compiled
    that comes in turn."""
    looks = count()
    return limit._replace(clock=lambda: next(looks) * limit.seconds / LOOKS)


class Compiling:
    """Runs in a thread until stop is set."""

    def __init__(
        self,
        stop: threading.Event,
        solvers: Sequence[Solver] = COMPILED,
        wall: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stop, self._solvers, self._wall = stop, solvers, wall
        self._begun = wall()
        self._ready, self._done = threading.Event(), threading.Event()

    def start(self) -> "Compiling":
        """Begin, beside everything else."""
        threading.Thread(target=self.run, name="compiling", daemon=True).start()
        return self

    def run(self) -> None:
        """One solver after the other; one that cannot be run is said, and tried when needed."""
        for solver in self._solvers:
            try:
                run_apart(solver, small_problem(), 1.0, stop=self._stop.is_set, grace_s=GRACE_S)
            except PlanningError as error:
                if not self._stop.is_set():
                    print(f"planning: not compiled: {error}", file=sys.stderr, flush=True)
            self._ready.set()
        self._ready.set()
        self._done.set()

    def is_ready(self) -> bool:
        """Whether plans can be improved at once."""
        return self._ready.is_set()

    def is_long(self) -> bool:
        """Whether it is under way, and takes so long that people should know."""
        return not self._done.is_set() and self._wall() - self._begun > LONG_S


def small_problem() -> Problem:
    """Two machines, three orders of two steps, a service: something of everything."""
    either = (Alternative(0, 20, 1.0), Alternative(1, 30, 1.0))
    operations = (Operation(either, 0), Operation(either[::-1], 1))
    jobs = tuple(Job(f"{n}", operations, 0, 60 * n, 10.0, 1000.0) for n in range(3))
    machines = tuple(Machine(f"{n}", 0, 0, 0, 0, 5.0) for n in range(2))
    setup = np.array([[0, 10], [10, 0]], np.int64)
    everywhere = frozenset({0})
    task = Task("0", 0, 30, 0, 600, tuple(range(48)), 100.0)
    crew = Crew("0", 0, everywhere, everywhere)
    return Problem(
        jobs, machines, (((0, 720),),), 720, (task,), (crew,), setups=(setup,), price=np.ones(1)
    )
