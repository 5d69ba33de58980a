"""Displays: the wall displays of this plant, their links, and when each was last seen."""

from typing import Any

from dash import html
from dash.development.base_component import Component
from flask import Flask, Response, abort, jsonify, request

from dashboard import access
from dashboard.components.shell import panel
from dashboard.data import Reader
from dashboard.kiosks import Kiosks
from dashboard.pages.visit import Visit
from dashboard.snapshot import Snapshot
from dashboard.wall.qr import qr_svg
from twin.kiosk import Kiosk

__all__ = ["displays_state", "register", "show"]


def show(visit: Visit) -> Component | None:
    """Empty places that the script fills from /live/displays; nothing below this address."""
    if visit.name:
        return None
    t = visit.t
    add = html.Button(
        t("New display"),
        type="button",
        className="button primary",
        **{"data-act": "kiosk.create"},
    )
    told = t(
        "A display opens by its link, without signing in, and shows only what it was made for. "
        "Whoever has the link can read it, until it is withdrawn."
    )
    return html.Div(
        [
            html.Div([html.H1(t("Displays"), tabIndex=-1), add], className="head"),
            panel(
                t("Wall displays"),
                html.P(told, className="quiet displays-told"),
                html.Div(className="displays", **{"data-list": "displays"}),
                name="wall-displays",
            ),
        ],
        key="displays",
        id="content",
        className="page displays-page",
        **{
            "data-page": "displays",
            "data-stream": "/live/displays",
            "data-title": t("Displays"),
        },
    )


def register(server: Flask, reader: Reader, kiosks: Kiosks, public_url: str = "") -> None:
    """Add the page's feed, and the link of a display for who may give it out."""
    reader.add_feed("displays", lambda snapshot: displays_state(snapshot, kiosks))

    @server.get("/display-link/<kiosk_id>")
    def link(kiosk_id: str) -> Response:
        if not access.may(access.current_person(), "kiosk.create"):
            abort(403)
        kiosk = kiosks.all().get(kiosk_id)
        if kiosk is None or kiosk.is_revoked:
            abort(404)
        base = (public_url or request.host_url).rstrip("/")
        url = f"{base}/wall/{kiosks.token(kiosk)}"
        answer = jsonify(url=url, svg=qr_svg(url).decode())
        answer.headers["Cache-Control"] = "no-store"
        return answer


def displays_state(snapshot: Snapshot, kiosks: Kiosks) -> dict[str, Any]:
    """Displays by id without their links, and the lines that one can show. Raises StoreError."""
    seen = kiosks.seen()
    return {
        "displays": {
            k: _display(kiosk, seen.get(k), snapshot) for k, kiosk in kiosks.all().items()
        },
        "lines": [{"id": x.id, "name": x.name or x.id} for x in snapshot.plant.lines],
    }


def _display(kiosk: Kiosk, seen_us: int | None, snapshot: Snapshot) -> dict[str, Any]:
    shown = kiosk.model_dump(exclude={"id", "made_us"}, mode="json")
    ages = {"made_s": kiosk.made_us, "seen_s": seen_us}
    return shown | {name: _age_s(snapshot, time_us) for name, time_us in ages.items()}


def _age_s(snapshot: Snapshot, time_us: int | None) -> int | None:
    """Wall seconds since then, to ten; None: never."""
    if time_us is None:
        return None
    return max(0, (snapshot.wall_us - time_us) // 10_000_000 * 10)
