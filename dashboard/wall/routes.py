"""Addresses of a wall display: the page, its stream, its codes. A valid link opens these alone."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from flask import Blueprint, Flask, Request, Response, abort, request

from dashboard import access, i18n
from dashboard.data import Reader
from dashboard.kiosks import Kiosks
from dashboard.stream import GZIP_HEADER, Feed, Packet, event
from dashboard.wall.feeds import WallFeeds
from dashboard.wall.page import closed_page, wall_page
from dashboard.wall.qr import machine_url, qr_svg
from twin.errors import StoreError
from twin.kiosk import Kiosk

__all__ = ["is_wall", "register"]

STATIC = Path(__file__).parent / "static"
RETRY_AFTER_S = 5
KEEP_S = 86_400


def is_wall(asked: Request) -> bool:
    """Whether a request needs no sign-in because its link is its ticket, checked here.

    By route and not by address: an address below /wall that is not ours is answered by Dash.
    """
    return asked.blueprint == "wall" and asked.method in {"GET", "HEAD"}


def register(
    server: Flask, reader: Reader, kiosks: Kiosks, n_streams_max: int, public_url: str = ""
) -> None:
    """Add /wall/<token>, its stream and its codes; n_streams_max screens a process."""
    feeds = WallFeeds(reader)
    wall = Blueprint(
        "wall", __name__, url_prefix="/wall", static_folder=str(STATIC), static_url_path="/static"
    )

    @wall.errorhandler(StoreError)
    def store_is_silent(error: StoreError) -> Response:
        return Response(str(error), 503, {"Retry-After": str(RETRY_AFTER_S)})

    @wall.get("/<token>")
    def page(token: str) -> Response:
        opened = kiosks.open(token)
        if opened.kiosk is None or opened.is_revoked:
            language = i18n.choose(None, [tag for tag, _ in request.accept_languages])
            return _html(closed_page(opened.kiosk, language), 410 if opened.is_revoked else 404)
        return _html(wall_page(opened.kiosk, reader.build), 200)

    @wall.get("/<token>/live")
    def live(token: str) -> Response:
        opened = kiosks.open(token)
        if opened.kiosk is None or opened.is_revoked:
            return _stream(iter([event("revoked", 0, {})]))
        if reader.n_readers >= n_streams_max:
            return Response("too many live screens", 503, {"Retry-After": str(RETRY_AFTER_S)})
        feed = feeds.feed(opened.kiosk)
        return _stream(_packets(feed, opened.kiosk, token, kiosks)) if feed else abort(404)

    @wall.get("/<token>/qr/<path:machine_id>.svg")
    def code(token: str, machine_id: str) -> Response:
        if not kiosks.is_open(token) or all(m.id != machine_id for m in reader.plant.machines):
            abort(404)
        drawn = qr_svg(machine_url(public_url or request.host_url, machine_id))
        kept = {"Cache-Control": f"private, max-age={KEEP_S}"}
        return Response(drawn, 200, kept, mimetype="image/svg+xml")

    server.register_blueprint(wall)
    access.exempt(server, is_wall)


def _html(text: str, status: int) -> Response:
    return Response(text, status, {"Cache-Control": "no-store"}, mimetype="text/html")


def _packets(feed: Feed, kiosk: Kiosk, token: str, kiosks: Kiosks) -> Iterator[Packet]:
    """What the display shows, until its link is withdrawn or its settings change."""
    for packet in feed.read():
        if not kiosks.is_open(token):
            yield event("revoked", 0, {})
            return
        kiosks.note_seen(kiosk.id, time.time_ns() // 1000)
        yield packet


def _stream(packets: Iterator[Packet]) -> Response:
    zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(_body(packets, zipped), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store, no-transform"
    response.headers["X-Accel-Buffering"] = "no"
    response.headers["Vary"] = "Accept-Encoding"
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    return response


def _body(packets: Iterator[Packet], zipped: bool) -> Iterator[bytes]:
    if zipped:
        yield GZIP_HEADER
    part: Callable[[Packet], bytes] = (lambda p: p.packed) if zipped else (lambda p: p.plain)
    yield from map(part, packets)
