"""Answers that are text go out compressed: scripts once a process, the rest as they come.

Live streams are compressed by themselves (dashboard.stream) and pass through.
"""

import gzip

from flask import Flask, Response, request

__all__ = ["SMALLEST", "compress"]

SMALLEST = 2_000
"""Bytes below which it does not pay."""
KEPT_MAX = 200
"""Scripts and styles remembered; Dash has about fifty."""
TEXT = ("application/json", "application/javascript", "text/")
FIXED = ("/_dash-component-suites/", "/assets/", "/wall/static/")
"""Addresses that carry their own version, so that their bytes never change."""


def compress(server: Flask) -> None:
    """Compress answers for browsers that say they can read it."""
    kept: dict[str, bytes] = {}

    @server.after_request
    def pack(response: Response) -> Response:
        if not _is_worth_it(response):
            return response
        response.direct_passthrough = False
        sent = response.response  # perhaps an open file
        if request.path.startswith(FIXED) and request.method == "GET":
            body = kept.get(request.full_path) or gzip.compress(response.get_data(), 6)
            if len(kept) < KEPT_MAX:
                kept[request.full_path] = body
        else:
            body = gzip.compress(response.get_data(), 1)
        response.set_data(body)
        if callable(close := getattr(sent, "close", None)):
            close()
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
        return response


def _is_worth_it(response: Response) -> bool:
    return (
        response.status_code == 200
        and "gzip" in request.headers.get("Accept-Encoding", "")
        and "Content-Encoding" not in response.headers
        and response.mimetype != "text/event-stream"
        and response.mimetype.startswith(TEXT)
        and (response.content_length or SMALLEST) >= SMALLEST
    )
