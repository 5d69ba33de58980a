"""Serve the invented plant, for looking at screens: serve_fake.py PORT SECONDS."""

import sys
import threading
import time
from pathlib import Path

from fake_plant import FakePlant
from werkzeug.serving import make_server

from dashboard.app import create_app
from twin.config import Settings
from twin.plant import load_plant


def main(port: int, seconds: int) -> None:
    settings = Settings(port=port)
    fake = FakePlant(load_plant(Path(settings.plant)), wall_us=time.time_ns() // 1000)
    app = create_app(fake.store, settings)
    server = make_server("127.0.0.1", port, app.server, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for _ in range(seconds):
        time.sleep(1)
        fake.step(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
