"""What the gateway's routes have in common: who may send, and answers that say what is wrong."""

import hmac
import math
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import orjson
from flask import Response, request

__all__ = [
    "RETRY_S",
    "Answer",
    "away",
    "busy",
    "no_token",
    "refused",
    "respond",
    "source_of",
    "wrong",
]

RETRY_S = 1.0


class Answer(NamedTuple):
    status: int
    body: Mapping[str, Any]


def wrong(status: int, reason: str, detail: str) -> Answer:
    """An answer that takes nothing: a code for scripts, the reason in words."""
    return Answer(status, {"error": {"reason": reason, "detail": detail}})


def respond(answer: Answer, headers: Mapping[str, str] | None = None) -> Response:
    """An answer as JSON."""
    return Response(
        orjson.dumps(answer.body), answer.status, dict(headers or {}), mimetype="application/json"
    )


def refused(origins: Collection[str]) -> Answer | None:
    """A browser says where a request comes from; only origins that are named may send."""
    origin = request.headers.get("Origin")
    if origin is None or origin in origins:
        return None
    return wrong(403, "origin", f"got Origin {origin!r}, want none or one that is allowed")


def source_of(token_of: Mapping[str, str]) -> str | None:
    """The source whose token the request bears; every token is compared, in constant time."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    matches = [
        name
        for name, token in token_of.items()
        if hmac.compare_digest(token.encode(), given.strip().encode())
    ]
    return matches[0] if matches and scheme.lower() == "bearer" else None


def no_token() -> Response:
    """The request bears no token of a source."""
    answer = wrong(401, "no_token", "Authorization: want 'Bearer' and a source's token")
    return respond(answer, {"WWW-Authenticate": "Bearer"})


def busy() -> Response:
    """What was sent has to be sent again, a little later."""
    answer = wrong(429, "busy", "the twin is behind; nothing was stored: send it again")
    return respond(answer, {"Retry-After": str(math.ceil(RETRY_S))})


def away() -> Response:
    """The store is silent."""
    return respond(wrong(503, "store", "the store does not answer: send it again"))
