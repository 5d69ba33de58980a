"""Whether a plan of earlier still holds in the plant as it is now."""

from twin.pipeline.planning.plan_schedule import Plan
from twin.pipeline.planning.prepare import prepare_plan
from twin.pipeline.planning.situation import Situation

__all__ = ["holds"]


def holds(situation: Situation, plan: Plan) -> bool:
    """Whether it keeps every rule once it is brought up to now, on the same machines in the same
    turn, and loses no order that still has work left.

    What has become late, is done or was called off since does not count against it.
    """
    prepared = prepare_plan(situation, plan, freeze_s=0.0, fills=False)
    if prepared.verdict.faults or prepared.verdict.terms is None:
        return False
    planned = {o["order"] for o in plan["operations"]}
    placed = prepared.kept.machine >= 0
    ids = [order for order, _ in prepared.stated.keys]
    kept = {order for order, is_placed in zip(ids, placed, strict=True) if is_placed}
    out = {x.order for x in prepared.stated.left_out}
    return not planned & (set(ids) | out) - kept
