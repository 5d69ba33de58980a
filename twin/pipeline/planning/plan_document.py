"""A schedule as the document that screens read."""

from collections.abc import Sequence
from typing import Any

from twin.pipeline.planning.plan_schedule import Plan
from twin.pipeline.planning.problem_of import Stated
from twin.pipeline.planning.reasons import late_orders
from twin.pipeline.planning.risk_curve import forecast_is_known
from twin.pipeline.planning.unplaced import WAITS, Known, left_out, unplaced, waiting
from twin.scheduling.layout import Layout, lay_out, numbered
from twin.scheduling.problem import Job, Problem
from twin.scheduling.schedule import Schedule, Terms

__all__ = ["n_forecasts", "plan_document", "terms_document"]

LOCK_TICKS = 5
"""What begins so few minutes from where it was locked is still there."""


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

    Its "forecasts" are machines whose failure is forecast: of none, nobody knows what they cost.

    knows: orders that there were when it was made; None: all. Others are not in it, not late, and
    what it does not place keeps the reason that it had then.
    """
    layout = lay_out(stated.problem, schedule)
    operations = _operations(stated, schedule, layout)
    waits = [job for job, out in unplaced(stated, schedule, knows) if out.reason in WAITS]
    terms = _without(terms, waits, stated.problem.weights.tardiness)
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
        "forecasts": n_forecasts(stated),
        "operations": operations,
        "services": [*_services(stated, schedule), *_overlaid(stated)],
        "breakdowns": [
            {"machine": machine, "start": since, "end": until}
            for machine, (since, until) in sorted(stated.closed.items())
        ],
        "left_out": left_out(stated, schedule, knows),
        "waiting": waiting(stated, schedule, knows),
        "late": late_orders(stated, schedule, layout),
    }


def n_forecasts(stated: Stated) -> int:
    """Machines whose failure is forecast: of none, a cost of failures of 0 says nothing."""
    return sum(forecast_is_known(now) for now in stated.situation.machines)


def terms_document(terms: Terms) -> dict[str, float]:
    """Terms, the total without what moving things is made to cost: nobody pays that."""
    paid = terms._replace(total=terms.total - terms.stability)
    return {name: round(float(value), 4) for name, value in paid._asdict().items()}


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


def _without(terms: Terms, jobs: Sequence[Job], weight: float) -> Terms:
    """Terms without what leaving these jobs out counts as."""
    money = sum(job.left_out_cost for job in jobs)
    return terms._replace(
        tardiness=terms.tardiness - money,
        total=terms.total - weight * money,
        late_jobs=terms.late_jobs - len(jobs),
    )
