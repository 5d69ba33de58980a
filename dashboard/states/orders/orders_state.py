"""State of the orders' page, in no language: each order, how far it is, when it will be done."""

from collections.abc import Iterable, Mapping
from typing import Any

from dashboard.snapshot import Snapshot
from dashboard.states.schedule.schedule_compare import WAITS
from dashboard.states.shift_plan import kept_up_plan
from dashboard.times import iso_local
from twin.pipeline.orders.orders import done_quantity
from twin.plant import Plant

__all__ = ["CLOSED_SHOWN", "Forecast", "forecasts", "in_order", "orders_state"]

CLOSED_SHOWN = 200
"""Orders done or called off on the page, the newest; all of them leave as CSV."""
HOUR_US = 3_600_000_000
Order = Mapping[str, Any]
Forecast = Mapping[str, Any]
"""end (µs UTC or None), steps (their ends by number), left_out, reason, by and proposed (whether
the plan in force does not know it yet), of an order."""


def orders_state(snapshot: Snapshot) -> dict[str, Any]:
    """Everything the page shows, whatever its filters choose."""
    orders, planned = in_order(snapshot.orders), forecasts(snapshot.schedule)
    shown = [o for o in orders if o["state"] == "open"]
    closed = [o for o in orders if o["state"] != "open"]
    shown += closed[:CLOSED_SHOWN]
    rows = {o["id"]: _row(snapshot, o, planned.get(o["id"]), n) for n, o in enumerate(shown)}
    return {
        "orders": rows,
        "more": max(0, len(closed) - CLOSED_SHOWN),
        "products": {p.id: _product(p) for p in snapshot.plant.products},
        "machines": _machines(snapshot.plant, rows.values()),
        "currency": snapshot.plant.plant.currency,
        "planned": bool(planned) or bool(snapshot.schedule.get("in_force")),
    }


def in_order(orders: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Open ones as they are due, then those that are closed, the newest first."""
    known = [o for o in orders.values() if isinstance(o, dict)]
    is_open = [o for o in known if o["state"] == "open"]
    closed = [o for o in known if o["state"] != "open"]
    is_open.sort(key=lambda o: (o["due"], o["priority"], o["id"]))
    closed.sort(key=lambda o: (-(o.get("closed") or 0), o["id"]))
    return [*is_open, *closed]


def forecasts(schedule: Mapping[str, Any]) -> dict[str, Forecast]:
    """Order → when the plan in force lets it end as it runs, and why it comes late or not at all;
    of orders that came since, when the plan would that is proposed."""
    proposed = _forecasts(schedule.get("proposed") or {})
    waiting = {i: {**told, "proposed": True} for i, told in proposed.items()}
    told = _forecasts(kept_up_plan(schedule) or {})
    known = {i: v for i, v in told.items() if i not in waiting or v.get("reason") not in WAITS}
    return waiting | known


def _forecasts(plan: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for operation in plan.get("operations") or ():
        order = found.setdefault(operation["order"], {"end": 0, "steps": {}})
        order["end"] = max(order["end"], operation["end"])
        order["steps"][operation["step"]] = operation["end"]
    for late in plan.get("late") or ():
        found.setdefault(late["order"], {"end": None}).update(_reason(late))
    for left in plan.get("left_out") or ():
        is_out = left.get("reason") not in WAITS
        found[left["order"]] = {"end": None, "left_out": is_out} | _reason(left)
    return found


def _reason(told: Mapping[str, Any]) -> dict[str, Any]:
    return {"reason": told.get("reason"), "by": told.get("by")}


def _row(snapshot: Snapshot, order: Order, planned: Forecast | None, n: int) -> dict[str, Any]:
    zone, known = snapshot.plant.zone, planned or {}
    ends = known.get("steps") or {}
    end = order.get("closed") if order["state"] == "done" else known.get("end")
    is_open = order["state"] == "open"
    times = {"release": order["release"], "due": order["due"], "end": end}
    times |= {"added": order.get("added"), "closed": order.get("closed")}
    row = {
        "n": n,
        **{k: order.get(k) for k in ("product", "quantity", "priority", "state", "note", "who")},
        **{k: None if us is None else iso_local(us, zone)[:16] for k, us in times.items()},
        "reason": order.get("reason"),
        "undo": order.get("cancel"),
        "steps": [
            [s["state"], s["machine"], done_quantity(order, s), _share(snapshot, s, ends.get(k))]
            for k, s in enumerate(order.get("steps") or ())
        ],
        "late_h": None if end is None else round((end - order["due"]) / HOUR_US, 1),
        "overdue": is_open and order["due"] < snapshot.plant_us,
        "ahead": is_open and order["release"] > snapshot.plant_us,
        "left_out": bool(known.get("left_out")) and is_open,
        "proposed": bool(known.get("proposed")) and is_open,
        "why": known.get("reason") if is_open else None,
        "by": known.get("by") if is_open else None,
    }
    return {k: v for k, v in row.items() if v is not None and v is not False and v != ""}


def _share(snapshot: Snapshot, step: Mapping[str, Any], end: int | None) -> float | None:
    """Of a step under way whose pieces nobody counts: how far it must be if it goes as planned."""
    if step["state"] != "running" or step.get("quantity_done") or not step["start"] or not end:
        return None
    gone, whole = snapshot.plant_us - step["start"], max(1, end - step["start"])
    return round(min(0.95, max(0.0, gone / whole)) * 20) / 20


def _product(product: Any) -> dict[str, Any]:
    return {"name": product.name or product.id, "steps": [s.name or None for s in product.steps]}


def _machines(plant: Plant, rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Names of the machines that the rows speak of."""
    rows = list(rows)
    wanted = {row.get("by") for row in rows} | {s[1] for row in rows for s in row["steps"]}
    return {m.id: m.name or m.id for m in plant.machines if m.id in wanted}
