"""Description of the gateway's orders, as part of its OpenAPI document."""

from collections.abc import Mapping
from typing import Any

__all__ = ["ORDER_SCHEMAS", "order_paths"]

TIME: dict[str, Any] = {
    "description": "ISO 8601, without offset in the plant's zone; or an integer of µs UTC.",
    "oneOf": [{"type": "string"}, {"type": "integer"}],
}
NEW_ORDER: dict[str, Any] = {
    "type": "object",
    "required": ["product", "quantity", "due"],
    "additionalProperties": False,
    "properties": {
        "id": {
            "type": "string",
            "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$",
            "description": "Left out: the twin gives a number.",
        },
        "product": {"type": "string", "description": "Id or name in plant.toml."},
        "quantity": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
        "release": TIME
        | {"description": "Not begun before; left out: now. " + TIME["description"]},
        "due": TIME | {"description": "A day alone: by its end. " + TIME["description"]},
        "priority": {
            "type": "integer",
            "minimum": 1,
            "maximum": 5,
            "default": 3,
            "description": "1 is the most urgent.",
        },
        "note": {"type": "string", "maxLength": 2000},
    },
    "examples": [{"id": "4711", "product": "drive-shaft", "quantity": 120, "due": "2026-03-04"}],
}
MOMENT: dict[str, Any] = {"type": ["string", "null"], "format": "date-time"}
STEP: dict[str, Any] = {
    "type": "object",
    "properties": {
        "state": {"enum": ["waiting", "running", "done"]},
        "machine": {"type": ["string", "null"]},
        "start": MOMENT,
        "end": MOMENT,
        "quantity_done": {"type": "integer"},
        "setup": {
            "type": "object",
            "description": "Where it was set up for the step, and when, if that was reported.",
            "properties": {
                "machine": {"type": ["string", "null"]},
                "start": MOMENT,
                "end": MOMENT,
            },
        },
    },
}
ORDER: dict[str, Any] = {
    "type": "object",
    "properties": {
        **{k: v for k, v in NEW_ORDER["properties"].items() if k not in {"release", "due"}},
        "release": MOMENT,
        "due": MOMENT,
        "late_cost_h": {"type": "number", "description": "Money for each hour it is late."},
        "state": {"enum": ["open", "done", "cancelled"]},
        "who": {"type": "string", "description": "Who brought it in."},
        "added": MOMENT,
        "closed": MOMENT,
        "reason": {"type": "string", "description": "Why it was cancelled."},
        "steps": {"type": "array", "items": STEP},
    },
}
ORDERS_TAKEN: dict[str, Any] = {
    "type": "object",
    "required": ["accepted", "rejected", "orders", "rejects"],
    "properties": {
        "accepted": {"type": "integer", "description": "Orders taken."},
        "rejected": {"type": "integer", "description": "Orders not taken."},
        "orders": {"type": "array", "items": {"$ref": "#/components/schemas/Order"}},
        "rejects": {
            "type": "array",
            "maxItems": 1000,
            "items": {
                "type": "object",
                "required": ["index", "column", "reason", "detail"],
                "properties": {
                    "index": {
                        "type": ["integer", "null"],
                        "description": "Place in the list, from 0; of a CSV the row, the header "
                        "being 1; null: refused when it was to be taken in.",
                    },
                    "column": {"type": "string"},
                    "reason": {"type": "string"},
                    "got": {"type": "string"},
                    "want": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
ORDER_SCHEMAS: Mapping[str, Any] = {
    "NewOrder": NEW_ORDER,
    "Order": ORDER,
    "OrdersTaken": ORDERS_TAKEN,
}
TOKEN: list[dict[str, list[str]]] = [{"token": []}]


def order_paths() -> dict[str, Any]:
    """Paths below /v1/orders."""
    order_id = {"name": "order_id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "/v1/orders": {"post": _post(), "get": _list()},
        "/v1/orders/{order_id}": {
            "parameters": [order_id],
            "get": _asked("getOrder", "One order.", {"200": _of("As it is now.", "Order")}),
            "patch": _change(),
            "delete": _cancel(),
        },
    }


def _post() -> dict[str, Any]:
    order = {"$ref": "#/components/schemas/NewOrder"}
    many = {"type": "array", "items": order, "maxItems": 5000}
    wrapped = {"type": "object", "required": ["orders"], "properties": {"orders": many}}
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same key again brings nothing in again.",
        "schema": {"type": "string", "minLength": 8, "maxLength": 200},
    }
    csv = {
        "type": "string",
        "description": "Columns order, product, quantity, release, due, priority, note.",
    }
    return {
        "operationId": "postOrders",
        "summary": "Bring orders in.",
        "security": TOKEN,
        "parameters": [key],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"anyOf": [order, many, wrapped]}},
                "text/csv": {"schema": csv},
            },
        },
        "responses": {
            "200": _of("Brought in before, with this key.", "OrdersTaken"),
            "201": _of("Taken in; rejects say what was not.", "OrdersTaken"),
            "202": _of("Kept, and taken in as soon as the desk is there.", "OrdersTaken"),
            "409": _of("All of them are there already, or too many stand open.", "OrdersTaken"),
            "413": _of("More than 4 MiB or 5,000 orders.", "Error"),
            "415": _of("Neither JSON nor CSV.", "Error"),
            "422": _of("Nothing of it could be taken.", "OrdersTaken", "Error"),
            "429": _of("The twin is behind; nothing was stored: wait Retry-After.", "Error"),
            **_refusals(),
        },
    }


