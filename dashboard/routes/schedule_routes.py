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


class _Bars:
    """What the chart of a plan is drawn from, as bytes; of what all readers look at kept."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[tuple[Any, ...], bytes]] = {}

    def of(self, which: str, snapshot: Snapshot, planned: Planned) -> bytes:
        """404 where there is no such plan."""
        key = planned.stamp, id(snapshot.plant)
        known = self._kept.get(which)
        if known is None or known[0] != key:
            services = snapshot.desk.get("services") or ()
            plan = _plan(planned, which)
            state = plan_state(snapshot.plant, plan, planned.orders, services)
            known = key, orjson.dumps(state)
            if which in {IN_FORCE, "proposed"}:
                self._kept[which] = known
        return known[1]


def register(server: Flask, reader: Reader, plans: PlanReader) -> None:
    """Add /data/schedule/plan, /compare and /what-if, and /export/schedule.csv."""
    costing, bars = Costing(reader.store), _Bars()

    def at_hand() -> tuple[Snapshot, Planned]:
        snapshot = reader.latest
        if snapshot is None:
            abort(503)
        try:
            return snapshot, plans.read(snapshot)
        except StoreError:
            abort(503)

    @server.get("/data/schedule/plan")
    def data_schedule_plan() -> Response:
        text = bars.of(request.args.get("which", IN_FORCE), *at_hand())
        return _fresh(Response(text, mimetype="application/json"))

    @server.get("/data/schedule/compare")
    def data_schedule_compare() -> Response:
        return _json(_compared(*at_hand()))

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
        plan = _plan(planned, request.args.get("which", IN_FORCE))
        chosen = {k: request.args.get(k, "") for k in ("line", "machine", "order")}
        language = reader_language()
        translate = i18n.translator(language)
        parts = snapshot.plant, plan, planned.orders, chosen, translate, language
        header, rows = schedule_list(*parts)
        moment = local(snapshot.plant_us, snapshot.plant.zone).strftime("%Y-%m-%d-%H%M")
        return csv_response(f"schedule-{plan['version']}-{moment}", header, rows)


def _plan(planned: Planned, which: str) -> Mapping[str, Any]:
    """404 where there is no such plan."""
    try:
        found = planned.plan(which)
    except StoreError:
        abort(503)
    return abort(404) if found is None else found


def _compared(snapshot: Snapshot, planned: Planned) -> dict[str, Any]:
    """Plans a and b, as asked for, side by side."""
    a, b = request.args.get("a", IN_FORCE), request.args.get("b", "proposed")
    pair = _plan(planned, a), _plan(planned, b)
    changes = planned.changes() if a == IN_FORCE else {}
    is_of_it = changes.get("version") == pair[1]["version"]
    accepted = {x["suggestion"]: x["service"] for x in planned.decisions()["accepted"]}
    found = compared(*pair, snapshot.plant.zone, changes if is_of_it else {}, accepted)
    return found | {"names": {m.id: m.name or m.id for m in snapshot.plant.machines}}


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
