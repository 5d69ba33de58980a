"""What every answer carries, and which requests may change something."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, request

__all__ = ["SAFE_METHODS", "content_policy", "protect", "same_origin"]

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
    return origin in allowed or urlsplit(origin).netloc == asked.host


def protect(server: Flask, policy: str, allowed_origins: str) -> None:
    """Refuse what comes from elsewhere and would change something; add headers to all answers."""
    allowed = frozenset(origin.strip() for origin in allowed_origins.split(",") if origin.strip())

    @server.before_request
    def refuse_foreign() -> None:
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
