"""Every request is refused unless a rule lets it in; live streams end with the right to them."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote

from flask import Flask, Request, Response, g, jsonify, redirect, request
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from dashboard.access.door import Door
from dashboard.access.language import t
from dashboard.access.name import name_of
from dashboard.access.page import closed_page
from dashboard.access.person import NOBODY, Person, current_person
from twin.errors import StoreError

__all__ = ["OPEN_PATHS", "SESSION_S", "WARM_UP", "Exemption", "exempt", "register"]

OPEN_PATHS = frozenset(
    {
        *("/sign-in", "/healthz", "/favicon.ico", "/_favicon.ico"),
        *("/assets/favicon.ico", "/assets/tokens.css", "/assets/layout.css", "/assets/forms.css"),
    }
)
"""What anybody may have: the way in, and what it is drawn with."""
MACHINERY = ("/_dash", "/live/", "/do/", "/assets/", "/person")
"""Addresses that scripts ask for: they are told, not led to the sign-in."""
WARM_UP = "plant_twin.warm_up"
"""In a request's environment, where no header can put it: the server asks itself."""
CHECK_EVERY_S = 2.0
SESSION_S = 12 * 3600
"""A shift: a session ends so long after its last use, a stream so long after its beginning."""

Exemption = Callable[[Request], bool]

log = logging.getLogger(__name__)


def exempt(server: Flask, opens: Exemption) -> None:
    """Let in what `opens` says yes to: reading alone, and for as long as it says so."""
    server.extensions.setdefault("exemptions", []).append(opens)


def register(server: Flask, door: Door) -> None:
    """Judge every request from now on, whatever route it asks for."""

    @server.before_request
    def judge() -> Answer | tuple[Response, int] | None:
        g.person = NOBODY
        if WARM_UP in request.environ:
            return None
        try:
            return _judge(server, door)
        except StoreError as error:
            log.warning("nobody can be let in: %s", error)
            return jsonify(error="store", says=t("The store does not answer")), 503

    @server.after_request
    def hold(response: Response) -> Response:
        if current_person().signed_in and response.mimetype == "text/html":
            response.headers["Cache-Control"] = "no-store"
        if response.mimetype == "text/event-stream":
            response.response = _while_allowed(response.response, _ticket(server, door))
        return response


def _judge(server: Flask, door: Door) -> Answer | tuple[Response, int] | None:
    mode = door.mode(request)
    person = _person(server, mode)
    g.person = person or NOBODY
    if person is not None or request.path in OPEN_PATHS or _is_exempt(server, request):
        return None
    return _refusal(mode)


def _person(server: Flask, mode: str) -> Person | None:
    if mode == "open":
        return Person(name_of(server, request), "admin", False)
    if mode == "sign-in" and current_user.is_authenticated:
        return Person(current_user.user.name, current_user.user.role, True)
    return None


def _is_exempt(server: Flask, asked: Request) -> bool:
    return asked.method in {"GET", "HEAD"} and any(
        opens(asked) for opens in server.extensions.get("exemptions", ())
    )


def _refusal(mode: str) -> Answer | tuple[Response, int]:
    if not _is_navigation(request):
        if mode == "closed":
            return jsonify(error="closed", says=t("Nobody may sign in yet")), 403
        return jsonify(error="sign-in", says=t("You are signed out")), 401
    if mode == "closed":
        return closed_page(), 403
    wanted = request.full_path.rstrip("?")
    return redirect("/sign-in" + ("" if wanted == "/" else f"?next={quote(wanted, safe='')}"))


def _is_navigation(asked: Request) -> bool:
    """A person's browser going somewhere, and not a script of a page that is open."""
    return (
        asked.method == "GET"
        and not asked.path.startswith(MACHINERY)
        and "text/html" in asked.headers.get("Accept", "")
    )


def _ticket(server: Flask, door: Door) -> Callable[[], bool]:
    """Whether the stream of the request under way may go on."""
    asked: Request = request._get_current_object()  # type: ignore[attr-defined]
    session_id = current_user.get_id() if current_user.is_authenticated else None
    end_s = time.monotonic() + SESSION_S

    def allows() -> bool:
        with server.app_context():
            mode = door.mode(asked)
            if mode == "open" or _is_exempt(server, asked):
                return True
            return door.user_of(session_id) is not None and time.monotonic() < end_s

    return allows


def _while_allowed(parts: Iterable[bytes], allows: Callable[[], bool]) -> Iterator[bytes]:
    """The stream until the right to it has ended, looked at every other second."""
    next_s = time.monotonic() + CHECK_EVERY_S
    try:
        for part in parts:
            if time.monotonic() >= next_s:
                if not allows():
                    return
                next_s = time.monotonic() + CHECK_EVERY_S
            yield part
    finally:
        if callable(close := getattr(parts, "close", None)):
            close()
