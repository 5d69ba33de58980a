"""Machines as maintenance tasks: what it costs to service each at every quarter of an hour.

    C(s) = C_planned + output lost while it stands + (C_fail − C_planned)·P(fail before s | alive)
           + g·(H − s)

with g the long-run cost per hour of a machine in service: whoever services early buys new life
early, and throws the rest of the old one away. This is MODELS' C(s) = … − g·s but for the constant
g·H, so that what is shown is never negative. Output is lost only in open hours: a service by night
or on Sunday costs less. Doing nothing costs C(H) (twin.scheduling.maintenance).
"""

from collections.abc import Mapping
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.pipeline.planning.horizon import BUCKET, TICK_US, Horizon
from twin.pipeline.planning.situation import Situation
from twin.pipeline.services import HOUR_US, Service
from twin.pipeline.worklist import DAY_H, WEEK_H, MachineNow, costs_of_stops, failure_curve
from twin.plant import Costs, Plant
from twin.scheduling.maintenance import cost_curve, cumulative_at
from twin.scheduling.problem import Calendar, Task, TaskPin
from twin.scheduling.working_time import WorkingTime

__all__ = [
    "TASKS_MAX",
    "Curve",
    "Numbers",
    "curve_of",
    "forecast_is_known",
    "planned_tasks",
    "risk_tasks",
    "service_ticks",
    "task_id",
]

Array = NDArray[np.float64]

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


class Curve(NamedTuple):
    """What a service start costs, by bucket of the horizon."""

    money: Array
    p_fail: Array
    """P of failing before the bucket, if alive now."""
    planned: float
    """Money of a planned service with all its output lost."""
    failure: float

    @property
    def skip(self) -> float:
        """Of doing nothing within the horizon."""
        return float(self.money[-1])


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


def forecast_is_known(now: MachineNow) -> bool:
    """Whether anything is known of when the machine will fail."""
    return bool(np.isfinite(now.row["p"]).all())


def curve_of(now: MachineNow, horizon: Horizon, calendar: Calendar) -> Curve | None:
    """What a service of the machine costs at every bucket; None: without a failure model, or
    where a failure costs no more than a service."""
    costs = now.plant.costs_of(now.machine)
    service, failure = costs_of_stops(costs)
    if not forecast_is_known(now) or failure <= service or now.long_run_cost_h is None:
        return None
    hours = np.arange(-(-horizon.ticks // BUCKET) + 1) * BUCKET / 60.0
    p_fail = _p_fail(now, hours)
    lost = _output_lost(costs, service_ticks(now), hours, calendar)
    money = cost_curve(p_fail, hours, lost, now.long_run_cost_h, costs.planned, failure)
    # cost_curve knows one cost of a service; here it depends on when: what a failure costs more.
    money += now.long_run_cost_h * hours[-1] - p_fail * lost
    return Curve(money, p_fail, service, failure)


def _p_fail(now: MachineNow, hours: Array) -> Array:
    """P of failing before each time, if alive now; beyond what is known the last hazard holds."""
    horizons = [now.plant.plant.shift_h, DAY_H, WEEK_H]
    times, p = failure_curve(now.row, horizons, now.machine_class.step_s / 3600.0)
    slope = -np.log1p(-p[-1]) / times[-1] if times[-1] > 0 else 0.0
    beyond = np.maximum(0.0, hours - times[-1]) * slope
    return np.asarray(-np.expm1(-(cumulative_at(times, p, hours) + beyond)))


def _output_lost(costs: Costs, ticks: int, hours: Array, calendar: Calendar) -> Array:
    """Money of the output lost by a service that starts at each time (S,)."""
    time = WorkingTime(calendar)
    starts = np.round(hours * 60).astype(int)
    within = starts + ticks <= starts[-1]
    lost = np.array([time.worked(s + ticks) - time.worked(s) for s in starts.tolist()], float)
    # Beyond the horizon comes a time that suits as well as the best within it.
    lost[~within] = lost[within].min() if within.any() else 0.0
    return np.asarray(lost / 60.0 * costs.output_per_h)


def service_ticks(now: MachineNow) -> int:
    """How long a planned service of the machine takes."""
    hours = now.machine_class.service.hours
    costs = now.plant.costs_of(now.machine)
    return max(1, ceil((costs.planned_h if hours is None else hours) * 60))


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
        start = max(horizon.first, horizon.ceil(int(service["start"])))
        end = horizon.ceil(int(service["start"] + service["duration_h"] * HOUR_US))
        if machine not in numbers.machines or start < until.get(machine, 0):
            continue
        if end <= start or end > horizon.ticks:
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
