"""Machines as maintenance tasks: those that a service would pay for, and those that are planned."""

from collections.abc import Mapping
from typing import NamedTuple

from twin.pipeline.planning.horizon import BUCKET, TICK_US, Horizon
from twin.pipeline.planning.overlaid import ticks_of
from twin.pipeline.planning.risk_curve import Curve, curve_of, service_ticks
from twin.pipeline.planning.situation import Situation
from twin.pipeline.services import Service
from twin.pipeline.worklist import MachineNow
from twin.plant import Plant
from twin.scheduling.problem import Calendar, Task, TaskPin

__all__ = [
    "TASKS_MAX",
    "Numbers",
    "planned_tasks",
    "risk_tasks",
    "task_id",
]

TASKS_MAX = 60
"""Machines that are suggested for service at once: those that save most."""
LEAST_SAVING = 0.02
"""Of a planned service's cost: what saves less is not worth a person's time."""


class Numbers(NamedTuple):
    """Skills, parts and crews as the problem numbers them."""

    skills: Mapping[str, int]
    parts: Mapping[str, int]
    crews: Mapping[str, int]
    machines: Mapping[str, int]


def task_id(now: MachineNow) -> str:
    """A machine's suggestion, the same as long as its life is: service-<machine>-<minute>."""
    return f"service-{now.machine.id}-{int(now.row['born']) // TICK_US}"


def risk_tasks(
    situation: Situation,
    horizon: Horizon,
    calendars: Mapping[str, Calendar],
    numbers: Numbers,
    earliest: int,
) -> list[tuple[Task, Curve]]:
    """Machines whose cheapest slot lies within the horizon, those that save most first.

    calendars: machine id → its open ticks.
    """
    planned = {s["machine"] for s in situation.services}
    found = []
    for now in situation.machines:
        if now.is_failed or now.is_silent or now.machine.id in planned:
            continue
        curve = curve_of(now, horizon, calendars[now.machine.id])
        if curve is None:
            continue
        veto = situation.decisions.vetoed_until(now.machine.id, situation.now_us)
        task = _task(situation.plant, now, curve, horizon, numbers, earliest)
        if task is not None and veto is not None:
            # Put off to when it saves nothing it stays: else its risk would seem to be gone.
            first = max(earliest, horizon.ceil(veto))
            task = task._replace(earliest=first) if first <= task.latest else None
        if task is not None:
            found.append((task, curve))
    found.sort(key=lambda pair: pair[1].money.min() - pair[1].skip)
    return found[:TASKS_MAX]


def _task(
    plant: Plant,
    now: MachineNow,
    curve: Curve,
    horizon: Horizon,
    numbers: Numbers,
    earliest: int,
) -> Task | None:
    """The task, if servicing within its window saves anything against doing nothing."""
    ticks = service_ticks(now)
    latest, first = horizon.ticks - ticks, -(-earliest // BUCKET)
    window = curve.money[first : latest // BUCKET + 1]
    if not len(window) or curve.skip - window.min() < LEAST_SAVING * curve.planned:
        return None
    needs = plant.class_of(now.machine).service
    return Task(
        task_id(now),
        numbers.machines[now.machine.id],
        ticks,
        earliest,
        latest,
        tuple(float(x) for x in curve.money[:-1]),
        curve.skip,
        numbers.skills.get(needs.skill or "", 0),
        -1 if needs.part is None else numbers.parts[needs.part],
    )


def planned_tasks(
    situation: Situation,
    horizon: Horizon,
    calendars: Mapping[str, Calendar],
    numbers: Numbers,
) -> list[tuple[Task, Curve | None]]:
    """Services that people have planned or accepted: pinned where they are, or what is left of
    one that is under way. One that overlaps an earlier one of its machine is left out."""
    tasks: list[tuple[Task, Curve | None]] = []
    until: dict[str, int] = {}
    known = {now.machine.id: now for now in situation.machines if not now.is_failed}
    for service in situation.services:
        machine = service["machine"]
        start, end = ticks_of(service, horizon)  # an overhaul may last longer than a plan
        if machine not in numbers.machines or start < until.get(machine, 0):
            continue
        if end <= start:
            continue
        until[machine] = end
        now = known.get(machine)
        curve = None if now is None else curve_of(now, horizon, calendars[machine])
        tasks.append((_planned(situation.plant, service, numbers, (start, end), curve), curve))
    return tasks


def _planned(
    plant: Plant, service: Service, numbers: Numbers, span: tuple[int, int], curve: Curve | None
) -> Task:
    machine = next(m for m in plant.machines if m.id == service["machine"])
    needs = plant.class_of(machine).service
    crew = numbers.crews.get(service.get("crew") or "")
    return Task(
        service["id"],
        numbers.machines[machine.id],
        span[1] - span[0],
        span[0],
        span[0],
        (0.0,) if curve is None else tuple(float(x) for x in curve.money[:-1]),
        skill=numbers.skills.get(needs.skill or "", 0),
        part=-1 if needs.part is None else numbers.parts[needs.part],
        pin=TaskPin(span[0], crew),
    )
