"""A schedule as the document that screens read, and a document as a schedule again."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from twin.pipeline.planning.jobs import LeftOut
from twin.pipeline.planning.problem_of import Stated
from twin.pipeline.planning.reasons import late_orders
from twin.pipeline.planning.tasks import forecast_is_known
from twin.scheduling.layout import Layout, lay_out, numbered
from twin.scheduling.problem import Job, Problem
from twin.scheduling.schedule import Schedule, Terms

__all__ = ["Known", "Plan", "known_of", "plan_document", "schedule_of", "terms_document"]

Plan = Mapping[str, Any]
Known = Mapping[str, LeftOut | None]
"""Orders that there were when a plan was made; why it does not place them, None: it does."""
LOCK_TICKS = 5
"""What begins so few minutes from where it was locked is still there."""
LATER = frozenset({"later", "not_released"})
WAITS = LATER | {"not_in_plan"}


def plan_document(
    stated: Stated,
    schedule: Schedule,
    terms: Terms,
    *,
    version: int,
    why: str,
    solver: str,
    seconds: float = 0.0,
    bound: float | None = None,
    knows: Known | None = None,
) -> dict[str, Any]:
    """A checked schedule; times are µs UTC of the plant. Its terms are of the orders that it is
    about: what waits for a later plan, being due after the horizon, costs it nothing.

    forecasts: machines whose failure is forecast; where there are none, that failures cost nothing
    is not known but only not said.
    knows: orders that there were when it was made; None: all. Others are not in it, not late, and
    what it does not place keeps the reason that it had then.
    """
    layout = lay_out(stated.problem, schedule)
    operations = _operations(stated, schedule, layout)
    waiting = [job for job, out in _unplaced(stated, schedule, knows) if out.reason in WAITS]
    terms = _without(terms, waiting, stated.problem.weights.tardiness)
    return {
        "version": version,
        "made": stated.situation.now_us,
        "start": stated.horizon.start_us,
        "end": stated.horizon.end_us,
        "why": why,
        "solver": solver,
        "seconds": round(seconds, 2),
        "bound": bound,
        "terms": terms_document(terms),
        "forecasts": sum(forecast_is_known(now) for now in stated.situation.machines),
        "operations": operations,
        "services": [*_services(stated, schedule), *_overlaid(stated)],
        "breakdowns": [
            {"machine": machine, "start": since, "end": until}
            for machine, (since, until) in sorted(stated.closed.items())
        ],
        "left_out": _left_out(stated, schedule, knows),
        "waiting": _waiting(stated, schedule, knows),
        "late": late_orders(stated, schedule, layout),
    }


def known_of(plan: Plan) -> Known:
    """What a plan as it was stored knew of."""
    known: dict[str, LeftOut | None] = {
        x["order"]: LeftOut(x["order"], x.get("reason") or "no_room", x.get("by"))
        for x in (*plan["left_out"], *plan.get("waiting", ()))
    }
    return known | dict.fromkeys(o["order"] for o in plan["operations"])


def terms_document(terms: Terms) -> dict[str, float]:
    """Terms, the total without what moving things is made to cost: nobody pays that."""
    paid = terms._replace(total=terms.total - terms.stability)
    return {name: round(float(value), 4) for name, value in paid._asdict().items()}


def schedule_of(stated: Stated, plan: Plan | None) -> Schedule:
    """What a plan says of the operations and tasks of this problem: machines, and starts that may
    lie in the past; an operation that it does not know, or has where it cannot be, is left out
    with its whole job."""
    problem, horizon = stated.problem, stated.horizon
    said = {(o["order"], o["step"]): o for o in plan["operations"]} if plan else {}
    numbers = {machine: n for n, machine in enumerate(stated.machine_ids)}
    machine = np.full(problem.n_operations, -1, np.int64)
    start = np.full(problem.n_operations, -1, np.int64)
    first = 0
    for job in problem.jobs:
        own = range(first, first + len(job.operations))
        first += len(job.operations)
        found = [said.get(stated.keys[i]) for i in own]
        placed = [numbers.get(o["machine"], -1) if o else -1 for o in found]
        able = [
            m in {a.machine for a in op.alternatives}
            for m, op in zip(placed, job.operations, strict=True)
        ]
        if all(able):
            for i, m, operation in zip(own, placed, found, strict=True):
                machine[i], start[i] = m, horizon.tick(int((operation or {})["start"]))
    return Schedule(machine, start, *_task_starts(stated, plan))


def _task_starts(stated: Stated, plan: Plan | None) -> tuple[Any, Any]:
    problem, horizon = stated.problem, stated.horizon
    crews = {crew.id: n for n, crew in enumerate(problem.crews)}
    said = {s["id"]: s for s in plan["services"]} if plan else {}
    start, crew = np.full((2, len(problem.tasks)), -1, np.int64)
    for t, task in enumerate(problem.tasks):
        service = said.get(task.id)
        if service is not None and horizon.tick(int(service["start"])) >= 0:
            start[t] = horizon.tick(int(service["start"]))
            crew[t] = crews.get(service["crew"] or "", 0)
    return start, crew


def _operations(stated: Stated, schedule: Schedule, layout: Layout) -> list[dict[str, Any]]:
    problem, us = stated.problem, stated.horizon.us
    late = _late_jobs(problem, layout)
    locks = {(k["order"], int(k["step"])): k for k in stated.situation.decisions.locks}
    found = []
    for i, (job, _, operation) in enumerate(numbered(problem)):
        m = int(schedule.machine[i])
        if m < 0:
            continue
        order_id, step = stated.keys[i]
        state = stated.situation.orders[order_id]["steps"][step]
        runs = state["state"] == "running"
        start = int(state["start"]) if runs else us(int(schedule.start[i]))
        pin, lock = operation.pin, locks.get((order_id, step))
        found.append(
            {
                "order": order_id,
                "step": step,
                "machine": problem.machines[m].id,
                "setup_start": start if runs else us(int(layout.setup_start[i])),
                "start": start,
                "end": us(int(layout.end[i])),
                "family": stated.families[operation.family],
                "late": job in late,
                "pin": "running"
                if runs
                else _lock_pin(stated, lock, m, int(schedule.start[i]))
                if lock is not None
                else None
                if pin is None
                else "frozen",
            }
        )
    return found


def _lock_pin(stated: Stated, lock: Plan, machine: int, start: int) -> str:
    """locked; or loosened, where it cannot be where a person locked it."""
    late = abs(start - stated.horizon.tick(int(lock["start"])))
    is_there = stated.machine_ids[machine] == lock["machine"] and late <= LOCK_TICKS
    return "locked" if is_there else "loosened"


def _late_jobs(problem: Problem, layout: Layout) -> set[int]:
    found, first = set(), 0
    for j, job in enumerate(problem.jobs):
        first += len(job.operations)
        if job.due is not None and int(layout.end[first - 1]) > job.due:
            found.add(j)
    return found


def _services(stated: Stated, schedule: Schedule) -> list[dict[str, Any]]:
    found = []
    for t, task in enumerate(stated.problem.tasks):
        start = int(schedule.task_start[t])
        if start < 0:
            continue
        machine = stated.problem.machines[task.machine].id
        found.append(
            {
                "id": task.id,
                "machine": machine,
                "start": stated.horizon.us(start),
                "end": stated.horizon.us(start + task.duration),
                "crew": stated.crew_id(int(schedule.task_crew[t])),
                **_needs(stated, machine),
                "pin": None
                if task.pin is None
                else "running"
                if start <= stated.horizon.first
                else "accepted",
            }
        )
    return found


def _overlaid(stated: Stated) -> list[dict[str, Any]]:
    """Services that come upon work in progress, which waits meanwhile."""
    now = stated.situation.now_us
    return [
        {
            "id": s["id"],
            "machine": s["machine"],
            "start": int(s["start"]),
            "end": int(s["start"] + s["duration_h"] * 3_600_000_000),
            "crew": s.get("crew"),
            **_needs(stated, s["machine"]),
            "pin": "running" if s["start"] <= now else "accepted",
        }
        for s in stated.overlaid
    ]


def _needs(stated: Stated, machine_id: str) -> dict[str, str | None]:
    plant = stated.situation.plant
    machine = next(m for m in plant.machines if m.id == machine_id)
    needs = plant.class_of(machine).service
    return {"skill": needs.skill, "part": needs.part}


def _left_out(stated: Stated, schedule: Schedule, knows: Known | None) -> list[dict[str, Any]]:
    """Orders that could not be jobs, and jobs that are not placed; not those that simply wait."""
    jobs = [out for _, out in _unplaced(stated, schedule, knows) if out.reason not in LATER]
    return [out._asdict() for out in (*stated.left_out, *jobs)]


def _waiting(stated: Stated, schedule: Schedule, knows: Known | None) -> list[dict[str, Any]]:
    """Orders that simply wait for a later plan. So every open order with work left is in the plan,
    left out of it, or waits."""
    jobs = [out for _, out in _unplaced(stated, schedule, knows) if out.reason in LATER]
    return [out._asdict() for out in (*stated.waiting, *jobs)]


def _unplaced(
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


def _without(terms: Terms, jobs: Sequence[Job], weight: float) -> Terms:
    """Terms without what leaving these jobs out counts as."""
    money = sum(job.left_out_cost for job in jobs)
    return terms._replace(
        tardiness=terms.tardiness - money,
        total=terms.total - weight * money,
        late_jobs=terms.late_jobs - len(jobs),
    )
