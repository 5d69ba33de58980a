"""Orders that a plan does not place: those left out of it, and those that wait for a later one."""

from collections.abc import Iterator, Mapping
from typing import Any

from twin.pipeline.planning.jobs import LeftOut
from twin.pipeline.planning.plan_schedule import Plan
from twin.pipeline.planning.problem_of import Stated
from twin.scheduling.problem import Job
from twin.scheduling.schedule import Schedule

__all__ = ["WAITS", "Known", "known_of", "left_out", "unplaced", "waiting"]

Known = Mapping[str, LeftOut | None]
"""Orders that there were when a plan was made; why it does not place them, None: it does."""
LATER = frozenset({"later", "not_released"})
WAITS = LATER | {"not_in_plan"}


def known_of(plan: Plan) -> Known:
    """What a plan as it was stored knew of."""
    known: dict[str, LeftOut | None] = {
        x["order"]: LeftOut(x["order"], x.get("reason") or "no_room", x.get("by"))
        for x in (*plan["left_out"], *plan.get("waiting", ()))
    }
    return known | dict.fromkeys(o["order"] for o in plan["operations"])


def left_out(stated: Stated, schedule: Schedule, knows: Known | None) -> list[dict[str, Any]]:
    """Orders that could not be jobs, and jobs that are not placed; not those that simply wait."""
    jobs = [out for _, out in unplaced(stated, schedule, knows) if out.reason not in LATER]
    return [out._asdict() for out in (*stated.left_out, *jobs)]


def waiting(stated: Stated, schedule: Schedule, knows: Known | None) -> list[dict[str, Any]]:
    """Orders that simply wait for a later plan. So every open order with work left is in the plan,
    left out of it, or waits."""
    jobs = [out for _, out in unplaced(stated, schedule, knows) if out.reason in LATER]
    return [out._asdict() for out in (*stated.waiting, *jobs)]


def unplaced(
    stated: Stated, schedule: Schedule, knows: Known | None
) -> Iterator[tuple[Job, LeftOut]]:
    """Jobs that are not placed: not_in_plan, the plan's own reason, later (due after the horizon)
    or no_room."""
    first = 0
    for job in stated.problem.jobs:
        if int(schedule.machine[first]) < 0:
            is_later = job.due is not None and job.due > stated.horizon.ticks
            is_new = knows is not None and job.id not in knows
            reason = "not_in_plan" if is_new else "later" if is_later else "no_room"
            own = None if knows is None else knows.get(job.id)
            yield job, own or LeftOut(job.id, reason)
        first += len(job.operations)
