"""One plan as the Gantt chart draws it, in no language: columns of bars, in seconds from a start.

Times are seconds since `t0`, not the zone's: bars keep their length across a change to summer time,
and `offsets` says what the plant's clocks show.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.states.schedule.schedule_rows import Span, gantt_rows
from dashboard.times import iso_local, local
from twin.plant import Plant, pauses_between

__all__ = [
    "PAST_US",
    "forecast_terms",
    "known_terms",
    "plan_head",
    "plan_span",
    "plan_state",
    "zone_offsets",
]

Plan = Mapping[str, Any]
HOUR_US = 3_600_000_000
PAST_US = 12 * HOUR_US
"""How far back the chart shows what was really done."""
LATE_SHOWN = 500


def plan_head(plan: Plan, zone: ZoneInfo) -> dict[str, Any]:
    """Which plan it is, when and why it was made, what it costs."""
    kept = {k: plan.get(k) for k in ("version", "why", "solver", "seconds", "bound")}
    return kept | {
        "terms": known_terms(plan),
        "made": iso_local(plan["made"], zone),
        "made_us": plan["made"],
        "n_operations": len(plan["operations"]),
        "n_services": len(plan["services"]),
        "n_late": len(plan.get("late") or ()),
        "n_left_out": len(plan.get("left_out") or ()),
    }


def known_terms(plan: Plan) -> dict[str, float | None]:
    """What a plan costs; risk None: nothing was forecast when it was made, which is not nothing."""
    return forecast_terms(plan.get("terms") or {}, plan.get("forecasts"))


def forecast_terms(terms: Mapping[str, Any], n_forecasts: int | None) -> dict[str, Any]:
    """Terms of a plan for which so many machines were forecast; None: nobody remembers."""
    return {**terms, "risk": None} if terms and n_forecasts == 0 else dict(terms)


def plan_span(plan: Plan) -> Span:
    """From before its first bar to after its last, µs UTC, whole hours."""
    ends = [x["end"] for x in (*plan["operations"], *plan["services"])]
    starts = [o.get("setup_start") or o["start"] for o in plan["operations"]]
    first = min([plan["start"] - PAST_US, *starts])
    last = max([plan["end"], *ends])
    return first // HOUR_US * HOUR_US, -(-last // HOUR_US) * HOUR_US


def plan_state(
    plant: Plant,
    plan: Plan,
    orders: Mapping[str, Any],
    planned: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Everything that is drawn of a plan. planned: services as the desk has them."""
    span = plan_span(plan)
    rows, calendars = gantt_rows(plant, plan, span)
    place = {(row["kind"], row["id"]): n for n, row in enumerate(rows)}
    found = _orders(plan, orders, span[0])
    return {
        "head": plan_head(plan, plant.zone),
        "t0": span[0],
        "span_s": (span[1] - span[0]) // 1_000_000,
        "start_s": _s(plan["start"], span[0]),
        "end_s": _s(plan["end"], span[0]),
        "offsets": zone_offsets(span, plant.zone),
        "lines": [
            {"id": line.id, "name": line.name or line.id, "site": line.site} for line in plant.lines
        ],
        "prices": _prices(plant, span),
        "transport": [[way.start, way.end, way.minutes] for way in plant.transports],
        "rows": rows,
        "calendars": calendars,
        "orders": list(found.values()),
        "products": _products(plant, found.values(), place),
        "ops": _operations(plan, orders, span[0], place, {k: n for n, k in enumerate(found)}),
        "services": _services(plant, plan, span[0], place, planned),
        "breakdowns": {
            b["machine"]: [_s(b["start"], span[0]), _s(b["end"], span[0])]
            for b in plan.get("breakdowns") or ()
        },
        "late": _late(plan.get("late"), "late_h"),
        "left_out": _late([*(plan.get("left_out") or ()), *(plan.get("waiting") or ())], None),
    }


def zone_offsets(span: Span, zone: ZoneInfo) -> list[list[int]]:
    """[seconds since span[0], minutes east of UTC from then on], to the hour of each change."""
    found: list[list[int]] = []
    for at in range(span[0], span[1], HOUR_US):
        minutes = round((local(at, zone).utcoffset() or timedelta()).total_seconds() / 60)
        if not found or found[-1][1] != minutes:
            found.append([_s(at, span[0]), minutes])
    return found


