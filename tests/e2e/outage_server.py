"""A dashboard that can be killed: outage_server.py PORT BUILD. Its display keeps its link."""

import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "dashboard"))

from fake_plant import FakePlant
from werkzeug.serving import BaseWSGIServer, make_server

from dashboard.app import PlantTwin, create_app
from dashboard.kiosks import Kiosks
from twin.config import Settings
from twin.kiosk import KIND, created, kiosk_of
from twin.plant import load_plant

__all__ = ["link_of", "serve"]

SECRET = {"signing": b"7" * 64}


def link_of(fake: FakePlant) -> str:
    """A display of the whole plant, read from five metres, and the path that opens it."""
    fake.store.set_documents("secrets", SECRET)
    documents = created("k1", {"name": "Hall", "document": {}}, "Office", fake.wall_us)
    fake.store.set_documents(KIND, documents)
    return f"/wall/{Kiosks(fake.store).token(kiosk_of(documents['k1']))}"


def serve(port: int, build: str) -> tuple[FakePlant, PlantTwin, BaseWSGIServer]:
    """A dashboard on an invented plant, as if of that build."""
    settings = Settings()
    fake = FakePlant(load_plant(Path(settings.plant)), wall_us=time.time_ns() // 1000)
    link_of(fake)
    app = create_app(fake.store, settings)
    app.build = app.reader.build = build
    server = make_server("127.0.0.1", port, app.server, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return fake, app, server


if __name__ == "__main__":
    plant, _, _ = serve(int(sys.argv[1]), sys.argv[2])
    print(link_of(plant), flush=True)
    while True:
        time.sleep(1)
        plant.step(1)
