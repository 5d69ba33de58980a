"""How one web process carries many live readers: load.py [READERS] [MACHINES] [SECONDS].

A store is filled twice a second as worker and planner would; readers without a browser hold the
plant page's stream, and one real browser shows the page. From the beginning of the server's tick:
until an event reaches a reader, and until the browser has painted it. All on this machine.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "dashboard")]

from fake_plant import FakePlant  # noqa: E402
from plants import write_plant  # noqa: E402

from twin.plant import load_plant  # noqa: E402
from twin.stores.embedded import EmbeddedStore  # noqa: E402

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PORT = 8399
WARM_S = 8.0
WATCH = """() => {
  window.painted = [];
  new MutationObserver(() => requestAnimationFrame(() => setTimeout(() =>
    window.painted.push([+document.documentElement.dataset.seq, Date.now() * 1000]))))
    .observe(document.documentElement, { attributes: true, attributeFilter: ["data-seq"] });
}"""


def measure(n_readers: int, n_machines: int, seconds: float) -> dict[str, Any]:
    """All of it once, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="twin-load-") as made:
        folder = Path(made)
        plant = write_plant(folder / "plant.toml", n_machines)
        store = EmbeddedStore(folder / "store", partitions=4)
        fake = FakePlant(load_plant(plant), wall_us=time.time_ns() // 1000, store=store)
        stop = threading.Event()
        mover = threading.Thread(target=_move, args=(fake, stop))
        log = folder / "ticks.csv"
        command = [sys.executable, str(HERE / "one_process.py"), store.url, str(plant)]
        server = subprocess.Popen([*command, str(PORT), str(log)])
        try:
            mover.start()
            _wait_for(f"http://127.0.0.1:{PORT}/healthz")
            return _run(server.pid, log, n_readers, seconds)
        finally:
            stop.set()
            mover.join()
            server.terminate()
            server.wait(20)
            store.close()


def _run(pid: int, log: Path, n_readers: int, seconds: float) -> dict[str, Any]:
    many = [sys.executable, str(HERE / "many_streams.py"), str(PORT), "/live/plant"]
    readers = subprocess.Popen(
        [*many, str(n_readers), str(seconds + WARM_S)], stdout=subprocess.PIPE, text=True
    )
    tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        page.goto(f"http://127.0.0.1:{PORT}/")
        page.wait_for_selector("html[data-live=live]", timeout=60_000)
        page.evaluate(WATCH)
        time.sleep(WARM_S)
        before, began = _cpu_s(tree), time.monotonic()
        page.wait_for_timeout(seconds * 1000)
        share = (_cpu_s(tree) - before) / (time.monotonic() - began)
        painted = page.evaluate("window.painted")
        browser.close()
    memory = sum(p.memory_info().rss for p in tree)
    came = json.loads(readers.communicate(timeout=60)[0])
    ticks = {int(s): (int(a), int(b)) for s, a, b in (x.split(",") for x in _lines(log))}
    arrived = [(seq, at) for seen in came["seen"] for seq, at in seen[2:]]
    return {
        "readers": n_readers,
        "faults": came["faults"],
        "events_a_reader_s": len(arrived) / max(1, n_readers) / (seconds + WARM_S),
        "server_cpu_share": round(share, 3),
        "server_rss_mb": round(memory / 2**20, 1),
        "tick_ms": _spread([(b - a) / 1e3 for a, b in ticks.values()]),
        "arrival_ms": _since(arrived, ticks),
        "paint_ms": _since([(int(s), int(at)) for s, at in painted], ticks),
    }


def _since(found: list[tuple[int, int]], ticks: dict[int, tuple[int, int]]) -> dict[str, float]:
    return _spread([(at - ticks[seq][0]) / 1e3 for seq, at in found if seq in ticks])


def _spread(ms: list[float]) -> dict[str, float]:
    quantiles = {"p50": 50, "p95": 95, "p99": 99, "max": 100}
    return {k: round(float(np.percentile(ms, q)), 1) for k, q in quantiles.items()} | {"n": len(ms)}


def _lines(log: Path) -> list[str]:
    return [x for x in log.read_text().splitlines() if x.count(",") == 2]


def _cpu_s(tree: list[psutil.Process]) -> float:
    return sum(sum(p.cpu_times()[:2]) for p in tree)


def _move(fake: FakePlant, stop: threading.Event) -> None:
    while not stop.wait(0.5):
        fake.wall_us = time.time_ns() // 1000
        fake.step(0)


def _wait_for(url: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"{url} does not answer")


__all__ = ["measure"]

if __name__ == "__main__":
    given = [float(x) for x in sys.argv[1:]]
    readers, machines, span = (*given, *(200.0, 1000.0, 30.0)[len(given) :])
    print(json.dumps(measure(int(readers), int(machines), span), indent=2))
