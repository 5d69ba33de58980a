"""How soon a thousand machines are painted: python tests/e2e/paint_of_a_thousand.py [MACHINES].

Prints what the server takes for one state of the plant page, and in a browser the time from the
arrival of a tick to the end of the frame that shows it, while a machine in ten changes its forecast
and its priority with every tick. Figures of the computer it runs on; nothing is asserted.
"""

import random
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import quantiles

from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

sys.path.insert(0, str(Path(__file__).parents[1] / "dashboard"))

from fake_plant import FakePlant, grown

from dashboard.app import PlantTwin, create_app
from dashboard.states.plant.plant_state import plant_state
from twin.config import Settings
from twin.plant import load_plant

TICKS = 60
WATCH = """
window.painted = [];
const listen = EventSource.prototype.addEventListener;
EventSource.prototype.addEventListener = function (name, take, ...rest) {
  return listen.call(this, name, (event) => {
    const came = performance.now();
    take(event);
    if (name !== "delta") return;
    requestAnimationFrame(() => {
      const after = new MessageChannel();
      after.port1.onmessage = () => window.painted.push(performance.now() - came);
      after.port2.postMessage(0);
    });
  }, ...rest);
};
"""


def main(n_machines: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plant.json"
        plant = grown(load_plant(Path(Settings().plant)), n_machines)
        path.write_text(plant.model_dump_json(by_alias=True, exclude_none=True))
        fake = FakePlant(load_plant(path), wall_us=time.time_ns() // 1000)
        app = create_app(fake.store, Settings(plant=path))
        server = make_server("127.0.0.1", 0, app.server, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        threading.Thread(target=_move_on, args=[fake], daemon=True).start()
        _say(f"{n_machines} machines, browser: tick to paint", _painted(server.server_port))
        _say(f"{n_machines} machines, server: one state", _built(app))
        app.reader.stop()
        server.shutdown()


def _move_on(fake: FakePlant) -> None:
    while True:
        time.sleep(0.5)
        for item in fake.plan["items"]:
            item["mid_h"] = 60 + 200 * random.random()
            item["lo_h"], item["hi_h"] = 0.6 * item["mid_h"], 1.5 * item["mid_h"]
            item["priority"] = random.choice([1, 2, 3])
        fake.step(1)


def _built(app: PlantTwin) -> list[float]:
    """Milliseconds of TICKS states."""
    snapshot, times = app.reader.latest, []
    assert snapshot is not None
    for _ in range(TICKS):
        begin = time.perf_counter()
        plant_state(snapshot)
        times.append(1000 * (time.perf_counter() - begin))
    return times


def _painted(port: int) -> list[float]:
    """Milliseconds of TICKS ticks, of a page at 1600 × 900."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        page.add_init_script(WATCH)
        page.goto(f"http://127.0.0.1:{port}/")
        while page.evaluate("window.painted.length") < TICKS:
            page.wait_for_timeout(500)
        found: list[float] = page.evaluate("window.painted")
        browser.close()
        return found


def _say(what: str, times_ms: list[float]) -> None:
    cuts = quantiles(times_ms, n=20)
    print(f"{what}: p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms, most {max(times_ms):.0f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
