"""Samples as JSON has them → rows: names become slots and lanes, faults get a reason.

A sample is all that one machine's sensors say at one time:

    {"machine": "mill-01", "time": "2026-03-01T06:00:00Z",
     "values": {"spindle_vib_mms": 0.84, "load_pct": 61}, "quality": {"load_pct": "uncertain"}}

`time` is ISO 8601 with an offset, or an integer of µs UTC. A sensor that is left out or null is
missing. Instead of values a sample may carry `"event": "repair"` or `"failure"`, and with either a
`"mode"`. Of a sample with one bad reading the others are taken.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from twin.catalogue import Catalogue
from twin.core.rows import RESET, row_dtype
from twin.plant import Plant
from twin.sources.base import Reject
from twin.types import Event

__all__ = ["Resolved", "Resolver", "parse_time"]

Rows = NDArray[np.void]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
TIME_MIN, TIME_MAX = 631_152_000_000_000, 7_258_118_400_000_000
"""1990 to 2200, µs: what lies outside is in another unit, such as s or ms."""
FLOAT32_MAX = float(np.finfo(np.float32).max)
NUMBERS = {float, int}
QUALITIES = {"good": 0, "uncertain": 1, "bad": 1}
KEYS = {"machine", "time", "values", "quality", "event", "mode"}


class Resolved(NamedTuple):
    """Rows by class in the order of the samples; what could not be taken; what happened."""

    rows: dict[str, Rows]
    rejects: list[Reject]
    events: list[Event]
    n_samples: int
    """Samples of which at least something was taken."""


class _FaultError(Exception):
    """A sample that cannot be taken: reason and detail."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


class _Class:
    """Rows of one class as they grow."""

    def __init__(self, class_id: str, lanes: Sequence[str], modes: Sequence[str]) -> None:
        self.class_id, self.lanes, self.modes = class_id, lanes, modes
        self.lane = {name: n for n, name in enumerate(lanes)}
        get = itemgetter(*lanes)
        self.all_values: Callable[[Any], Any] = get if len(lanes) > 1 else lambda v: (get(v),)
        self.clear()

    def clear(self) -> None:
        self.slots: list[int] = []
        self.times: list[int] = []
        self.quality: list[int] = []
        self.values: list[Sequence[float | None]] = []
        self.places: list[int] = []

    def add(
        self, place: int, slot: int, time: int, quality: int, values: Sequence[float | None]
    ) -> None:
        self.places.append(place)
        self.slots.append(slot)
        self.times.append(time)
        self.quality.append(quality)
        self.values.append(values)

    def rows(self) -> tuple[Rows, NDArray[np.bool_]]:
        """Rows (R,), and where a value (R, lanes) is none of float32's: bad, and NaN here."""
        rows = np.empty(len(self.slots), dtype=row_dtype(len(self.lanes)))
        rows["slot"], rows["time"], rows["quality"] = self.slots, self.times, self.quality
        values = np.array(self.values, dtype=np.float64)  # None becomes NaN
        beyond = np.abs(values) > FLOAT32_MAX
        if beyond.any():
            values[beyond] = np.nan
            bits = np.left_shift(np.uint32(1), np.arange(len(self.lanes), dtype=np.uint32))
            rows["quality"] |= (beyond * bits).sum(axis=1, dtype=np.uint32)
        rows["value"] = values
        return rows, beyond


