"""What the script of a machine's page asks for besides the stream: charts, fan, evidence."""

from typing import Any

from flask import Flask, Response, abort, jsonify, request

from dashboard.components.charts import KINDS
from dashboard.data import Reader
from dashboard.data.machine_views import ahead, charts, evidence
from dashboard.routes.asked import asked_machine
from dashboard.states.held import held_of
from twin.errors import TwinError

__all__ = ["PERIODS_MAX", "register"]

PERIODS_MAX = 20_000
"""Expected periods that an answer may reach back."""


def register(server: Flask, reader: Reader) -> None:
    """Add /data/past/<machine>, /data/ahead/<machine> and /data/evidence/<machine>."""

    @server.get("/data/past/<path:machine_id>")
    def past(machine_id: str) -> Response:
        snapshot, machine = asked_machine(reader, machine_id)
        kind = request.args.get("kind", KINDS[0])
        n = min(PERIODS_MAX, max(1, request.args.get("periods", 240, int)))
        if kind not in KINDS:
            abort(404)
        return _json(lambda: charts(reader.machines, snapshot, machine, kind, n))

    @server.get("/data/ahead/<path:machine_id>")
    def look_ahead(machine_id: str) -> Response:
        snapshot, machine = asked_machine(reader, machine_id)
        sensor_id, hours = request.args.get("sensor", ""), request.args.get("hours", None, int)
        return _json(
            lambda: {
                "fan": ahead(reader.machines, snapshot, machine, sensor_id, hours),
                "held": held_of(snapshot, machine),
            }
        )

    @server.get("/data/evidence/<path:machine_id>")
    def look_back(machine_id: str) -> Response:
        snapshot, machine = asked_machine(reader, machine_id)
        return _json(lambda: evidence(reader.machines, snapshot, machine))


def _json(make: Any) -> Response:
    """The answer; a store that cannot be asked now is no fault of the page: come again."""
    try:
        response: Response = jsonify(make())
    except TwinError:
        abort(503)
    response.headers["Cache-Control"] = "no-store"
    return response
