"""State of a wall display, in no language: each of its areas with figures, tiles and work list.

Tiles are one letter a machine, so that a thousand of them are a kilobyte and a change is small.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from dashboard.numbers import rounded
from dashboard.snapshot import Snapshot, age_s, row_of
from dashboard.states.at_service import serviced_until
from dashboard.states.plant.work_list import failed_machines, work_list
from dashboard.states.shift_plan import plan_between, plan_now, shift_span
from dashboard.states.tiles import lines_of, states_of, tile_codes
from dashboard.times import local
from twin.pipeline.services import HOUR_US

__all__ = ["GROWN_MAX", "LETTERS", "NOW_MAX", "Shared", "shared", "wall_state"]

LETTERS = {
    "ok": ".",
    "idle": "i",
    "silent": "s",
    "service": "v",
    "p1": "1",
    "p2": "2",
    "p3": "3",
    "p1 silent": "a",
    "p2 silent": "b",
    "p3 silent": "c",
    "p1 service": "d",
    "p2 service": "e",
    "p3 service": "f",
}
NOW_MAX = 4
GROWN_MAX = 40
"""Abnormal machines that are named at most; more are coloured tiles without a name."""
PLAN_OLD_S = 60
HORIZON_H = 336
"""A fortnight, where the plan does not say."""
SERVICES_H = 48
"""How far ahead the next services are shown."""
SHOWN = ("priority", "reason", "mode", "drivers", "lo_h", "mid_h", "hi_h", "withheld")

Tile = Mapping[str, Any]
Lines = Sequence[tuple[Mapping[str, Any], Sequence[Tile]]]
"""Lines, each with its tiles in the order of the plant page."""


class Shared(NamedTuple):
    """What all areas of a snapshot have in common, worked out once."""

    snapshot: Snapshot
    codes: Mapping[str, str]
    """Machine id → what its tile says."""
    items: Sequence[Mapping[str, Any]]
    """The work list, most urgent first; who only sends nothing is counted, not listed."""
    p_day: Mapping[str, float]
    """Machine id → its chance to fail within 24 h, where there is a forecast."""
    running: frozenset[str]
    """Machines that are used now: neither silent nor idle nor failed."""


def shared(snapshot: Snapshot) -> Shared:
    """The part that no choice of areas changes."""
    codes = tile_codes(snapshot)
    items = [i for i in work_list(snapshot) if i.get("reason") != "no_data"]
    failed, states = failed_machines(snapshot), states_of(snapshot)
    known = (m for m, state in states.items() if state != "silent" and m not in failed)
    p_day = {m: p for m in known if math.isfinite(p := _p_day(snapshot, m))}
    running = frozenset(m for m, state in states.items() if state == "ok" and m not in failed)
    return Shared(snapshot, codes, items, p_day, running)


def _p_day(snapshot: Snapshot, machine_id: str) -> float:
    row = row_of(snapshot, machine_id)
    return math.nan if row is None else float(row["p"][1])


def wall_state(known: Shared, areas: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Everything that a display of these areas shows; an area is ids of lines, none: the plant."""
    snapshot = known.snapshot
    made = snapshot.plan.get("made")
    return {
        "areas": {str(n): _area(known, _lines(snapshot, area)) for n, area in enumerate(areas)},
        "horizon_h": snapshot.plan.get("horizon_h", HORIZON_H),
        "plan_old": made is None or age_s(snapshot, made) > PLAN_OLD_S,
    }


def _lines(snapshot: Snapshot, area: Sequence[str]) -> Lines:
    """The area's lines; ids that the plant has no longer are left out."""
    chosen = [x for x in lines_of(snapshot.plant) if not area or x["id"] in area]
    return [(x, [tile for group in x["groups"] for tile in group["machines"]]) for x in chosen]


