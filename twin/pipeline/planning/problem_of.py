"""A plant's situation as a problem to be solved, and the way back from its numbers.

Tick 0 is the quarter of an hour under way. What has not begun starts at `earliest` or later: by
then a person can have read the plan. A machine that stands failed is closed until its repair is to
be expected.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.pipeline.planning.horizon import (
    BUCKET,
    Horizon,
    crew_calendar,
    line_calendar,
    prices,
    without,
)
from twin.pipeline.planning.jobs import Floor, Key, LeftOut, families_of, jobs_of, ticks_left
from twin.pipeline.planning.situation import Situation
from twin.pipeline.planning.supplies import crews_for, parts_for
from twin.pipeline.planning.tasks import Curve, Numbers, planned_tasks, risk_tasks
from twin.pipeline.services import HOUR_US, Service
from twin.plant import Plant
from twin.scheduling.problem import Calendar, Crew, Machine, Operation, Pin, Problem, Task, Weights
from twin.scheduling.working_time import WorkingTime

__all__ = [
    "HORIZON_H",
    "IMPLICIT_CREW",
    "Stated",
    "operation_of",
    "pinned",
    "repair_expected",
    "state_problem",
]

HORIZON_H = 168.0
"""As far as the failure models look."""
OVERDUE_H = 1.0
"""A repair that takes longer than usual is expected to be done after this."""
DECIDE_S, DECIDE_PLANT_S, DECIDE_MOST_S = 60.0, 900.0, 7200.0
"""A person has so many seconds on the wall, at least and at most so many of the plant, to decide
on a service before it would begin."""
IMPLICIT_CREW = "*"
"""Who services machines where the plant file names no crew."""


@dataclass(frozen=True)
class Stated:
    """A problem, and what its numbers stand for."""

    problem: Problem
    horizon: Horizon
    situation: Situation
    keys: tuple[Key, ...]
    """Order and step of each operation."""
    families: tuple[str, ...]
    curves: Mapping[str, Curve]
    """Task id → its risk, where there is a failure model."""
    left_out: tuple[LeftOut, ...]
    """Orders that are no jobs."""
    closed: Mapping[str, tuple[int, int]]
    """Machines that stand failed: since when, and until when they are expected to, µs UTC."""
    earliest: int
    """Tick before which nothing new starts."""
    overlaid: tuple[Service, ...] = ()
    """Services that come upon work in progress: no tasks, their time is closed."""

    @property
    def machine_ids(self) -> list[str]:
        return [machine.id for machine in self.problem.machines]

    def crew_id(self, number: int) -> str | None:
        """Crew of the plant file; None: nobody, or somebody it does not name."""
        if number < 0 or self.problem.crews[number].id.startswith(IMPLICIT_CREW):
            return None
        return self.problem.crews[number].id


def state_problem(
    situation: Situation,
    *,
    horizon_h: float = HORIZON_H,
    lead_s: float = 0.0,
    keep_locks: bool = True,
) -> Stated:
    """What is to be planned now. lead_s: plant seconds until the plan can be read."""
    plant = situation.plant
    horizon = Horizon.from_now(situation.now_us, round(horizon_h * 60))
    earliest = horizon.ceil(situation.now_us + round(lead_s * 1e6))
    closed = {
        machine: (since, repair_expected(plant, machine, since, situation.now_us))
        for machine, since in situation.failed_us.items()
    }
    closed |= {m: (situation.now_us, until) for m, until in situation.down_until.items()}
    overlaid = overlaid_services(situation, horizon, closed)
    calendars, of_machine = _calendars(situation, horizon, closed, overlaid)
    families = families_of(plant)
    machines = _machines(situation, of_machine, families)
    number = {machine.id: n for n, machine in enumerate(machines)}
    floor = Floor(machines, calendars, number, _transport(plant))
    work = jobs_of(situation, horizon, floor, earliest)
    own = {machine.id: calendars[machine.calendar] for machine in machines}
    numbers = Numbers(_skills(plant), _parts(plant), _crews(plant), number)
    by_hand = situation._replace(services=[s for s in situation.services if s not in overlaid])
    fixed = planned_tasks(by_hand, horizon, own, numbers)
    decided = -(-horizon.ceil(_answered(situation, lead_s)) // BUCKET) * BUCKET
    found = risk_tasks(situation, horizon, own, numbers, decided)
    tasks = [task for task, _ in (*fixed, *found)]
    crews, crew_calendars = _crew_records(plant, horizon, numbers, overlaid, len(calendars))
    # One that is always open, for whoever comes from outside.
    all_calendars = [*calendars, *crew_calendars, ((0, horizon.ticks),)]
    tasks, crews = crews_for(tasks, crews, all_calendars, machines, horizon.ticks)
    tasks, parts = parts_for(tasks, situation, horizon)
    problem = Problem(
        work.jobs,
        tuple(machines),
        tuple(all_calendars),
        horizon.ticks,
        tuple(tasks),
        tuple(crews),
        parts,
        _setups(plant, families),
        floor.transport,
        prices(plant, horizon),
        bucket=BUCKET,
        weights=Weights(),
    )
    curves = {task.id: curve for task, curve in (*fixed, *found) if curve is not None}
    stated = Stated(
        problem,
        horizon,
        situation,
        work.keys,
        tuple(families),
        curves,
        work.left_out,
        closed,
        earliest,
        tuple(overlaid),
    )
    return _locked(stated) if keep_locks else stated


def _answered(situation: Situation, lead_s: float) -> int:
    """When a person can have decided on a service, µs UTC."""
    decide_s = max(DECIDE_PLANT_S, min(DECIDE_S * situation.speed, DECIDE_MOST_S))
    return situation.now_us + round((lead_s + decide_s) * 1e6)


def repair_expected(plant: Plant, machine_id: str, since_us: int, now_us: int) -> int:
    """Until when a machine that failed is expected to stand, µs UTC."""
    machine = next(m for m in plant.machines if m.id == machine_id)
    usual = since_us + plant.costs_of(machine).unplanned_h * HOUR_US
    return int(max(usual, now_us + OVERDUE_H * HOUR_US) if usual <= now_us else usual)


def _calendars(
    situation: Situation,
    horizon: Horizon,
    closed: Mapping[str, tuple[int, int]],
    overlaid: Sequence[Service],
) -> tuple[list[Calendar], dict[str, int]]:
    """Calendars, each once, and the number of each machine's."""
    plant = situation.plant
    of_line = {
        line.id: line_calendar(plant, line.id, horizon, situation.extra_shifts)
        for line in plant.lines
    }
    calendars: dict[Calendar, int] = {}
    number: dict[str, int] = {}
    for machine in plant.machines:
        calendar = of_line[machine.line]
        if machine.id in closed:
            until = horizon.ceil(closed[machine.id][1])
            calendar = tuple(without(calendar, [(0, until)]))
        own = [service for service in overlaid if service["machine"] == machine.id]
        calendar = tuple(without(calendar, [ticks_of(s, horizon) for s in own]))
        number[machine.id] = calendars.setdefault(calendar, len(calendars))
    return list(calendars), number


