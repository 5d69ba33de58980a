"""A site on an invented plant that moves on with the wall's clock."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from fake_plant import FakePlant
from werkzeug.serving import make_server

from dashboard.app import create_app
from twin.config import Settings

__all__ = ["fake_site"]


@contextmanager
def fake_site(fake: FakePlant, settings: Settings) -> Iterator[int]:
    """The port it is served at."""
    app = create_app(fake.store, settings)
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    stop = threading.Event()

    def move_on() -> None:
        while not stop.wait(1.0):
            fake.wall_us = time.time_ns() // 1000  # not a second a turn: turns are longer
            fake.step(0)

    for job in (server.serve_forever, move_on):
        threading.Thread(target=job, daemon=True).start()
    yield server.server_port
    stop.set()
    app.reader.stop()
    server.shutdown()
