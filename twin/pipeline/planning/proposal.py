"""One round of planning: is there a plan that people should look at, and what services beside it?

Three answers: a new plan, if it saves enough against the plan in force with new orders in its gaps;
else, if there are such orders, the plan in force with just them; else nothing. Services are
suggested beside the plan in force, because accepting one changes that plan and no other.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from twin.errors import PlanningError
from twin.pipeline.planning.compare import comparison, moves
from twin.pipeline.planning.improve import NAME
from twin.pipeline.planning.prepare import FREEZE_S, Prepared, prepare_plan
from twin.pipeline.planning.problem_of import Stated
from twin.pipeline.planning.retime import retime
from twin.pipeline.planning.situation import Situation
from twin.pipeline.planning.solve import Improve, Solved, solve
from twin.scheduling.check import check
from twin.scheduling.objectives import first_difference
from twin.scheduling.schedule import Schedule, Terms

__all__ = ["Proposal", "Shown", "make_proposal", "saves_enough"]

LEAST_SOLVE_S = 1.0
OPERATIONS_A_S = 50
"""A plan of few operations gets less time: a second, and one more for so many."""
LEAST_SAVES_H, MOVE_SAVES_H = 0.5, 0.02
"""A plan is worth a person's look if it saves what this many late hours of a usual order cost, and
so many more for each operation that it moves."""
NOTHING: Mapping[str, Any] = {
    "moves": [],
    "saves": 0.0,
    "terms_before": None,
    "terms_after": None,
    "orders": [],
    "at_stake": 0.0,
}


class Shown(NamedTuple):
    """A schedule that the checker has passed, and its problem."""

    stated: Stated
    schedule: Schedule
    terms: Terms


class Proposal(NamedTuple):
    """What a round of planning comes to."""

    prepared: Prepared
    solved: Solved
    plan: Shown | None
    """What is proposed; None: nothing better than the plan in force is known."""
    beside: Shown
    """The plan in force with the services of the new one; the new one where there is none."""
    compared: Mapping[str, Any]
    """What moves, and what it saves."""
    is_first: bool
    """Nothing is left to do of the plan in force, or there is none."""


def make_proposal(
    situation: Situation, improve: Improve | None, solve_s: float, lead_s: float, seed: int
) -> Proposal:
    """Plan the situation. Raises PlanningError where no plan keeps every rule."""
    prepared, solved = _solved(situation, improve, solve_s, lead_s, seed)
    new = Shown(prepared.stated, solved.schedule, solved.terms)
    beside = _beside(situation, lead_s, prepared, solved) or new
    is_first = _is_first(prepared, solved.schedule)
    if situation.in_force is None or is_first:
        return Proposal(prepared, solved, new, beside, NOTHING, is_first)
    compared = {**_compared(prepared, solved), **_taken_in(prepared, solved.schedule)}
    if _is_worth_a_look(situation, prepared, solved, compared):
        return Proposal(prepared, solved, new, beside, compared, is_first)
    if _knows_more(prepared, beside):
        added = moves(beside.stated, prepared.kept, beside.schedule)
        compared = {**NOTHING, "moves": added, **_taken_in(prepared, beside.schedule)}
        return Proposal(prepared, solved, beside, beside, compared, is_first)
    return Proposal(prepared, solved, None, beside, NOTHING, is_first)


def _solved(
    situation: Situation, improve: Improve | None, solve_s: float, lead_s: float, seed: int
) -> tuple[Prepared, Solved]:
    """A plan; where none can keep what is frozen, one that only keeps what was decided."""
    for freeze_s in (FREEZE_S, 0.0):
        prepared = prepare_plan(situation, situation.in_force, lead_s=lead_s, freeze_s=freeze_s)
        start = None if prepared.verdict.faults else prepared.filled
        problem = prepared.stated.problem
        seconds = min(solve_s, LEAST_SOLVE_S + problem.n_operations / OPERATIONS_A_S)
        try:
            return prepared, solve(problem, start, improve, seconds, seed, NAME)
        except PlanningError:
            if not freeze_s:
                raise
    raise AssertionError("unreachable")


def _is_first(prepared: Prepared, schedule: Schedule) -> bool:
    """Whether it takes nothing's place: of services alone only where no plan is in force, else work
    where none is left."""
    has_work = bool((schedule.machine >= 0).any())
    if prepared.stated.situation.in_force is None:
        return has_work or bool((schedule.task_start >= 0).any())
    return has_work and not bool((prepared.kept.machine >= 0).any())


def _beside(
    situation: Situation, lead_s: float, prepared: Prepared, solved: Solved
) -> Shown | None:
    """The plan in force, new orders in its gaps, and round the services of the new plan; None
    where the plan in force does not hold any more."""
    if situation.in_force is None or prepared.verdict.faults:
        return None
    loose = prepare_plan(situation, situation.in_force, lead_s=lead_s, freeze_s=0.0)
    wanted = loose.filled._replace(
        task_start=solved.schedule.task_start, task_crew=solved.schedule.task_crew
    )
    problem = loose.stated.problem
    schedule = retime(problem, wanted, frozenset(range(len(problem.tasks)))).schedule
    verdict = check(problem, schedule)
    if verdict.faults or verdict.terms is None:
        return None
    return Shown(loose.stated, schedule, verdict.terms)


def _compared(prepared: Prepared, solved: Solved) -> Mapping[str, Any]:
    """What moves against the plan in force as it stands now, and what it saves against the same
    with new orders in its gaps; saves None: it does not hold any more."""
    stated, terms = prepared.stated, prepared.filled_verdict.terms
    if terms is None or prepared.filled_verdict.faults:
        moved = moves(stated, prepared.kept, solved.schedule)
        return {**NOTHING, "moves": moved, "saves": None}
    return comparison(stated, prepared.kept, solved.schedule, (terms, solved.terms))


def _is_worth_a_look(
    situation: Situation, prepared: Prepared, solved: Solved, compared: Mapping[str, Any]
) -> bool:
    """Whether it saves enough; where objectives have an order, what comes first in it decides."""
    base = prepared.filled_verdict.terms
    if base is not None and compared["saves"] is not None:
        more = first_difference(prepared.stated.problem.order, solved.terms, base)
        if more:
            return more < 0.0 and bool(compared["moves"])
    return saves_enough(situation, compared)


def saves_enough(situation: Situation, compared: Mapping[str, Any]) -> bool:
    """Whether people should look at so many moves for so much money."""
    n_moves, saves = len(compared["moves"]), compared["saves"]
    if not n_moves or saves is None:
        return bool(n_moves)
    late_cost_h = situation.plant.plant.late_cost_h
    return bool(saves >= (LEAST_SAVES_H + MOVE_SAVES_H * n_moves) * late_cost_h)


def _taken_in(prepared: Prepared, schedule: Schedule) -> Mapping[str, Any]:
    """Orders that a plan places and the one in force does not, the dearest first, and what they
    cost by being late if they are not made in all of the plan's time."""
    found, first = [], 0
    for job in prepared.stated.problem.jobs:
        is_new = int(prepared.kept.machine[first]) < 0 <= int(schedule.machine[first])
        if is_new:
            due = prepared.stated.problem.horizon if job.due is None else job.due
            late_h = max(0, prepared.stated.problem.horizon - due) * prepared.stated.problem.tick_h
            found.append((job.late_cost_h * late_h, job.id))
        first += len(job.operations)
    found.sort(key=lambda pair: -pair[0])
    return {
        "orders": [order for _, order in found],
        "at_stake": round(sum(money for money, _ in found), 2),
    }


def _knows_more(prepared: Prepared, beside: Shown) -> bool:
    """Whether it places orders that the plan in force does not know."""
    return bool(((prepared.kept.machine < 0) & (beside.schedule.machine >= 0)).any())
