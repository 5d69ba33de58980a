"""A site on a plant that lives in this process, with its worker and its desk."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from lived_plant import LivedPlant
from werkzeug.serving import make_server

from dashboard.app import create_app
from twin.stores.base import LeaseLostError

__all__ = ["lived_site"]


@contextmanager
def lived_site(hours: float) -> Iterator[tuple[int, LivedPlant]]:
    """The port it is served at, and the plant; it moves on twice a second."""
    plant = LivedPlant(time.time_ns() // 1000, hours=hours)
    app = create_app(plant.store, plant.settings)
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    stop = threading.Event()

    def move_on() -> None:
        last = time.monotonic()
        while not stop.wait(0.5):
            now = time.monotonic()
            try:
                plant.step(now - last)
            except LeaseLostError:  # a busy computer: take the partitions again
                for worker in plant.workers:
                    worker.open()
            last = now

    jobs = [threading.Thread(target=job, daemon=True) for job in (server.serve_forever, move_on)]
    for job in jobs:
        job.start()
    yield server.server_port, plant
    stop.set()
    jobs[1].join(5)
    app.reader.stop()
    server.shutdown()
