"""State of the plant page, in no language: numbers, codes and the plant file's own names."""

import math
import re
from collections.abc import Iterable
from typing import Any

from dashboard.key_figures import key_figures
from dashboard.numbers import rounded
from dashboard.snapshot import Snapshot, age_s, failed_at, is_idle, is_silent, row_of
from twin.plant import Machine

__all__ = ["HORIZON_H", "plant_state", "tile_codes", "work_list"]

PLAN_OLD_S = 60
HORIZON_H = 336
"""A fortnight: how far the work list looks where the plan does not say."""


def plant_state(snapshot: Snapshot) -> dict[str, Any]:
    """Everything the plant page shows."""
    codes = tile_codes(snapshot)
    return {
        "lines": _lines(snapshot),
        "tiles": codes,
        "kpis": key_figures(snapshot, codes),
        "attention": work_list(snapshot),
        "horizon_h": snapshot.plan.get("horizon_h", HORIZON_H),
        "plan_age_s": _plan_age_s(snapshot),
        "currency": snapshot.plant.plant.currency,
    }


def tile_codes(snapshot: Snapshot) -> dict[str, str]:
    """Machine id → ok, idle, silent, or its priority p1 to p3, with " silent" where both hold."""
    priorities = {
        item["machine"]: f"p{item['priority']}"
        for item in snapshot.plan.get("items", [])
        if item.get("reason") != "no_data"
    }
    return {m.id: _code(snapshot, m, priorities.get(m.id)) for m in snapshot.plant.machines}


def _code(snapshot: Snapshot, machine: Machine, priority: str | None) -> str:
    row = row_of(snapshot, machine.id)
    machine_class = snapshot.plant.class_of(machine)
    if row is None or is_silent(snapshot, machine_class, row):
        return f"{priority} silent" if priority else "silent"
    return priority or ("idle" if is_idle(machine_class, row) else "ok")


def _plan_age_s(snapshot: Snapshot) -> int | None:
    """Wall seconds since the work list was made, once that is worth a word; None without one."""
    made = snapshot.plan.get("made")
    if made is None:
        return None
    age = age_s(snapshot, made)
    return 0 if age < PLAN_OLD_S else int(age // 10 * 10)


def _lines(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Lines with their machines, grouped by class in the order of their positions."""
    plant = snapshot.plant
    return [
        {
            "id": line.id,
            "name": line.name or line.id,
            "groups": [
                {"name": plant.classes[c].name or c, "machines": [_tile(m) for m in machines]}
                for c, machines in _by_class(_in_order(plant.machines, line.id)).items()
            ],
        }
        for line in plant.lines
    ]


def _by_class(machines: list[Machine]) -> dict[str, list[Machine]]:
    groups: dict[str, list[Machine]] = {}
    for machine in machines:
        groups.setdefault(machine.class_id, []).append(machine)
    return groups


def _in_order(machines: Iterable[Machine], line_id: str) -> list[Machine]:
    return sorted((m for m in machines if m.line == line_id), key=lambda m: (m.position, m.id))


def _tile(machine: Machine) -> dict[str, Any]:
    """The number at the end of the machine's id labels its tile, else its position."""
    digits = re.split(r"\D", machine.id)[-1]
    label = digits if 0 < len(digits) <= 3 else f"{machine.position:02d}"
    return {"id": machine.id, "name": machine.name or machine.id, "label": label}


def work_list(snapshot: Snapshot) -> list[dict[str, Any]]:
    """The work list by priority, what has failed first, then by when the stop is expected."""

    def urgency(item: dict[str, Any]) -> tuple[int, bool, float]:
        expected_h = item.get("mid_h")
        is_failed = item["reason"] == "failed"
        return item["priority"], not is_failed, math.inf if expected_h is None else expected_h

    return sorted((_item(snapshot, i) for i in snapshot.plan.get("items", [])), key=urgency)


def _withheld(snapshot: Snapshot, machine: Machine | None) -> dict[str, Any]:
    """What to say instead of a forecast whose inputs have stopped, or that has come true."""
    if machine is None:
        return {}
    silent = is_silent(snapshot, snapshot.plant.class_of(machine), row_of(snapshot, machine.id))
    failed = failed_at(snapshot, machine.id) is not None
    unsaid = dict.fromkeys(("p_week", "lo_h", "mid_h", "hi_h", "service_by_h", "cost_wait"))
    if failed:
        return unsaid | {"reason": "failed", "priority": 1}
    return unsaid | {"withheld": True} if silent else {}


def _item(snapshot: Snapshot, item: dict[str, Any]) -> dict[str, Any]:
    """A line of the work list with names instead of ids."""
    machine = next((m for m in snapshot.plant.machines if m.id == item["machine"]), None)
    kept = {k: rounded(v) if isinstance(v, float) else v for k, v in item.items()}
    kept |= _withheld(snapshot, machine)
    if machine is None:
        return kept | {"name": item["machine"], "drivers": []}
    machine_class = snapshot.plant.class_of(machine)
    names = {s.id: s.name or s.id for s in machine_class.sensors}
    modes = {m.id: m.name or m.id for m in machine_class.modes}
    return kept | {
        "name": machine.name or machine.id,
        "line": machine.line,
        "drivers": [names.get(i, i) for i in item.get("drivers", [])],
        "mode": modes.get(item.get("mode") or ""),
    }
