"""A real browser in front of a real server. Skips, saying so, where there is no browser."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

sys.path.insert(0, str(Path(__file__).parents[1] / "dashboard"))

from fake_plant import FakePlant
from fake_site import fake_site

from twin.config import Settings
from twin.plant import load_plant
from twin.stores.embedded import EmbeddedServer

START_S = 90.0
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None and os.environ.get("CI") != "true":
        pytest.skip("no chromium here: tests/install_browser.sh installs it on Debian")
    return {"executable_path": path, "args": QUIET}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser and a server on a machine that others use too: judged again before it fails.

    What needed it is listed at the end of the run; twice is no accident.
    """
    for item in items:
        if item.get_closest_marker("e2e"):
            item.add_marker(pytest.mark.flaky(reruns=1))


REFUSED = re.compile(r"Failed to load resource: .* status of (403|409|422|428|429)")


@dataclass
class Site:
    """A served dashboard."""

    port: int
    fake: FakePlant | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """The dashboard on an invented plant that moves on once a second."""
    settings = Settings()
    fake = FakePlant(load_plant(Path(settings.plant)), wall_us=time.time_ns() // 1000)
    with fake_site(fake, settings) as port:
        yield Site(port, fake)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture(scope="module")
def plant_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data directory of the plant that runs for all tests of it."""
    return tmp_path_factory.mktemp("plant")


@pytest.fixture(scope="module")
def plant_url(
    plant_folder: Path,
    browser: object,  # noqa: ARG001 (skips before anything is started where there is none)
) -> Iterator[str]:
    """`twin up` on the demonstration plant, in a folder of its own; stopped as a user stops it."""
    folder, port = plant_folder, free_port()
    env = os.environ | {
        "TWIN_DATA_DIR": str(folder),
        "TWIN_PORT": str(port),
        "TWIN_GATEWAY_PORT": str(free_port()),
        "OMP_NUM_THREADS": "1",
    }
    command = [
        sys.executable,
        "-c",
        "import sys; from twin.cli import main; sys.exit(main(['up']))",
    ]
    log = folder / "up.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + START_S
        while not answers(f"http://127.0.0.1:{port}/healthz"):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        EmbeddedServer(folder).shutdown()


@dataclass
class Watch:
    """What a page did that it must not do."""

    origin: str
    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.on("request", lambda r: self._request(r.url))
        page.on("pageerror", lambda e: self.errors.append(str(e)))
        page.on("console", lambda m: self._console(m.type, m.text))

    def _request(self, url: str) -> None:
        if not url.startswith((self.origin, "data:", "blob:")):
            self.foreign.append(url)

    def _console(self, kind: str, text: str) -> None:
        # Browsers report a refusal that the page asked for, and shows, as a resource that failed.
        if kind in {"error", "warning"} and not REFUSED.search(text):
            self.errors.append(f"{kind}: {text}")


Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Open an address with theme, language and width; at the end no error and nothing foreign."""
    contexts: list[BrowserContext] = []
    watches: list[Watch] = []

    def open_(url: str, theme: str = "light", language: str = "en-GB", width: int = 1600) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, locale=language
        )
        contexts.append(context)
        page = context.new_page()
        watch = Watch("/".join(url.split("/")[:3]))
        watch.follow(page)
        watches.append(watch)
        page.goto(url)
        page.wait_for_selector("html[data-live=live]", timeout=60_000)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert [w.errors for w in watches if w.errors] == []
    assert [w.foreign for w in watches if w.foreign] == []
