"""The work list as screens show it: names instead of ids, what is planned, what is withheld."""

import math
from collections.abc import Mapping
from typing import Any

from dashboard.numbers import rounded
from dashboard.snapshot import Snapshot, failures_of
from dashboard.states.at_service import serviced_until
from dashboard.states.held import held_of
from dashboard.states.shift_plan import open_suggestions
from dashboard.states.tiles import states_of
from dashboard.times import iso_local
from twin.pipeline.services import HOUR_US, services_of
from twin.plant import Machine, Plant

__all__ = ["failed_machines", "service_state", "suggested_services", "work_list"]

UNSAID = dict.fromkeys(
    ("p_shift", "p_day", "p_week", "lo_h", "mid_h", "hi_h", "service_by_h", "cost_wait", "saves")
)
"""What is not forecast of a machine that is silent or has failed."""

Item = dict[str, Any]


def work_list(snapshot: Snapshot) -> list[Item]:
    """By priority, what has failed first, then by when the stop is expected."""
    machines = {m.id: m for m in snapshot.plant.machines}
    failed, states = failures_of(snapshot), states_of(snapshot)
    serviced = serviced_until(snapshot)
    planned, suggested = _next_services(snapshot), suggested_services(snapshot)
    obstacles = _obstacles(snapshot)
    items = []
    for item in snapshot.plan.get("items", []):
        machine = machines.get(item["machine"])
        shown = _item(snapshot.plant, machine, item)
        if machine is not None:
            shown |= _withheld(machine.id in failed, states[machine.id] == "silent")
            if shown.get("withheld") and machine.id in serviced:
                shown["serviced"] = iso_local(serviced[machine.id], snapshot.plant.zone)
            if machine.id in failed:
                shown["since"] = iso_local(failed[machine.id], snapshot.plant.zone)
            shown["service"] = planned.get(machine.id)
            if machine.id in suggested and shown.get("saves") is not None:
                # One figure on all screens: the plan's, which knows crews, parts and orders.
                shown["suggested"] = suggested[machine.id]
                shown["saves"] = suggested[machine.id]["saves"]
                shown["cost_wait"] = suggested[machine.id]["cost"] or shown["cost_wait"]
            elif machine.id in obstacles and shown.get("saves") is not None:
                shown["obstacle"] = obstacles[machine.id]
            shown["held"] = held_of(snapshot, machine) if shown.get("p_week") is not None else None
        items.append(shown)
    return sorted(items, key=_urgency)


def suggested_services(snapshot: Snapshot) -> dict[str, Item]:
    """Machine → the service that the planner suggests: when, what it saves, and what it costs on
    average to do nothing."""
    return {
        s["machine"]: {
            "id": s["id"],
            "start": iso_local(int(s["start"]), snapshot.plant.zone),
            "saves": rounded(s.get("saves")),
            "cost": next((a.get("cost") for a in s.get("alternatives") or () if _is_none(a)), None),
        }
        for s in open_suggestions(snapshot)
    }


def _is_none(alternative: Mapping[str, Any]) -> bool:
    return alternative.get("kind") == "nothing"


def _obstacles(snapshot: Snapshot) -> dict[str, Item]:
    """Machine → why the plan leaves its service out, and until when, of those that would pay."""
    told = (snapshot.schedule.get("planning") or {}).get("unserved") or ()
    zone = snapshot.plant.zone
    return {
        u["machine"]: {"why": u["why"], "until": u["until"] and iso_local(u["until"], zone)}
        for u in told
    }


def failed_machines(snapshot: Snapshot) -> set[str]:
    """Machines that have failed and were not repaired since."""
    return set(failures_of(snapshot))


def _urgency(item: Item) -> tuple[int, bool, float]:
    expected_h = item.get("mid_h")
    is_failed = item["reason"] == "failed"
    return item["priority"], not is_failed, math.inf if expected_h is None else expected_h


def _withheld(failed: bool, silent: bool) -> Item:
    """What to say instead of a forecast whose inputs have stopped, or that has come true."""
    if failed:
        return UNSAID | {"reason": "failed", "priority": 1}
    return UNSAID | {"withheld": True} if silent else {}


def _item(plant: Plant, machine: Machine | None, item: Mapping[str, Any]) -> Item:
    """A line of the work list with names instead of ids."""
    kept = {k: rounded(v) if isinstance(v, float) else v for k, v in item.items()}
    if machine is None:
        return kept | {"name": item["machine"], "drivers": []}
    machine_class = plant.class_of(machine)
    names = {s.id: s.name or s.id for s in machine_class.sensors}
    modes = {m.id: m.name or m.id for m in machine_class.modes}
    return kept | {
        "name": machine.name or machine.id,
        "line": machine.line,
        "class": machine.class_id,
        "drivers": [names.get(i, i) for i in item.get("drivers", [])],
        "mode": modes.get(item.get("mode") or ""),
        "mode_id": item.get("mode"),
        "planned_h": plant.costs_of(machine).planned_h,
    }


def _next_services(snapshot: Snapshot) -> dict[str, Item]:
    """Machine → its next planned service."""
    found: dict[str, Item] = {}
    for service in services_of(snapshot.desk.get("services")):
        if service["start"] + float(service["duration_h"]) * HOUR_US > snapshot.plant_us:
            found.setdefault(service["machine"], service_state(snapshot, service))
    return found


def service_state(snapshot: Snapshot, service: Mapping[str, Any]) -> Item:
    """A planned service: when by the plant's clock, and hours from when the plan was made."""
    made_us = int(snapshot.plan.get("made", snapshot.plant_us))
    return {
        "id": service.get("id"),
        "start": iso_local(service["start"], snapshot.plant.zone),
        "in_h": rounded((service["start"] - made_us) / HOUR_US),
        "duration_h": rounded(service["duration_h"]),
        "who": service.get("who"),
    }
