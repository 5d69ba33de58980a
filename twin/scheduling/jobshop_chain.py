"""The chain for job shops, classical and flexible: tabu searches side by side, then CP-SAT.

CP-SAT proves classical shops and polishes what tabu search finds in flexible ones. It may abort, so
it runs in a process of its own, which this layer does not start: it is handed in. Each goes on from
where the one before stopped; what the checker faults is dropped, whoever says it.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import numpy as np

from twin.errors import PlanningError
from twin.scheduling.check import check
from twin.scheduling.jobshop_graph import pure_shop
from twin.scheduling.problem import Problem
from twin.scheduling.rules import best_rule
from twin.scheduling.schedule import Answer, Limit, Schedule, Solver, Tell
from twin.scheduling.tabu.solver import tabu

__all__ = ["solve_shop"]

CLASSICAL_SHARE, FLEXIBLE_SHARE = 0.3, 0.5
"""Tabu search's part of the time; CP-SAT has the rest."""
LARGE, LARGE_SHARE = 200, 0.75
"""Operations from which on CP-SAT proves little in seconds, and tabu search's part then."""
N_SEARCHES = 2
"""Tabu searches side by side, each from its own seed: compiled, so that threads do."""
CLOSE = 1e-6
"""Costs that differ by less, relatively, are one."""


def solve_shop(
    problem: Problem,
    limit: Limit,
    start: Schedule | None = None,
    tell: Tell | None = None,
    exact: Solver | None = None,
) -> Answer:
    """The best plan found in time, and the best bound; it ends early if the two meet.

    Never dearer than `start`, or the best rule's plan where there is none. Raises PlanningError if
    the problem is more than a pure job shop, or nothing keeps the rules.
    """
    pure_shop(problem)
    best = _Best(problem, limit, tell)
    first = best_rule(problem)[1] if start is None else start
    best.take(Answer(first, np.inf, None, 0.0))
    seconds = best.left(1.0 if exact is None else _tabu_share(problem))
    for answer in _searched(problem, limit._replace(seconds=seconds), best.schedule):
        best.take(answer)
    if exact is not None and not best.proved:
        tight = _within(problem, best.makespan)
        # A solver that aborts, or finds none, takes nothing away.
        with suppress(PlanningError):
            best.take(exact(tight, limit._replace(seconds=best.left()), best.schedule, None))
    return best.known()


def _tabu_share(problem: Problem) -> float:
    if problem.n_operations >= LARGE:
        return LARGE_SHARE
    several = any(len(o.alternatives) > 1 for job in problem.jobs for o in job.operations)
    return FLEXIBLE_SHARE if several else CLASSICAL_SHARE


def _searched(problem: Problem, limit: Limit, start: Schedule | None) -> list[Answer]:
    """One from the plan at hand, the others from greedy ones."""
    limits = [limit._replace(seed=limit.seed + k) for k in range(N_SEARCHES)]
    starts = [start] + [None] * (N_SEARCHES - 1)
    found: list[Answer] = []

    def search(own: Limit, begin: Schedule | None) -> None:
        with suppress(PlanningError):
            found.append(tabu(problem, own, begin))

    with ThreadPoolExecutor(N_SEARCHES) as pool:
        list(pool.map(search, limits, starts))
    return found


def _within(problem: Problem, makespan: int) -> Problem:
    """The same with a horizon that a plan at hand keeps: no better one needs more."""
    calendars = tuple(((0, makespan),) for _ in problem.calendars)
    return replace(problem, horizon=makespan, calendars=calendars)


class _Best:
    """The best plan so far as the checker reckons it, told as it comes, and the best bound."""

    def __init__(self, problem: Problem, limit: Limit, tell: Tell | None) -> None:
        self._problem, self._limit, self._tell = problem, limit, tell
        self._begun = limit.clock()
        self._bound: float | None = None
        self._answer: Answer | None = None
        self.makespan = problem.horizon

    def left(self, share: float = 1.0) -> float:
        """Seconds of the time's first part, from now."""
        return share * self._limit.seconds - (self._limit.clock() - self._begun)

    def take(self, answer: Answer) -> None:
        """Keep plan and bound, or neither where the checker faults the plan."""
        verdict = check(self._problem, answer.schedule)
        if verdict.terms is None or verdict.faults:
            return
        if answer.bound is not None:
            self._bound = max(answer.bound, self._bound or answer.bound)
        cost = verdict.terms.total
        if self._answer is None or cost < self._answer.cost:
            seconds = self._limit.clock() - self._begun
            self.makespan = round(verdict.terms.makespan_h / self._problem.tick_h)
            self._answer = Answer(answer.schedule, cost, None, seconds)
            if self._tell is not None:
                self._tell(self.known())

    @property
    def schedule(self) -> Schedule | None:
        return None if self._answer is None else self._answer.schedule

    @property
    def proved(self) -> bool:
        best, bound = self._answer, self._bound
        return best is not None and bound is not None and best.cost <= bound * (1 + CLOSE)

    def known(self) -> Answer:
        if self._answer is None:
            raise PlanningError("job shop: no plan that keeps the rules was found in time")
        return self._answer._replace(bound=self._bound)
