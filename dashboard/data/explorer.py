"""What the explorer's script asks for: windows, the whole past at a glance, fans, what happened."""

import threading
from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dashboard.numbers import rounded, roundeds
from dashboard.times import offset_text
from dashboard.zone_times import isos
from twin.pipeline.history.explore import Explorer, Series, View
from twin.pipeline.history.fan import Fan, fan_of
from twin.pipeline.history.fan_crossings import Crossing
from twin.pipeline.history.thin import Line
from twin.stores.base import FIRST_ID, Store
from twin.types import Event

__all__ = ["EVENTS_SHOWN", "EventLog", "fan_answer", "history_answer", "strip_answer"]

EVENTS_SHOWN = 60
"""Events drawn in a chart: the newest in its window."""
KINDS = frozenset(
    ("alarm_on", "failure", "repair", "service_planned", "service_done", "bad_sensor", "changed")
)
UTC = ZoneInfo("UTC")
A_MACHINE = 2000
STRIP_POINTS = 500
DIGITS = 6
READ = 5000


class EventLog:
    """Events by machine, read once and then only what is new; safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self._store, self._last = store, FIRST_ID
        self._held: dict[str, deque[Event]] = defaultdict(lambda: deque(maxlen=A_MACHINE))
        self._lock = threading.Lock()

    def of(self, machine_id: str, start: int, end: int) -> list[Event]:
        """Events of a machine from start to end that are worth a line in a chart, by time."""
        with self._lock:
            while found := self._store.events(self._last, READ):
                self._last = found[-1][0]
                for _, event in found:
                    if event.kind in KINDS:
                        self._held[event.machine_id].append(event)
            held = list(self._held.get(machine_id, ()))
        return sorted((e for e in held if start <= e.time <= end), key=lambda e: e.time)


def history_answer(
    explorer: Explorer,
    events: Sequence[Event],
    machine_id: str,
    sensors: Sequence[str],
    start: int,
    end: int,
    zone: ZoneInfo,
) -> dict[str, Any]:
    """Lines of the sensors from start to end, with marks and events. Raises DataError."""
    view = explorer.view(machine_id, sensors, start, end)
    shown = events[-EVENTS_SHOWN:]
    return {
        "from": isos(np.array([start]), zone)[0],
        "to": isos(np.array([end]), zone)[0],
        "from_utc": _iso(start, UTC) + "Z",
        "to_utc": _iso(end, UTC) + "Z",
        "offsets": list(dict.fromkeys(offset_text(t, zone) for t in (start, end))),
        "raw": view.is_raw,
        "n": view.n_samples,
        "sensors": [_series(series, zone) for series in view.series],
        "events": [
            {"x": x, "kind": e.kind, "detail": e.detail}
            for e, x in zip(shown, isos(_times(e.time for e in shown), zone), strict=True)
        ],
        "events_left_out": len(events) - len(shown),
    }


def strip_answer(
    explorer: Explorer, machine_id: str, sensor: str, now: int, zone: ZoneInfo
) -> dict[str, Any]:
    """The whole past of one sensor at a glance, and from when it is held."""
    held = explorer.held(machine_id)
    first, raw_from, last = held if held is not None else (now, now, now)
    view: View = explorer.view(machine_id, [sensor], first, max(last, now), STRIP_POINTS)
    line = view.series[0].measured
    if held is None and len(line.time):
        first = raw_from = int(line.time[0])
    ends = isos(np.array([first, raw_from, max(last, now)]), zone)
    is_empty = held is None and not len(line.time)
    return {
        "first": None if is_empty else ends[0],
        "raw_from": ends[1],
        "now": ends[2],
        **_points(line, zone),
    }


def fan_answer(
    explorer: Explorer,
    log: EventLog,
    machine_id: str,
    sensor: str,
    at: int,
    hours: float,
    zone: ZoneInfo,
    now: int,
    as_driven: bool = False,
) -> dict[str, Any]:
    """A fan as of a moment, what it said, and what then happened. Raises DataError."""
    end = at + int(hours * 3.6e9)
    after = [e for e in log.of(machine_id, at + 1, end) if e.kind in {"failure", "repair"}]
    outcome = after[0] if after else None
    stop = outcome.time if outcome else None
    fan = fan_of(explorer, machine_id, sensor, at, hours, stop, as_driven)
    until = int(fan.time[-1])
    return {
        "sensor": sensor,
        "at": _iso(at, zone),
        "at_utc": _iso(at, UTC) + "Z",
        "as_of": _iso(fan.as_of, zone),
        "until": _iso(until, zone),
        "is_over": until <= now,
        "hours": hours,
        "as_driven": as_driven,
        "x": isos(fan.time, zone),
        "mean": roundeds(fan.mean, DIGITS),
        "sd": roundeds(fan.sd, DIGITS),
        "crossings": [_crossing(c, zone) for c in fan.crossings],
        "risk": _risk(fan),
        "n": fan.happened.n_readings,
        "inside": fan.happened.inside,
        "inside_as_driven": fan.happened.inside_as_driven,
        "is_sampled": fan.happened.is_sampled,
        "from_prior": fan.from_prior,
        "outcome": outcome and {"kind": outcome.kind, "x": _iso(outcome.time, zone)},
    }


def _series(series: Series, zone: ZoneInfo) -> dict[str, Any]:
    estimate = series.estimate
    return {
        "id": series.sensor,
        **_points(series.measured, zone),
        "each": _is_each(series.measured),
        "bx": isos(estimate.time, zone),
        "level": _numbers(estimate.value),
        "half": _numbers(series.half),
        "uncertain": _points(series.uncertain, zone),
        "gated": _points(series.not_believed, zone),
        "bad": isos(series.bad, zone),
    }


def _is_each(line: Line) -> bool:
    """Whether nothing was left out between the points."""
    kept = line.place[line.place >= 0]
    return bool((np.diff(kept) == 1).all())


def _points(line: Line, zone: ZoneInfo) -> dict[str, Any]:
    return {"x": isos(line.time, zone), "y": _numbers(line.value)}


def _numbers(values: NDArray[np.float64]) -> list[float | None]:
    """To six digits or so, None for NaN: vectorised, for thousands at once."""
    largest = float(np.nanmax(np.abs(values), initial=1.0)) if len(values) else 1.0
    places = max(0, DIGITS - 1 - int(np.floor(np.log10(largest))))
    short = np.round(values, places).astype(object)
    short[np.isnan(values)] = None
    found: list[float | None] = short.tolist()
    return found


def _crossing(crossing: Crossing, zone: ZoneInfo) -> dict[str, Any]:
    when = (crossing.early, crossing.middle, crossing.late)
    texts = [None if t is None else _iso(t, zone) for t in when]
    chance = rounded(crossing.chance)
    return {"limit": crossing.limit, "value": crossing.value, "when": texts, "p": chance}


def _risk(fan: Fan) -> dict[str, Any] | None:
    """Chance of failure along the fan, every few points, in hours from its moment."""
    if fan.risk is None:
        return None
    every = slice(None, None, 5)
    return {
        "hours": roundeds((fan.time - fan.as_of)[every] / 3.6e9),
        **{k: roundeds(getattr(fan.risk, f"p{s}")[0][every]) for k, s in _ENDS.items()},
    }


_ENDS = {"p": "", "lo": "_lo", "hi": "_hi"}


def _iso(time_us: int, zone: ZoneInfo) -> str:
    return isos(np.array([time_us]), zone)[0]


def _times(times: Any) -> NDArray[np.int64]:
    return np.fromiter(times, np.int64)
