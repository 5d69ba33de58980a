"""In an open installation a person says once who they are: a signed cookie remembers it."""

from typing import Any

from flask import Flask, Request, Response, jsonify, request
from itsdangerous import BadSignature, URLSafeSerializer

from dashboard.access.language import t
from twin.errors import SchemaError
from twin.pipeline.people import checked_name

__all__ = ["name_of", "register", "remember"]

COOKIE = "plant_twin_name"
YEAR_S = 365 * 86_400
SIZE_MAX = 4_096


def name_of(server: Flask, asked: Request) -> str:
    """The name that this browser gave; "" for none, or one that we have not signed."""
    try:
        return str(_signer(server).loads(asked.cookies.get(COOKIE, "")))
    except BadSignature:
        return ""


def remember(server: Flask, response: Response, name: str, secure: bool) -> Response:
    """Keep a name for a year; "" forgets it."""
    if not name:
        response.delete_cookie(COOKIE)
        return response
    response.set_cookie(
        COOKIE,
        str(_signer(server).dumps(name)),
        max_age=YEAR_S,
        httponly=True,
        samesite="Lax",
        secure=secure,
    )
    return response


def register(server: Flask, is_open: Any, is_secure: Any) -> None:
    """Add POST /do/name; is_open and is_secure judge the request under way."""

    @server.post("/do/name")
    def give_name() -> tuple[Response, int]:
        if not is_open():
            return jsonify(error="state", says=t("Here people sign in")), 409
        request.max_content_length = SIZE_MAX
        body = request.get_json(silent=True)
        name = body.get("name") if isinstance(body, dict) else None
        try:
            shown = checked_name(name if isinstance(name, str) else "")
        except SchemaError:
            says = t("A name has 1 to 60 characters")
            return jsonify(error="detail", says=says, fields={"name": says}), 422
        return remember(server, jsonify(name=shown), shown, is_secure()), 200


def _signer(server: Flask) -> URLSafeSerializer:
    return URLSafeSerializer(server.secret_key or b"", salt="name")