class Resolver:
    """Knows the names of one plant. Not thread-safe."""

    def __init__(self, plant: Plant, catalogue: Catalogue) -> None:
        self._classes = {
            c: _Class(c, k.lane_ids, [f.id for f in k.modes]) for c, k in plant.classes.items()
        }
        self._machines = {
            machine_id: (self._classes[place.class_id], place.slot)
            for machine_id, place in catalogue.places().items()
        }
        self._retired = {
            i for c in catalogue.classes for i in catalogue.machines_ever(c)
        } - self._machines.keys()
        self._rejects: list[Reject] = []
        self._events: list[Event] = []
        self._latest_us = TIME_MAX

    def resolve(self, samples: Sequence[Any], latest_us: int = TIME_MAX) -> Resolved:
        """Rows of these samples; a fault is reported with the sample's place among them.

        Samples later than latest_us, µs, are ahead of the plant's clock and not taken.
        """
        self._rejects, self._events, self._latest_us = [], [], latest_us
        n_taken = 0
        for place, sample in enumerate(samples):
            try:
                n_taken += self._take(place, sample)
            except _FaultError as fault:
                self._reject(fault.reason, fault.detail, sample, place)
        rows = {c: self._rows(k, samples) for c, k in self._classes.items() if k.slots}
        return Resolved(rows, self._rejects, self._events, n_taken)

    def _rows(self, machine_class: _Class, samples: Sequence[Any]) -> Rows:
        rows, beyond = machine_class.rows()
        for n, lane in zip(*np.nonzero(beyond), strict=True):
            place = machine_class.places[n]
            detail = f"{machine_class.lanes[lane]}: got a number beyond float32's"
            self._reject("out_of_range", detail, samples[place], place)
        machine_class.clear()
        return rows

    def _take(self, place: int, sample: Any) -> bool:
        """One sample; the short way if it is whole and plain, as nearly all are."""
        try:
            machine_class, slot = self._machines[sample["machine"]]
            time, values = parse_time(sample["time"]), sample["values"]
            if (
                len(sample) == 3
                and len(values) == len(machine_class.lanes)
                and time <= self._latest_us
            ):
                whole = machine_class.all_values(values)
                if set(map(type, whole)) <= NUMBERS:
                    machine_class.add(place, slot, time, 0, whole)
                    return True
        except (KeyError, TypeError, IndexError):
            pass
        return self._take_carefully(place, sample)

    def _take_carefully(self, place: int, sample: Any) -> bool:
        """A sample that lacks something, has too much, or is wrong."""
        if not isinstance(sample, dict):
            raise _FaultError("not_an_object", f"got {_short(sample)}, want an object")
        unknown = sorted(sample.keys() - KEYS)
        if unknown:
            raise _FaultError(
                "unknown_key", f"got key {unknown[0]!r}, want {', '.join(sorted(KEYS))}"
            )
        machine_class, slot = self._machine(sample.get("machine"))
        if "time" not in sample:
            raise _FaultError("time_unparsable", "time is missing")
        time = parse_time(sample["time"])
        if time > self._latest_us:
            raise _FaultError(
                "ahead_of_clock",
                f"time: got {sample['time']!r}, more than 5 min ahead of the plant",
            )
        if "event" in sample:
            self._event(machine_class, place, slot, time, sample)
            return True
        values = sample.get("values")
        if not isinstance(values, dict) or not values:
            raise _FaultError(
                "no_values", f"values: got {_short(values)}, want an object of readings"
            )
        quality, row = self._readings(machine_class, place, sample, values)
        if (
            not quality
            and all(v is None for v in row)
            and any(r.place == place for r in self._rejects[-len(values) :])
        ):
            return False  # every reading of it was set aside
        machine_class.add(place, slot, time, quality, row)
        return True

    def _readings(
        self, machine_class: _Class, place: int, sample: Any, values: dict[str, Any]
    ) -> tuple[int, list[float | None]]:
        """Quality bits and values in lane order; a bad reading is set aside and left missing."""
        marks = sample.get("quality", {})
        if not isinstance(marks, dict):
            raise _FaultError("bad_quality", f"quality: got {_short(marks)}, want an object")
        row: list[float | None] = [None] * len(machine_class.lanes)
        quality = 0
        for name, value in values.items():
            lane = machine_class.lane.get(name)
            if lane is None:
                want = ", ".join(machine_class.lanes)
                self._reject("unknown_sensor", f"got {name!r}, want one of {want}", sample, place)
            elif value is not None and type(value) not in NUMBERS:
                detail = f"{name}: got {_short(value)}, want a number or null"
                self._reject("not_a_number", detail, sample, place)
            else:
                row[lane] = value
        for name, mark in marks.items():
            lane = machine_class.lane.get(name)
            if lane is None or not isinstance(mark, str) or mark not in QUALITIES:
                detail = f"{name}: got {_short(mark)}, want good, uncertain or bad of a sensor"
                self._reject("bad_quality", detail, sample, place)
                continue
            quality |= QUALITIES[mark] << lane
            if mark == "bad":
                row[lane] = None
        return quality, row

    def _machine(self, machine_id: Any) -> tuple[_Class, int]:
        found = self._machines.get(machine_id) if isinstance(machine_id, str) else None
        if found is not None:
            return found
        if machine_id in self._retired if isinstance(machine_id, str) else False:
            raise _FaultError(
                "retired_machine", f"{machine_id!r} is not in the plant file any more"
            )
        raise _FaultError(
            "unknown_machine", f"machine: got {_short(machine_id)}, want one of the plant"
        )

    def _event(self, machine_class: _Class, place: int, slot: int, time: int, sample: Any) -> None:
        """A repair begins the machine anew; a failure is an event alone."""
        kind, mode = sample["event"], sample.get("mode")
        if kind not in {"repair", "failure"}:
            raise _FaultError("unknown_event", f"event: got {_short(kind)}, want repair or failure")
        if mode is not None and mode not in machine_class.modes:
            want = ", ".join(machine_class.modes)
            raise _FaultError("unknown_mode", f"mode: got {_short(mode)}, want one of {want}")
        if kind == "repair":
            nothing = [None] * len(machine_class.lanes)
            machine_class.add(place, slot | int(RESET), time, 0, nothing)
        self._events.append(Event(time, kind, sample["machine"], {"mode": mode}))

    def _reject(self, reason: str, detail: str, sample: Any, place: int) -> None:
        payload = sample if isinstance(sample, bytes) else orjson.dumps(sample)
        self._rejects.append(Reject(reason, detail, payload, place))


def parse_time(text: Any) -> int:
    """µs UTC of an ISO 8601 text with offset, or of an integer of µs. Raises a fault."""
    if type(text) is str:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise _FaultError(
                "time_unparsable", f"time: got {_short(text)}, want ISO 8601 with an offset"
            ) from None
        if moment.tzinfo is None:
            raise _FaultError("time_unparsable", f"time: got {text!r}, want an offset such as Z")
        time = (moment - EPOCH) // MICROSECOND
    elif type(text) is int:
        time = text
    else:
        raise _FaultError("time_unparsable", f"time: got {_short(text)}, want ISO 8601 or µs")
    if not TIME_MIN <= time < TIME_MAX:
        raise _FaultError(
            "time_unparsable", f"time: got {_short(text)}, want 1990 to 2200 in µs UTC"
        )
    return time


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
