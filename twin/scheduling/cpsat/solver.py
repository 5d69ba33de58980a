"""CP-SAT: exact on small problems and classical job shops, a polish elsewhere, bounds throughout.

All rules and all terms of `problem` are in the model, to the tick: the answer is optimal where
bound and cost meet. What grows fast is machines with setups (a circuit through all operations that
could run there) and tariffs that change often: a plant of hundreds of jobs is for `anneal`, and
for `polish`, window by window.

It has been seen to abort: run it in a process of its own (`pipeline.apart`).
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from ortools.sat.python import cp_model

from twin.errors import PlanningError
from twin.scheduling.bounds import bound
from twin.scheduling.check import check
from twin.scheduling.cpsat.calendar import Pieces
from twin.scheduling.cpsat.costs import Scale, add_caps, add_costs, add_objective
from twin.scheduling.cpsat.jobs import add_jobs
from twin.scheduling.cpsat.machines import add_machines, counted_machines
from twin.scheduling.cpsat.model import Model
from twin.scheduling.cpsat.scope import Scope, Window, whole, within
from twin.scheduling.cpsat.search import Found, search
from twin.scheduling.cpsat.tasks import add_tasks
from twin.scheduling.cpsat.values import Values, hint_of, schedule_of
from twin.scheduling.layout import numbered
from twin.scheduling.objectives import of_weights
from twin.scheduling.problem import Problem
from twin.scheduling.rules import best_rule
from twin.scheduling.schedule import Answer, Limit, Schedule, Tell

__all__ = ["NoScheduleError", "Window", "cpsat", "polish"]


class NoScheduleError(PlanningError):
    """None exists: proven."""


NO_CAPS: Mapping[str, float] = MappingProxyType({})


def cpsat(
    problem: Problem,
    limit: Limit,
    start: Schedule | None = None,
    tell: Tell | None = None,
    caps: Mapping[str, float] = NO_CAPS,
) -> Answer:
    """The best schedule found, never dearer than `start`, with a bound on all schedules.

    Without a start it begins at the best dispatch rule's. A seed does not make it repeat: eight
    workers race. Raises PlanningError where no schedule is found in time, NoScheduleError where
    none exists.

    `caps`: by name of its weight what a term may be at most, in the units of `Terms`; a start that
    is beyond one is not used.
    """
    best = _Best(problem, limit, tell, caps)
    answer = _solve(problem, whole(problem), best, start or _by_rule(problem))
    known = max(bound(problem), answer.bound if answer.bound is not None else -np.inf)
    return answer._replace(bound=min(answer.cost, known))


def _by_rule(problem: Problem) -> Schedule | None:
    try:
        return best_rule(problem)[1]
    except PlanningError:
        return None


def polish(
    problem: Problem, schedule: Schedule, window: Window, limit: Limit, tell: Tell | None = None
) -> Answer:
    """Place anew what lies within the window; all else stays. Never dearer than the schedule.

    The schedule keeps all rules. There is no bound: it would hold for the window alone.
    """
    best = _Best(problem, limit, tell, NO_CAPS)
    scope = within(problem, schedule, window)
    if len(scope.fixed) == len(scope.operations) and None not in scope.tasks.values():
        best.offer(schedule)
        return best.found
    return _solve(problem, scope, best, schedule)._replace(bound=None)


def build(
    problem: Problem, scope: Scope, caps: Mapping[str, float] = NO_CAPS
) -> tuple[Model, Scale]:
    """The model of a scope, with its objective."""
    weights = problem.weights._asdict()
    needed = frozenset(term for term, weight in weights.items() if weight or term in caps)
    pieces = Pieces(problem, priced="energy" in needed)
    counted = counted_machines(problem, scope, needed)
    model = Model(problem, scope, cp_model.CpModel(), pieces, numbered(problem), needed, counted)
    add_jobs(model)
    add_tasks(model)
    add_machines(model)
    add_costs(model)
    add_caps(model, caps)
    return model, add_objective(model)


class _Best:
    """The best answer so far; better ones are told."""

    def __init__(
        self, problem: Problem, limit: Limit, tell: Tell | None, caps: Mapping[str, float]
    ) -> None:
        self._problem, self.limit, self._tell, self.caps = problem, limit, tell, caps
        self._begun = limit.clock()
        self.answer: Answer | None = None

    @property
    def seconds(self) -> float:
        """Since the solver's start."""
        return self.limit.clock() - self._begun

    @property
    def found(self) -> Answer:
        assert self.answer is not None
        return self.answer

    def takes(self, schedule: Schedule) -> bool:
        """Whether it keeps the rules and the caps."""
        verdict = check(self._problem, schedule)
        if verdict.faults or verdict.terms is None:
            return False
        terms = of_weights(verdict.terms)
        return all(terms[term] <= cap + 1e-9 * abs(cap) for term, cap in self.caps.items())

    def offer(self, schedule: Schedule) -> None:
        """Keep it if it is better. Raises PlanningError if it breaks a rule."""
        verdict = check(self._problem, schedule)
        if verdict.terms is None or verdict.faults:
            raise PlanningError(f"a schedule breaks a rule: {verdict.faults[0].what}")
        cost = verdict.terms.total
        if self.answer is None or cost < self.answer.cost:
            self.answer = Answer(schedule, cost, None, self.seconds)
            if self._tell is not None:
                self._tell(self.answer)


def _solve(problem: Problem, scope: Scope, best: _Best, start: Schedule | None) -> Answer:
    if start is not None and best.takes(start):
        best.offer(start)
    else:
        start = None
    model, scale = build(problem, scope, best.caps)
    hint = hint_of(model, start) if start is not None else ()

    def read(value: Values) -> None:
        best.offer(schedule_of(model, value))

    left = best.limit.seconds - best.seconds
    found = search(model.cp, hint, left, best.limit.seed, read)
    return _answer(best.answer, found, scale)


def _answer(answer: Answer | None, found: Found, scale: Scale) -> Answer:
    if answer is None:
        if found.impossible:
            raise NoScheduleError("no schedule keeps all rules")
        raise PlanningError("CP-SAT found no schedule in time")
    if found.impossible:
        return answer
    return answer._replace(bound=min(answer.cost, scale.money(found.bound)))
