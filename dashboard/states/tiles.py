"""Tiles of a plant: its machines by line and class, and what each tile says, in no language.

Worked out a class at a time: a thousand machines are read twice a second.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.snapshot import STALE_PERIODS, TRANSPORT_S, Snapshot, pace
from dashboard.states.at_service import serviced_until
from twin.core.view import NEVER
from twin.pipeline.production.producing import idle_below
from twin.plant import Machine, MachineClass, Plant

__all__ = ["lines_of", "states_of", "tile_codes"]

_kept: list[tuple[Plant, list[dict[str, Any]]]] = []
"""The plant seen last, and its lines."""


def tile_codes(snapshot: Snapshot) -> dict[str, str]:
    """Machine id → ok, idle, silent, service, or its priority p1 to p3, with " silent" or
    " service" where both hold. service: silent, as it is being serviced."""
    priorities = {
        item["machine"]: f"p{item['priority']}"
        for item in snapshot.plan.get("items", [])
        if item.get("reason") != "no_data"
    }
    states, serviced = states_of(snapshot), serviced_until(snapshot)
    states |= {m: "service" for m in serviced if states.get(m) == "silent"}
    return {m: _code(state, priorities.get(m)) for m, state in states.items()}


def _code(state: str, priority: str | None) -> str:
    if state in {"silent", "service"}:
        return f"{priority} {state}" if priority else state
    return priority or state


def states_of(snapshot: Snapshot) -> dict[str, str]:
    """Machine id → ok, idle or silent."""
    classes = snapshot.plant.classes
    known = {c: _states(snapshot, classes[c], rows) for c, rows in snapshot.views.items()}
    found = {}
    for machine in snapshot.plant.machines:
        class_id, slot = snapshot.slots.get(machine.id, ("", -1))
        states = known.get(class_id, ())
        found[machine.id] = states[slot] if 0 <= slot < len(states) else "silent"
    return found


def _states(
    snapshot: Snapshot, machine_class: MachineClass, rows: NDArray[np.void]
) -> Sequence[str]:
    """By slot; as `snapshot.is_silent` and `is_idle` say it of one row."""
    heard = rows["time"] != NEVER
    times = np.where(heard, rows["time"], 0)
    speed = pace(snapshot)
    limit_s = STALE_PERIODS * machine_class.period_s / speed + TRANSPORT_S
    is_silent = ~heard | ((snapshot.plant_us - times) / 1e6 / speed > limit_s)
    is_idle = np.zeros(len(rows), dtype=bool)
    for lane, low in idle_below(machine_class).items():
        is_idle |= rows["value"][:, lane] <= low
    words: list[str] = np.where(is_silent, "silent", np.where(is_idle, "idle", "ok")).tolist()
    return words


def lines_of(plant: Plant) -> list[dict[str, Any]]:
    """Lines with their machines, grouped by class in the order of their positions.

    The same list for the same plant: a screen's feed need not compare a thousand names again.
    """
    if not _kept or _kept[0][0] is not plant:
        _kept[:] = [(plant, _lines(plant))]
    return _kept[0][1]


def _lines(plant: Plant) -> list[dict[str, Any]]:
    by_line: dict[str, dict[str, list[Machine]]] = {line.id: {} for line in plant.lines}
    for machine in sorted(plant.machines, key=lambda m: (m.position, m.id)):
        by_line[machine.line].setdefault(machine.class_id, []).append(machine)
    return [
        {"id": line.id, "name": line.name or line.id, "groups": _groups(plant, by_line[line.id])}
        for line in plant.lines
    ]


def _groups(plant: Plant, groups: Mapping[str, Sequence[Machine]]) -> list[dict[str, Any]]:
    return [
        {"id": c, "name": plant.classes[c].name or c, "machines": [_tile(m) for m in machines]}
        for c, machines in groups.items()
    ]


def _tile(machine: Machine) -> dict[str, Any]:
    """The number at the end of the machine's id labels its tile, else its position."""
    digits = re.split(r"\D", machine.id)[-1]
    label = digits if 0 < len(digits) <= 4 else f"{machine.position:02d}"
    return {"id": machine.id, "name": machine.name or machine.id, "label": label}
