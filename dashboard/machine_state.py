"""State of a machine page, in no language: numbers, codes and the plant file's own names."""

from typing import Any

import numpy as np

from dashboard.numbers import decimals, rounded, roundeds
from dashboard.plant_state import tile_codes
from dashboard.snapshot import (
    STALE_PERIODS,
    TRANSPORT_S,
    Snapshot,
    age_s,
    failed_at,
    is_idle,
    is_silent,
    pace,
    row_of,
)
from dashboard.times import iso_local, local
from twin.core.view import HORIZONS, N_DRIVERS, NEVER
from twin.plant import Machine, MachineClass

__all__ = ["N_EVENTS", "Z95", "hours", "machine_state", "quality_code"]

Z95 = 1.959964
"""Half width of a 95 % interval of the normal distribution, in sd."""
N_EVENTS = 12
LEAST_LOGIT = 0.1
"""Log-odds below which a sensor does not drive the risk: a factor of 1.1."""


def machine_state(snapshot: Snapshot, machine: Machine) -> dict[str, Any]:
    """Everything the machine page shows, but for the past and the risk curve."""
    machine_class = snapshot.plant.class_of(machine)
    row = row_of(snapshot, machine.id)
    failed = failed_at(snapshot, machine.id)
    state = {
        "code": tile_codes(snapshot)[machine.id],
        "events": _events(snapshot, machine, machine_class),
        "item": _plan_item(snapshot, machine),
        "failed": None if failed is None else iso_local(failed, snapshot.plant.zone),
        "period_s": machine_class.period_s,
        "currency": snapshot.plant.plant.currency,
    }
    if row is None:
        return state | {"sensors": [], "sample": None}
    withheld = failed is not None or is_silent(snapshot, machine_class, row)
    forecast = {
        "risk": {name: _risk(row, n) for n, name in enumerate(HORIZONS)},
        "life": _life(row, machine_class.step_s),
        "drivers": _drivers(machine_class, row),
        "modes": _modes(machine_class, row),
    }
    return (
        state
        | (_unsaid(forecast) if withheld else forecast)
        | {
            "item": None if withheld else state["item"],
            "withheld": withheld,
            "last": iso_local(row["time"], snapshot.plant.zone),
            "idle": is_idle(machine_class, row),
            "sensors": [
                _sensor(snapshot, machine, row, n) for n in range(len(machine_class.sensors))
            ],
            "inputs": [_input(machine_class, row, n) for n in range(len(machine_class.inputs))],
            "health": _health(row),
            "born": local(row["born"], snapshot.plant.zone).strftime("%Y-%m-%d"),
            "sample": _sample(snapshot, machine_class, row),
        }
    )


def _unsaid(forecast: dict[str, Any]) -> dict[str, Any]:
    """The same places without numbers: inputs have stopped, or the failure has come."""
    return {
        "risk": {name: [None, None, None] for name in forecast["risk"]},
        "life": {"known": forecast["life"]["known"]},
        "drivers": [],
        "modes": [mode | {"share": None} for mode in forecast["modes"]],
    }


def quality_code(row: np.void, n: int, is_stale: bool) -> str:
    """good, uncertain, bad (the source says so), broken (the twin says so), stale or never."""
    if row["seen"][n] == NEVER:
        return "never"
    bit = 1 << n
    if row["bad"] & bit:
        return "broken"
    if row["quality"] & bit:
        return "bad" if row["missing"] & bit else "uncertain"
    return "stale" if is_stale else "good"


def _sensor(snapshot: Snapshot, machine: Machine, row: np.void, n: int) -> dict[str, Any]:
    machine_class = snapshot.plant.class_of(machine)
    sensor = snapshot.plant.sensors_of(machine)[n]
    seen = row["seen"][n]
    age = None if seen == NEVER else age_s(snapshot, seen)
    limit = STALE_PERIODS * machine_class.period_s / pace(snapshot) + TRANSPORT_S
    low, high = sensor.normal
    alarm = sensor.alarm
    return {
        "id": sensor.id,
        "name": sensor.name or sensor.id,
        "unit": sensor.unit,
        "decimals": decimals(low, high),
        "normal": [low, high],
        "limits": [alarm.low_low, alarm.low, alarm.high, alarm.high_high],
        "priority": alarm.priority,
        "value": rounded(row["value"][n], 6),
        "level": rounded(row["level"][n], 6),
        "quality": quality_code(row, n, age is not None and age > limit),
        "age_s": rounded(age, 2),
        "beyond": bool(row["beyond"] & (1 << n)),
    }


