"""Description of the gateway for those who write to it, as OpenAPI 3.1."""

from typing import Any

from twin.sources.openapi.operations import OPERATION_SCHEMAS, operation_paths
from twin.sources.openapi.orders import ORDER_SCHEMAS, order_paths

__all__ = ["openapi"]

SAMPLE: dict[str, Any] = {
    "type": "object",
    "description": "What one machine's sensors say at one time, or what happened to it then. "
    "All readings of one time belong in one sample: of every machine the twin applies only "
    "samples later than its last, so a second one of the same time is dropped, and so is a "
    "batch that is sent twice.",
    "required": ["machine", "time"],
    "additionalProperties": False,
    "properties": {
        "machine": {"type": "string", "description": "Id in plant.toml."},
        "time": {
            "description": "Source time: ISO 8601 with offset, or an integer of µs UTC. At most "
            "5 min ahead of the plant's clock.",
            "oneOf": [{"type": "string", "format": "date-time"}, {"type": "integer"}],
        },
        "values": {
            "type": "object",
            "description": "Sensor or input id → reading in the unit of plant.toml; null or left "
            "out: missing.",
            "additionalProperties": {"type": ["number", "null"]},
        },
        "quality": {
            "type": "object",
            "description": "Sensor or input id → how far it can be trusted; default good.",
            "additionalProperties": {"enum": ["good", "uncertain", "bad"]},
        },
        "event": {"enum": ["repair", "failure"], "description": "Instead of values."},
        "mode": {"type": ["string", "null"], "description": "Failure mode of the event."},
    },
    "examples": [
        {
            "machine": "mill-01",
            "time": "2026-03-01T06:00:00Z",
            "values": {"spindle_vib_mms": 0.84, "load_pct": 61.0},
            "quality": {"load_pct": "uncertain"},
        }
    ],
}
RESULT: dict[str, Any] = {
    "type": "object",
    "required": ["accepted", "rejected", "rejects"],
    "properties": {
        "accepted": {"type": "integer", "description": "Samples of which something was taken."},
        "rejected": {"type": "integer", "description": "Samples or readings set aside."},
        "rejects": {
            "type": "array",
            "maxItems": 1000,
            "items": {
                "type": "object",
                "required": ["index", "reason", "detail"],
                "properties": {
                    "index": {"type": "integer", "description": "Place in the batch, from 0."},
                    "reason": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["reason", "detail"],
            "properties": {"reason": {"type": "string"}, "detail": {"type": "string"}},
        }
    },
}


def openapi() -> dict[str, Any]:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Plant Twin gateway",
            "version": "1",
            "description": "Send readings of machines, orders, and how far they are. What is good "
            "of a batch is taken even if the rest is not; readings that are not taken are kept "
            "aside with their reason.",
        },
        "paths": {
            "/v1/readings": {"post": _post()},
            **order_paths(),
            **operation_paths(),
            "/healthz": {"get": _get("Whether the gateway runs.")},
            "/openapi.json": {"get": _get("This description.")},
        },
        "components": {
            "schemas": {
                "Sample": SAMPLE,
                "Result": RESULT,
                "Error": ERROR,
                **ORDER_SCHEMAS,
                **OPERATION_SCHEMAS,
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _post() -> dict[str, Any]:
    sample = {"$ref": "#/components/schemas/Sample"}
    listed = {"type": "array", "items": sample, "maxItems": 20_000}
    wrapped = {"type": "object", "required": ["readings"], "properties": {"readings": listed}}
    return {
        "operationId": "postReadings",
        "summary": "Store a batch of samples.",
        "security": [{"token": []}],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"oneOf": [listed, wrapped]}},
                "application/x-ndjson": {"schema": sample},
            },
        },
        "responses": {
            "202": _answer("Stored; rejects say what was not taken.", "Result"),
            "401": _answer("No token, or not one of a source.", "Error"),
            "403": _answer("From a browser's page of a foreign origin.", "Error"),
            "413": _answer("More than 8 MiB or 20,000 samples.", "Error"),
            "415": _answer("Neither JSON nor NDJSON.", "Error"),
            "422": {
                "description": "Nothing of it could be taken.",
                "content": {
                    "application/json": {
                        "schema": {
                            "oneOf": [
                                {"$ref": "#/components/schemas/Result"},
                                {"$ref": "#/components/schemas/Error"},
                            ]
                        }
                    }
                },
            },
            "429": _answer("The twin is behind; nothing was stored: wait Retry-After.", "Error"),
            "503": _answer("The store does not answer: send it again.", "Error"),
        },
    }


def _answer(description: str, schema: str) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    return {
        "description": description,
        "content": {"application/json": {"schema": reference}},
    }


def _get(summary: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}}}
    return {"summary": summary, "responses": {"200": {"description": "OK", "content": content}}}
