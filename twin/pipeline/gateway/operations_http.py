"""Actual starts and ends over HTTP: POST /v1/operations, with the tokens of /v1/readings.

Answers say what to do: 202 taken, with what was not and why; 401 token, 403 origin, 413 too many,
415 type, 422 nothing in it could be taken, 503 store away. Sending it again does no harm.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import orjson
from flask import Flask, Response, request

from twin.errors import DataError, StoreError
from twin.pipeline.desk.kept import DESK, POSITION
from twin.pipeline.gateway.senders import note_sent
from twin.pipeline.orders.operations import event_of, is_known
from twin.pipeline.orders.orders import PROGRESS_KINDS, Order, report
from twin.pipeline.orders.written import read_written_orders
from twin.pipeline.set_aside import set_aside, shallow
from twin.plant import Plant
from twin.sources.answers import Answer, away, no_token, refused, respond, source_of, wrong
from twin.sources.base import Reject
from twin.stores.base import Store
from twin.types import Event

__all__ = ["REPORTS_MAX", "register_operations"]

REPORTS_MAX = 5000
REFUSED = "operation_refused"
"""What is refused counts as this on the data page."""


def register_operations(
    app: Flask,
    token_of: Mapping[str, str],
    origins: Collection[str],
    store: Store,
    plant: Plant,
    wall_us: Callable[[], int],
) -> None:
    """Add the route to the gateway."""

    @app.post("/v1/operations")
    def operations() -> Response:
        foreign, source = refused(origins), source_of(token_of)
        if foreign is not None:
            return respond(foreign)
        if source is None:
            return no_token()
        reports = _reports()
        if isinstance(reports, Answer):
            detail = reports.body["error"]["detail"]
            set_aside(store, source, [Reject(REFUSED, detail, request.get_data())])
            return respond(reports)
        try:
            now_us = store.clock().plant_now(wall_us())
            taken = _take(store, plant, reports, now_us, source)
            if taken.body["accepted"]:
                note_sent(store, source, "operations", taken.body["accepted"], wall_us())
            return respond(taken)
        except StoreError:
            return away()


def _take(store: Store, plant: Plant, reports: list[Any], now_us: int, source: str) -> Answer:
    orders = _orders_of_now(store)
    n_taken, new = 0, list[Event]()
    rejects: list[dict[str, Any]] = []
    aside: list[Reject] = []
    for n, given in enumerate(map(shallow, reports)):
        try:
            event = event_of(given, orders, plant, now_us, source)
        except DataError as error:
            rejects.append({"index": n, "reason": "not_taken", "detail": str(error)})
            aside.append(Reject(REFUSED, str(error), orjson.dumps(given)))
            continue
        n_taken += 1
        if not is_known(event, orders):
            new.append(event)
            # What comes behind it is held against it: an end before this start is none.
            order = orders[event.detail["order"]]
            report(order, event.kind, event.time, event.machine_id, event.detail)
    if new:
        store.add_events(sorted(new, key=lambda e: e.time))
    set_aside(store, source, aside)
    body = {"accepted": n_taken, "rejected": len(rejects), "rejects": rejects[:1000]}
    return Answer(202 if n_taken else 422, body)


def _orders_of_now(store: Store) -> dict[str, Order]:
    """Orders with what was reported since the desk last looked, so that an end, or progress, is
    held against the start before it however soon it comes. Raises StoreError."""
    position = orjson.loads(store.document(DESK, POSITION) or b"{}")
    orders, after = read_written_orders(store), position.get("events", "0-0").encode()
    for _, event in store.events(after, REPORTS_MAX) if position else ():
        order = orders.get(str(event.detail.get("order")))
        if order is not None and event.kind in PROGRESS_KINDS:
            machine = str(event.detail.get("machine") or event.machine_id)
            report(order, event.kind, event.time, machine, event.detail)
    return orders


def _reports() -> list[Any] | Answer:
    """The body's reports, or the answer that refuses it."""
    if request.mimetype != "application/json":
        return wrong(415, "media_type", f"got {request.mimetype!r}, want application/json")
    try:
        document = orjson.loads(request.get_data())
    except orjson.JSONDecodeError as error:
        return wrong(422, "not_json", str(error))
    if isinstance(document, dict):
        document = document.get("operations", [document])
    if not isinstance(document, list):
        return wrong(422, "not_a_list", 'got no list, want [report, …] or {"operations": […]}')
    if len(document) > REPORTS_MAX:
        return wrong(413, "too_many", f"got {len(document)} reports, want at most {REPORTS_MAX}")
    return document or wrong(422, "empty", "got no report, want at least one")
