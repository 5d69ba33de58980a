"""State of the alarms page, in no language: what calls, what is put aside, how good the system is.

Times are naive ISO strings of the plant's zone; what a reader does about an alarm is in its machine
class's failure modes: the one that the twin thinks likeliest.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dashboard.numbers import decimals, rounded
from dashboard.snapshot import Snapshot, row_of
from dashboard.states.alarms.alarm_journal import journal_lines
from dashboard.states.alarms.alarm_names import Names
from dashboard.times import iso_local
from twin.plant import AlarmLimits, Machine, MachineClass, Sensor

__all__ = ["alarm_counts", "alarm_rows", "alarms_state"]

HOUR_US = 3_600_000_000
JOURNAL_SHOWN = 200
OUTER = {"high": "high_high", "low": "low_low"}
UNKNOWN_MODE = {"mode": None, "consequence": None, "response": None}
MOVES = 1e-9
"""Change a step, in normal ranges, below which an estimate stands still."""


def alarms_state(snapshot: Snapshot) -> dict[str, Any]:
    """Everything the alarms page shows."""
    return {
        "alarms": alarm_rows(snapshot),
        "lines": {line.id: line.name or line.id for line in snapshot.plant.lines},
        "known": "alarm_rates" in snapshot.desk,
        "rates": _rates(snapshot, Names(snapshot.plant)),
        "journal": {str(x["n"]): x for x in journal_lines(snapshot, JOURNAL_SHOWN)},
    }


def alarm_counts(desk: Mapping[str, Any]) -> dict[str, int]:
    """How many call and nobody has acknowledged them, call at all, are on the shelf."""
    states = [a["state"] for a in (desk.get("alarms") or {}).values()]
    unack = sum(s in {"unacknowledged", "returned_unacknowledged"} for s in states)
    return {
        "unack": unack,
        "active": unack + states.count("acknowledged"),
        "shelved": states.count("shelved"),
    }


def alarm_rows(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    """Alarm id → a line of the list; alarms of what has left the plant file are left out."""
    machines = {m.id: m for m in snapshot.plant.machines}
    found = {}
    for alarm_id, alarm in (snapshot.desk.get("alarms") or {}).items():
        machine = machines.get(alarm["machine"])
        sensors = [] if machine is None else snapshot.plant.sensors_of(machine)
        lane = next((n for n, s in enumerate(sensors) if s.id == alarm["sensor"]), None)
        if machine is not None and lane is not None:
            found[alarm_id] = _row(snapshot, machine, sensors[lane], lane, alarm)
    return found


def _row(
    snapshot: Snapshot, machine: Machine, sensor: Sensor, lane: int, alarm: Mapping[str, Any]
) -> dict[str, Any]:
    zone, until = snapshot.plant.zone, alarm["shelved_until"]
    return {
        "machine": machine.id,
        "name": machine.name or machine.id,
        "line": machine.line,
        "sensor": sensor.name or sensor.id,
        "unit": sensor.unit,
        "decimals": decimals(*sensor.normal),
        "limit": alarm["limit"],
        "limit_value": getattr(sensor.alarm, alarm["limit"] or "high", None),
        "priority": alarm["priority"],
        "state": alarm["state"],
        "active": alarm["active"],
        "since": iso_local(alarm["came"], zone) if alarm["came"] else None,
        "came": alarm["came"],
        "by": alarm["by"],
        "reason": alarm["reason"] or alarm["suppressed"],
        "until": None if until is None else iso_local(until, zone),
        "left_h": None if until is None else _hours(until - snapshot.plant_us),
        "one_shot": alarm["one_shot"],
        "age_h": _hours(snapshot.plant_us - alarm["came"]) if alarm["came"] else None,
    } | _now(snapshot, machine, sensor, lane, alarm)


def _now(
    snapshot: Snapshot, machine: Machine, sensor: Sensor, lane: int, alarm: Mapping[str, Any]
) -> dict[str, Any]:
    """Value of now, what is behind it by the twin, and the time that is left to answer."""
    machine_class, row = snapshot.plant.class_of(machine), row_of(snapshot, machine.id)
    if row is None:
        return {"value": None, "time_h": None, "until_what": None} | UNKNOWN_MODE
    value = rounded(row["value"][lane], 6)
    step_h = machine_class.step_s / 3600.0
    level, slope = float(row["level"][lane]), float(row["slope"][lane])
    width = sensor.normal[1] - sensor.normal[0]
    outer = _hours_to_outer(sensor.alarm, alarm["limit"], level, slope, step_h, width)
    life = rounded(float(row["rul_q50"]) * step_h, 3)
    known = [(h, what) for h, what in ((outer, "limit"), (life, "failure")) if h is not None]
    if not alarm["active"]:  # back within its limits: nothing to answer, no cause to look for
        return {"value": value, "time_h": None, "until_what": None} | UNKNOWN_MODE
    hours, what = min(known, default=(None, None))
    return {"value": value, "time_h": hours, "until_what": what} | _mode(machine_class, row)


def _hours_to_outer(
    limits: AlarmLimits, limit: str, level: float, slope: float, step_h: float, width: float
) -> float | None:
    """Until the estimate, going on as it goes, reaches the next limit out; None: it does not."""
    outer = getattr(limits, OUTER.get(limit, ""), None)
    if outer is None or not np.isfinite([level, slope]).all() or abs(slope) < MOVES * width:
        return None
    steps = (outer - level) / slope
    return rounded(steps * step_h, 3) if steps > 0 else None


def _mode(machine_class: MachineClass, row: np.void) -> dict[str, Any]:
    """The failure mode that the twin thinks likeliest: name, consequence, response."""
    modes = machine_class.modes
    share = row["mode_p"][: len(modes)]
    if len(modes) == 1:
        mode = modes[0]
    elif np.isfinite(share).any():
        mode = modes[int(np.nanargmax(share))]
    else:
        return UNKNOWN_MODE
    return {
        "mode": mode.name or mode.id,
        "consequence": mode.consequence or None,
        "response": mode.response or None,
    }


def _rates(snapshot: Snapshot, names: Names) -> dict[str, Any]:
    """The desk's figures with names for ids, without those of what has left the plant file."""
    held, zone = snapshot.desk.get("alarm_rates") or {}, snapshot.plant.zone
    if not held:
        return {}
    began = held["began"]
    return {
        "figures": {k: _figure(v) for k, v in held["figures"].items()},
        "began": iso_local(began, zone),
        "window_h": _hours(held["made"] - began),
        "flood": None if held["flood"] is None else iso_local(held["flood"], zone),
        "recent": held["recent"],
        "counts": held["counts"],
        "groups": [
            g
            | {"name": names.machine(g["machine"]), "since": iso_local(g["since"], zone)}
            | {"first_name": names.alarm(g["first_out"])}
            for g in held["groups"]
        ],
        "top": [[names.alarm(i), n, rounded(share, 3)] for i, n, share in held["top"]],
        "chattering": [names.alarm(i) for i in held["chattering"]],
        "fleeting": [[names.alarm(i), n] for i, n in held["fleeting"]],
    }


def _figure(held: list[Any]) -> list[Any]:
    value, limit, is_in = held
    return [rounded(value, 3), limit, is_in]


def _hours(us: int) -> float:
    """µs as hours, to the minute: what is shown, and no news where nothing changed."""
    return round(us / HOUR_US, 1 if us > 10 * HOUR_US else 2)
