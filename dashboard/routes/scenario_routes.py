"""What the planner's what-if page asks: a scenario beside the plan in force."""

import logging
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import orjson
from flask import Flask, Response, abort, jsonify, request

from dashboard.access import t
from dashboard.data import Reader
from dashboard.data.plan_scenarios import BusyError, PlanScenarios
from dashboard.routes.plan_wishes import changes_of, parse_plan_asked, refuse_impossible
from twin.errors import PlanningError, SchemaError, StoreError

__all__ = ["BODY_MAX", "register"]

log = logging.getLogger(__name__)

BODY_MAX = 16_384
"""Bytes of a request."""


def register(server: Flask, reader: Reader) -> None:
    """Add /data/plan-scenario. Reading alone: whoever may see the plan may ask what if.

    The answer is two lines of JSON: what is known at once, and, seconds later, all of it.
    """
    scenarios = PlanScenarios(reader.store)

    @server.post("/data/plan-scenario")
    def plan_scenario() -> tuple[Response, int] | Response:
        request.max_content_length = BODY_MAX  # raises 413, also of what does not say its length
        snapshot = reader.latest
        if snapshot is None:
            abort(503)
        has_plan = snapshot.schedule.get("in_force") is not None
        says = (
            t("No plan that keeps every rule was found.") if has_plan else t("No plan is in force.")
        )
        try:
            asked = parse_plan_asked(request.get_data())
            changes = changes_of(asked, snapshot.plant.zone)
            refuse_impossible(changes, snapshot.plant, snapshot.plant_us)
            parts = scenarios.answer(snapshot, changes)
            first = next(parts)
        except BusyError:
            return jsonify(error="busy", says=t("Others are asking; try again in a moment")), 429
        except SchemaError as error:
            return jsonify(error="scenario", says=str(error)), 422
        except PlanningError as error:
            log.warning("no plan of %s: %s", changes, error)
            return jsonify(error="planning", says=says), 409
        except StoreError:
            return jsonify(error="store", says=t("The store does not answer")), 503
        response = Response(_lines(chain([first], parts), says), mimetype="application/x-ndjson")
        response.call_on_close(parts.close)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Accel-Buffering"] = "no"  # a proxy sends the first line at once
        return response


def _lines(parts: Iterator[Mapping[str, Any]], says: str) -> Iterator[bytes]:
    """A line each; the last says why there is no more."""
    try:
        for part in parts:
            yield orjson.dumps(part) + b"\n"
    except PlanningError as error:
        log.warning("no plan of a scenario: %s", error)
        yield orjson.dumps({"error": "planning", "says": says}) + b"\n"
