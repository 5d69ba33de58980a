"""What every answer carries, and which requests may change something."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, request

from twin.config import LOOPBACK

__all__ = ["SAFE_METHODS", "content_policy", "known_host", "protect", "same_origin"]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def content_policy(script_hashes: Sequence[str]) -> str:
    """Content-Security-Policy: everything from ourselves, inline scripts only those of Dash.

    Plotly and React set styles on elements, hence 'unsafe-inline' for styles alone.
    """
    return "; ".join(
        [
            "default-src 'self'",
            "script-src 'self' " + " ".join(script_hashes),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


def same_origin(asked: Request, allowed: frozenset[str]) -> bool:
    """Whether a request comes from our own pages or from an origin that the owner allows.

    A request without Origin is judged by Sec-Fetch-Site; with neither it is refused, because
    then nobody vouches for it. Source: OWASP, Cross-Site Request Forgery Prevention.
    """
    origin = asked.headers.get("Origin")
    if origin is None:
        return asked.headers.get("Sec-Fetch-Site") == "same-origin"
    try:
        return origin in allowed or urlsplit(origin).netloc == asked.host
    except ValueError:  # an open bracket
        return False


def known_host(asked: Request, allowed: frozenset[str]) -> bool:
    """Whether a request names us: a loopback name, or the host of an allowed origin.

    A page elsewhere can have its own name resolve to 127.0.0.1; the name gives it away (DNS
    rebinding).
    """
    try:
        name = urlsplit(f"//{asked.host}").hostname
    except ValueError:  # an open bracket
        return False
    return name in LOOPBACK or name in {urlsplit(origin).hostname for origin in allowed}


def protect(server: Flask, policy: str, allowed_origins: str, is_local: bool = True) -> None:
    """Refuse what comes from elsewhere and would change something; add headers to all answers.

    is_local: we serve this computer alone, under its own names.
    """
    allowed = frozenset(origin.strip() for origin in allowed_origins.split(",") if origin.strip())

    @server.before_request
    def refuse_foreign() -> None:
        if is_local and not known_host(request, allowed):
            abort(421, "this name is not ours; TWIN_ALLOWED_ORIGINS lists others")
        if request.method not in SAFE_METHODS and not same_origin(request, allowed):
            abort(403, "this request does not come from the dashboard's own pages")

    @server.after_request
    def add_headers(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response
