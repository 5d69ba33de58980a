"""Services as the problem knows them: tasks, who does them, with which parts, and their risks."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from twin.pipeline.planning.horizon import BUCKET, Horizon
from twin.pipeline.planning.order_job import Floor
from twin.pipeline.planning.plant_records import crew_records, numbers_of
from twin.pipeline.planning.risk_curve import Curve
from twin.pipeline.planning.situation import Situation
from twin.pipeline.planning.supplies import crews_for, parts_for
from twin.pipeline.planning.tasks import planned_tasks, risk_tasks
from twin.pipeline.services import Service
from twin.scheduling.problem import Calendar, Crew, Task

__all__ = ["Servicing", "servicing_of"]

DECIDE_S, DECIDE_PLANT_S, DECIDE_MOST_S = 60.0, 900.0, 7200.0
"""A person has so many seconds on the wall, at least and at most so many of the plant, to decide
on a service before it would begin."""


class Servicing(NamedTuple):
    """Records of a Problem that have to do with services."""

    tasks: tuple[Task, ...]
    crews: tuple[Crew, ...]
    calendars: tuple[Calendar, ...]
    """The machines' first, then the crews', then one that is always open."""
    parts: tuple[tuple[int, ...], ...]
    curves: Mapping[str, Curve]
    """Task id → its risk, where there is a failure model."""


def servicing_of(
    situation: Situation,
    horizon: Horizon,
    floor: Floor,
    overlaid: Sequence[Service],
    lead_s: float,
) -> Servicing:
    """What is planned by hand and what foresight asks for; services in `overlaid` are no tasks.

    lead_s: plant seconds until the plan can be read, and decided on.
    """
    own = {machine.id: floor.calendars[machine.calendar] for machine in floor.machines}
    numbers = numbers_of(situation.plant, floor.number)
    by_hand = situation._replace(services=[s for s in situation.services if s not in overlaid])
    decided = -(-horizon.ceil(_answered(situation, lead_s)) // BUCKET) * BUCKET
    found = [
        *planned_tasks(by_hand, horizon, own, numbers),
        *risk_tasks(situation, horizon, own, numbers, decided),
    ]
    first = len(floor.calendars)
    crews, theirs = crew_records(situation.plant, horizon, numbers, overlaid, first)
    # One that is always open, for whoever comes from outside.
    calendars = (*floor.calendars, *theirs, ((0, horizon.ticks),))
    tasks = [task for task, _ in found]
    tasks, crews = crews_for(tasks, crews, calendars, floor.machines, horizon.ticks)
    tasks, parts = parts_for(tasks, situation, horizon)
    curves = {task.id: curve for task, curve in found if curve is not None}
    return Servicing(tuple(tasks), tuple(crews), calendars, parts, curves)


def _answered(situation: Situation, lead_s: float) -> int:
    """When a person can have decided on a service, µs UTC."""
    decide_s = max(DECIDE_PLANT_S, min(DECIDE_S * situation.speed, DECIDE_MOST_S))
    return situation.now_us + round((lead_s + decide_s) * 1e6)
