"""Services worth a person's decision: when, why, what else, what it delays. Numbers, no words.

Every money figure is a difference of two schedules that the checker has passed: the plan proposed,
and the same plan with this one service at another time, or not at all, and all else moved as little
as must be; without the service what only waits for it comes earlier. So what is shown is what
accepting changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from twin.core.view import HORIZONS
from twin.pipeline.planning.change import Tried, as_is, delays, first_start, try_task
from twin.pipeline.planning.horizon import BUCKET
from twin.pipeline.planning.problem_of import Stated
from twin.pipeline.planning.risk_curve import Curve
from twin.pipeline.planning.tasks import LEAST_SAVING
from twin.pipeline.worklist import MachineNow
from twin.scheduling.problem import Task
from twin.scheduling.schedule import Schedule

__all__ = ["SUGGESTIONS_MAX", "service_suggestions"]

SUGGESTIONS_MAX = 20
CURVE_POINTS = 96
APART = 60
"""Ticks between two alternatives that are worth telling apart."""
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


class _Offer(NamedTuple):
    """The same service at one time."""

    kind: str
    start: int
    tried: Tried


def _suggestion(stated: Stated, plan: Tried, t: int, version: int) -> Suggestion:
    problem, task = stated.problem, stated.problem.tasks[t]
    curve = stated.curves[task.id]
    without = try_task(stated, plan.schedule, t, None)
    offers = list(_offers(stated, plan, without, t))
    best = min(offers, key=lambda offer: offer.tried.total)
    now = _machine(stated, problem.machines[task.machine].id)
    needs = now.machine_class.service
    return {
        "id": task.id,
        "kind": "service",
        "machine": now.machine.id,
        "start": stated.horizon.us(best.start),
        "end": stated.horizon.us(best.start + task.duration),
        "crew": stated.crew_id(int(best.tried.schedule.task_crew[t])),
        "part": needs.part,
        "skill": needs.skill,
        "risk": {"now": _risk_now(now), "curve": _curve(stated, curve)},
        "alternatives": [
            *(_alternative(stated, offer, t, best, without) for offer in offers),
            _nothing(curve, best, without),
        ],
        "saves": round(without.total - best.tried.total, 2),
        "if_not": {"p_fail": round(float(curve.p_fail[-1]), 4), "cost": round(curve.failure, 2)},
        "delays": delays(without, best.tried),
        "state": "open",
        "who": None,
        "reason": None,
        "version": version,
        "made": stated.situation.now_us,
    }


def _offers(stated: Stated, plan: Tried, without: Tried, t: int) -> Iterator[_Offer]:
    """As planned; as soon as can be; a day later with the same crew; after the weekend. What the
    planned one holds up does not wait where the service comes at another time."""
    chosen, crew = int(plan.schedule.task_start[t]), int(plan.schedule.task_crew[t])
    yield _Offer("best", chosen, plan)
    seen = {chosen}
    for kind, after, who in _times(stated, chosen, crew):
        start = first_start(stated, plan.schedule, t, after, who)
        if start is None or any(abs(start - other) < APART for other in seen):
            continue
        seen.add(start)
        tried = try_task(stated, without.schedule, t, start, who)
        if tried.total != float("inf") and tried.is_exact:
            yield _Offer(kind, start, tried)


def _alternative(
    stated: Stated, offer: _Offer, t: int, best: _Offer, without: Tried
) -> dict[str, Any]:
    task = stated.problem.tasks[t]
    curve, bucket = stated.curves[task.id], offer.start // BUCKET
    kind = "best" if offer is best else "planned" if offer.kind == "best" else offer.kind
    return {
        "kind": kind,
        "start": stated.horizon.us(offer.start),
        "crew": stated.crew_id(int(offer.tried.schedule.task_crew[t])),
        "cost": round(_own(task, offer.start), 2),
        "delta": round(offer.tried.total - best.tried.total, 2),
        "p_fail": round(float(curve.p_fail[min(bucket, len(curve.p_fail) - 1)]), 4),
        "delays": delays(without, offer.tried),
    }


def _nothing(curve: Curve, best: _Offer, without: Tried) -> dict[str, Any]:
    """Not servicing it at all within the horizon."""
    return {
        "kind": "nothing",
        "start": None,
        "crew": None,
        "cost": round(curve.skip, 2),
        "delta": round(without.total - best.tried.total, 2),
        "p_fail": round(float(curve.p_fail[-1]), 4),
        "delays": [],
    }


def _times(stated: Stated, chosen: int, crew: int) -> Iterator[tuple[str, int, int | None]]:
    """(kind, tick from which on, crew or any)."""
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
