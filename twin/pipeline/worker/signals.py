"""What a batch's change of the view is worth saying: events, and forecasts to be scored later."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from twin.core.view import NEVER
from twin.pipeline.worker.classtwin import ClassTwin, Moved
from twin.plant import AlarmLimits, Sensor
from twin.stores.records import ISSUED, Issued, pack_issued
from twin.types import Event

__all__ = ["events_of", "forecasts_of", "issued_every", "limit_crossed"]

SIDES = ("low_low", "low", "high", "high_high")
ISSUED_A_HORIZON = 8
KINDS = {"beyond": ("alarm_on", "alarm_off"), "bad": ("bad_sensor", "sensor_back")}


def events_of(twin: ClassTwin, moved: Moved, machine_ids: Sequence[str]) -> list[Event]:
    """Alarms, bad sensors and changed machines that came or went; machine_ids by touched row."""
    after = twin.view[moved.touched]
    found: list[Event] = []
    for field, kinds in KINDS.items():
        for n, lane, on in _flips(moved.before[field], after[field]):
            sensor = _sensors(twin, moved, n)[lane]
            detail = {"sensor": sensor.id, "value": _number(after["value"][n, lane])}
            if field == "beyond":
                detail["priority"] = sensor.alarm.priority
                if on:
                    detail["limit"] = limit_crossed(after["value"][n, lane], sensor.alarm)
            time = int(after["time"][n])
            found.append(Event(time, kinds[0 if on else 1], machine_ids[n], detail))
    found += _limit_moves(twin, moved, machine_ids)
    for n, _, on in _flips(moved.before["changed"], after["changed"]):
        if on:
            found.append(Event(int(after["time"][n]), "changed", machine_ids[n], {}))
    return sorted(found, key=lambda event: event.time)


def limit_crossed(value: float, alarm: AlarmLimits) -> str:
    """The outermost limit that a value of an alarm is beyond; within all of them (the deadband is
    not left yet) the nearest."""
    low, high = (alarm.low_low, alarm.low), (alarm.high, alarm.high_high)
    for name, limit in (("low_low", low[0]), ("low", low[1])):
        if limit is not None and value <= limit:
            return name
    for name, limit in (("high_high", high[1]), ("high", high[0])):
        if limit is not None and value >= limit:
            return name
    inner = [(n, x) for n, x in alarm.model_dump().items() if n in SIDES and x is not None]
    return min(inner, key=lambda pair: abs(value - pair[1]))[0] if inner else ""


def _limit_moves(twin: ClassTwin, moved: Moved, machine_ids: Sequence[str]) -> list[Event]:
    """Alarms that go on but have come to another limit.

    Outwards once reading and estimate are both beyond the outer limit, so that one wild reading is
    no alarm of its own; back once both are within it by the deadband.
    """
    after, before = twin.view[moved.touched], moved.before
    both = after["beyond"] & before["beyond"]
    found = []
    for n in np.flatnonzero(both).tolist():
        for lane, sensor in enumerate(_sensors(twin, moved, n)):
            if not int(both[n]) >> lane & 1:
                continue
            was, now = (_reach(rows[n], lane, sensor.alarm) for rows in (before, after))
            if now and now != was:
                detail = {"sensor": sensor.id, "value": _number(after["value"][n, lane])}
                detail |= {"limit": now, "priority": sensor.alarm.priority}
                found.append(Event(int(after["time"][n]), "alarm_limit", machine_ids[n], detail))
    return found


def _reach(row: np.void, lane: int, alarm: AlarmLimits) -> str:
    """The limit of which reading and estimate leave no doubt, on the side of the reading; ""
    between an outer limit and its deadband, where the limit that held goes on to hold."""
    value, level = float(row["value"][lane]), float(row["level"][lane])
    crossed = limit_crossed(value, alarm)
    if crossed.startswith("high"):
        inner, outer, sign, values = "high", alarm.high_high, 1.0, (value, level)
    else:
        inner, outer, sign, values = "low", alarm.low_low, -1.0, (-value, -level)
    if getattr(alarm, inner) is None or outer is None:
        return crossed
    if min(values) >= sign * outer:
        return f"{inner}_{inner}"
    return inner if max(values) <= sign * outer - alarm.deadband else ""


def _sensors(twin: ClassTwin, moved: Moved, n: int) -> Sequence[Sensor]:
    """Sensors of the nth machine touched, with its own limits."""
    return twin.own_sensors.get(int(moved.touched[n]), twin.machine_class.sensors)


def issued_every(step: float, shortest_horizon: float) -> float:
    """Time between two forecasts of a machine that are kept, in the unit of both."""
    return max(step, shortest_horizon / ISSUED_A_HORIZON)


def forecasts_of(twin: ClassTwin, moved: Moved, slots: NDArray[np.int64]) -> list[bytes]:
    """The risk of each touched machine that has entered another step of the model's time; where
    steps are short, another eighth of the shortest horizon, so that a week of them can be kept."""
    if twin.hazard is None:
        return []
    after, step = twin.view[moved.touched], int(twin.trend.step_us)
    every = int(issued_every(step, twin.horizons[0] * step))
    known = (after["time"] != NEVER) & np.isfinite(after["p"]).all(axis=1)
    was = moved.before["time"]
    entered = known & ((was == NEVER) | (after["time"] // every > was // every))
    if not entered.any():
        return []
    rows = np.zeros(int(entered.sum()), dtype=ISSUED)
    rows["slot"], rows["time"] = slots[moved.touched[entered]], after["time"][entered]
    for name in ("p", "p_lo", "p_hi"):
        rows[name] = after[name][entered]
    lives = np.column_stack([after[name][entered] for name in ("rul_q10", "rul_q50", "rul_q90")])
    rows["life_h"] = lives * (step / 3.6e9)
    hours = [h * step / 3.6e9 for h in twin.horizons]
    return [pack_issued(Issued(twin.class_id, twin.model.version, hours, rows))]


def _flips(
    before: NDArray[np.uint32], after: NDArray[np.uint32]
) -> Iterator[tuple[int, int, bool]]:
    """Row, bit and new value of every bit that changed."""
    flips = before ^ after
    for n in np.flatnonzero(flips).tolist():
        bits, now = int(flips[n]), int(after[n])
        while bits:
            lane = (bits & -bits).bit_length() - 1
            bits &= bits - 1
            yield n, lane, bool(now >> lane & 1)


def _number(value: float) -> float | None:
    return round(float(value), 6) if np.isfinite(value) else None
