"""Routes of the live streams and of health. Plain Flask, no Dash."""

from collections.abc import Iterator

from flask import Flask, Response, abort, jsonify, request

from dashboard.data import Reader
from dashboard.stream import GZIP_HEADER, Feed

__all__ = ["register"]

RETRY_AFTER_S = 5


def register(server: Flask, reader: Reader, n_streams_max: int) -> None:
    """Add /live/<feed> and /healthz; n_streams_max screens a process."""

    @server.get("/live/<path:name>")
    def live(name: str) -> Response:
        feed = reader.feed(name)
        if feed is None:
            abort(404)
        return _stream(feed, reader, n_streams_max)

    @server.get("/healthz")
    def healthz() -> tuple[Response, int]:
        snapshot = reader.latest
        body = {"seq": snapshot.seq if snapshot else 0, "streams": reader.n_readers}
        return jsonify(body | {"ok": snapshot is not None}), 200 if snapshot else 503


def _stream(feed: Feed, reader: Reader, n_streams_max: int) -> Response:
    """An endless answer; every stream holds a thread, so above the cap: 503, come again."""
    if reader.n_readers >= n_streams_max:
        return Response("too many live screens", 503, {"Retry-After": str(RETRY_AFTER_S)})
    zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(_body(feed, zipped), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store, no-transform"
    response.headers["X-Accel-Buffering"] = "no"
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
    return response


def _body(feed: Feed, zipped: bool) -> Iterator[bytes]:
    if zipped:
        yield GZIP_HEADER
    for packet in feed.read():
        yield packet.packed if zipped else packet.plain
