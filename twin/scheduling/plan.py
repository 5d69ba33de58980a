"""A whole plant: a rule's plan at once, annealing, and a polish window by window.

What polishes is handed in: CP-SAT may abort and runs in a process of its own, which this layer does
not start. Job shops without anything more have a chain of their own, `jobshop_chain`.
"""

from collections.abc import Callable

import numpy as np

from twin.errors import PlanningError
from twin.scheduling.annealing.anneal import COLD_START, WARM, anneal, first_schedule
from twin.scheduling.check import check
from twin.scheduling.layout import lay_out
from twin.scheduling.problem import Problem
from twin.scheduling.rules import best_rule
from twin.scheduling.schedule import Answer, Limit, Schedule, Tell

__all__ = ["polish_plan", "solve_plant"]

Polish = Callable[[Problem, Schedule, int, int, float], Answer]
"""(problem, schedule, first tick, last tick, seconds): what lies between is placed anew."""

WINDOW_S = 0.5
"""What a window takes at least."""
STRIDE = 15
"""Operations that end between one window and the next; a window spans two strides. Where a window
of 30 found .08 % in half a second each, windows of 60 found nothing in one and a half."""


def solve_plant(
    problem: Problem, limit: Limit, start: Schedule | None = None, tell: Tell | None = None
) -> Answer:
    """A first plan at once, then annealing.

    Never dearer than `start` or, where there was time for all rules, the best of them. Raises
    PlanningError where nothing keeps the rules.
    """
    begun = limit.clock()
    relay = _Relay(limit, begun, tell)
    cooling = COLD_START if start is None else WARM
    start = start or relay.first(problem)
    left = limit.seconds - (limit.clock() - begun)
    relay.take(anneal(problem, limit._replace(seconds=left), start, relay.take, cooling))
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
        """What is built greedily, told at once, or the best rule's plan if that is cheaper and
        there is time for it."""
        for make in (first_schedule, lambda p: best_rule(p, self._rest())[1]):
            if self._best is not None and self._rest().seconds <= 0.0:
                break
            try:
                schedule = make(problem)
            except PlanningError:
                continue
            terms = check(problem, schedule).terms
            if terms is not None and np.isfinite(terms.total):
                self.take(Answer(schedule, terms.total, None, 0.0))
        return None if self._best is None else self._best.schedule

    def _rest(self) -> Limit:
        spent = self._limit.clock() - self._begun
        return self._limit._replace(seconds=self._limit.seconds - spent)

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