def _prices(plant: Plant, span: Span) -> list[list[float]]:
    """[seconds since span[0], money for a kWh from then on], where it changes."""
    if plant.energy is None:
        return []
    times = [pauses_between([t], plant.zone, *span) for t in plant.energy.tariffs]
    changes = sorted({span[0], *(at for spans in times for pair in spans for at in pair)})
    found: list[list[float]] = []
    for at in changes:
        price = plant.energy.price
        for tariff, spans in zip(plant.energy.tariffs, times, strict=True):  # the later table wins
            if any(start <= at < end for start, end in spans):
                price = tariff.price
        if span[0] <= at < span[1] and (not found or found[-1][1] != price):
            found.append([_s(at, span[0]), price])
    return found


def _orders(plan: Plan, orders: Mapping[str, Any], t0: int) -> dict[str, dict[str, Any]]:
    late = {x["order"]: x["late_h"] for x in plan.get("late") or ()}
    named = dict.fromkeys(o["order"] for o in plan["operations"])
    out = {}
    for order_id in [*named, *(o for o in orders if o not in named)]:
        order = orders.get(order_id) or {}
        out[order_id] = {
            "id": order_id,
            "product": order.get("product"),
            "quantity": order.get("quantity"),
            "priority": order.get("priority"),
            "release": None if order.get("release") is None else _s(order["release"], t0),
            "due": None if order.get("due") is None else _s(order["due"], t0),
            "steps": len(order.get("steps") or ()),
            "late_h": late.get(order_id),
        }
    return out


def _products(
    plant: Plant, orders: Iterable[Mapping[str, Any]], place: Mapping[tuple[str, str], int]
) -> dict[str, dict[str, Any]]:
    """Products of the orders: names, and of each step the rows of the machines that can do it."""
    wanted = {order["product"] for order in orders}
    return {
        p.id: {
            "name": p.name or p.id,
            "steps": [
                {
                    "name": step.name or None,
                    "rows": [place["machine", m.id] for m in plant.alternatives(step)],
                }
                for step in p.steps
            ],
        }
        for p in plant.products
        if p.id in wanted
    }


def _operations(
    plan: Plan,
    orders: Mapping[str, Any],
    t0: int,
    place: Mapping[tuple[str, str], int],
    order: Mapping[str, int],
) -> dict[str, list[Any]]:
    """Columns, a bar each: those of the plan, then those done since PAST_US before it."""
    bars = [*plan["operations"], *_done(plan, orders, t0)]
    start = [_s(o["start"], t0) for o in bars]
    setups = [o.get("setup_start") for o in bars]
    return {
        "order": [order[o["order"]] for o in bars],
        "step": [o["step"] for o in bars],
        "row": [place.get(("machine", o["machine"]), -1) for o in bars],
        "setup": [s if u is None else _s(u, t0) for u, s in zip(setups, start, strict=True)],
        "start": start,
        "end": [_s(o["end"], t0) for o in bars],
        "family": [o.get("family") for o in bars],
        "late": [int(bool(o.get("late"))) for o in bars],
        "pin": [o.get("pin") for o in bars],
    }


def _done(plan: Plan, orders: Mapping[str, Any], t0: int) -> Iterable[dict[str, Any]]:
    """Steps that orders say were done, unless the plan still speaks of them."""
    planned = {(o["order"], o["step"]) for o in plan["operations"]}
    for order_id, order in orders.items():
        for n, step in enumerate(order.get("steps") or ()):
            is_done = step.get("state") == "done" and (order_id, n) not in planned
            if is_done and step.get("start") and (step.get("end") or 0) > t0:
                yield {"order": order_id, "step": n, "pin": "done"} | step


def _services(
    plant: Plant,
    plan: Plan,
    t0: int,
    place: Mapping[tuple[str, str], int],
    planned: Iterable[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """One under way began when it did: the plan has what is left of it begin now."""
    running = {s["id"] for s in plan["services"] if s.get("pin") == "running"}
    starts = {s["id"]: s["start"] for s in plan["services"]}
    starts |= {s["id"]: max(int(s["start"]), t0) for s in planned if s["id"] in running}
    parts = {part.id: part.name or part.id for part in plant.parts}
    return [
        {
            "id": s["id"],
            "row": place.get(("machine", s["machine"]), -1),
            "crew": place.get(("crew", s.get("crew") or ""), -1),
            "start": _s(starts[s["id"]], t0),
            "end": _s(s["end"], t0),
            "skill": s.get("skill"),
            "part": parts.get(s.get("part") or "", s.get("part")),
            "pin": s.get("pin"),
        }
        for s in plan["services"]
    ]


def _late(found: Iterable[Mapping[str, Any]] | None, amount: str | None) -> list[dict[str, Any]]:
    kept = ("order", "reason", "by") if amount is None else ("order", "reason", "by", amount)
    return [{k: x.get(k) for k in kept} for x in found or ()][:LATE_SHOWN]


def _s(time_us: int, t0: int) -> int:
    return int(time_us - t0) // 1_000_000
