"""Orders over HTTP: POST, GET, PATCH and DELETE under /v1/orders, with the tokens of /v1/readings.

Answers say what to do: 201 taken in, 202 kept and soon taken in, 200 as asked, 401 token,
403 origin, 404 no such order, 409 such an order is there or is no longer open, 413 too much,
415 type, 422 nothing in it is an order or the key is another request's, 429 slow down, 503 store
away. With a header Idempotency-Key a POST may be sent again: it brings its orders in once.
"""

import secrets
from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any

import orjson
from flask import Flask, Response, request

from twin.errors import StoreError
from twin.pipeline.gateway.answers import (
    REFUSALS,
    answer_to_change,
    answer_to_post,
    no_such_order,
    public_order,
    reject_of,
)
from twin.pipeline.gateway.body import order_rows
from twin.pipeline.gateway.door import OrdersDoor, Said, is_of_key
from twin.pipeline.orders.file import OrderRow
from twin.pipeline.orders.orders import change_fault
from twin.pipeline.orders.rows import change_detail, fault_text
from twin.pipeline.set_aside import shallow
from twin.sources.answers import Answer, away, busy, no_token, refused, respond, source_of, wrong
from twin.sources.base import Reject

__all__ = ["register_orders"]

KEY_LEAST, KEY_MOST = 8, 200
STATES = ("open", "done", "cancelled")
REFUSED = "order_refused"
"""What is refused counts as this on the data page; an order that was there already does not."""
CONFLICTS = {"new", "order_exists", "too_many"}
Handler = Callable[..., Answer | Response]


def register_orders(
    app: Flask, token_of: Mapping[str, str], origins: Collection[str], door: OrdersDoor
) -> None:
    """Add the routes to the gateway."""

    def add(method: str, path: str, handler: Handler) -> None:
        app.add_url_rule(path, f"{method} {path}", guarded(handler), methods=[method])

    def guarded(handler: Handler) -> Callable[..., Response]:
        @wraps(handler)
        def answer(**named: str) -> Response:
            foreign, source = refused(origins), source_of(token_of)
            if foreign is not None:
                return respond(foreign)
            if source is None:
                return no_token()
            try:
                found = handler(door, source, **named)
            except StoreError:
                return away()
            if isinstance(found, Response):
                return found
            if request.method != "GET" and found.status < 300:
                door.note(source, _n_new(found))
            return respond(found)

        return answer

    add("POST", "/v1/orders", _post)
    add("GET", "/v1/orders", _list)
    add("GET", "/v1/orders/<order_id>", _one)
    add("PATCH", "/v1/orders/<order_id>", _change)
    add("DELETE", "/v1/orders/<order_id>", _cancel)


def _post(door: OrdersDoor, source: str) -> Answer | Response:
    key = request.headers.get("Idempotency-Key") or secrets.token_hex(16)
    if not KEY_LEAST <= len(key) <= KEY_MOST:
        return wrong(422, "key", f"Idempotency-Key: want {KEY_LEAST} to {KEY_MOST} characters")
    if door.is_busy():
        return busy()
    known, before = door.known(), door.sent_before(source, key)
    # What came with this key is read as it was then: as new.
    others = {i: o for i, o in known.orders.items() if i not in {b["id"] for b in before}}
    rows = order_rows(request.mimetype, request.get_data(), known._replace(orders=others))
    if isinstance(rows, Answer):
        door.set_aside(source, [_whole(rows)])
        return rows
    good = [row.detail for row in rows if row.detail is not None]
    if before and not is_of_key(source, key, good, before, known.orders):
        return _others_key()
    if before and not door.add(source, key, good).folded:
        return answer_to_post(202, [], [], len(good))
    if before:
        came = door.sent_before(source, key)
        return answer_to_post(200, came, [], len(came))
    door.set_aside(source, _aside(rows))
    rejects = [reject_of(row.number, fault) for row in rows for fault in row.faults]
    if not good:
        taken = all(fault.want in CONFLICTS for row in rows for fault in row.faults)
        return answer_to_post(409 if taken else 422, [], rejects, 0)
    said = door.add(source, key, good)
    if said.orders and not (
        said.refused or is_of_key(source, key, good, said.orders, door.orders())
    ):
        return _others_key()  # those of a request that the desk had not folded when this one came
    return _told(said, len(good), rejects)