def _area(known: Shared, lines: Lines) -> dict[str, Any]:
    machines = {tile["id"] for _, own in lines for tile in own}
    here = [item for item in known.items if item["machine"] in machines]
    snapshot = known.snapshot
    plant = snapshot.plant
    is_whole = len(lines) == len(plant.lines)
    return {
        "names": [plant.plant.name] if is_whole else [line["name"] for line, _ in lines],
        "lines": {str(n): _line(line, own, known.codes) for n, (line, own) in enumerate(lines)},
        "grown": _grown(lines, known.codes, here),
        "figures": _figures(known, machines),
        "now": [_item(known.snapshot, item) for item in here[:NOW_MAX]],
        "more": max(0, len(here) - NOW_MAX),
        "shift": _shift(snapshot, machines),
    }


def _line(line: Mapping[str, Any], own: Iterable[Tile], codes: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": line["name"],
        "tiles": "".join(LETTERS.get(codes[tile["id"]], ".") for tile in own),
    }


def _grown(
    lines: Lines, codes: Mapping[str, str], items: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Machines with a priority, most urgent first: place of the line, place in it, names."""
    places = {
        tile["id"]: {"line": n, "at": k, "name": tile["name"], "short": tile["label"]}
        for n, (_, own) in enumerate(lines)
        for k, tile in enumerate(own)
    }
    urgent = (item["machine"] for item in items if codes[item["machine"]].startswith("p"))
    return [places[machine_id] for machine_id in dict.fromkeys(urgent)][:GROWN_MAX]


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
        # Where nobody sends, it is unknown and not nought.
        "running": sum(machine_id in known.running for machine_id in own) if heard else None,
        "total": len(own),
        "stops": rounded(math.fsum(chances), 3) if chances else None,
        "complete": round(100 * heard / len(own), 1) if own else None,
    }


def _item(snapshot: Snapshot, item: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: item[key] for key in SHOWN if item.get(key) is not None}
    named = {"id": item["machine"], "name": item["name"]}
    until = serviced_until(snapshot).get(item["machine"]) if item.get("serviced") else None
    return kept | named if until is None else kept | named | _till(snapshot, until)


def _till(snapshot: Snapshot, time_us: int) -> dict[str, Any]:
    """A time of the plant's clocks, and how many days ahead that is."""
    zone = snapshot.plant.zone
    days = (local(time_us, zone).date() - local(snapshot.plant_us, zone).date()).days
    return {"till": local(time_us, zone).strftime("%H:%M"), "till_day": days}


def _shift(snapshot: Snapshot, machines: Iterable[str]) -> dict[str, Any] | None:
    """This shift's operations, and the next services of the area; None without a plan in force.

    beyond: one of the services begins after this shift, so that they are not said to be its own.
    """
    if plan_now(snapshot) is None:
        return None
    own = set(machines)
    start, end = shift_span(snapshot.plant, snapshot.plant_us)
    shift = plan_between(snapshot, start, end)
    here = [o for o in shift.operations if o["machine"] in own]
    ahead = plan_between(snapshot, snapshot.plant_us, snapshot.plant_us + SERVICES_H * HOUR_US)
    services = [s for s in ahead.services if s["machine"] in own]
    return {
        "done": sum(o["state"] == "done" for o in here),
        "all": len(here),
        "late": len({o["order"] for o in here if o.get("late")}),
        "services": [_service(snapshot, s) for s in services[:NOW_MAX]],
        "beyond": any(s["start"] >= end for s in services[:NOW_MAX]),
        "more": max(0, len(services) - NOW_MAX),
    }


def _service(snapshot: Snapshot, service: Mapping[str, Any]) -> dict[str, Any]:
    plant, zone = snapshot.plant, snapshot.plant.zone
    machine = next((m for m in plant.machines if m.id == service["machine"]), None)
    crew = next((c for c in plant.crews if c.id == service.get("crew")), None)
    is_running = service.get("pin") == "running"
    return {
        "id": service["machine"],
        "name": machine.name or machine.id if machine else service["machine"],
        "crew": crew.name or crew.id if crew else "",
        # The plan has what is under way begin now, which it did not.
        "from": None if is_running else local(service["start"], zone).strftime("%H:%M"),
        **_till(snapshot, service["end"]),
        "day": (local(service["start"], zone).date() - local(snapshot.plant_us, zone).date()).days,
        "sure": bool(service.get("pin")),
    }
