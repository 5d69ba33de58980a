"""Operations and services of a plan as a list that a spreadsheet opens."""

from collections.abc import Iterator, Mapping
from typing import Any

from dashboard.exports import time_column
from dashboard.i18n import Translate, pick
from twin.plant import Plant

__all__ = ["Chosen", "schedule_list"]

Plan = Mapping[str, Any]
Chosen = Mapping[str, str]
"""line, machine and order as the page's filters have them; "" or none: all."""


def schedule_list(
    plant: Plant, plan: Plan, orders: Mapping[str, Any], chosen: Chosen, t: Translate, language: str
) -> tuple[list[str], Iterator[list[object]]]:
    """Header and rows: by machine as the plant file lists them, then by start."""
    lines = {m.id: m.line for m in plant.machines}
    place = {m.id: n for n, m in enumerate(plant.machines)}
    bars = [b for b in _bars(plan) if _fits(b, lines, chosen)]
    bars.sort(key=lambda b: (place.get(b["machine"], len(place)), b["start"]))
    due = [(orders.get(b.get("order") or "") or {}).get("due") for b in bars]
    columns = [
        time_column(t("Setup from"), [b.get("setup_start") for b in bars], plant.zone),
        time_column(t("Start"), [b["start"] for b in bars], plant.zone),
        time_column(t("End"), [b["end"] for b in bars], plant.zone),
        time_column(t("Due"), due, plant.zone),
    ]
    times = zip(*(cells for _, cells in columns), strict=True)
    named = _names(plant, language)
    kinds = {"operation": t("operation"), "service": t("service")}
    header = [
        *(t("Kind"), t("Machine"), t("Machine's name"), t("Line"), t("Order"), t("Step")),
        *(t("Product"), t("Family"), *(head for head, _ in columns)),
        *(t("Order late"), t("Held"), t("Crew"), t("Spare part"), t("Plan number")),
    ]
    rows = (
        _row(bar, moments, plan, orders, named, lines, kinds)
        for bar, moments in zip(bars, times, strict=True)
    )
    return header, rows


def _bars(plan: Plan) -> Iterator[dict[str, Any]]:
    yield from ({"kind": "operation"} | o for o in plan["operations"])
    yield from ({"kind": "service"} | s for s in plan["services"])


def _fits(bar: Plan, lines: Mapping[str, str], chosen: Chosen) -> bool:
    line, machine, order = (chosen.get(k) or "" for k in ("line", "machine", "order"))
    return (
        (not line or lines.get(bar["machine"]) == line)
        and (not machine or machine == bar["machine"])
        and (not order or order.lower() in str(bar.get("order", "")).lower())
    )


def _row(
    bar: Plan,
    moments: tuple[str | None, ...],
    plan: Plan,
    orders: Mapping[str, Any],
    named: Mapping[str, str],
    lines: Mapping[str, str],
    kinds: Mapping[str, str],
) -> list[object]:
    machine, order = bar["machine"], bar.get("order")
    step = None if bar.get("step") is None else bar["step"] + 1
    return [
        *(kinds[bar["kind"]], machine, named.get(machine, machine), lines.get(machine)),
        *(order, step, (orders.get(order or "") or {}).get("product"), bar.get("family")),
        *moments,
        bool(bar["late"]) if "late" in bar else None,
        *(bar.get("pin"), bar.get("crew"), bar.get("part"), plan["version"]),
    ]


def _names(plant: Plant, language: str) -> dict[str, str]:
    return {m.id: pick(m.name, language) or m.id for m in plant.machines}
