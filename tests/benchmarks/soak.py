"""Do screens that run for months grow? soak.py [MINUTES] [SPEED].

Runs the whole plant with its clock at SPEED (default 300: five samples a machine and second), the
plant, alarms, machine and wall pages side by side, and takes once a minute what each page holds
after a garbage collection and what each part of the plant holds. Prints the slopes by least squares
after the first WARM share of the time, and one JSON object of it all at the end.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from plants import write_plant  # noqa: E402

from dashboard.kiosks import Kiosks  # noqa: E402
from twin.config import Settings  # noqa: E402
from twin.kiosk import KIND, created, kiosk_of  # noqa: E402
from twin.stores.embedded import EmbeddedServer, open_store  # noqa: E402

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
EVERY_S = 60.0
WARM = 0.2
"""Share of the time that pages and parts may take to fill what they keep."""
MB = 2**20


class Screen:
    """One page in a browser context of its own, and its counters."""

    def __init__(self, browser: Browser, name: str, url: str) -> None:
        self.name = name
        self.page: Page = browser.new_page(viewport={"width": 1600, "height": 900})
        self.errors: list[str] = []
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.page.on("console", lambda m: m.type == "error" and self.errors.append(m.text))
        self.loads = 0
        self.page.on("load", lambda _: self._loaded())
        self.page.goto(url)
        self.page.wait_for_selector("html[data-live=live]", timeout=90_000)
        self.cdp: CDPSession = self.page.context.new_cdp_session(self.page)
        self.cdp.send("Performance.enable")

    def _loaded(self) -> None:
        self.loads += 1

    def sample(self) -> dict[str, float]:
        """Heap in MB after a collection, nodes, listeners, and whether it is live."""
        self.cdp.send("HeapProfiler.collectGarbage")
        found = {m["name"]: m["value"] for m in self.cdp.send("Performance.getMetrics")["metrics"]}
        return {
            "heap_mb": found["JSHeapUsedSize"] / MB,
            "nodes": found["Nodes"],
            "listeners": found["JSEventListeners"],
            "live": float(self.page.locator("html").get_attribute("data-live") == "live"),
        }


def soak(minutes: float, speed: float) -> dict[str, Any]:
    """All of it in a folder of its own; stopped as a user stops it."""
    with tempfile.TemporaryDirectory(prefix="twin-soak-") as made:
        folder, port = Path(made), _free_port()
        env = os.environ | {
            "TWIN_PLANT": str(write_plant(folder / "plant.toml", speed=speed)),
            "TWIN_MODELS": str(Settings().plant.parent / "models"),
            "TWIN_DATA_DIR": str(folder / "var"),
            "TWIN_PORT": str(port),
            "TWIN_GATEWAY_PORT": str(_free_port()),
        }
        with (folder / "up.log").open("wb") as log:
            command = [sys.executable, "-c", "from twin.cli import main; main(['up'])"]
            plant = subprocess.Popen(command, env=env, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz", plant)
            return _watch(f"http://127.0.0.1:{port}", env, plant, minutes)
        finally:
            plant.send_signal(signal.SIGINT)
            plant.wait(30)
            EmbeddedServer(folder / "var").shutdown()


def _watch(
    url: str, env: dict[str, str], plant: subprocess.Popen[bytes], minutes: float
) -> dict[str, Any]:
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        pages = {"plant": "/", "alarms": "/alarms", "machine": "/machine/mill-01"}
        pages["wall"] = f"/wall/{_token(env)}"
        screens = [Screen(browser, name, url + path) for name, path in pages.items()]
        taken: list[dict[str, Any]] = []
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            found = {s.name: s.sample() for s in screens} | {"parts": _parts(plant.pid)}
            taken.append(found | {"minute": (time.monotonic() - end) / 60 + minutes})
            print(_line(taken[-1]), file=sys.stderr, flush=True)
            screens[0].page.wait_for_timeout(EVERY_S * 1000)
        report = {s.name: _growth(taken, s) for s in screens}
        browser.close()
    kept = taken[int(WARM * len(taken)) :]
    parts = sorted(set.intersection(*(set(x["parts"]) for x in kept)))
    rss = {name: _slope(kept, lambda x, n=name: x["parts"][n]) for name in parts}
    return {"minutes": minutes, "screens": report, "rss_mb": rss}


def _growth(taken: list[dict[str, Any]], screen: Screen) -> dict[str, Any]:
    kept = taken[int(WARM * len(taken)) :]
    out: dict[str, Any] = {
        key: _slope(kept, lambda x, k=key: x[screen.name][k])
        for key in ("heap_mb", "nodes", "listeners")
    }
    lives = [x[screen.name]["live"] for x in taken]
    return out | {
        "live_share": float(np.mean(lives)),
        "reloads": screen.loads - 1,
        "errors": screen.errors[:5],
    }


def _slope(kept: list[dict[str, Any]], value: Any) -> dict[str, float]:
    """First and last value, slope an hour and its standard error."""
    hours = np.array([x["minute"] / 60 for x in kept])
    y = np.array([value(x) for x in kept])
    out = {"first": round(float(y[0]), 2), "last": round(float(y[-1]), 2)}
    if len(y) < 3:
        return out
    (slope, _), cov = np.polyfit(hours, y, 1, cov="unscaled")
    fitted = np.polyval(np.polyfit(hours, y, 1), hours)
    error = float(np.sqrt(cov[0, 0] * ((y - fitted) ** 2).sum() / max(1, len(y) - 2)))
    return out | {"per_hour": round(float(slope), 3), "se": round(error, 3)}


def _parts(pid: int) -> dict[str, float]:
    """Resident MB of each process of the plant, by what it runs."""
    out: dict[str, float] = {}
    for process in psutil.Process(pid).children(recursive=True):
        try:
            words, rss = " ".join(process.cmdline()), process.memory_info().rss / MB
        except psutil.Error:
            continue
        name = next((w for w in NAMES if w in words), words[:30])
        out[NAMES.get(name, name)] = out.get(NAMES.get(name, name), 0.0) + rss
    return out


NAMES = {
    "dashboard.serve": "dashboard",
    "plant-twin-dashboard": "dashboard",
    "twin.pipeline.gateway.gateway": "gateway",
    "plant-twin-gateway": "gateway",
    "valkey": "store",
    "'planner'": "planner",
    "planner": "planner",
    "worker": "worker",
    "feed": "feed",
}


def _line(found: dict[str, Any]) -> str:
    pages = [
        f"{k} {v['heap_mb']:.1f} MB {v['nodes']:.0f} nodes {v['listeners']:.0f} listeners"
        for k, v in found.items()
        if isinstance(v, dict) and "heap_mb" in v
    ]
    parts = [f"{k} {v:.0f}" for k, v in sorted(found["parts"].items())]
    return f"{found['minute']:5.1f} min: {'; '.join(pages)}; rss {', '.join(parts)}"


def _token(env: dict[str, str]) -> str:
    """A link to a wall display of the whole plant."""
    store = open_store(Settings.from_env({k: v for k, v in env.items() if k.startswith("TWIN_")}))
    made = created("soak", {"name": "soak", "document": {}}, "soak", time.time_ns() // 1000)
    store.set_documents(KIND, made)
    return Kiosks(store).token(kiosk_of(made["soak"]))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _wait_for(url: str, plant: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and plant.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.3)
    raise SystemExit(f"{url} does not answer")


if __name__ == "__main__":
    told = [float(x) for x in sys.argv[1:]]
    print(json.dumps(soak(*told, *(20.0, 300.0)[len(told) :]), indent=2))
