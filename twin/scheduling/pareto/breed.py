"""How plans have offspring: jobs of two parents mixed, and a walk of the annealer to settle them.

A genome is a plan's starts (the order, and the time before which nothing starts), its machines, its
services and their crews. The annealer's compiled decoder takes any mixture over, moving what
collides to where it first fits; a short walk at a low temperature, in a direction of its own among
the objectives, then repairs what mixing broke. Source for the scheme: Ishibuchi & Murata (1998),
IEEE Trans. SMC-C 28:392 (genetic local search with random directions).
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.annealing.loop import anneal_moves, load, sample_rises
from twin.scheduling.annealing.state import BAD, BEST, State, best_of, new_state, schedule_of
from twin.scheduling.annealing.timeline import Timeline, timeline
from twin.scheduling.objectives import OBJECTIVES, leaning
from twin.scheduling.pareto.archive import Point
from twin.scheduling.pareto.measure import Yardstick
from twin.scheduling.pareto.shift import shifted
from twin.scheduling.problem import Problem
from twin.scheduling.schedule import Schedule

__all__ = ["Breeder", "loaded", "mixed"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

MOVES = 8
"""Of a long walk, for each operation: some 30 ms in a plant of 1,400."""
COMPACT = 0.5
STROLLS = 0.5
"""Share of walks that are short and warm: a long one ends where no weighted sum is better, and
never between two such points, where the front is hollow."""
STROLL = 0.3
"""Moves of the longest of them, for each operation."""
COLD = (1e-4, 3e-2)
"""Temperatures of walks, as shares of the mean rise of a random move."""


@dataclass(frozen=True)
class _Direction:
    tl: Timeline
    rise: float
    """What a random move costs, on average, where it costs anything."""


class Breeder:
    """Walks and measures; `directions` are (n, k) weights of the scaled objectives."""

    def __init__(
        self,
        problem: Problem,
        names: Sequence[str],
        directions: Array,
        scale: Array,
        around: Schedule,
    ) -> None:
        self._first = np.cumsum([0, *(len(job.operations) for job in problem.jobs)])
        self._names = frozenset(names)
        price = np.concatenate([problem.price, problem.price[-1:]])
        self._changes = (np.flatnonzero(np.diff(price)) + 1) * problem.bucket
        self._columns = [OBJECTIVES.index(name) for name in names]
        self._yardstick = Yardstick(problem)
        self._directions = [
            _direction(leaning(problem, names, row.tolist(), scale.tolist()), around)
            for row in directions
        ]

    def measured(self, plan: Schedule) -> Point | None:
        """A plan as it is; None: it breaks a rule."""
        return self._point(loaded(self._directions[0].tl, plan, 1))

    def walked(self, plan: Schedule, direction: int, seed: int) -> Point | None:
        """The plan after a walk in one of the directions; None: the walk led to no plan that keeps
        the rules."""
        way, (low, high) = self._directions[direction], np.log(COLD)
        rng = np.random.default_rng(seed)
        n = len(plan.machine)
        heat, moves = way.rise * float(np.exp(rng.uniform(low, high))), MOVES * n + 100
        if rng.random() < STROLLS:
            heat, moves = way.rise, int(np.exp(rng.uniform(0.0, np.log(STROLL * n + 5.0))))
        state = loaded(way.tl, plan, seed)
        anneal_moves(way.tl, state, moves, heat, 0.1 * heat, 10.0)
        if state.counts[BAD] and np.isfinite(state.sums[BEST]):
            state = loaded(way.tl, best_of(state), seed)
        if not state.counts[BAD]:
            state = self._shifted(way.tl, state, rng)
        return self._point(state)

    def _shifted(self, tl: Timeline, state: State, rng: np.random.Generator) -> State:
        """Later where it is cheaper, in half of the cases after all has gone as early as it can.

        At no cost in makespan and tardiness, where these are traded, or at a little.
        """
        ended = int(state.op["end"].max(initial=0))
        if rng.random() < COMPACT:
            state = _early(tl, state)
        last_end = int(state.op["end"].max(initial=0))
        later = int(tl.horizon * 2.0 ** -rng.uniform(1.0, 10.0)) if rng.random() < 0.5 else 0
        last_end += later if rng.random() < 0.5 else int(rng.random() * max(0, ended - last_end))
        late = later if "tardiness" in self._names else tl.horizon
        makespan = last_end if "makespan" in self._names else tl.horizon
        return loaded(tl, shifted(tl, state, self._changes, makespan, late), 1)

    def all_walked(
        self, plans: Sequence[Schedule], seed: int, pool: Executor
    ) -> list[Point | None]:
        """Each after a walk of its own, side by side: the walks hold no interpreter's lock."""
        ways = np.random.default_rng(seed).integers(len(self._directions), size=len(plans))
        walk = partial(_walk, self, seed)
        return list(pool.map(walk, plans, ways.tolist(), range(len(plans))))

    def mixed(self, one: Schedule, other: Schedule, rng: np.random.Generator) -> Schedule:
        return mixed(one, other, self._first, rng)

    def _point(self, state: State) -> Point | None:
        if state.counts[BAD]:
            return None
        return Point(self._yardstick.measure(state)[self._columns], schedule_of(state))


def _walk(breeder: Breeder, seed: int, plan: Schedule, direction: int, turn: int) -> Point | None:
    return breeder.walked(plan, direction, seed * 1_000 + turn)


def mixed(one: Schedule, other: Schedule, first: Ints, rng: np.random.Generator) -> Schedule:
    """Whole jobs of both parents, and tasks of both.

    Half the time those that begin before a tick are of one and the rest of the other, so that
    little collides; otherwise a few jobs change sides. `first` (J + 1,): a job's first operation.
    """
    n_jobs, begins = len(first) - 1, one.start[first[:-1]]
    if n_jobs > 0 and rng.random() < 0.5:
        swapped = begins > rng.choice(begins)
    else:
        swapped = rng.random(n_jobs) < rng.uniform(0.05, 0.4)
    of_other = np.repeat(swapped, np.diff(first))
    served = rng.random(len(one.task_start)) < 0.5
    return Schedule(
        np.where(of_other, other.machine, one.machine),
        np.where(of_other, other.start, one.start),
        np.where(served, other.task_start, one.task_start),
        np.where(served, other.task_crew, one.task_crew),
    )


def _direction(problem: Problem, around: Schedule) -> _Direction:
    tl = timeline(problem)
    rises = np.zeros(200)
    rises = rises[: sample_rises(tl, loaded(tl, around, 1), rises)]
    return _Direction(tl, float(rises.mean()) if len(rises) else 0.0)


def _early(tl: Timeline, state: State) -> State:
    """The same order everywhere, and nothing waits."""
    plan = schedule_of(state)
    early = new_state(tl, 1)
    placed = np.flatnonzero(plan.machine >= 0)
    order = placed[np.argsort(plan.start[placed], kind="stable")]
    load(tl, early, plan._replace(start=np.minimum(plan.start, 0)), order, np.inf)
    return state if early.counts[BAD] else early


def loaded(tl: Timeline, plan: Schedule, seed: int) -> State:
    """A state of the annealer from a plan; what is no longer possible is repaired."""
    placed = np.flatnonzero(plan.machine >= 0)
    state = new_state(tl, seed)
    load(tl, state, plan, placed[np.argsort(plan.start[placed], kind="stable")], 2.0)
    return state
