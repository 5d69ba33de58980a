"""A plan at once from the dispatch rules, better with time; nothing passes that the checker faults.

What a solver answers is not believed: every schedule is checked here, and what breaks a rule is
dropped, counted and said.
"""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import isfinite
from typing import NamedTuple

from twin.errors import PlanningError
from twin.pipeline.planning.retime_tasks import crews_free
from twin.scheduling.annealing.anneal import FEW
from twin.scheduling.bounds import floor_of
from twin.scheduling.check import check
from twin.scheduling.objectives import first_difference
from twin.scheduling.problem import Problem
from twin.scheduling.replan import MOST_CHANGED
from twin.scheduling.rules import RULES
from twin.scheduling.schedule import Answer, Schedule, Terms

__all__ = ["Improve", "Solved", "least_cost", "solve"]

Improve = Callable[[Problem, Schedule | None, float, int], Answer]
"""(problem, start, seconds, seed) → the best found in that time."""


ROUND_MONEY = 20.0
"""What it may cost to have services at round times."""


class Solved(NamedTuple):
    """A schedule that keeps every rule."""

    schedule: Schedule
    terms: Terms
    solver: str
    seconds: float
    bound: float | None = None
    """No schedule costs less, moving apart; far below where machines are scarce."""
    refused: int = 0
    """Answers that broke a rule."""


def solve(
    problem: Problem,
    start: Schedule | None = None,
    improve: Improve | None = None,
    seconds: float = 0.0,
    seed: int = 1,
    name: str = "anneal",
) -> Solved:
    """The cheapest of the plan in force, the rules and what `improve` makes of the best of them.

    Beside a plan in force that still holds, a rule's plan that puts more than a few operations on
    other machines does not count. Raises PlanningError where none of them keeps every rule.
    """
    begun = time.perf_counter()
    judge = _Judge(problem)
    if start is not None:
        judge.take("kept", start)
    is_kept = judge.best is not None
    for rule, schedule in _by_rules(problem, judge):
        if not is_kept or _moves_few(problem, schedule):
            judge.take(rule, schedule)
    bound = least_cost(problem)
    if improve is not None and seconds > 0.0 and (problem.n_operations or problem.tasks):
        try:
            # From a plan in force it begins warm, else from nothing: a rule's plan would hold it.
            begin = judge.best if problem.reference is not None else None
            answer = improve(problem, begin, seconds, seed)
            bound = max((b for b in (bound, answer.bound) if b is not None), default=None)
            judge.take(name, answer.schedule)
        except PlanningError as error:
            judge.refuse(f"{name}: {error}")
    if judge.best is not None:
        judge.take(judge.solver, _rounded(problem, judge.best), at_most=ROUND_MONEY)
    if judge.best is None or judge.terms is None:
        raise PlanningError("no plan keeps every rule: " + "; ".join(judge.said))
    spent = time.perf_counter() - begun
    return Solved(judge.best, judge.terms, judge.solver, spent, bound, judge.refused)


def least_cost(problem: Problem, schedule: Schedule | None = None) -> float | None:
    """What no plan costs less than, moving apart; of the jobs that a schedule places, if given."""
    if schedule is not None:
        first, placed = 0, []
        for job in problem.jobs:
            placed += [job] if int(schedule.machine[first]) >= 0 else []
            first += len(job.operations)
        problem = replace(problem, jobs=tuple(placed), reference=None)
    least = floor_of(problem).total
    return least if isfinite(least) else None


class _Judge:
    """Keeps the cheapest schedule without a fault; where objectives have an order, the first in
    that, and of those alike in all of it the cheapest."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.best: Schedule | None = None
        self.terms: Terms | None = None
        self.solver, self.refused = "", 0
        self.said: list[str] = []

    def take(self, name: str, schedule: Schedule, at_most: float = 0.0) -> None:
        """Keep it if it is cheaper, or dearer by less than at_most."""
        verdict = check(self.problem, schedule)
        if verdict.faults or verdict.terms is None:
            self.refuse(f"{name}: {verdict.faults[0].what if verdict.faults else 'no terms'}")
        elif self.terms is None or self._is_better(verdict.terms, self.terms, at_most):
            self.best, self.terms, self.solver = schedule, verdict.terms, name

    def _is_better(self, terms: Terms, held: Terms, at_most: float) -> bool:
        more = first_difference(self.problem.order, terms, held)
        return more < 0.0 or (more == 0.0 and terms.total < held.total + at_most)

    def refuse(self, said: str) -> None:
        self.refused += 1
        self.said.append(said)
        print(f"plan: refused {said}", file=sys.stderr, flush=True)


def _rounded(problem: Problem, schedule: Schedule) -> Schedule:
    """Services at quarters of an hour, which people can keep, where nothing else has to move."""
    found = schedule
    for t, task in enumerate(problem.tasks):
        start, crew = int(schedule.task_start[t]), int(schedule.task_crew[t])
        if start < 0 or task.pin is not None or start % problem.bucket == 0:
            continue
        floor = start // problem.bucket * problem.bucket
        for at in (floor, floor + problem.bucket):
            tried = found._replace(task_start=found.task_start.copy())
            tried.task_start[t] = at
            able = task.earliest <= at <= task.latest and crew in crews_free(problem, tried, t, at)
            if able and not check(problem, tried).faults:
                found = tried
                break
    return found


def _moves_few(problem: Problem, schedule: Schedule) -> bool:
    """Whether so few operations are on another machine than in the plan in force as the annealer
    may move."""
    if problem.reference is None:
        return True
    was = problem.reference.machine
    changed = int(((was >= 0) & (schedule.machine != was)).sum())
    return changed <= max(FEW, MOST_CHANGED * int((was >= 0).sum()))


def _by_rules(problem: Problem, judge: _Judge) -> Iterator[tuple[str, Schedule]]:
    for name, rule in RULES.items():
        try:
            yield name, rule(problem)
        except PlanningError as error:
            judge.said.append(f"{name}: {error}")
