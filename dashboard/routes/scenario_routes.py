"""What the planner's what-if page asks: a scenario beside the plan in force."""

import logging
from collections.abc import Mapping
from itertools import chain
from typing import Any

import orjson
from flask import Flask, Response, abort, jsonify, request

from dashboard.access import t
from dashboard.data import Reader
from dashboard.data.plan_scenarios import BusyError, PlanScenarios
from dashboard.routes.plan_wishes import (
    PlanAsked,
    changes_of,
    parse_plan_asked,
    refuse_impossible,
)
from dashboard.snapshot import Snapshot
from twin.errors import PlanningError, SchemaError, StoreError, TwinError

__all__ = ["BODY_MAX", "register"]

log = logging.getLogger(__name__)

Scenarios = dict[int, list[dict[str, Any]]]
BODY_MAX = 16_384
"""Bytes of a request."""


def register(server: Flask, reader: Reader) -> None:
    """Add /data/plan-scenario. Reading alone: whoever may see the plan may ask what if.

    The answer is two lines of JSON a scenario: what is known at once, and, seconds later, all.
    """
    scenarios = PlanScenarios(reader.store)

    @server.post("/data/plan-scenario")
    def plan_scenario() -> tuple[Response, int] | Response:
        request.max_content_length = BODY_MAX  # raises 413, also of what does not say its length
        snapshot = reader.latest
        if snapshot is None:
            abort(503)
        try:
            asked = parse_plan_asked(request.get_data())
            good, refused = _judged(asked, snapshot)
            parts = scenarios.answer(snapshot, good)
            first = next(parts)
        except BusyError:
            return jsonify(error="busy", says=t("Others are asking; try again in a moment")), 429
        except SchemaError as error:
            return jsonify(error="scenario", says=str(error)), 422
        except PlanningError:
            return jsonify(error="planning", says=t("No plan is in force.")), 409
        except StoreError:
            return jsonify(error="store", says=t("The store does not answer")), 503
        says = t("No plan that keeps every rule was found.")
        told = chain(refused.items(), [first], parts)
        lines = (_line(n, what, says) for n, what in told)
        response = Response(lines, mimetype="application/x-ndjson")
        response.call_on_close(parts.close)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Accel-Buffering"] = "no"  # a proxy sends the first lines at once
        return response


def _judged(asked: PlanAsked, snapshot: Snapshot) -> tuple[Scenarios, dict[int, SchemaError]]:
    """Scenarios that can be, by number, and why others cannot. Raises SchemaError: none can."""
    good: Scenarios = {}
    refused = {}
    for n, scenario in enumerate(asked.scenarios):
        try:
            changes = changes_of(scenario, snapshot.plant.zone)
            refuse_impossible(changes, snapshot.plant, snapshot.plant_us)
            good[n] = changes
        except SchemaError as error:
            refused[n] = error
    if not good:
        raise next(iter(refused.values()))
    return good, refused


def _line(n: int, what: Mapping[str, Any] | TwinError, no_plan: str) -> bytes:
    """A scenario's number with what is known of it, or why there is nothing."""
    if isinstance(what, TwinError):
        log.warning("no plan of a scenario: %s", what)
        is_refused = isinstance(what, SchemaError)
        what = {
            "error": "scenario" if is_refused else "planning",
            "says": str(what) if is_refused else no_plan,
        }
    return orjson.dumps({"n": n, **what}) + b"\n"
