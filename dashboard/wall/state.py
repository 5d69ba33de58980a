"""State of a wall display, in no language: each of its areas with figures, tiles and work list.

Tiles are one letter a machine, so that a thousand of them are a kilobyte and a change is small.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from dashboard.numbers import rounded
from dashboard.plant_state import HORIZON_H, tile_codes, work_list
from dashboard.snapshot import Snapshot, age_s, failed_at, row_of
from twin.plant import Line, Machine, Plant

__all__ = ["GROWN_MAX", "LETTERS", "NOW_MAX", "Shared", "lines_of", "shared", "wall_state"]

LETTERS = {
    "ok": ".",
    "idle": "i",
    "silent": "s",
    "p1": "1",
    "p2": "2",
    "p3": "3",
    "p1 silent": "a",
    "p2 silent": "b",
    "p3 silent": "c",
}
NOW_MAX = 4
GROWN_MAX = 40
"""Abnormal machines that are named at most; more are coloured tiles without a name."""
PLAN_OLD_S = 60
SHOWN = ("priority", "reason", "mode", "drivers", "lo_h", "mid_h", "hi_h", "withheld")

Lines = Sequence[tuple[Line, Sequence[Machine]]]


class Shared(NamedTuple):
    """What all areas of a snapshot have in common, worked out once."""

    snapshot: Snapshot
    codes: Mapping[str, str]
    """Machine id → what its tile says."""
    items: Sequence[Mapping[str, Any]]
    """The work list, most urgent first; who only sends nothing is counted, not listed."""
    p_day: Mapping[str, float]
    """Machine id → its chance to fail within 24 h, where there is a forecast."""


def shared(snapshot: Snapshot) -> Shared:
    """The part that no choice of areas changes."""
    codes = tile_codes(snapshot)
    items = [i for i in work_list(snapshot) if i.get("reason") != "no_data"]
    seen = {e.machine_id for e in snapshot.events if e.kind == "failure"}
    failed = {m for m in seen if failed_at(snapshot, m) is not None}
    known = (m for m, code in codes.items() if "silent" not in code and m not in failed)
    p_day = {m: p for m in known if math.isfinite(p := _p_day(snapshot, m))}
    return Shared(snapshot, codes, items, p_day)


def _p_day(snapshot: Snapshot, machine_id: str) -> float:
    row = row_of(snapshot, machine_id)
    return math.nan if row is None else float(row["p"][1])


def wall_state(known: Shared, areas: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Everything that a display of these areas shows; an area is ids of lines, none: the plant."""
    snapshot = known.snapshot
    made = snapshot.plan.get("made")
    return {
        "areas": {
            str(n): _area(known, lines_of(snapshot.plant, area)) for n, area in enumerate(areas)
        },
        "horizon_h": snapshot.plan.get("horizon_h", HORIZON_H),
        "plan_old": made is None or age_s(snapshot, made) > PLAN_OLD_S,
    }


def lines_of(plant: Plant, area: Sequence[str]) -> Lines:
    """The area's lines with their machines in order; ids that the plant has no longer: left out."""
    chosen = [line for line in plant.lines if not area or line.id in area]
    machines: dict[str, list[Machine]] = {line.id: [] for line in chosen}
    for machine in plant.machines:
        if machine.line in machines:
            machines[machine.line].append(machine)
    return [(x, sorted(machines[x.id], key=lambda m: (m.class_id, m.position))) for x in chosen]


def _area(known: Shared, lines: Lines) -> dict[str, Any]:
    machines = {m.id for _, own in lines for m in own}
    here = [item for item in known.items if item["machine"] in machines]
    plant = known.snapshot.plant
    named = [line.name or line.id for line, _ in lines]
    return {
        "names": [plant.plant.name] if len(lines) == len(plant.lines) else named,
        "lines": {str(n): _line(line, own, known.codes) for n, (line, own) in enumerate(lines)},
        "grown": _grown(lines, known.codes, here),
        "figures": _figures(known, machines),
        "now": [_item(item) for item in here[:NOW_MAX]],
        "more": max(0, len(here) - NOW_MAX),
    }


def _line(line: Line, machines: Iterable[Machine], codes: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": line.name or line.id,
        "tiles": "".join(LETTERS.get(codes[m.id], ".") for m in machines),
    }


def _grown(
    lines: Lines, codes: Mapping[str, str], items: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Machines with a priority, most urgent first: place of the line, place in it, names."""
    places = {m.id: (n, k, m) for n, (_, own) in enumerate(lines) for k, m in enumerate(own)}
    urgent = [item["machine"] for item in items if codes[item["machine"]].startswith("p")]
    return [_tile(*places[machine_id]) for machine_id in dict.fromkeys(urgent)][:GROWN_MAX]


def _tile(line: int, place: int, machine: Machine) -> dict[str, Any]:
    """The number at the end of the machine's id is its short name, else its position."""
    digits = re.split(r"\D", machine.id)[-1]
    return {
        "line": line,
        "at": place,
        "name": machine.name or machine.id,
        "short": digits if 0 < len(digits) <= 3 else f"{machine.position:02d}",
    }


def _figures(known: Shared, machines: Iterable[str]) -> dict[str, Any]:
    """P1, P2, running of total, and the stops expected in 24 h: the sum of their probabilities.

    Expectation is linear, so the sum holds for any area, however machines hang together. Without
    any forecast: share of machines that send, in per cent.
    """
    own = {machine_id: known.codes[machine_id] for machine_id in machines}
    heard = sum("silent" not in code for code in own.values())
    chances = [known.p_day[machine_id] for machine_id in own if machine_id in known.p_day]
    return {
        "p1": sum(code.startswith("p1") for code in own.values()),
        "p2": sum(code.startswith("p2") for code in own.values()),
        "running": heard,
        "total": len(own),
        "stops": rounded(math.fsum(chances), 3) if chances else None,
        "complete": round(100 * heard / len(own), 1) if own else None,
    }


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: item[key] for key in SHOWN if item.get(key) is not None}
    return kept | {"id": item["machine"], "name": item["name"]}