def _list() -> dict[str, Any]:
    state = {"name": "state", "in": "query", "schema": ORDER["properties"]["state"]}
    listed = {"type": "array", "items": {"$ref": "#/components/schemas/Order"}}
    schema = {"type": "object", "properties": {"orders": listed}}
    found = {"description": "By due.", "content": {"application/json": {"schema": schema}}}
    asked = _asked("getOrders", "All open orders and the last that were closed.", {"200": found})
    return asked | {"parameters": [state]}


def _change() -> dict[str, Any]:
    """What may be changed is what a new order has, but its id and product."""
    kept = {k: v for k, v in NEW_ORDER["properties"].items() if k not in {"id", "product"}}
    schema = {"type": "object", "additionalProperties": False, "properties": kept}
    answers = {
        "200": _of("As it is now.", "Order"),
        "202": _of("Kept, and changed as soon as the desk is there; as it was.", "Order"),
        "409": _of("It is no longer open, or was begun.", "Error"),
        "415": _of("Not JSON.", "Error"),
        "422": _of("Something in it cannot be so.", "Error"),
        "429": _of("The twin is behind; nothing was stored: wait Retry-After.", "Error"),
    }
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return _asked("changeOrder", "Change an order.", answers) | {"requestBody": body}


def _cancel() -> dict[str, Any]:
    reason = {"name": "reason", "in": "query", "schema": {"type": "string", "maxLength": 2000}}
    answers = {
        "200": _of("Cancelled, now or before.", "Order"),
        "202": _of("Kept, and cancelled as soon as the desk is there.", "Order"),
        "409": _of("It is no longer open.", "Error"),
        "429": _of("The twin is behind; nothing was stored: wait Retry-After.", "Error"),
    }
    return _asked("cancelOrder", "Cancel an order.", answers) | {"parameters": [reason]}


def _asked(name: str, summary: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    responses = {**answers, "404": _of("There is no such order.", "Error"), **_refusals()}
    if name == "getOrders":
        responses["422"] = _of("A state that there is not.", "Error")
        del responses["404"]
    return {"operationId": name, "summary": summary, "security": TOKEN, "responses": responses}


def _refusals() -> dict[str, Any]:
    return {
        "401": _of("No token, or not one of a source.", "Error"),
        "403": _of("From a browser's page of a foreign origin.", "Error"),
        "503": _of("The store does not answer: send it again.", "Error"),
    }


def _of(description: str, *schemas: str) -> dict[str, Any]:
    references = [{"$ref": f"#/components/schemas/{schema}"} for schema in schemas]
    schema = references[0] if len(references) == 1 else {"oneOf": references}
    return {"description": description, "content": {"application/json": {"schema": schema}}}
