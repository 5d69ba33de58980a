"""What the residuals page asks for: diagnostics of all sensors, charts of one, all of it as CSV."""

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, abort, jsonify, request

from dashboard.access import t
from dashboard.data import Reader
from dashboard.data.residuals import SAMPLES, Judgement, judge
from dashboard.exports import csv_response, time_column
from dashboard.figures.residuals import detail_numbers, summary_numbers
from dashboard.i18n import pick
from dashboard.routes.asked import asked_machine
from dashboard.times import iso_local
from twin.errors import TwinError
from twin.plant import Machine

__all__ = ["register", "samples_of"]

COLUMNS = (
    *("n", "gated", "mean", "variance", "lag1", "lags_outside", "q", "q_p", "nis_outside"),
    *("skewness", "kurtosis", "h", "h_p", "unequal", "unequal_p", "qq_outside"),
)


def samples_of(query: Mapping[str, str]) -> int:
    """How many samples an address asks for; what it misnames or leaves out is the default."""
    return {str(n): n for n in SAMPLES}.get(query.get("n", ""), SAMPLES[1])


def register(server: Flask, reader: Reader) -> None:
    """Add /data/residuals/<machine> and /export/residuals.csv."""

    def judged(machine_id: str) -> tuple[Machine, Judgement | None]:
        snapshot, machine = asked_machine(reader, machine_id)
        try:
            return machine, judge(reader.machines, snapshot, machine, samples_of(request.args))
        except TwinError:
            abort(503)

    @server.get("/data/residuals/<path:machine_id>")
    def data_residuals(machine_id: str) -> Response:
        _, found = judged(machine_id)
        response = jsonify(_answer(reader, found, request.args.get("sensor", "")))
        response.headers["Cache-Control"] = "no-store"
        return response

    @server.get("/export/residuals.csv")
    def export_residuals() -> Response:
        machine, found = judged(request.args.get("machine", ""))
        zone = reader.plant.zone
        ends = [] if found is None or not len(found.times) else found.times[[0, -1]].tolist()
        first, last = (time_column(name, ends, zone) for name in (t("From"), t("Until")))
        head = [t("Machine"), t("Sensor"), first[0], last[0], *COLUMNS, t("Findings")]
        rows = [] if found is None or not ends else _rows(machine, found, first[1][0], last[1][-1])
        return csv_response(f"residuals-{machine.id}", head, rows)


def _answer(reader: Reader, found: Judgement | None, sensor_id: str) -> dict[str, Any]:
    if found is None or not len(found.times):
        return {"withheld": "linear" if found is None else "nothing"}
    zone = reader.plant.zone
    chosen = next((j for j in found.sensors if j.sensor.id == sensor_id), found.sensors[0])
    return {
        "from": iso_local(found.times[0], zone),
        "until": iso_local(found.times[-1], zone),
        "samples": len(found.times),
        "version": found.version,
        "sensor": chosen.sensor.id,
        "sensors": [
            {"id": j.sensor.id, "name": j.sensor.name or j.sensor.id}
            | summary_numbers(j.found, j.codes)
            for j in found.sensors
        ],
        "charts": detail_numbers(chosen.found, found.times, zone),
    }


def _rows(
    machine: Machine, found: Judgement, first: str | None, last: str | None
) -> list[list[object]]:
    rows = []
    for j in found.sensors:
        numbers = summary_numbers(j.found, j.codes)
        name = pick(j.sensor.name, "en") or j.sensor.id
        values = [numbers[k] for k in COLUMNS]
        rows.append([machine.id, name, first, last, *values, " ".join(j.codes)])
    return rows
