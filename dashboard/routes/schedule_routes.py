"""What the schedule page asks for: bars of a plan, two plans compared, a move's cost, a file."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from flask import Flask, Response, abort, request

from dashboard import i18n
from dashboard.access.language import reader_language, t
from dashboard.data import Reader
from dashboard.data.schedule import Planned, PlanReader
from dashboard.data.schedule_costs import Costing, parse_move
from dashboard.exports import csv_response
from dashboard.snapshot import Snapshot
from dashboard.states.schedule.schedule_compare import compared
from dashboard.states.schedule.schedule_list import schedule_list
from dashboard.states.schedule.schedule_plan import plan_state
from dashboard.times import local
from twin.errors import PlanningError, SchemaError, StoreError

__all__ = ["BODY_MAX", "register"]

log = logging.getLogger(__name__)

BODY_MAX = 4096
"""Bytes of a question."""
IN_FORCE = "in_force"


def register(server: Flask, reader: Reader, plans: PlanReader) -> None:
    """Add /data/schedule/plan, /compare and /what-if, and /export/schedule.csv."""
    costing = Costing(reader.store)
    kept: dict[str, tuple[tuple[str, int], bytes]] = {}

    def at_hand() -> tuple[Snapshot, Planned]:
        snapshot = reader.latest
        if snapshot is None:
            abort(503)
        try:
            return snapshot, plans.read(snapshot)
        except StoreError:
            abort(503)

    def asked(planned: Planned, name: str, default: str) -> Mapping[str, Any]:
        try:
            found = planned.plan(request.args.get(name, default))
        except StoreError:
            abort(503)
        return abort(404) if found is None else found

    @server.get("/data/schedule/plan")
    def data_schedule_plan() -> Response:
        snapshot, planned = at_hand()
        which = request.args.get("which", IN_FORCE)
        key = planned.stamp, id(snapshot.plant)
        known = kept.get(which)
        if known is None or known[0] != key:
            plan = asked(planned, "which", IN_FORCE)
            services = snapshot.desk.get("services") or ()
            state = plan_state(snapshot.plant, plan, planned.orders, services)
            known = key, orjson.dumps(state)
            if which in {IN_FORCE, "proposed"}:  # what all readers look at
                kept[which] = known
        return _fresh(Response(known[1], mimetype="application/json"))

    @server.get("/data/schedule/compare")
    def data_schedule_compare() -> Response:
        snapshot, planned = at_hand()
        pair = asked(planned, "a", IN_FORCE), asked(planned, "b", "proposed")
        is_next = request.args.get("a", IN_FORCE) == IN_FORCE
        changes = planned.changes() if is_next else {}
        is_of_it = changes.get("version") == pair[1]["version"]
        accepted = {x["suggestion"]: x["service"] for x in planned.decisions()["accepted"]}
        zone = snapshot.plant.zone
        names = {m.id: m.name or m.id for m in snapshot.plant.machines}
        found = compared(*pair, zone, changes if is_of_it else {}, accepted)
        return _json(found | {"names": names})

    @server.post("/data/schedule/what-if")
    def data_schedule_what_if() -> Response:
        request.max_content_length = BODY_MAX  # raises 413, also of what does not say its length
        body = request.get_data()
        snapshot, _ = at_hand()
        try:
            move = parse_move(body)
        except SchemaError as error:
            return _json({"error": "question", "says": str(error)}, 422)
        return _worked_out(lambda: costing.answer(snapshot, move))

    @server.get("/export/schedule.csv")
    def export_schedule() -> Response:
        snapshot, planned = at_hand()
        plan = asked(planned, "which", IN_FORCE)
        chosen = {k: request.args.get(k, "") for k in ("line", "machine", "order")}
        language = reader_language()
        translate = i18n.translator(language)
        parts = snapshot.plant, plan, planned.orders, chosen, translate, language
        header, rows = schedule_list(*parts)
        moment = local(snapshot.plant_us, snapshot.plant.zone).strftime("%Y-%m-%d-%H%M")
        return csv_response(f"schedule-{plan['version']}-{moment}", header, rows)


def _worked_out(work: Callable[[], Mapping[str, Any]]) -> Response:
    """Its answer; what cannot be answered is said in words."""
    try:
        return _json(work())
    except SchemaError as error:
        log.info("no move: %s", error)
        says = t("It has begun or is done, or the machine cannot do it.")
        return _json({"error": "move", "says": says}, 422)
    except PlanningError:
        says = t("What this costs cannot be said: there is no plan in force that still holds.")
        return _json({"error": "planner", "says": says}, 409)
    except StoreError:
        abort(503)


def _json(value: Any, status: int = 200) -> Response:
    return _fresh(Response(orjson.dumps(value), status, mimetype="application/json"))


def _fresh(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
