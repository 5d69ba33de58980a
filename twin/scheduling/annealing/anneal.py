"""Simulated annealing of a whole plant: order and machine of each operation, waiting, services.

The temperature falls with the time used. Two chains run side by side without the interpreter's
lock, and now and then the dearer one goes on from where the cheaper one is.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import PlanningError
from twin.scheduling.annealing.loop import anneal_moves, build_from, load, sample_rises
from twin.scheduling.annealing.state import (
    BAD,
    BEST,
    CHANGED,
    TOTAL,
    State,
    best_of,
    new_state,
    schedule_of,
)
from twin.scheduling.annealing.timeline import NEVER, Timeline, timeline
from twin.scheduling.problem import Problem
from twin.scheduling.rules import best_rule
from twin.scheduling.schedule import Answer, Limit, Schedule, Tell

__all__ = ["COLD_START", "FEW", "WARM", "Cooling", "anneal", "first_schedule", "temperature"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

CHAINS = 2
RELUCTANCE = (2.0, 5.0, 12.0)
"""Of an operation in a plan to leave its machine, in times its work."""
AHEAD = 1_000
"""Ticks before its planned start that an operation may start when a plan is repaired."""
HASTE = (1.0, 3.0, 8.0)
"""Of jobs that have come in since: times their work until they are done."""
ROUND_MOVES = 12_000
"""Moves of each chain between two looks at the clock, at most: some 25 ms."""


FEW = 5
"""So many operations may always go to another machine: of a small plan a share is none."""


class Cooling(NamedTuple):
    """From a temperature at which this share of the moves that cost is kept, down."""

    share: float = 0.2
    span: float = 1.5e-2
    """Last temperature over first."""
    patience: float = 8.0
    """A move is given up when it has cost this many temperatures too much, half reckoned."""
    meetings: int = 6
    """How often the dearer chain goes on from the cheaper one."""
    hot: float | None = None
    """First temperature, in money, instead of one from a share."""


COLD_START = Cooling()
WARM = Cooling(share=0.1)
"""From a plan that is good already: what it is worth is not forgotten."""


def anneal(
    problem: Problem,
    limit: Limit,
    start: Schedule | None = None,
    tell: Tell | None = None,
    cooling: Cooling | None = None,
    most_changed: float = 1.0,
) -> Answer:
    """A schedule at most as dear as `start`, or as the best of a few built greedily.

    most_changed: which share of the operations may be on another machine than in the plan in force
    (Problem.reference); more only as far as a start that is not possible makes it necessary.
    Unless told otherwise it begins hot without a start, and warm at one. The same seed and the
    same readings of the clock give the same answer. A start that is no longer possible is repaired
    as far as it can be; where that leads nowhere the best rule's plan is the answer. No bound.
    Raises PlanningError where no schedule without a fault was found.
    """
    begun = limit.clock()
    cooling = cooling or (COLD_START if start is None else WARM)
    tl = timeline(problem)
    tl = tl._replace(most_changed=_most(tl, most_changed))
    chains = _chains(problem, tl, limit.seed, start)
    told = _Best(begun, limit, tell)
    told.look(chains)
    hot = _hot(tl, chains[0], cooling.share) if cooling.hot is None else cooling.hot
    met = 0
    with ThreadPoolExecutor(CHAINS) as pool:
        moves = min(ROUND_MOVES, 40 * len(tl.operation) + 400)
        while (used := (limit.clock() - begun) / max(limit.seconds, 1e-9)) < 1.0:
            heat = hot * cooling.span**used
            runs = [
                pool.submit(anneal_moves, tl, s, moves, heat, heat, cooling.patience)
                for s in chains
            ]
            for run in runs:
                run.result()
            told.look(chains)
            if used * (cooling.meetings + 1) >= met + 1:
                met, chains = met + 1, _meet(tl, chains)
    if not told.has_any and start is not None and (ruled := _by_rule(problem)) is not None:
        told.look([_loaded(tl, limit.seed, ruled)])  # the start led nowhere
    return told.answer()


def temperature(problem: Problem, start: Schedule, seed: int, share: float) -> float:
    """Money at which this share of the moves from `start` that cost is kept; 0: none costs."""
    tl = timeline(problem)
    return _hot(tl, _loaded(tl, seed, start), share)


def first_schedule(problem: Problem) -> Schedule:
    """The cheapest of a few built greedily, in milliseconds. Raises PlanningError: all have
    faults."""
    state = _built(timeline(problem), 1)
    if not np.isfinite(state.sums[BEST]):
        raise PlanningError("no schedule that keeps the rules was found")
    return best_of(state)


def _most(tl: Timeline, share: float) -> int:
    return max(FEW, int(share * (tl.operation["was_machine"] >= 0).sum()))


class _Best:
    """The cheapest of all chains so far."""

    def __init__(self, begun: float, limit: Limit, tell: Tell | None) -> None:
        self._begun, self._limit, self._tell = begun, limit, tell
        self._found: Answer | None = None

    def look(self, chains: Sequence[State]) -> None:
        best = min(chains, key=lambda s: float(s.sums[BEST]))
        cost = float(best.sums[BEST])
        if np.isfinite(cost) and (self._found is None or cost < self._found.cost):
            seconds = self._limit.clock() - self._begun
            self._found = Answer(best_of(best), cost, None, seconds)
            if self._tell:
                self._tell(self._found)

    @property
    def has_any(self) -> bool:
        return self._found is not None

    def answer(self) -> Answer:
        if self._found is None:
            raise PlanningError("no schedule that keeps the rules was found in time")
        return self._found


def _chains(problem: Problem, tl: Timeline, seed: int, start: Schedule | None) -> list[State]:
    """All from the start; without one, from what is built, or from a rule's if that has faults."""
    seeds = [seed * CHAINS + k for k in range(CHAINS)]
    if start is None:
        built = [_built(tl, each) for each in seeds]
        if np.isfinite(built[0].sums[BEST]):
            return built
        start = _by_rule(problem)
    return built if start is None else [_loaded(tl, each, start) for each in seeds]


