"""Plan against plan: what moved, and what it costs or saves."""

from typing import Any

from twin.pipeline.planning.plan_document import terms_document
from twin.pipeline.planning.problem_of import Stated
from twin.scheduling.schedule import Schedule, Terms

__all__ = ["LEAST_MOVE_TICKS", "comparison", "moves", "work_price"]

LEAST_MOVE_TICKS = 15
"""What starts within so many minutes of where it was has not moved."""


def work_price(stated: Stated, terms: Terms) -> float:
    """What the orders of a schedule cost: lateness, energy, setting up; neither what moving things
    is made to cost, nor the machines' risk, which is decided service by service."""
    weights = stated.problem.weights
    return terms.total - weights.stability * terms.stability - weights.risk * terms.risk


def comparison(
    stated: Stated, before: Schedule, after: Schedule, terms: tuple[Terms, Terms]
) -> dict[str, Any]:
    """Both of one problem; terms of before and after. What it saves is of the orders alone."""
    return {
        "moves": moves(stated, before, after),
        "saves": round(work_price(stated, terms[0]) - work_price(stated, terms[1]), 2),
        "terms_before": terms_document(terms[0]),
        "terms_after": terms_document(terms[1]),
    }


def moves(stated: Stated, before: Schedule, after: Schedule) -> list[dict[str, Any]]:
    """Operations that are on another machine, elsewhere in time, new or gone, soonest first."""
    found = []
    for i, (order, step) in enumerate(stated.keys):
        was, is_ = _place(stated, before, i), _place(stated, after, i)
        if was is None and is_ is None:
            continue
        if was is not None and is_ is not None and was["machine"] == is_["machine"]:
            gap = abs(int(before.start[i]) - int(after.start[i]))
            if gap < LEAST_MOVE_TICKS:
                continue
        found.append({"order": order, "step": step, "from": was, "to": is_})
    return sorted(found, key=lambda m: ((m["to"] or m["from"])["start"], m["order"], m["step"]))


def _place(stated: Stated, schedule: Schedule, i: int) -> dict[str, Any] | None:
    m = int(schedule.machine[i])
    if m < 0:
        return None
    start = stated.horizon.us(int(schedule.start[i]))
    return {"machine": stated.problem.machines[m].id, "start": start}
