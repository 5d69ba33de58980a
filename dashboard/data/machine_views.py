"""What the slow panels of a machine's page ask for: charts, fans, evidence; each kept a while."""

from typing import Any

import numpy as np

from dashboard.data.machines import MachinePast
from dashboard.figures.signals import Past, chart_lines, min_max, naive_s
from dashboard.numbers import decimals, rounded, roundeds
from dashboard.snapshot import Snapshot, is_silent, row_of
from dashboard.states.machine.evidence import gaps_s, sensor_quality, whiteness
from dashboard.states.machine.machine_log import event_lines
from dashboard.states.machine.machine_state import risky_sensor
from dashboard.states.machine.outlook import sensor_fan
from dashboard.times import iso_local
from twin.core.layout import HEALTH, NIS, TIME, header
from twin.core.view import NEVER
from twin.errors import WireError
from twin.pipeline.history.history import Estimate
from twin.plant import Machine
from twin.stores.chunkcodec import decode_chunk

__all__ = ["AHEAD_H", "ahead", "charts", "evidence"]

AHEAD_H = (24, 96, 336)
"""Hours that a fan may reach."""
FAN_S, EVIDENCE_S = 10, 30
"""Wall seconds for which an answer serves all readers."""
FAN_POINTS, PAST_POINTS = 60, 300
PAST_SHARE = 1 / 3
"""Of a fan's hours, as many are shown of the past."""
EVIDENCE_H, ROWS_MAX = 24.0, 20_000
HEALTH_H, HEALTH_POINTS = 168.0, 60
EVENTS_READ, OLDER_MAX = 3000, 200


def charts(views: MachinePast, snapshot: Snapshot, machine: Machine, kind: str, n: int) -> Any:
    """Lines of all sensors over the last n expected periods, and how white the innovations are.

    Of a machine that has fallen silent, the periods before its last sample.
    """
    machine_class = snapshot.plant.class_of(machine)
    row, period_s = row_of(snapshot, machine.id), machine_class.period_s
    silent = row is not None and is_silent(snapshot, machine_class, row)
    until_us = int(row["time"]) if row is not None and silent else None
    past = views.past(snapshot.plant, machine, n * period_s, until_us)
    lines = chart_lines(past, kind)
    return lines | {"white": whiteness(past.innovation), "period_s": period_s, "periods": n}


def ahead(
    views: MachinePast, snapshot: Snapshot, machine: Machine, sensor_id: str, hours: int | None
) -> dict[str, Any] | None:
    """The fan of one sensor ("": the one that drives the risk most), its past before it.

    hours: how far, one of AHEAD_H; None: as far as its crossing needs. None without a belief.
    """
    sensors = snapshot.plant.sensors_of(machine)
    row = row_of(snapshot, machine.id)
    named = [n for n, s in enumerate(sensors) if s.id == sensor_id]
    n = named[0] if named else risky_sensor(snapshot, machine, row)
    hours = hours if hours in AHEAD_H else None
    key = f"ahead:{machine.id}:{sensors[n].id}:{hours or 'auto'}"
    return views.computed.get(key, FAN_S, lambda: _new_ahead(views, snapshot, machine, n, hours))


def _new_ahead(
    views: MachinePast, snapshot: Snapshot, machine: Machine, n: int, hours: int | None
) -> dict[str, Any] | None:
    belief = views.belief(snapshot, machine)
    if belief is None:
        return None
    sensor = snapshot.plant.sensors_of(machine)[n]
    for reach in [hours] if hours in AHEAD_H else AHEAD_H:
        fan = sensor_fan(belief, sensor, n, np.linspace(0.0, reach, FAN_POINTS + 1))
        if any(c["hi_h"] is not None and not c["beyond"] for c in fan["limits"]):
            break
    past = views.past(snapshot.plant, machine, reach * PAST_SHARE * 3600)
    return fan | {
        "sensor": sensor.id,
        "name": sensor.name or sensor.id,
        "unit": sensor.unit,
        "decimals": decimals(*sensor.normal),
        "normal": list(sensor.normal),
        "reach_h": reach,
        "from": iso_local(belief.time_us, snapshot.plant.zone),
        "past": _fan_past(past, n),
    }


def _fan_past(past: Past, n: int) -> dict[str, Any]:
    """The level before now, hours before its newest sample, thinned."""
    if not past.times:
        return {"hours": [], "level": []}
    drawn = past.level[:, n] if np.isfinite(past.level[:, n]).any() else past.value[:, n]
    kept = min_max(drawn, PAST_POINTS)
    seconds = naive_s(past)
    return {
        "hours": roundeds((seconds[kept] - seconds[-1]) / 3600.0, 5),
        "level": roundeds(drawn[kept], 5),
    }


def evidence(views: MachinePast, snapshot: Snapshot, machine: Machine) -> dict[str, Any]:
    """Quality of each sensor over the last day, and the frozen twin's distance over a week."""
    key = f"evidence:{machine.id}"
    return views.computed.get(key, EVIDENCE_S, lambda: _new_evidence(views, snapshot, machine))


def _new_evidence(views: MachinePast, snapshot: Snapshot, machine: Machine) -> dict[str, Any]:
    plant, machine_class = snapshot.plant, snapshot.plant.class_of(machine)
    span_s = min(EVIDENCE_H * 3600, ROWS_MAX * machine_class.period_s)
    found = views.rows(plant, machine, span_s)
    if found is None:
        return {"quality": None, "health": [], "older": []}
    n_sensors = len(machine_class.sensors)
    if isinstance(found, Estimate):
        rows = found.rows
        quality = sensor_quality(rows, found.trace.flags, found.trace.gated, n_sensors, plant)
    else:
        rows, quality = found, sensor_quality(found, None, None, n_sensors, plant)
    quality["gap_h"] = rounded(gaps_s(rows["time"], machine_class.period_s) / 3600, 3)
    quality["span_h"] = rounded(span_s / 3600, 3)
    return {
        "quality": quality,
        "health": _health_past(views, snapshot, machine),
        "older": _older(views, snapshot, machine),
    }


def _older(views: MachinePast, snapshot: Snapshot, machine: Machine) -> list[dict[str, Any]]:
    """Lines of the machine's events beyond those that every snapshot carries."""
    events = [e for _, e in views.store.last_events(EVENTS_READ) if e.machine_id == machine.id]
    return event_lines(snapshot, machine, events)[:OLDER_MAX]


def _health_past(views: MachinePast, snapshot: Snapshot, machine: Machine) -> list[list[Any]]:
    """[hours before now, distance from commissioning, NIS] at the beginning of each piece of the
    sealed history: the belief is kept there, so the past is what it was, not computed anew."""
    machine_class = snapshot.plant.class_of(machine)
    if machine_class.twin.family == "linear":
        return []
    trend = views.model(machine.class_id, machine_class).trend(machine_class)
    now = views.now_us()
    chunks = views.store.chunks(machine.id, now - int(HEALTH_H * 3.6e9), now)
    found = []
    for chunk in chunks[:: max(1, len(chunks) // HEALTH_POINTS)]:
        try:
            belief = decode_chunk(chunk.blob).belief
        except WireError:
            continue
        if len(belief) == trend.layout.width:
            state = np.array(belief).reshape(1, -1)
            time = int(header(state, TIME)[0])
            if time != NEVER:
                at = rounded((time - now) / 3.6e9, 4)
                found.append([at, rounded(state[0, HEALTH], 3), rounded(state[0, NIS], 3)])
    return found