def overlaid_services(
    situation: Situation, horizon: Horizon, closed: Mapping[str, tuple[int, int]]
) -> list[Service]:
    """Planned services that come upon work in progress: the work waits meanwhile, machine and crew
    are closed to all else."""
    found = []
    for service in situation.services:
        running = situation.running.get(service["machine"])
        if running is not None and ticks_of(service, horizon)[0] < _work_until(
            situation, horizon, closed, service["machine"], running
        ):
            found.append(service)
    return found


def ticks_of(service: Service, horizon: Horizon) -> tuple[int, int]:
    """From and until when a service takes its machine, within the horizon."""
    end = horizon.ceil(int(service["start"] + service["duration_h"] * HOUR_US))
    return max(horizon.first, horizon.ceil(int(service["start"]))), min(max(0, end), horizon.ticks)


def _work_until(
    situation: Situation,
    horizon: Horizon,
    closed: Mapping[str, tuple[int, int]],
    machine_id: str,
    running: Key,
) -> int:
    """Tick by which work in progress is done if nothing comes between."""
    order, step = situation.orders[running[0]], running[1]
    product = situation.plant.product(order["product"])
    machine = next((m for m in situation.plant.machines if m.id == machine_id), None)
    if product is None or machine is None or len(product.steps) != len(order["steps"]):
        return 0
    calendar = line_calendar(situation.plant, machine.line, horizon)
    repaired = horizon.ceil(closed[machine_id][1]) if machine_id in closed else 0
    left = ticks_left(situation, order, product, step)
    end = WorkingTime(calendar).end(repaired, left)
    return horizon.ticks if end is None else end


def _machines(
    situation: Situation, calendar: Mapping[str, int], families: Sequence[str]
) -> list[Machine]:
    plant = situation.plant
    classes, sites = list(plant.classes), [site.id for site in plant.sites]
    site_of = {line.id: line.site for line in plant.lines}
    set_up = _set_up_for(situation, families)
    found = []
    for machine in plant.machines:
        site = site_of[machine.line]
        found.append(
            Machine(
                machine.id,
                calendar[machine.id],
                sites.index(site) if site is not None else 0,
                classes.index(machine.class_id),
                set_up.get(machine.id, -1),
                plant.setup_cost_h(machine),
            )
        )
    return found


