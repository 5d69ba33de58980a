"""What the what-if page asks for: numbers of scenarios, saved comparisons, a comparison as CSV."""

import json
from typing import Any

from flask import Flask, Response, abort, jsonify, request

from dashboard.access import check, t
from dashboard.data import Reader
from dashboard.data.cases import Cases
from dashboard.data.documents import Documents
from dashboard.data.scenarios import answer, saved_of
from dashboard.data.wishes import Asked, Wish, parse_asked
from dashboard.exports import csv_response
from dashboard.figures.what_if_table import table
from dashboard.routes.asked import asked_machine
from dashboard.snapshot import Snapshot
from twin.errors import SchemaError, TwinError

__all__ = ["BODY_MAX", "register"]

BODY_MAX = 16_384
"""Bytes of a request."""
KIND = "scenarios"


def register(server: Flask, reader: Reader) -> None:
    """Add /data/what-if, /data/scenarios/<machine> and /export/what-if.csv."""
    cases, saved = Cases(), Documents(reader.store)

    def worked_out(asked: Asked) -> dict[str, Any]:
        snapshot, machine = asked_machine(reader, asked.machine)
        try:
            return answer(cases, reader.machines, snapshot, machine, asked)
        except SchemaError as error:
            abort(Response(str(error), 422, mimetype="text/plain"))
        except TwinError:
            abort(503)

    @server.post("/data/what-if")
    def data_what_if() -> Response:
        request.max_content_length = BODY_MAX  # raises 413, also of what does not say its length
        return _fresh(jsonify(worked_out(_asked(request.get_data()))))

    @server.get("/data/scenarios/<path:machine_id>")
    def data_scenarios(machine_id: str) -> Response:
        snapshot, machine = asked_machine(reader, machine_id)
        try:
            kept = saved.read(KIND)
        except TwinError:
            abort(503)
        return _fresh(jsonify(saved_of(kept, machine.id, snapshot.plant.zone)))

    @server.get("/export/what-if.csv")
    def export_what_if() -> Response:
        asked = _asked(request.args.get("asked", "").encode())
        head, rows = table(worked_out(asked), asked.machine, t, reader.plant.zone)
        return csv_response(f"what-if-{asked.machine}", head, rows)


@check("scenario.save")
def _can_save(_snapshot: Snapshot, _machine: str | None, detail: dict[str, Any]) -> str | None:
    return _fault(detail["document"])


def _asked(body: bytes) -> Asked:
    try:
        return parse_asked(body)
    except SchemaError as error:
        abort(Response(str(error), 422, mimetype="text/plain"))


def _fault(document: dict[str, Any]) -> str | None:
    """Why a document is no comparison of what-ifs; None: it is one."""
    wishes = document.get("scenarios")
    try:
        if not isinstance(wishes, list):
            raise ValueError
        for wish in wishes:
            Wish.model_validate(wish)
    except ValueError:
        return t("This is not a comparison of scenarios")
    if len(json.dumps(document)) > BODY_MAX // 2:
        return t("This is too much at once")
    return None


def _fresh(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
