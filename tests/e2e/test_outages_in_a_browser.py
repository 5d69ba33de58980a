"""Outages as a browser meets them: the server killed, frozen, busy, unreachable, replaced.

In every case an ordinary page and a wall are open at once. Each keeps its last frame, says within
6 s that it has no connection, and is live again within 5 s of the return. The wall's return is
spread on purpose over those 5 s. SLACK_S is for a browser and a server that share few cores.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from outage_server import link_of, serve
from pausing_proxy import Fault, PausingProxy
from playwright.sync_api import Browser, BrowserContext

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

STALE_S, LIVE_S, SLACK_S = 6.0, 5.0, 2.0
HERE = Path(__file__).parent
GONE = """html:is([data-live=lost], [data-live=stale])
    :is(#live-text, #notice):has-text("No connection for")"""
LIVE = "html[data-live=live]"


class Plant:
    """A dashboard in a process of its own."""

    def __init__(self) -> None:
        self.port, self.link = 0, ""
        self.process: subprocess.Popen[str] | None = None

    def start(self, build: str = "first") -> None:
        self.port = self.port or spare_port()
        command = [sys.executable, str(HERE / "outage_server.py"), str(self.port), build]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.link = self.process.stdout.readline().strip()

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()  # type: ignore[union-attr]


def spare_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as spare:
        return int(spare.getsockname()[1])


@pytest.fixture(scope="module")
def plant() -> Iterator[Plant]:
    made = Plant()
    made.start()
    yield made
    made.kill()


@pytest.fixture
def proxy(plant: Plant) -> Iterator[PausingProxy]:
    made = PausingProxy(plant.port)
    yield made
    made.close()


class Screens:
    """A plant page and a wall behind the same proxy."""

    def __init__(self, context: BrowserContext, proxy: PausingProxy, link: str) -> None:
        self.fault, base = proxy.name, f"http://127.0.0.1:{proxy.port}"
        self.loads = {"page": 0, "wall": 0}
        self.pages = {"page": context.new_page(), "wall": context.new_page()}
        for name, path in (("page", "/"), ("wall", link)):
            self.pages[name].on("load", lambda _p, name=name: self._count(name))
            self.pages[name].goto(base + path)
            self.pages[name].wait_for_selector(LIVE, timeout=30_000)
        self.pages["page"].wait_for_selector('[data-kpi="running"] .kpi-value:not(:empty)')

    def _count(self, name: str) -> None:
        self.loads[name] += 1

    def until(self, what: str, within_s: float) -> None:
        """Both come to it in time, counted from now."""
        start = time.monotonic()
        for name, page in self.pages.items():
            left_s = within_s - (time.monotonic() - start)
            try:
                page.wait_for_selector(what, timeout=max(1.0, 1000 * left_s))
            except Exception as error:
                kind = page.evaluate("document.documentElement.dataset.live")
                raise AssertionError(f"{self.fault}: {name} is {kind}, not {what}") from error

    def evaluate(self, what: str) -> dict[str, object]:
        return {name: page.evaluate(what) for name, page in self.pages.items()}


Opens = Callable[[PausingProxy], Screens]


@pytest.fixture
def screens(browser: Browser, plant: Plant) -> Iterator[Opens]:
    # Headless, no page is ever hidden: both are drawn although one lies over the other.
    context = browser.new_context(viewport={"width": 1280, "height": 720}, locale="en-GB")
    yield lambda proxy: Screens(context, proxy, plant.link)
    context.close()


def shown(screens: Screens) -> dict[str, object]:
    """The number that must still stand there during an outage."""
    return {
        "page": screens.pages["page"].locator('[data-kpi="running"] .kpi-value').inner_text(),
        "wall": screens.pages["wall"].locator("#figures").inner_text(),
    }


def outage(begin: Callable[[], None], end: Callable[[], None], *all_screens: Screens) -> None:
    """Gone in time, in words, with the last frame kept; live again in time."""
    before = [shown(screens) for screens in all_screens]
    begin()
    try:
        _in_time(all_screens, GONE, STALE_S + SLACK_S)
        assert [shown(screens) for screens in all_screens] == before
    finally:  # the next test needs the server
        end()
    _in_time(all_screens, LIVE, LIVE_S + SLACK_S)
    for screens in all_screens:
        assert screens.loads == {"page": 1, "wall": 1}, "nothing was loaded anew"


def _in_time(all_screens: Iterable[Screens], what: str, within_s: float) -> None:
    end_s = time.monotonic() + within_s
    for screens in all_screens:
        screens.until(what, end_s - time.monotonic())


def test_network_faults_are_said_and_got_over(plant: Plant, screens: Opens) -> None:
    """All four at once, each behind a proxy of its own: they take no longer than one."""
    faults: list[Fault] = ["black hole", "refused", "reset", "503"]
    proxies = {fault: PausingProxy(plant.port, name=fault) for fault in faults}
    opened = [screens(proxy) for proxy in proxies.values()]

    def begin() -> None:
        for fault, proxy in proxies.items():
            proxy.fail(fault)

    def end() -> None:
        for proxy in proxies.values():
            proxy.resume()

    try:
        outage(begin, end, *opened)
    finally:
        for proxy in proxies.values():
            proxy.close()


def test_frozen_server_is_said_and_got_over(
    plant: Plant, proxy: PausingProxy, screens: Opens
) -> None:
    opened = screens(proxy)
    outage(lambda: plant.signal(signal.SIGSTOP), lambda: plant.signal(signal.SIGCONT), opened)


def test_slow_network_is_no_outage(proxy: PausingProxy, screens: Opens) -> None:
    """Every packet a second late: old, said as old, but never without a connection."""
    opened = screens(proxy)
    proxy.fail("slow")
    for page in opened.pages.values():
        page.evaluate(
            """() => { window.seen = new Set();
            new MutationObserver(() => window.seen.add(document.documentElement.dataset.live))
                .observe(document.documentElement, { attributeFilter: ["data-live"] }); }"""
        )
    opened.pages["wall"].wait_for_timeout(5000)
    assert opened.evaluate("window.seen.has('lost')") == {"page": False, "wall": False}


def test_killed_server_comes_back_as_it_was(
    plant: Plant, proxy: PausingProxy, screens: Opens
) -> None:
    opened = screens(proxy)
    outage(plant.kill, plant.start, opened)


def test_new_build_is_loaded_once_it_is_served(
    plant: Plant, proxy: PausingProxy, screens: Opens
) -> None:
    """While the server is away nothing reloads: an error page would take the last frame's place."""
    opened = screens(proxy)
    plant.kill()
    opened.until(GONE, STALE_S + SLACK_S)
    assert opened.loads == {"page": 1, "wall": 1}
    plant.start("second")
    built = f"{LIVE}[data-build=second]"
    # Back within 5 s; then each waits for its turn, 2 s for a page, 5 s for a wall at most.
    opened.until(built, LIVE_S + 5 + SLACK_S)
    assert opened.loads == {"page": 2, "wall": 2}


def test_two_versions_behind_one_address_reload_each_at_most_once(browser: Browser) -> None:
    made = [serve(0, build) for build in ("old", "new")]
    proxy = PausingProxy(*(server.server_port for _, _, server in made))
    stop = threading.Event()
    threading.Thread(target=_step, args=([m[0] for m in made], stop), daemon=True).start()
    context = browser.new_context()
    opened = Screens(context, proxy, link_of(made[0][0]))
    until = time.monotonic() + 6
    while time.monotonic() < until:  # streams break again and again, onto either version
        opened.pages["page"].wait_for_timeout(1500)
        proxy.fail("reset")
        proxy.resume()
    opened.until(LIVE, LIVE_S + SLACK_S)
    assert max(opened.loads.values()) <= 3
    context.close()
    stop.set()
    proxy.close()
    for _, app, server in made:
        app.reader.stop()
        server.shutdown()
        server.server_close()


def _step(plants: list, stop: threading.Event) -> None:
    while not stop.wait(1.0):
        for fake in plants:
            fake.step(1)


def test_page_that_was_hidden_for_long_is_live_at_once(proxy: PausingProxy, screens: Opens) -> None:
    """Hidden, it holds no stream; shown again, it takes a new one."""
    opened = screens(proxy)
    hide = """hidden => { Object.defineProperty(document, 'hidden', { value: hidden,
        configurable: true }); document.dispatchEvent(new Event('visibilitychange')); }"""
    for page in opened.pages.values():
        page.evaluate(hide, True)
    opened.until(GONE, STALE_S + SLACK_S)
    for page in opened.pages.values():
        page.evaluate(hide, False)
    opened.until(LIVE, 2.0)
    assert opened.loads == {"page": 1, "wall": 1}
