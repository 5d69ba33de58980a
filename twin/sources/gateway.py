"""Readings over HTTP: POST /v1/readings with JSON or NDJSON, a token a source.

Answers say what to do: 202 stored (with what was not taken, an index each), 401 token, 403 origin,
413 too much, 415 type, 422 nothing in it could be taken, 429 slow down, 503 store away. A 202 is
given when the readings are in the store's stream; a sample that stands behind a gap is held for a
moment (TWIN_REORDER_S) in case the one before it comes, and so is its answer. Sending a batch
again does no harm: the twin applies of every machine only samples later than its last.
"""

from collections.abc import Callable, Collection, Mapping
from threading import Lock
from typing import Any, Literal, NamedTuple

import orjson
from flask import Flask, Response, request

from twin.errors import SchemaError
from twin.plant import GatewaySource, Plant
from twin.sources.answers import (
    Answer,
    away,
    busy,
    no_token,
    refused,
    respond,
    source_of,
    wrong,
)
from twin.sources.base import Batch, Reject
from twin.sources.openapi import openapi
from twin.sources.resolve import Resolver

__all__ = ["BODY_MAX", "SAMPLES_MAX", "Accept", "Outcome", "create_gateway", "tokens"]

BODY_MAX = 8 * 1024 * 1024
SAMPLES_MAX = 20_000
REPORTED_MAX = 1000
"""Rejects an answer lists at most; the count is always whole."""
AHEAD_US = 300_000_000

Outcome = Literal["stored", "busy", "away"]
Accept = Callable[[str, Batch], Outcome]
"""Store a source's batch durably, or say that the worker is too far behind or the store away."""


def tokens(plant: Plant, env: Mapping[str, str]) -> dict[str, str]:
    """Token by gateway source. Raises SchemaError for each whose variable is not set."""
    sources = {n: s for n, s in plant.sources.items() if isinstance(s, GatewaySource)}
    faults = [
        f"source.{name}.token_env: environment has no {source.token_env}, want a token in it"
        for name, source in sources.items()
        if not env.get(source.token_env)
    ]
    if faults:
        raise SchemaError("\n".join(faults))
    return {name: env[source.token_env] for name, source in sources.items()}


def create_gateway(
    resolver: Resolver,
    token_of: Mapping[str, str],
    accept: Accept,
    plant_now: Callable[[], int],
    origins: Collection[str] = (),
) -> Flask:
    """The HTTP application. plant_now: the plant's clock, µs UTC; origins: those a browser may
    send from, none by default."""
    app = Flask("twin.gateway")
    app.config["MAX_CONTENT_LENGTH"] = BODY_MAX
    lock = Lock()

    @app.post("/v1/readings")
    def readings() -> Response:
        foreign, source_id = refused(origins), source_of(token_of)
        if foreign is not None:
            return respond(foreign)
        if source_id is None:
            return no_token()
        samples = _samples()
        if isinstance(samples, Answer):
            if samples.status == 422:  # so that people see what their sender sends
                accept(source_id, Batch({}, [], [_whole(samples, request.get_data())]))
            return respond(samples)
        with lock:
            found = resolver.resolve(samples.good, plant_now() + AHEAD_US)
        rejects = [*samples.rejects, *_placed(found.rejects, samples.places)]
        outcome = accept(source_id, Batch(found.rows, found.events, rejects))
        return _outcome(outcome, found.n_samples, rejects)

    @app.get("/openapi.json")
    def description() -> Response:
        return respond(Answer(200, openapi()))

    @app.get("/healthz")
    def health() -> Response:
        return respond(Answer(200, {"status": "ok", "sources": sorted(token_of)}))

    @app.errorhandler(413)
    def too_large(_error_413: Exception) -> Response:
        return respond(wrong(413, "too_large", f"body: want at most {BODY_MAX} bytes"))

    return app


class _Samples(NamedTuple):
    """Parsed samples with their places in the body, and lines that are no JSON."""

    good: list[Any]
    places: list[int]
    rejects: list[Reject]


def _samples() -> _Samples | Answer:
    """The body's samples, or the answer that refuses it."""
    kind = request.mimetype
    if kind == "application/x-ndjson":
        found = _lines(request.get_data())
    elif kind == "application/json":
        parsed = _json(request.get_data())
        if isinstance(parsed, Answer):
            return parsed
        found = _Samples(parsed, list(range(len(parsed))), [])
    else:
        return wrong(
            415, "media_type", f"got {kind!r}, want application/json or application/x-ndjson"
        )
    n_samples = len(found.good) + len(found.rejects)
    if n_samples > SAMPLES_MAX:
        return wrong(413, "too_many", f"got {n_samples} samples, want at most {SAMPLES_MAX}")
    if not n_samples:
        return wrong(422, "empty", "got no sample, want at least one")
    return found


def _json(body: bytes) -> list[Any] | Answer:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return wrong(422, "not_json", str(error))
    samples = document.get("readings") if isinstance(document, dict) else document
    if not isinstance(samples, list):
        return wrong(422, "not_a_list", 'got no list, want [sample, …] or {"readings": […]}')
    return samples


def _lines(body: bytes) -> _Samples:
    found = _Samples([], [], [])
    for place, line in enumerate(filter(None, map(bytes.strip, body.split(b"\n")))):
        try:
            found.good.append(orjson.loads(line))
            found.places.append(place)
        except orjson.JSONDecodeError as error:
            found.rejects.append(Reject("not_json", str(error), line, place))
    return found


def _whole(answer: Answer, body: bytes) -> Reject:
    """A body in which no sample was found, as a reject."""
    error = answer.body["error"]
    return Reject(error["reason"], error["detail"], body)


def _placed(rejects: list[Reject], places: list[int]) -> list[Reject]:
    return [r._replace(place=places[r.place]) for r in rejects]


def _outcome(outcome: Outcome, n_taken: int, rejects: list[Reject]) -> Response:
    if outcome == "busy":
        return busy()
    if outcome == "away":
        return away()
    body = {
        "accepted": n_taken,
        "rejected": len(rejects),
        "rejects": [
            {"index": r.place, "reason": r.reason, "detail": r.detail}
            for r in sorted(rejects, key=lambda r: r.place)[:REPORTED_MAX]
        ],
    }
    return respond(Answer(202 if n_taken else 422, body))
