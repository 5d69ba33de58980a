"""What a batch's change of the view is worth saying: events, and forecasts to be scored later."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from twin.core.view import NEVER
from twin.pipeline.classtwin import ClassTwin, Moved
from twin.stores.records import ISSUED, Issued, pack_issued
from twin.types import Event

__all__ = ["events_of", "forecasts_of"]

KINDS = {"beyond": ("alarm_on", "alarm_off"), "bad": ("bad_sensor", "sensor_back")}


def events_of(twin: ClassTwin, moved: Moved, machine_ids: Sequence[str]) -> list[Event]:
    """Alarms, bad sensors and changed machines that came or went; machine_ids by touched row."""
    after = twin.view[moved.touched]
    found: list[Event] = []
    for field, kinds in KINDS.items():
        for n, lane, on in _flips(moved.before[field], after[field]):
            sensor = twin.machine_class.sensors[lane]
            detail = {"sensor": sensor.id, "value": _number(after["value"][n, lane])}
            if field == "beyond":
                detail["priority"] = sensor.alarm.priority
            time = int(after["time"][n])
            found.append(Event(time, kinds[0 if on else 1], machine_ids[n], detail))
    for n, _, on in _flips(moved.before["changed"], after["changed"]):
        if on:
            found.append(Event(int(after["time"][n]), "changed", machine_ids[n], {}))
    return sorted(found, key=lambda event: event.time)


def forecasts_of(twin: ClassTwin, moved: Moved, slots: NDArray[np.int64]) -> list[bytes]:
    """The risk of each touched machine that has entered another step of the model's time."""
    if twin.hazard is None:
        return []
    after, step = twin.view[moved.touched], int(twin.trend.step_us)
    known = (after["time"] != NEVER) & np.isfinite(after["p"]).all(axis=1)
    was = moved.before["time"]
    entered = known & ((was == NEVER) | (after["time"] // step > was // step))
    if not entered.any():
        return []
    rows = np.zeros(int(entered.sum()), dtype=ISSUED)
    rows["slot"], rows["time"] = slots[moved.touched[entered]], after["time"][entered]
    rows["p"] = after["p"][entered]
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
