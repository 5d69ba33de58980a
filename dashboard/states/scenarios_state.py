"""What the planner's what-if page can choose from: products, machines, lines, services to come."""

from typing import Any

from dashboard.snapshot import Snapshot
from dashboard.states.compiling import is_compiling
from dashboard.states.shift_plan import plan_now
from dashboard.times import iso_local

__all__ = ["scenarios_state"]


def scenarios_state(snapshot: Snapshot) -> dict[str, Any]:
    """Choices and the plan in force; times as the plant's clocks show them."""
    plant = snapshot.plant
    plan = plan_now(snapshot) or {}
    names = {m.id: m.name or m.id for m in plant.machines}
    services = [
        {
            "id": s["id"],
            "machine": s["machine"],
            "name": names.get(s["machine"], s["machine"]),
            "start": iso_local(s["start"], plant.zone),
        }
        for s in sorted(plan.get("services", ()), key=lambda s: int(s["start"]))
        if s["start"] > snapshot.plant_us
    ]
    return {
        "products": [{"id": p.id, "name": p.name or p.id} for p in plant.products],
        "machines": [{"id": m.id, "name": m.name or m.id} for m in plant.machines],
        "lines": [{"id": x.id, "name": x.name or x.id} for x in plant.lines],
        "services": services,
        "compiling": is_compiling(snapshot),
        "version": plan.get("version"),
        "currency": plant.plant.currency,
    }
