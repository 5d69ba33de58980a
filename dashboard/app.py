"""The dashboard as an application: Dash for what a reader does, plain routes for what is live."""

import hashlib
import json
from pathlib import Path
from typing import Any

import dash
from flask import Flask, request

from dashboard import access, compression, i18n, security, wall
from dashboard.data import Reader
from dashboard.kiosks import Kiosks
from dashboard.pages import displays, router
from dashboard.routes import calendar_routes, define, live, print_routes
from dashboard.states.alarms.alarm_words import refusal_texts, verb_names
from twin.config import Settings
from twin.stores.base import Store

__all__ = ["ASSETS", "PlantTwin", "build_id", "create_app", "wsgi"]

_HERE = Path(__file__).parent
ASSETS = next(p for p in (_HERE / "assets", _HERE.parent / "assets") if p.is_dir())
"""Beside the package in the repository, inside it in a wheel."""
SPARE_THREADS = 16
"""Threads of a process that live screens may not take: pages must still be served."""
LOADED = ("*.py", "*.po", "*.js", "*.css")
"""What of this package decides what a browser gets to see."""

_INDEX = """<!DOCTYPE html>
<html lang="{lang}" data-build="{build}"{theme}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{metas}
<title>Plant Twin</title>
{favicon}
{css}
</head>
<body>
{app_entry}
<script id="words" type="application/json">{words}</script>
<script id="codes" type="application/json">{codes}</script>
<script id="person" type="application/json">{person}</script>
<div>{config}{scripts}{renderer}</div>
</body>
</html>"""


class PlantTwin(dash.Dash):
    """Dash whose first page carries the reader's language, theme and words."""

    build = ""
    reader: Reader

    def interpolate_index(self, **kwargs: Any) -> str:
        language = current_language()
        theme = request.cookies.get("theme", "")
        return _INDEX.format(
            lang={"en": "en", "zh": "zh-CN"}[language],
            build=self.build,
            theme=f' data-theme="{theme}"' if theme in {"light", "dark"} else "",
            words=_embedded(i18n.words(language)),
            codes=_CODES,
            person=_embedded(access.person_words()),
            **{k: v for k, v in kwargs.items() if k != "title"},
        )


def _embedded(value: Any) -> str:
    """JSON that no text within it can end early."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


_CODES = _embedded({"verbs": verb_names(str), "refusals": refusal_texts(str)})
"""What codes say, as messages of the catalogue."""


def current_language() -> str:
    """Language of the request under way."""
    return access.reader_language()


def build_id() -> str:
    """Changes with every change of what a browser has loaded: stale tabs reload themselves."""
    digest = hashlib.sha256()
    for path in sorted([*ASSETS.iterdir(), *(p for kind in LOADED for p in _HERE.rglob(kind))]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def create_app(store: Store, settings: Settings) -> PlantTwin:
    """The application on a store; reads from now on. Raises SchemaError for a faulty plant file.

    To be called in the process that serves, after its fork: the reader is a thread.
    """
    build = build_id()
    reader = Reader(store, settings.plant, build)
    app = PlantTwin(
        __name__,
        server=Flask("dashboard"),
        use_async=False,
        suppress_callback_exceptions=True,
        serve_locally=True,
        enable_mcp=False,
        assets_folder=str(ASSETS),
        title="Plant Twin",
        update_title="",
        add_log_handler=False,
    )
    app.build, app.reader = build, reader
    router.register(app, reader, current_language)
    n_streams_max = max(1, settings.threads - SPARE_THREADS)
    live.register(app.server, reader, n_streams_max)
    kiosks = Kiosks(store)
    wall.register(app.server, reader, kiosks, n_streams_max, settings.public_url)
    displays.register(app.server, reader, kiosks, settings.public_url)
    define.register(app.server, reader, settings)
    calendar_routes.register(app.server, reader)
    print_routes.register(app.server, reader)
    reader.add_feed("frame", lambda _snapshot: {})
    compression.compress(app.server)
    security.protect(
        app.server,
        security.content_policy(app.csp_hashes()),
        settings.allowed_origins,
        settings.is_local,
    )
    access.register(app.server, reader, settings)
    reader.start()
    _warm_up(app)
    return app


def _warm_up(app: PlantTwin) -> None:
    """Serve one page to ourselves: Dash sets itself up in the first request, and the first
    threaded requests after a start could otherwise answer 500 (plotly/dash#3971)."""
    client = app.server.test_client()
    for path in ("/", "/_dash-layout", "/_dash-dependencies"):
        client.get(path, environ_overrides={access.WARM_UP: True})


def wsgi() -> Flask:
    """Entry of a web server's worker: settings from the environment, the store they name."""
    from twin.stores.embedded import open_store

    settings = Settings.from_env()
    server: Flask = create_app(open_store(settings), settings).server
    return server
