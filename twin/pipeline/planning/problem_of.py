"""A plant's situation as a problem to be solved, and the way back from its numbers.

Tick 0 is the quarter of an hour under way. What has not begun starts at `earliest` or later: by
then a person can have read the plan. A machine that stands failed is closed until its repair is to
be expected.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from twin.pipeline.planning.horizon import BUCKET, Horizon, prices
from twin.pipeline.planning.jobs import Key, LeftOut, families_of, jobs_of
from twin.pipeline.planning.objectives_of import order_of, weights_of
from twin.pipeline.planning.order_job import Floor
from twin.pipeline.planning.overlaid import overlaid_services
from twin.pipeline.planning.plant_records import (
    IMPLICIT_CREW,
    machine_calendars,
    machine_records,
    setups,
    transport,
)
from twin.pipeline.planning.repairs import repair_expected
from twin.pipeline.planning.risk_curve import Curve
from twin.pipeline.planning.servicing_of import servicing_of
from twin.pipeline.planning.situation import Situation
from twin.pipeline.services import Service
from twin.scheduling.problem import Operation, Pin, Problem, Task

__all__ = [
    "HORIZON_H",
    "Stated",
    "operation_of",
    "pinned",
    "state_problem",
]

HORIZON_H = 168.0
"""As far as the failure models look."""


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
    """Orders that are no jobs, though they ought to be."""
    waiting: tuple[LeftOut, ...]
    """Orders that are no jobs yet."""
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
    closed = _closed(situation)
    overlaid = overlaid_services(situation, horizon, closed)
    calendars, of_machine = machine_calendars(situation, horizon, closed, overlaid)
    families = families_of(plant)
    machines = machine_records(situation, of_machine, families)
    number = {machine.id: n for n, machine in enumerate(machines)}
    floor = Floor(machines, calendars, number, transport(plant))
    work = jobs_of(situation, horizon, floor, earliest)
    service = servicing_of(situation, horizon, floor, overlaid, lead_s)
    problem = Problem(
        work.jobs,
        tuple(machines),
        service.calendars,
        horizon.ticks,
        service.tasks,
        service.crews,
        service.parts,
        setups(plant, families),
        floor.transport,
        prices(plant, horizon),
        bucket=BUCKET,
        weights=weights_of(plant),
        order=order_of(plant),
    )
    stated = Stated(
        problem,
        horizon,
        situation,
        work.keys,
        tuple(families),
        service.curves,
        work.left_out,
        work.waiting,
        closed,
        earliest,
        tuple(overlaid),
    )
    return _locked(stated) if keep_locks else stated


def _closed(situation: Situation) -> dict[str, tuple[int, int]]:
    """Machines that stand failed, or are down in a what-if: since and until when, µs UTC."""
    failed = {
        machine: (since, repair_expected(situation, machine, since))
        for machine, since in situation.failed_us.items()
    }
    return failed | {m: (situation.now_us, end) for m, end in situation.down_until.items()}


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
    stated: Stated, pins: Mapping[int, Pin | None], tasks: Mapping[int, Task] | None = None
) -> Stated:
    """The same with operations pinned (None: no more) and tasks in place of others, by number."""
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
