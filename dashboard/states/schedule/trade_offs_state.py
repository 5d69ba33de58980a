"""The Pareto front as it grows, in no language: each point's money, hours, late orders and kWh."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.numbers import rounded
from dashboard.snapshot import Snapshot
from dashboard.states.compiling import is_compiling
from dashboard.states.schedule.schedule_plan import forecast_terms
from dashboard.times import iso_local
from twin.pipeline.desk.front import front_fault
from twin.scheduling.pareto.record import TRADED

__all__ = ["MEASURES", "trade_offs_state"]

MEASURES = (
    *("total", "tardiness", "running", "risk", "energy", "changeover"),
    *("late_h", "late_jobs", "makespan_h", "idle_h", "energy_kwh", "setup_h", "stability"),
)
"""What a point is measured by, less being better; `running` is what it costs to run the plan:
risk, energy and changeover; `idle_h` is what utilisation lacks."""
DIGITS = 5
"""Plans differ by little beside what each costs."""


def trade_offs_state(snapshot: Snapshot) -> dict[str, Any]:
    """Everything that the page shows: points, which of them is best at what, and the plan in force.

    Points hold for the moment that the front was begun at; `now` is the plan in force as it was
    then, so that both are measured alike; `superseded`: another is now. `asked`: for a front that
    is not there yet, of the objectives `wished`. `refusal`: why none of the points can be adopted
    any more, a code. `compiling`: the solvers, which takes minutes once on a computer.
    """
    front = snapshot.schedule.get("front") or {}
    wish = snapshot.schedule.get("front_wish") or {}
    n_forecasts = front.get("forecasts")
    points = [_point(p, n_forecasts) for p in front.get("points", ())]
    base, in_force = front.get("base"), snapshot.schedule.get("in_force")
    asked = bool(wish) and wish.get("id") != front.get("wish")
    return {
        "began": iso_local(front["made"], snapshot.plant.zone) if front.get("made") else None,
        "who": front.get("who"),
        "asked": asked,
        "objectives": front.get("objectives") or list(TRADED),
        "wished": wish.get("objectives") or list(TRADED) if asked else None,
        "compiling": is_compiling(snapshot),
        "growing": bool(front.get("growing")),
        "proven": bool(front.get("proven")),
        "seconds": rounded(front.get("seconds")),
        "until_s": rounded(front.get("until_s")),
        "fault": front.get("fault"),
        "points": points,
        "refusal": front_fault(front, in_force, snapshot.orders, snapshot.plant_us)
        if points
        else "",
        "best": _best(points),
        "now": None if base is None else _measures(base, n_forecasts),
        "has_plan": bool(snapshot.schedule.get("in_force") or snapshot.schedule.get("proposed")),
        "chosen": (in_force or {}).get("point"),
        "superseded": _is_superseded(front, in_force),
        "currency": snapshot.plant.plant.currency,
    }


def _is_superseded(front: Mapping[str, Any], in_force: Mapping[str, Any] | None) -> bool:
    """Whether another plan is in force than when the search began."""
    plan, before = in_force or {}, front.get("base_version")
    if before is not None and plan:
        return bool(plan["version"] != before)
    return any(p["id"] == plan.get("point") for p in front.get("points", ()))


def _point(point: Mapping[str, Any], n_forecasts: int | None) -> dict[str, Any]:
    return {"id": point["id"]} | _measures(point["terms"], n_forecasts)


def _measures(terms: Mapping[str, Any], n_forecasts: int | None) -> dict[str, Any]:
    running = sum(float(terms[name]) for name in ("risk", "energy", "changeover"))
    known = {**forecast_terms(terms, n_forecasts), "running": running}
    return {name: rounded(known[name], DIGITS) for name in MEASURES}


def _best(points: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Measure → id of the point that is best at it, where not all are alike."""
    found = {}
    for name in MEASURES:
        values = {p["id"]: p[name] for p in points if p[name] is not None}
        if len(set(values.values())) > 1:
            found[name] = min(values, key=lambda point_id: values[point_id])
    return found
