"""What the next plan begins from: the one in force as it stands now, what of it is fixed."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from twin.errors import PlanningError
from twin.pipeline.planning.plan_schedule import Plan, schedule_of
from twin.pipeline.planning.problem_of import HORIZON_H, Stated, operation_of, pinned, state_problem
from twin.pipeline.planning.retime import retime
from twin.pipeline.planning.situation import Situation
from twin.scheduling.check import Verdict, check
from twin.scheduling.problem import Pin, Reference, TaskPin
from twin.scheduling.rules import RULES
from twin.scheduling.schedule import Schedule

__all__ = ["FREEZE_S", "Prepared", "fill", "prepare_plan"]

FREEZE_S = 1800.0
"""What begins within this is being set up for: it stays where it is."""
CAP, FADE = 480, 1440.0
"""Ticks: a move by this much is a move altogether; what is later than this by so much again is
moved for a third of the cost."""
MACHINE_HOURS, TIME_HOURS = 1.0, 0.25
"""What moving an operation of now costs, in hours of an order of usual priority being late."""


FILLS = ("atc", "edd")
"""Rules that place new orders in gaps: the first that can."""


class Prepared(NamedTuple):
    """A problem, and the plan in force within it."""

    stated: Stated
    """What begins soon is pinned, the rest dear to move by how near it is."""
    kept: Schedule
    """The plan in force, kept up; nothing placed where there is none."""
    verdict: Verdict
    """The checker's, of `kept`."""
    filled: Schedule
    """The same with the orders that it does not know in its gaps: what the shop floor would do."""
    filled_verdict: Verdict
    loosened: tuple[int, ...] = ()
    """Operations that cannot be where a person locked them."""


def prepare_plan(
    situation: Situation,
    plan: Plan | None,
    *,
    lead_s: float = 0.0,
    freeze_s: float = FREEZE_S,
    horizon_h: float = HORIZON_H,
    fills: bool = True,
) -> Prepared:
    """State the problem of now and bring `plan` up to it. freeze_s 0: nothing is frozen; without
    fills new orders are left out of `filled` too."""
    stated = state_problem(situation, lead_s=lead_s, horizon_h=horizon_h)
    retimed = retime(stated.problem, schedule_of(stated, plan))
    lost = _locked_out(stated, retimed.schedule)
    if lost:
        stated = pinned(stated, dict.fromkeys(lost))
        retimed = retime(stated.problem, schedule_of(stated, plan))
    loosened = (*lost, *retimed.unpinned)
    if retimed.unpinned:
        stated = pinned(stated, {i: _any_time(stated, i) for i in retimed.unpinned})
        retimed = retime(stated.problem, schedule_of(stated, plan))
    kept = retimed.schedule
    verdict = check(stated.problem, kept)
    if plan is None or verdict.faults:
        return Prepared(stated, kept, verdict, kept, verdict, loosened)
    stated = _referred(_frozen(stated, kept, freeze_s), kept)
    filled = fill(stated, kept) if fills else kept
    verdicts = [check(stated.problem, schedule) for schedule in (kept, filled)]
    return Prepared(stated, kept, verdicts[0], filled, verdicts[1], loosened)


def fill(stated: Stated, kept: Schedule) -> Schedule:
    """A plan with the jobs that it leaves out where they fit, all else where it is; the plan as it
    is where none fits."""
    if (kept.machine >= 0).all():
        return kept
    placed = zip(kept.machine.tolist(), kept.start.tolist(), strict=True)
    pins = {i: Pin(m, start) for i, (m, start) in enumerate(placed) if m >= 0}
    rows = zip(stated.problem.tasks, kept.task_start.tolist(), kept.task_crew.tolist(), strict=True)
    tasks = {
        t: task._replace(pin=TaskPin(start, crew))
        if start >= 0
        else task._replace(earliest=task.latest + 1)
        for t, (task, start, crew) in enumerate(rows)
    }
    problem = pinned(stated, pins, tasks).problem
    for rule in FILLS:
        try:
            filled = RULES[rule](problem)
        except PlanningError:
            continue
        if not check(stated.problem, filled).faults:
            return filled
    return kept


def _locked_out(stated: Stated, schedule: Schedule) -> tuple[int, ...]:
    """Operations locked where their order does not end within the horizon: a lock that far ahead
    must not keep all else from being planned."""
    locks = {(k["order"], int(k["step"])) for k in stated.situation.decisions.locks}
    return tuple(
        i
        for i, key in enumerate(stated.keys)
        if key in locks and schedule.machine[i] < 0 and operation_of(stated.problem, i).pin
    )


def _any_time(stated: Stated, i: int) -> Pin:
    pin = operation_of(stated.problem, i).pin
    assert pin is not None
    return Pin(pin.machine, None)


def _frozen(stated: Stated, kept: Schedule, freeze_s: float) -> Stated:
    until = stated.horizon.ceil(stated.situation.now_us + round(freeze_s * 1e6))
    pins = {
        i: Pin(int(m), int(start))
        for i, (m, start) in enumerate(zip(kept.machine, kept.start, strict=True))
        if m >= 0 and start < until and operation_of(stated.problem, i).pin is None
    }
    return pinned(stated, pins)


def _referred(stated: Stated, kept: Schedule) -> Stated:
    """Moving costs money, so that a plan does not change for next to nothing."""
    plant = stated.situation.plant
    usual = plant.objectives.stability * plant.plant.late_cost_h
    reference = Reference(
        kept.machine,
        np.maximum(kept.start, 0) * (kept.machine >= 0) - (kept.machine < 0),
        kept.task_start,
        MACHINE_HOURS * usual,
        TIME_HOURS * usual,
        CAP,
        FADE,
    )
    return replace(stated, problem=replace(stated.problem, reference=reference))
