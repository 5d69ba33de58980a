"""Services worth a person's decision: when, why, what else, what it delays. Numbers, no words.

Every money figure is a difference of two schedules that the checker has passed: the plan proposed,
and the same plan with this one service at another time, or not at all, and all else moved as little
as must be. So what is shown is what accepting changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from twin.core.view import HORIZONS
from twin.pipeline.planning.change import Tried, as_is, delays, first_start, try_task
from twin.pipeline.planning.horizon import BUCKET
from twin.pipeline.planning.problem_of import Stated
from twin.pipeline.planning.tasks import LEAST_SAVING, Curve
from twin.pipeline.worklist import MachineNow
from twin.scheduling.problem import Task
from twin.scheduling.schedule import Schedule

__all__ = ["SUGGESTIONS_MAX", "service_suggestions"]

SUGGESTIONS_MAX = 20
CURVE_POINTS = 96
Suggestion = dict[str, Any]


def service_suggestions(
    stated: Stated, schedule: Schedule, version: int, limit: int = SUGGESTIONS_MAX
) -> list[Suggestion]:
    """Services of a schedule that nobody has decided on yet, those that save most first."""
    plan = as_is(stated, schedule)
    found = [
        _suggestion(stated, plan, t, version)
        for t, task in enumerate(stated.problem.tasks)
        if task.pin is None and task.id in stated.curves and int(schedule.task_start[t]) >= 0
    ]
    worth = [s for s in found if s["saves"] >= LEAST_SAVING * stated.curves[s["id"]].planned]
    return sorted(worth, key=lambda s: -float(s["saves"]))[:limit]


def _suggestion(stated: Stated, plan: Tried, t: int, version: int) -> Suggestion:
    problem, task = stated.problem, stated.problem.tasks[t]
    start, crew = int(plan.schedule.task_start[t]), int(plan.schedule.task_crew[t])
    curve = stated.curves[task.id]
    without = try_task(stated, plan.schedule, t, None)
    now = _machine(stated, problem.machines[task.machine].id)
    needs = now.machine_class.service
    return {
        "id": task.id,
        "kind": "service",
        "machine": now.machine.id,
        "start": stated.horizon.us(start),
        "end": stated.horizon.us(start + task.duration),
        "crew": stated.crew_id(crew),
        "part": needs.part,
        "skill": needs.skill,
        "risk": {"now": _risk_now(now), "curve": _curve(stated, curve)},
        "alternatives": list(_alternatives(stated, plan, t, curve)),
        "saves": round(without.total - plan.total, 2),
        "if_not": {"p_fail": round(float(curve.p_fail[-1]), 4), "cost": round(curve.failure, 2)},
        "delays": delays(without, plan),
        "state": "open",
        "who": None,
        "reason": None,
        "version": version,
    }


def _alternatives(stated: Stated, plan: Tried, t: int, curve: Curve) -> Iterator[dict[str, Any]]:
    """The same service at other times: now, the next day, after the weekend; and never."""
    task = stated.problem.tasks[t]
    chosen, crew = int(plan.schedule.task_start[t]), int(plan.schedule.task_crew[t])
    without = try_task(stated, plan.schedule, t, None)
    seen = set()
    for kind, after, who in _times(stated, chosen, crew):
        start = chosen if kind == "best" else first_start(stated, plan.schedule, t, after, who)
        if start is None or start in seen:
            continue
        seen.add(start)
        tried = plan if start == chosen else try_task(stated, plan.schedule, t, start, who)
        if tried.total == float("inf") or not tried.is_exact:
            continue
        yield {
            "kind": kind,
            "start": stated.horizon.us(start),
            "crew": stated.crew_id(int(tried.schedule.task_crew[t])),
            "cost": round(_own(task, start), 2),
            "delta": round(tried.total - plan.total, 2),
            "p_fail": round(float(curve.p_fail[min(start // BUCKET, len(curve.p_fail) - 1)]), 4),
            "delays": delays(without, tried),
        }
    yield {
        "kind": "nothing",
        "start": None,
        "crew": None,
        "cost": round(curve.skip, 2),
        "delta": round(without.total - plan.total, 2),
        "p_fail": round(float(curve.p_fail[-1]), 4),
        "delays": [],
    }


def _times(stated: Stated, chosen: int, crew: int) -> Iterator[tuple[str, int, int | None]]:
    """(kind, tick from which on, crew or any)."""
    yield "best", chosen, crew
    yield "now", stated.earliest, None
    yield "next_day", chosen + 24 * 60, crew
    monday = _after_weekend(stated, chosen)
    if monday is not None:
        yield "after_weekend", monday, None


def _after_weekend(stated: Stated, tick: int) -> int | None:
    """Tick of the first Monday 06:00 by the plant's clock after a tick, within the horizon."""
    zone = stated.situation.plant.zone
    local = datetime.fromtimestamp(stated.horizon.us(tick) / 1e6, UTC).astimezone(zone)
    day = (local + timedelta(days=7 - local.weekday())).date()
    monday = datetime(day.year, day.month, day.day, 6, tzinfo=zone)
    found = stated.horizon.ceil(round(monday.timestamp() * 1e6))
    return found if found < stated.horizon.ticks else None


def _own(task: Task, start: int) -> float:
    """Money expected of the machine itself with a service then."""
    return task.risk[min(start // BUCKET, len(task.risk) - 1)]


def _machine(stated: Stated, machine_id: str) -> MachineNow:
    return next(now for now in stated.situation.machines if now.machine.id == machine_id)


def _risk_now(now: MachineNow) -> Mapping[str, float]:
    return {f"p_{name}": round(float(now.row["p"][n]), 5) for n, name in enumerate(HORIZONS)}


def _curve(stated: Stated, curve: Curve) -> Sequence[list[float]]:
    """[µs of a start, P of failing before it, money], thinned evenly."""
    every = max(1, -(-len(curve.money) // CURVE_POINTS))
    return [
        [stated.horizon.us(b * BUCKET), round(float(p), 5), round(float(m), 2)]
        for b, (p, m) in enumerate(zip(curve.p_fail, curve.money, strict=True))
        if b % every == 0
    ]
