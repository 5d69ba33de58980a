"""State of a machine page, in no language: numbers, codes and the plant file's own names."""

from typing import Any

import numpy as np

from dashboard.numbers import decimals, rounded, roundeds
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
from dashboard.states.at_service import serviced_until
from dashboard.states.machine.evidence import Z95, nis_range
from dashboard.states.machine.machine_log import alarms_of, log_of, services_of
from dashboard.states.machine.machine_risk import drivers_of, hours, life_of, modes_of, risk_of
from dashboard.states.plant.plant_state import tile_codes
from dashboard.states.plant.work_list import suggested_services
from dashboard.times import iso_local, local
from twin.core.statespace import Trend
from twin.core.view import HORIZONS, NEVER
from twin.pipeline.learning.servicing import service_costs
from twin.plant import Machine, MachineClass

__all__ = ["Z95", "hours", "machine_state", "quality_code", "risky_sensor"]

NIS_MEMORY = float(Trend._field_defaults["nis_memory"])


def machine_state(snapshot: Snapshot, machine: Machine) -> dict[str, Any]:
    """Everything the machine page shows, but for the past and the risk curve."""
    machine_class = snapshot.plant.class_of(machine)
    row = row_of(snapshot, machine.id)
    failed = failed_at(snapshot, machine.id)
    until = serviced_until(snapshot).get(machine.id)
    state = {
        "code": tile_codes(snapshot)[machine.id],
        "log": log_of(snapshot, machine),
        "alarms": alarms_of(snapshot, machine),
        "services": services_of(snapshot, machine),
        "suggested": suggested_services(snapshot).get(machine.id),
        "item": _plan_item(snapshot, machine),
        "costs": _costs(snapshot, machine),
        "failed": None if failed is None else iso_local(failed, snapshot.plant.zone),
        "serviced": None if until is None else iso_local(until, snapshot.plant.zone),
        "period_s": machine_class.period_s,
        "currency": snapshot.plant.plant.currency,
    }
    if row is None:
        return state | {"sensors": [], "sample": None}
    withheld = failed is not None or is_silent(snapshot, machine_class, row)
    forecast = {
        "risk": {name: risk_of(row, n) for n, name in enumerate(HORIZONS)},
        "life": life_of(row, machine_class.step_s),
        "drivers": drivers_of(machine_class, row),
        "modes": modes_of(machine_class, row),
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
            "health": _health(row, len(machine_class.sensors)),
            "born": local(row["born"], snapshot.plant.zone).strftime("%Y-%m-%d"),
            "born_h": rounded((int(row["born"]) - snapshot.plant_us) / 3.6e9, 3),
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
    code = quality_code(row, n, age is not None and age > limit)
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
        "quality": code,
        # Of plant time: what is said beside a plant's clock is told by that clock.
        "age_s": None if code == "good" else rounded((snapshot.plant_us - int(seen)) / 1e6, 3),
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


def _health(row: np.void, n_sensors: int) -> dict[str, Any]:
    return {
        "nis": rounded(row["nis"], 3),
        "nis_range": roundeds(nis_range(n_sensors, NIS_MEMORY), 3),
        "health": rounded(row["health"], 3),
        "changed": bool(row["changed"]),
        "applied": int(row["n_applied"]),
        "late": int(row["n_late"]),
        "gated": int(row["n_gated"]),
    }


def _costs(snapshot: Snapshot, machine: Machine) -> dict[str, float]:
    """What a planned service and a failure cost, lost output included, and how long each takes."""
    costs = snapshot.plant.costs_of(machine)
    planned, unplanned = service_costs(costs)
    return {
        "planned": planned,
        "unplanned": unplanned,
        "planned_h": costs.planned_h,
        "unplanned_h": costs.unplanned_h,
    }


def risky_sensor(snapshot: Snapshot, machine: Machine, row: np.void | None) -> int:
    """Number of the sensor that drives the risk most; else one beyond a limit; else the first."""
    sensors = snapshot.plant.sensors_of(machine)
    if row is None:
        return 0
    if 0 <= (driver := int(row["driver"][0])) < len(sensors):
        return driver
    beyond = [n for n in range(len(sensors)) if row["beyond"] & (1 << n)]
    return beyond[0] if beyond else 0


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
