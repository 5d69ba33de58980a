"""What the compare page asks for: figures and lines of both machines; and their export."""

from typing import Any

from flask import Flask, Response, abort, jsonify, request

from dashboard import i18n
from dashboard.access.language import reader_language, t
from dashboard.data import Reader
from dashboard.exports import csv_response, time_column
from dashboard.figures.signals import Past, naive_s
from dashboard.routes.machine_routes import PERIODS_MAX
from dashboard.snapshot import Snapshot, machine_of, row_of
from dashboard.states.machine.compare_state import compare_state, line_of
from twin.errors import TwinError
from twin.plant import Machine

__all__ = ["register"]

LIFE_PERIODS = 10_080
"""Expected periods that lives laid over each other go back: what is kept of them may be less."""


def register(server: Flask, reader: Reader) -> None:
    """Add /data/compare, /data/compare/lines and /export/compare.csv."""

    def asked() -> tuple[Snapshot, Machine, Machine]:
        snapshot = reader.latest
        if snapshot is None:
            abort(503)
        a, b = (machine_of(snapshot, request.args.get(name, "")) for name in "ab")
        if a is None or b is None or a.class_id != b.class_id:
            abort(404)
        return snapshot, a, b

    @server.get("/data/compare")
    def figures() -> Response:
        return jsonify(compare_state(*asked()))

    @server.get("/data/compare/lines")
    def lines() -> Response:
        snapshot, a, b = asked()
        by_reset = request.args.get("by") == "reset"
        asked_n = LIFE_PERIODS if by_reset else request.args.get("periods", 240, int)
        n = min(PERIODS_MAX, max(1, asked_n))
        try:
            return jsonify(_lines(reader, snapshot, [a, b], n, by_reset))
        except TwinError:
            abort(503)

    @server.get("/export/compare.csv")
    def export() -> Response:
        snapshot, a, b = asked()
        return _export(snapshot, a, b)


def _lines(
    reader: Reader, snapshot: Snapshot, machines: list[Machine], n: int, by_reset: bool
) -> dict[str, Any]:
    """Estimates of every sensor of both over the last n periods, each with its own start."""
    plant = snapshot.plant
    period_s = plant.class_of(machines[0]).period_s
    pasts = [reader.machines.past(plant, m, n * period_s) for m in machines]
    since = [_age_h(snapshot, m) if by_reset else None for m in machines]
    pasts = [_own_life(p, s) for p, s in zip(pasts, since, strict=True)]
    sensors = range(len(plant.sensors_of(machines[0])))
    return {
        "start": [p.times[0] if p.times else None for p in pasts],
        "span_s": n * period_s,
        "sensors": [[line_of(p, k, s) for p, s in zip(pasts, since, strict=True)] for k in sensors],
    }


def _age_h(snapshot: Snapshot, machine: Machine) -> float:
    """Hours from the last reset to the newest sample."""
    row = row_of(snapshot, machine.id)
    return 0.0 if row is None else (int(row["time"]) - int(row["born"])) / 3.6e9


def _own_life(past: Past, age_h: float | None) -> Past:
    """The past without what was before the last reset."""
    if age_h is None or not past.times:
        return past
    seconds = naive_s(past)
    kept = seconds >= seconds[-1] - age_h * 3600.0
    first = int(kept.argmax())
    return Past(past.times[first:], *(column[first:] for column in past[1:]))


def _export(snapshot: Snapshot, a: Machine, b: Machine) -> Response:
    """Figures and levels, a row each: what, unit, a, b, whether the difference matters."""
    state = compare_state(snapshot, a, b)
    one, other = state["machines"]
    head, (at,) = time_column(t("Time"), [snapshot.plant_us], snapshot.plant.zone)
    named = {
        "age_h": (t("Age since last reset"), "h", one["age_h"], other["age_h"]),
        "day": (t("Probability of failure, 24 h"), "", one["day"][0], other["day"][0]),
        "week": (t("Probability of failure, 7 days"), "", one["week"][0], other["week"][0]),
        "life": (t("Remaining life, median"), "h", _median(one), _median(other)),
        "health": (t("Distance from commissioning"), "", one["health"], other["health"]),
        "nis": ("NIS", "", one["nis"], other["nis"]),
    }
    language = reader_language()
    rows = [[at, *cells, state["figures"][key]] for key, cells in named.items()]
    rows += [
        [at, i18n.pick(s["name"], language), s["unit"], *s["level"], s["differs"]]
        for s in state["sensors"]
    ]
    header = [head, t("Figure"), t("Unit"), a.id, b.id, t("Difference matters")]
    return csv_response(f"compare-{a.id}-{b.id}", header, rows)


def _median(machine: dict[str, Any]) -> float | None:
    found: float | None = machine["life"].get("mid_h")
    return found
