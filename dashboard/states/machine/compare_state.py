"""Two machines of a class side by side, and which of their differences matter. In no language."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dashboard.figures.signals import Past, min_max, naive_s
from dashboard.numbers import decimals, rounded, roundeds
from dashboard.snapshot import Snapshot, row_of
from dashboard.states.machine.machine_state import machine_state
from dashboard.times import iso_local
from twin.plant import Machine

__all__ = ["MATTERS", "apart", "compare_state", "line_of", "rivals"]

MATTERS = 0.1
"""Share of a sensor's normal range under which a difference of levels does not matter."""
SIGMAS = 2.0
"""Standard deviations of the difference that it must exceed besides, to be one at all."""
TIMES = 2.0
"""Ages and distances differ where one is more than so many times the other."""
AS_NEW = 2.0
"""Distance from commissioning up to which a machine is as it was."""
LEAST_P = 0.01
"""Probability of failure under which two risks are the same to whoever plans."""
FITS = (0.4, 2.0)
"""NIS within which a machine page says that its twin fits or nearly does."""
LINE_POINTS = 300

State = Mapping[str, Any]


def rivals(snapshot: Snapshot, machine: Machine) -> list[Machine]:
    """Machines that it can be compared with: the others of its class, in the file's order."""
    return [m for m in snapshot.plant.machines_of(machine.class_id) if m.id != machine.id]


def compare_state(snapshot: Snapshot, a: Machine, b: Machine) -> dict[str, Any]:
    """Both machines' figures, and for each whether the difference matters."""
    both = [_one(snapshot, m) for m in (a, b)]
    return {
        "machines": both,
        "figures": _figures(both),
        "sensors": _sensors(snapshot, a, b),
        "currency": snapshot.plant.plant.currency,
        "at": iso_local(snapshot.plant_us, snapshot.plant.zone),
    }


def _one(snapshot: Snapshot, machine: Machine) -> dict[str, Any]:
    """What is compared of one machine besides its sensors."""
    state, row = machine_state(snapshot, machine), row_of(snapshot, machine.id)
    age_h = None if row is None else (snapshot.plant_us - int(row["born"])) / 3.6e9
    health = state.get("health") or {}
    return {
        "id": machine.id,
        "name": machine.name or machine.id,
        "code": state["code"],
        "idle": state.get("idle"),
        "failed": state["failed"],
        "withheld": state.get("withheld", True),
        "age_h": rounded(age_h, 4),
        "born": state.get("born"),
        "day": (state.get("risk") or {}).get("day") or [None, None, None],
        "week": (state.get("risk") or {}).get("week") or [None, None, None],
        "life": state.get("life") or {},
        "drivers": state.get("drivers") or [],
        "modes": [{k: m[k] for k in ("name", "share")} for m in state.get("modes") or []],
        "health": health.get("health"),
        "nis": health.get("nis"),
        "nis_range": health.get("nis_range"),
        "gated": health.get("gated"),
        "applied": health.get("applied"),
    }


def _figures(both: list[dict[str, Any]]) -> dict[str, bool]:
    """Which figures differ in a way that matters."""
    a, b = both
    names = [[d["sensor"] for d in m["drivers"][:1]] for m in both]
    return {
        "code": a["code"].split()[0] != b["code"].split()[0],
        "age_h": _times_apart(a["age_h"], b["age_h"]),
        "day": _likelier(a["day"], b["day"]),
        "week": _likelier(a["week"], b["week"]),
        "life": apart(*([m["life"].get("lo_h"), m["life"].get("hi_h")] for m in both)),
        "drivers": names[0] != names[1] and not any(m["withheld"] for m in both),
        "health": _times_apart(a["health"], b["health"]) and max(a["health"], b["health"]) > AS_NEW,
        "nis": _fits(a) is not _fits(b),
    }


def apart(a: list[Any], b: list[Any]) -> bool:
    """Whether two intervals [lo, hi] have no value in common; None: unknown, or unbounded above.

    >>> apart([1, 2], [3, 4]), apart([1, 3], [2, 4]), apart([5, None], [1, 2])
    (True, False, True)
    """
    if a[0] is None or b[0] is None:
        return False
    highest = [np.inf if x[1] is None else x[1] for x in (a, b)]
    return bool(a[0] > highest[1] or b[0] > highest[0])


def _times_apart(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return False
    low, high = sorted((abs(a), abs(b)))
    return high > TIMES * low


def _likelier(a: list[Any], b: list[Any]) -> bool:
    """Whether one's 80 % interval lies above the other's, and is not next to nothing."""
    return apart(a[1:], b[1:]) and max(a[0], b[0]) >= LEAST_P


def _fits(machine: State) -> bool:
    return machine["nis"] is None or FITS[0] <= machine["nis"] <= FITS[1]


def _sensors(snapshot: Snapshot, a: Machine, b: Machine) -> list[dict[str, Any]]:
    """Level and sd of each sensor on both machines, and the difference in normal ranges."""
    rows = [row_of(snapshot, m.id) for m in (a, b)]
    found = []
    for n, sensor in enumerate(snapshot.plant.sensors_of(a)):
        level, sd = ([_value(row, name, n) for row in rows] for name in ("level", "sd"))
        width = sensor.normal[1] - sensor.normal[0]
        away = level[0] - level[1]
        clear = abs(away) > SIGMAS * float(np.hypot(*sd))
        found.append(
            {
                "id": sensor.id,
                "name": sensor.name or sensor.id,
                "unit": sensor.unit,
                "decimals": decimals(*sensor.normal),
                "normal": list(sensor.normal),
                "level": roundeds(level, 5),
                "sd": roundeds(sd, 3),
                "away": rounded(away, 4),
                "share": rounded(away / width, 3),
                "differs": bool(clear and abs(away) > MATTERS * width),
            }
        )
    return found


def _value(row: np.void | None, name: str, n: int) -> float:
    return float("nan") if row is None else float(row[name][n])


def line_of(past: Past, n: int, since_h: float | None) -> dict[str, Any]:
    """Sensor n's estimate, thinned: t in hours since the last reset, whose newest sample is
    since_h after it; None: seconds since the first sample, which is at "start"."""
    drawn = past.level[:, n] if np.isfinite(past.level[:, n]).any() else past.value[:, n]
    if not past.times:
        return {"t": [], "y": []}
    kept, seconds = min_max(drawn, LINE_POINTS), naive_s(past)
    t = seconds[kept] if since_h is None else since_h + (seconds[kept] - seconds[-1]) / 3600.0
    return {"t": roundeds(t, 7), "y": roundeds(drawn[kept], 5)}