def _others_key() -> Answer:
    return wrong(422, "key", "Idempotency-Key: got one that other orders came with")


def _told(said: Said, n_sent: int, rejects: list[dict[str, Any]]) -> Answer:
    """What the desk made of the orders that had no fault."""
    if not said.folded:
        return answer_to_post(202, [], rejects, n_sent)
    for order_id, code in said.refused.items():
        detail = f"{order_id}: {code}" if order_id else code
        rejects.append({"index": None, "column": "order", "reason": code, "detail": detail})
    if not said.orders:
        is_taken = set(said.refused.values()) <= CONFLICTS
        return answer_to_post(409 if is_taken else 422, [], rejects, 0)
    return answer_to_post(201, said.orders, rejects, len(said.orders))


def _n_new(answer: Answer) -> int:
    """Orders that an answer says were taken in; of what had come before (200) none."""
    return 0 if answer.status == 200 else int(answer.body.get("accepted", 0))


def _list(door: OrdersDoor, _source: str) -> Answer:
    state = request.args.get("state")
    if state is not None and state not in STATES:
        return wrong(422, "state", f"state: got {state!r}, want one of {', '.join(STATES)}")
    found = [o for o in door.orders().values() if state in {None, o["state"]}]
    found.sort(key=lambda order: (order["due"], order["id"]))
    return Answer(200, {"orders": [public_order(order) for order in found]})


def _one(door: OrdersDoor, _source: str, order_id: str) -> Answer:
    order = door.orders().get(order_id)
    return Answer(200, public_order(order)) if order else no_such_order(order_id)


def _change(door: OrdersDoor, source: str, order_id: str) -> Answer | Response:
    """What the body says; an order that is so already is answered as it is."""
    if request.mimetype != "application/json":
        return wrong(415, "media_type", f"got {request.mimetype!r}, want application/json")
    try:
        cells = shallow(orjson.loads(request.get_data()))
    except orjson.JSONDecodeError as error:
        return wrong(422, "not_json", str(error))
    if not isinstance(cells, dict):
        return wrong(422, "not_an_object", "got no object, want what is to be changed")
    known = door.known()
    order = known.orders.get(order_id)
    detail, faults = change_detail(order_id, cells, known)
    if order is None:
        return no_such_order(order_id)
    if detail is None:
        answer = wrong(422, faults[0].want, "; ".join(map(fault_text, faults)))
        door.set_aside(source, [_whole(answer)])
        return answer
    code = change_fault(order, detail)
    if code == "nothing_to_change":
        return Answer(200, public_order(order))
    if code:
        return wrong(422 if code == "due_before_release" else 409, code, REFUSALS[code])
    return busy() if door.is_busy() else answer_to_change(door.change(source, detail), order)


def _cancel(door: OrdersDoor, source: str, order_id: str) -> Answer | Response:
    """Asked again, it answers again: a cancelled order is what was wanted."""
    order = door.orders().get(order_id)
    if order is None:
        return no_such_order(order_id)
    if order["state"] == "cancelled":
        return Answer(200, public_order(order))
    if order["state"] != "open":
        return wrong(409, "order_not_open", REFUSALS["order_not_open"])
    reason = request.args.get("reason", "").strip()[:2000] or f"cancelled by {source}"
    return (
        busy() if door.is_busy() else answer_to_change(door.cancel(source, order_id, reason), order)
    )


def _aside(rows: list[OrderRow]) -> list[Reject]:
    """Rows that are no orders, to be kept with their reason."""
    found = []
    for row in rows:
        faults = [fault for fault in row.faults if fault.want not in CONFLICTS]
        if faults:
            detail = "; ".join(map(fault_text, faults))
            payload = orjson.dumps(row.cells) if row.cells else request.get_data()
            found.append(Reject(REFUSED, f"{row.number}: {detail}", payload))
    return found


def _whole(answer: Answer) -> Reject:
    """A request of which nothing could be read."""
    return Reject(REFUSED, answer.body["error"]["detail"], request.get_data())