def _set_up_for(situation: Situation, families: Sequence[str]) -> dict[str, int]:
    """Machine → family of what it works on or worked on last."""
    last: dict[str, tuple[int, int]] = {}
    for order in situation.orders.values():
        product = situation.plant.product(order["product"])
        for step in order["steps"]:
            if product is None or step["start"] is None or step["machine"] is None:
                continue
            begun = (int(step["start"]), families.index(product.family))
            last[step["machine"]] = max(last.get(step["machine"], begun), begun)
    return {machine: family for machine, (_, family) in last.items()}


def _setups(plant: Plant, families: Sequence[str]) -> tuple[NDArray[np.int64], ...]:
    """A matrix a class: ticks of setting up, by family before and after."""
    if not families:
        return tuple(np.zeros((1, 1), np.int64) for _ in plant.classes)
    return tuple(
        np.array(
            [[ceil(plant.changeover_minutes(c, a, b)) for b in families] for a in families],
            np.int64,
        )
        for c in plant.classes
    )


def _transport(plant: Plant) -> NDArray[np.int64]:
    sites = [site.id for site in plant.sites]
    ticks = np.zeros((max(1, len(sites)),) * 2, np.int64)
    for way in plant.transports:
        a, b = sites.index(way.start), sites.index(way.end)
        ticks[a, b] = ticks[b, a] = ceil(way.minutes)
    return ticks


def _skills(plant: Plant) -> dict[str, int]:
    """Named skills from 1 on; 0 is what every crew can."""
    named = {s for crew in plant.crews for s in crew.skills}
    named |= {c.service.skill for c in plant.classes.values() if c.service.skill}
    return {"": 0} | {skill: n for n, skill in enumerate(sorted(named), 1)}


def _parts(plant: Plant) -> dict[str, int]:
    return {part.id: n for n, part in enumerate(plant.parts)}


def _crews(plant: Plant) -> dict[str, int]:
    return {crew.id: n for n, crew in enumerate(plant.crews)}


def _crew_records(
    plant: Plant, horizon: Horizon, numbers: Numbers, overlaid: Sequence[Service], first: int
) -> tuple[list[Crew], list[Calendar]]:
    """The plant's crews and their calendars, numbered from `first`; without any one that can all
    and is always there."""
    sites = [site.id for site in plant.sites] or [""]
    everywhere = frozenset(range(len(sites)))
    if not plant.crews:
        can = frozenset(numbers.skills.values())
        return [Crew(IMPLICIT_CREW, first, can, everywhere)], [((0, horizon.ticks),)]
    crews, calendars = [], []
    for n, crew in enumerate(plant.crews):
        can = frozenset({0, *(numbers.skills[s] for s in crew.skills)})
        where = frozenset(sites.index(s) for s in crew.sites) or everywhere
        crews.append(Crew(crew.id, first + n, can, where))
        busy = [ticks_of(s, horizon) for s in overlaid if s.get("crew") == crew.id]
        there = crew_calendar(crew.shifts, plant.zone, horizon)
        calendars.append(tuple(without(there, busy)))
    return crews, calendars


def _locked(stated: Stated) -> Stated:
    """Operations that a person has locked, pinned where they can be."""
    locks = {(k["order"], int(k["step"])): k for k in stated.situation.decisions.locks}
    pins = {}
    for i, key in enumerate(stated.keys):
        pin = _pin(stated, i, locks[key]) if key in locks else None
        if pin is not None:
            pins[i] = pin
    return pinned(stated, pins)


def _pin(stated: Stated, i: int, lock: Mapping[str, Any]) -> Pin | None:
    operation = operation_of(stated.problem, i)
    machines = stated.machine_ids
    if operation.pin is not None or lock["machine"] not in machines:
        return None
    m = machines.index(lock["machine"])
    if m not in {a.machine for a in operation.alternatives}:
        return None
    start = stated.horizon.tick(int(lock["start"]))
    return Pin(m, start if start >= stated.earliest else None)


def operation_of(problem: Problem, number: int) -> Operation:
    """An operation by its number."""
    for job in problem.jobs:
        if number < len(job.operations):
            return job.operations[number]
        number -= len(job.operations)
    raise IndexError(number)


def pinned(
    stated: Stated, pins: Mapping[int, Pin], tasks: Mapping[int, Task] | None = None
) -> Stated:
    """The same with operations pinned, and tasks put in place of others, by number."""
    jobs, first = [], 0
    for job in stated.problem.jobs:
        operations = tuple(
            op._replace(pin=pins[first + k]) if first + k in pins else op
            for k, op in enumerate(job.operations)
        )
        jobs.append(job._replace(operations=operations))
        first += len(job.operations)
    held = tasks or {}
    all_tasks = tuple(held.get(t, task) for t, task in enumerate(stated.problem.tasks))
    return replace(stated, problem=replace(stated.problem, jobs=tuple(jobs), tasks=all_tasks))
