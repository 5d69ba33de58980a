"""Description of the gateway's reports of operations, as part of its OpenAPI document."""

from collections.abc import Mapping
from typing import Any

__all__ = ["OPERATION_SCHEMAS", "operation_paths"]

OPERATION: dict[str, Any] = {
    "type": "object",
    "required": ["order", "step", "kind"],
    "additionalProperties": False,
    "properties": {
        "order": {"type": "string", "description": "Id of an order that there is."},
        "step": {"type": "integer", "minimum": 0, "description": "From 0."},
        "kind": {
            "enum": ["start", "end", "progress", "setup", "setup_end"],
            "description": "setup and setup_end: the machine is set up for the step.",
        },
        "machine": {
            "type": ["string", "null"],
            "description": "Left out: the one that the step began on.",
        },
        "time": {
            "description": "ISO 8601, without offset in the plant's zone; or an integer of µs "
            "UTC; left out: now.",
            "oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}],
        },
        "quantity_done": {
            "type": ["integer", "null"],
            "minimum": 0,
            "description": "Pieces done so far, with kind progress.",
        },
    },
    "examples": [
        {
            "order": "4711",
            "step": 0,
            "kind": "start",
            "machine": "mill-01",
            "time": "2026-03-01T06:00:00Z",
        }
    ],
}
OPERATION_SCHEMAS: Mapping[str, Any] = {"Operation": OPERATION}


def operation_paths() -> dict[str, Any]:
    """The path /v1/operations."""
    one = {"$ref": "#/components/schemas/Operation"}
    many = {"type": "array", "items": one, "maxItems": 5000}
    wrapped = {"type": "object", "required": ["operations"], "properties": {"operations": many}}
    body = {"application/json": {"schema": {"anyOf": [one, many, wrapped]}}}
    post = {
        "operationId": "postOperations",
        "summary": "Say which steps of orders have begun, ended, or made so many pieces.",
        "security": [{"token": []}],
        "requestBody": {"required": True, "content": body},
        "responses": {
            "202": _of("Taken; rejects say what was not.", "Result"),
            "401": _of("No token, or not one of a source.", "Error"),
            "403": _of("From a browser's page of a foreign origin.", "Error"),
            "413": _of("More than 5,000 reports.", "Error"),
            "415": _of("Not JSON.", "Error"),
            "422": _of("Nothing of it could be taken.", "Result", "Error"),
            "503": _of("The store does not answer: send it again.", "Error"),
        },
    }
    return {"/v1/operations": {"post": post}}


def _of(description: str, *schemas: str) -> dict[str, Any]:
    references = [{"$ref": f"#/components/schemas/{schema}"} for schema in schemas]
    schema = references[0] if len(references) == 1 else {"oneOf": references}
    return {"description": description, "content": {"application/json": {"schema": schema}}}
