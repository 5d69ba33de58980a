"""What the explorer's script asks for besides the page: windows, fans, the whole past at a glance.

Plain routes: a window is asked for many times while one pans, and an answer that is no longer
wanted is simply given up by the browser.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import orjson
from flask import Flask, Response, abort, request

from dashboard.data import Reader
from dashboard.data.explorer import EventLog, fan_answer, history_answer, strip_answer
from dashboard.python_lines import fan_line, python_lines
from dashboard.zone_times import parse_local
from twin.errors import DataError, TwinError
from twin.pipeline.history.explore import Explorer
from twin.pipeline.history.past_belief import NoFanError

__all__ = ["HORIZONS_H", "SENSORS_MAX", "Explored", "register"]

SENSORS_MAX = 4
H_US = 3_600_000_000
HORIZONS_H = (8, 24, 72, 168)


class Asked(NamedTuple):
    """A window as an address says it."""

    machine_id: str
    sensors: list[str]
    start: int
    end: int
    zone: ZoneInfo


class Explored:
    """The explorer of a reader's plant, made when first asked for."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.events = reader, EventLog(reader.store)
        self._made: Explorer | None = None

    def explorer(self) -> Explorer:
        """The same as long as the plant file is."""
        plant = self.reader.plant
        if self._made is None:
            self._made = Explorer(self.reader.store, plant)
        self._made.plant = plant
        return self._made

    def now(self) -> int:
        """Plant time, µs UTC."""
        snapshot = self.reader.latest
        wall = time.time_ns() // 1000
        return snapshot.plant_us if snapshot else self.reader.store.clock().plant_now(wall)

    def asked(self) -> Asked:
        """The window that the request under way names. Raises DataError."""
        args = request.args
        zone = ZoneInfo("UTC") if args.get("zone") == "utc" else self.reader.plant.zone
        sensors = [s for s in args.get("sensors", "").split(",") if s]
        if not 1 <= len(sensors) <= SENSORS_MAX:
            raise DataError(f"sensors: got {len(sensors)}, want 1 to {SENSORS_MAX}")
        machine_id = args.get("machine", "")
        if "range" in args:
            start, end = self._range(machine_id, args["range"])
        else:
            start, end = (parse_local(args.get(key, ""), zone) for key in ("from", "to"))
        if start >= end:
            raise DataError("time: got an end that is not after its beginning")
        return Asked(machine_id, sensors, start, end, zone)

    def _range(self, machine_id: str, name: str) -> tuple[int, int]:
        """From when to now: the last hour, shift, day, week, or all that is held."""
        now = self.now()
        hours = {"hour": 1.0, "shift": self.reader.plant.plant.shift_h, "day": 24.0, "week": 168.0}
        if name == "all":
            self.explorer().subject(machine_id)
            held = self.explorer().held(machine_id)
            return (held[0], max(held[2] + 1, now)) if held else (now - 24 * H_US, now)
        if name not in hours:
            raise DataError(f"range: got {name[:20]!r}, want one of {', '.join([*hours, 'all'])}")
        return now - int(hours[name] * H_US), now


def register(server: Flask, explored: Explored) -> None:
    """Add /data/history, /data/strip and /data/fan."""

    @server.get("/data/history")
    def explorer_history() -> Response:
        def make() -> dict[str, Any]:
            asked = explored.asked()
            events = explored.events.of(asked.machine_id, asked.start, asked.end)
            answer = history_answer(explored.explorer(), events, *asked)
            return answer | {"python": python_lines(*asked)}

        return answered(make)

    @server.get("/data/strip")
    def explorer_strip() -> Response:
        args, plant = request.args, explored.reader.plant
        zone = ZoneInfo("UTC") if args.get("zone") == "utc" else plant.zone
        asked = args.get("machine", ""), args.get("sensor", ""), explored.now(), zone
        return answered(lambda: strip_answer(explored.explorer(), *asked))

    @server.get("/data/fan")
    def explorer_fan() -> Response:
        args, plant = request.args, explored.reader.plant
        zone = ZoneInfo("UTC") if args.get("zone") == "utc" else plant.zone
        hours = args.get("hours", HORIZONS_H[1], int)

        def make() -> dict[str, Any]:
            if hours not in HORIZONS_H:
                raise DataError(f"hours: got {hours}, want one of {HORIZONS_H}")
            at = parse_local(args.get("at", ""), zone)
            asked = args.get("machine", ""), args.get("sensor", ""), at, float(hours)
            known = explored.explorer(), explored.events
            as_driven = args.get("inputs") == "came"
            try:
                answer = fan_answer(*known, *asked, zone, explored.now(), as_driven)
                return answer | {"python": fan_line(*asked, as_driven, zone)}
            except NoFanError as error:
                return {"error": error.reason}

        return answered(make)


def answered(make: Callable[[], dict[str, Any]]) -> Response:
    """JSON; what was asked amiss is said in words (400), a silent store is 503: come again."""
    begun = time.perf_counter()
    try:
        body, status = make(), 200
    except DataError as error:
        body, status = {"error": str(error)}, 400
    except TwinError:
        abort(503)
    response = Response(orjson.dumps(body), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Server-Timing"] = f"made;dur={1000 * (time.perf_counter() - begun):.1f}"
    return response