def _input(machine_class: MachineClass, row: np.void, n: int) -> dict[str, Any]:
    lane = machine_class.inputs[n]
    return {
        "name": lane.name or lane.id,
        "unit": lane.unit,
        "decimals": decimals(*lane.range),
        "range": list(lane.range),
        "value": rounded(row["value"][len(machine_class.sensors) + n], 6),
    }


def _health(row: np.void) -> dict[str, Any]:
    return {
        "nis": rounded(row["nis"], 3),
        "health": rounded(row["health"], 3),
        "changed": bool(row["changed"]),
        "applied": int(row["n_applied"]),
        "late": int(row["n_late"]),
        "gated": int(row["n_gated"]),
    }


def _risk(row: np.void, n: int) -> list[float | None]:
    """Probability and its 80 % interval."""
    return [rounded(row[name][n], 3) for name in ("p", "p_lo", "p_hi")]


def hours(steps: Any, step_s: float) -> float | None:
    """Steps of the model in hours; None where it is beyond the horizon or unknown."""
    return rounded(float(steps) * step_s / 3600, 3)


def _life(row: np.void, step_s: float) -> dict[str, Any]:
    names = {"mean_h": "rul_mean", "lo_h": "rul_q10", "mid_h": "rul_q50", "hi_h": "rul_q90"}
    life: dict[str, Any] = {key: hours(row[name], step_s) for key, name in names.items()}
    return life | {"known": bool(np.isfinite(row["p"]).all())}


def _drivers(machine_class: MachineClass, row: np.void) -> list[dict[str, Any]]:
    """Sensors that push the risk up most, with their share of the log-odds."""
    found = []
    for n in range(N_DRIVERS):
        index, logit = int(row["driver"][n]), float(row["driver_logit"][n])
        if 0 <= index < len(machine_class.sensors) and logit > LEAST_LOGIT:
            sensor = machine_class.sensors[index]
            found.append({"name": sensor.name or sensor.id, "logit": rounded(logit, 3)})
    return found


def _modes(machine_class: MachineClass, row: np.void) -> list[dict[str, Any]]:
    modes = [
        {
            "name": mode.name or mode.id,
            "share": rounded(row["mode_p"][n], 2),
            "consequence": mode.consequence,
            "response": mode.response,
        }
        for n, mode in enumerate(machine_class.modes)
    ]
    return sorted(modes, key=lambda mode: -(mode["share"] or 0))


def _events(
    snapshot: Snapshot, machine: Machine, machine_class: MachineClass
) -> list[dict[str, Any]]:
    names = {s.id: s.name or s.id for s in machine_class.sensors}
    modes = {m.id: m.name or m.id for m in machine_class.modes}
    own = [e for e in snapshot.events if e.machine_id == machine.id][:N_EVENTS]
    return [
        {
            "time": iso_local(e.time, snapshot.plant.zone),
            "kind": e.kind,
            "about": names.get(str(e.detail.get("sensor")), modes.get(str(e.detail.get("mode")))),
            "planned": e.detail.get("planned"),
        }
        for e in own
    ]


def _plan_item(snapshot: Snapshot, machine: Machine) -> dict[str, Any] | None:
    items = snapshot.plan.get("items", [])
    found = next((i for i in items if i["machine"] == machine.id), None)
    return None if found is None else {k: v for k, v in found.items() if k != "drivers"}


def _sample(snapshot: Snapshot, machine_class: MachineClass, row: np.void) -> dict[str, Any]:
    """The newest sample as one point a chart; None where a sensor did not report."""
    n_sensors = len(machine_class.sensors)
    bits = np.arange(n_sensors)
    absent = ((int(row["missing"]) >> bits) & 1).astype(bool)
    values = np.where(absent, np.nan, row["value"][:n_sensors])
    return {
        "time": iso_local(row["time"], snapshot.plant.zone),
        "value": roundeds(values, 6),
        "level": roundeds(row["level"], 6),
        "half": roundeds(Z95 * row["spread"], 4),
        "innovation": roundeds(np.where(absent, np.nan, row["innovation"]), 4),
    }
