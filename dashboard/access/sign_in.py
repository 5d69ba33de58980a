"""Signing in and out: /sign-in, /sign-out, and /person for a page that asks who it serves."""

import logging
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, jsonify, make_response, redirect, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, UserMixin, login_user, logout_user
from werkzeug.wrappers import Response as Answer

from dashboard.access.attempts import Attempts
from dashboard.access.door import Door
from dashboard.access.language import t
from dashboard.access.name import remember
from dashboard.access.page import LANGUAGES, closed_page, sign_in_page
from dashboard.access.person import current_person
from dashboard.access.refusals import count_refusal
from twin.errors import StoreError
from twin.pipeline.people import User, check_password, user_key
from twin.stores.base import Store

__all__ = ["is_secure", "onward_of", "register"]

FORM_MAX = 16_384
YEAR_S = 365 * 86_400

log = logging.getLogger(__name__)


class SignedIn(UserMixin):  # type: ignore[misc]
    """A user as a session names them: key and generation."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.id = f"{user_key(user.name)}:{user.generation}"


class Sessions(SecureCookieSessionInterface):
    """Cookies that a browser keeps to TLS where the dashboard is reached by TLS."""

    def get_cookie_secure(self, _app: Flask) -> bool:
        return is_secure()


def is_secure() -> bool:
    """Whether the browser reached us by TLS, ours or a proxy's before us."""
    return request.is_secure or request.headers.get("X-Forwarded-Proto") == "https"


def onward_of(wanted: str) -> str:
    """Where to go after the sign-in: a path of ours, else the plant.

    "//elsewhere" and "/\\elsewhere" are other hosts to a browser, and it skips tabs and line ends.
    """
    is_ours = (
        wanted.isprintable()
        and wanted.startswith("/")
        and not wanted.startswith("//")
        and "\\" not in wanted
    )
    return wanted if is_ours else "/"


def register(server: Flask, door: Door, store: Store) -> None:
    """Add the routes and let flask-login read sessions."""
    server.session_interface = Sessions()
    logins = LoginManager(server)
    logins.session_protection = None  # phones change their address within a shift
    attempts = Attempts()

    @logins.user_loader  # type: ignore[untyped-decorator]
    def load(session_id: str) -> SignedIn | None:
        user = door.user_of(session_id)
        return None if user is None else SignedIn(user)

    @server.get("/sign-in")
    def ask() -> Answer:
        onward = onward_of(request.args.get("next", "/"))
        mode = door.mode(request)
        language = request.args.get("language")
        if language in LANGUAGES:
            return _choose(language, onward)
        if mode == "closed":
            return make_response(closed_page(), 403)
        if mode == "open" or current_person().signed_in:
            return redirect(onward)
        return _form(onward)

    @server.post("/sign-in")
    def sign_in() -> Answer:
        request.max_content_length = FORM_MAX
        name, password = request.form.get("name", ""), request.form.get("password", "")
        onward = onward_of(request.form.get("next", "/"))
        return _sign_in(store, door, attempts, name[:200], password, onward)

    @server.post("/sign-out")
    def sign_out() -> Answer:
        logout_user()
        session.clear()
        return remember(server, redirect("/sign-in", 303), "", is_secure())  # type: ignore[arg-type]

    @server.get("/person")
    def person() -> Response:
        found = current_person()
        return jsonify(name=found.name, role=found.role, signed_in=found.signed_in)


def _sign_in(
    store: Store, door: Door, attempts: Attempts, name: str, password: str, onward: str
) -> Answer:
    address = request.remote_addr or ""
    if wait_s := attempts.wait_s(user_key(name), address):
        log.warning("sign-in as %r from %s: too many attempts", name, address)
        count_refusal(store, "attempts")
        fault = t("Too many attempts. Try again in {n} min.").format(n=-(-wait_s // 60))
        return _form(onward, name, fault, 429, {"Retry-After": str(wait_s)})
    try:
        user = check_password(store, name, password)
    except StoreError as error:
        log.warning("sign-in as %r: %s", name, error)
        return _form(onward, name, t("The store does not answer. Try again later."), 503)
    if user is None:
        attempts.fail(user_key(name), address)
        log.warning("sign-in as %r from %s: refused", name, address)
        count_refusal(store, "password")
        return _form(onward, name, t("User name or password is wrong"), 401)
    attempts.succeed(user_key(name), address)
    door.forget()
    session.clear()
    session.permanent = True
    login_user(SignedIn(user))
    log.info("%r signed in from %s", user.name, address)
    return redirect(onward, 303)


def _form(
    onward: str, name: str = "", fault: str = "", status: int = 200, more: Any = None
) -> Answer:
    headers = {"Cache-Control": "no-store"} | (more or {})
    return make_response(sign_in_page(onward, name, fault), status, headers)


def _choose(language: str, onward: str) -> Answer:
    answer = redirect(f"/sign-in?next={quote(onward, safe='')}" if onward != "/" else "/sign-in")
    answer.set_cookie("language", language, max_age=YEAR_S, samesite="Lax")
    return answer
