"""Which solver for which problem, one after the other, each from where the one before stopped.

A classical job shop is for CP-SAT, a flexible one for tabu search and then CP-SAT, a whole plant
for a rule at once, annealing, and CP-SAT window by window. CP-SAT may abort, so it runs in a
process of its own, which this layer does not start: it is handed in.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from twin.errors import PlanningError
from twin.scheduling.anneal import COLD_START, WARM, anneal, first_schedule
from twin.scheduling.check import check
from twin.scheduling.jobshop_graph import pure_shop
from twin.scheduling.layout import lay_out
from twin.scheduling.problem import Problem
from twin.scheduling.rules import best_rule
from twin.scheduling.schedule import Answer, Limit, Schedule, Solver, Tell
from twin.scheduling.tabu import tabu

__all__ = ["Exact", "kind_of", "polish_plan", "solve_plant", "solve_shop"]

Polish = Callable[[Problem, Schedule, int, int, float], Answer]
"""(problem, schedule, first tick, last tick, seconds): what lies between is placed anew."""

TABU_SHARE = 0.5
POLISH_SHARE = 0.25
WINDOW_S = 0.5
"""What a window takes at least."""
STRIDE = 15
"""Operations that end between one window and the next; a window spans two strides. Where a window
of 30 found .08 % in half a second each, windows of 60 found nothing in one and a half."""


class Exact(NamedTuple):
    """CP-SAT, in a process of its own."""

    solve: Solver
    polish: Polish


def kind_of(problem: Problem) -> str:
    """ "classical": a job shop without alternatives where the makespan counts; "flexible": with
    alternatives; "plant": anything more."""
    try:
        pure_shop(problem)
    except PlanningError:
        return "plant"
    several = any(len(o.alternatives) > 1 for job in problem.jobs for o in job.operations)
    return "flexible" if several else "classical"


def solve_plant(
    problem: Problem,
    limit: Limit,
    start: Schedule | None = None,
    tell: Tell | None = None,
    exact: Exact | None = None,
) -> Answer:
    """A first plan at once, annealing, and with `exact` a polish in the last quarter of the time.

    Never dearer than `start` or the best rule. Raises PlanningError where nothing keeps the rules.
    """
    begun = limit.clock()
    relay = _Relay(limit, begun, tell)
    cooling = COLD_START if start is None else WARM
    start = start or relay.first(problem)
    share = 1.0 if exact is None else 1.0 - POLISH_SHARE
    left = share * limit.seconds - (limit.clock() - begun)
    relay.take(anneal(problem, limit._replace(seconds=left), start, relay.take, cooling))
    if exact is not None:
        _polish(problem, relay, limit, begun, exact.polish)
    return relay.best()


def solve_shop(
    problem: Problem,
    limit: Limit,
    start: Schedule | None = None,
    tell: Tell | None = None,
    exact: Exact | None = None,
) -> Answer:
    """A classical or flexible job shop; tabu search first where CP-SAT cannot or should not."""
    begun = limit.clock()
    relay = _Relay(limit, begun, tell)
    share = TABU_SHARE if exact else 1.0
    if exact is None or kind_of(problem) == "flexible":
        relay.take(tabu(problem, limit._replace(seconds=share * limit.seconds), start, relay.take))
    if exact is not None:
        left = limit.seconds - (limit.clock() - begun)
        found = relay.plan(start)
        relay.take(exact.solve(problem, limit._replace(seconds=left), found, relay.take))
    return relay.best()


def polish_plan(
    problem: Problem, limit: Limit, start: Schedule, polish: Polish, tell: Tell | None = None
) -> Answer:
    """A plan, polished window by window; never dearer. Raises PlanningError: it breaks a rule."""
    begun = limit.clock()
    relay = _Relay(limit, begun, tell)
    verdict = check(problem, start)
    if verdict.faults or verdict.terms is None:
        raise PlanningError("the plan to polish breaks a rule")
    relay.take(Answer(start, verdict.terms.total, None, 0.0))
    _polish(problem, relay, limit, begun, polish)
    return relay.best()


class _Relay:
    """The best of several solvers, told as it comes, on one clock."""

    def __init__(self, limit: Limit, begun: float, tell: Tell | None) -> None:
        self._limit, self._begun, self._tell = limit, begun, tell
        self._best: Answer | None = None

    def take(self, answer: Answer) -> None:
        best, bound = self._best, answer.bound
        if best is not None and best.bound is not None:
            bound = best.bound if bound is None else max(bound, best.bound)
        if best is None or answer.cost < best.cost:
            seconds = self._limit.clock() - self._begun
            self._best = answer._replace(bound=bound, seconds=seconds)
            if self._tell:
                self._tell(self._best)
        else:
            self._best = best._replace(bound=bound)

    def first(self, problem: Problem) -> Schedule | None:
        """What is built greedily, told at once, or the best rule's plan if that is cheaper."""
        for make in (first_schedule, lambda p: best_rule(p)[1]):
            try:
                schedule = make(problem)
            except PlanningError:
                continue
            terms = check(problem, schedule).terms
            if terms is not None and np.isfinite(terms.total):
                self.take(Answer(schedule, terms.total, None, 0.0))
        return self.plan(None)

    def plan(self, otherwise: Schedule | None) -> Schedule | None:
        return otherwise if self._best is None else self._best.schedule

    def best(self) -> Answer:
        if self._best is None:
            raise PlanningError("no schedule that keeps the rules was found in time")
        return self._best


def _polish(problem: Problem, relay: _Relay, limit: Limit, begun: float, polish: Polish) -> None:
    """Window after window from now on, as long as there is time; what aborts changes nothing."""
    left = limit.seconds - (limit.clock() - begun)
    windows = _windows(problem, relay.best().schedule)[: max(1, int(left / WINDOW_S))]
    for k, (first, last) in enumerate(windows):
        left = (limit.seconds - (limit.clock() - begun)) / (len(windows) - k)
        if left <= 0:
            return
        plan = relay.best().schedule
        try:
            relay.take(polish(problem, plan, first, last, left))
        except PlanningError:
            continue


def _windows(problem: Problem, schedule: Schedule) -> list[tuple[int, int]]:
    """First and last tick of each, overlapping by half."""
    ends = np.sort(lay_out(problem, schedule).end[schedule.machine >= 0])
    cuts = [0, *(int(end) for end in ends[STRIDE - 1 :: STRIDE]), problem.horizon]
    cuts = sorted(set(cuts))
    return list(zip(cuts, cuts[2:], strict=False)) or [(0, problem.horizon)]