def _by_rule(problem: Problem) -> Schedule | None:
    try:
        return best_rule(problem)[1]
    except PlanningError:
        return None


def _built(tl: Timeline, seed: int) -> State:
    """Jobs by several keys; what must start by a tick, or is pinned, first."""
    job, operation = tl.job, tl.operation
    work = np.bincount(
        operation["job"], tl.alternative["duration"][operation["first_alternative"]], len(job)
    )
    pinned = np.full(len(job), NEVER)
    np.minimum.at(pinned, operation["job"], np.where(operation["pin"] < 0, NEVER, operation["pin"]))
    tasks = np.lexsort((tl.task["latest"], tl.task["pin"] < 0))
    keys = (job["due"] - 2.0 * work, job["due"], job["release"], -job["late"] / (1.0 + work))
    states = []
    for key in keys:
        state = new_state(tl, seed)
        build_from(tl, state, tasks, np.lexsort((key, pinned)))
        states.append(state)
    return min(states, key=lambda s: _rank(tl, s))


def _loaded(tl: Timeline, seed: int, plan: Schedule) -> State:
    """The plan as it is; if it is no longer possible, or jobs have come in, the cheapest of a few
    ways to repair it, if possible of those that leave most operations on their machines."""
    state = _taken(tl, seed, plan, plan.start, RELUCTANCE[0])
    new = np.isin(tl.operation["job"], np.flatnonzero(_missing(tl, plan)))
    kept = plan.machine >= 0
    same = (state.op["start"] == plan.start) & (state.op["machine"] == plan.machine)
    if same[kept].all() and not new.any():
        return state
    says = [np.where(new, _expected(tl, haste), plan.start) for haste in HASTE]
    ways = [(each, reluctance) for each in says for reluctance in RELUCTANCE]
    early = plan._replace(start=np.where(kept, np.maximum(0, plan.start - AHEAD), -1))
    states = [state] + [_taken(tl, seed, early, each, far) for each, far in ways]
    return min(states, key=lambda s: _rank(tl, s))


def _rank(tl: Timeline, state: State) -> tuple[int, int, float]:
    """Faults first, then too many changes of machine, then money."""
    over = max(0, int(state.counts[CHANGED]) - tl.most_changed)
    return int(state.counts[BAD]), over, float(state.sums[TOTAL])


def _taken(tl: Timeline, seed: int, plan: Schedule, says: Ints, reluctance: float) -> State:
    """says: a tick for each operation, by which it has the say; -1: the last."""
    placed = np.flatnonzero(says >= 0)
    order = placed[np.argsort(says[placed], kind="stable")]
    state = new_state(tl, seed)
    load(tl, state, plan, order, reluctance)
    return state


def _missing(tl: Timeline, plan: Schedule) -> NDArray[np.bool_]:
    """Jobs that must be placed and are not."""
    out: NDArray[np.bool_] = plan.machine[tl.job["first"]] < 0
    return out & (tl.job["left_out"] >= NEVER)


def _expected(tl: Timeline, haste: float) -> Ints:
    """When each operation would start if its job began at its release and took so many times its
    work."""
    operation, job = tl.operation, tl.job
    work = tl.alternative["duration"][operation["first_alternative"]]
    before = np.cumsum(work) - work
    before -= before[job["first"]][operation["job"]]
    expected: Ints = job["release"][operation["job"]] + (haste * before).astype(np.int64)
    return expected


def _hot(tl: Timeline, state: State, share: float) -> float:
    """The temperature at which this share of dearer moves is kept, by halving."""
    rises = np.zeros(400)
    rises = rises[: sample_rises(tl, state, rises)]
    if len(rises) == 0:
        return 0.0
    low, high = 0.0, float(rises.max()) * 100.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        kept = float(np.exp(-rises / middle).mean())
        low, high = (middle, high) if kept < share else (low, middle)
    return high


def _meet(tl: Timeline, chains: list[State]) -> list[State]:
    """The dearer chain as a copy of the cheaper one, with its own random numbers and best."""
    cheap, *others = sorted(chains, key=lambda s: float(s.sums[0]))
    met = [cheap]
    for other in others:
        state = _loaded(tl, 1, schedule_of(cheap))
        state.rng[:] = other.rng
        met.append(state)
    return met
