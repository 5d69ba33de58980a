"""Everything at once: embedded store, simulator, worker, planner, dashboard, and a real browser."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from twin.core.view import HORIZONS
from twin.stores.embedded import EmbeddedServer
from twin.stores.redis import RedisStore

pytestmark = pytest.mark.e2e

Open = Callable[..., Page]
START_S = 90.0


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
def plant_url(
    tmp_path_factory: pytest.TempPathFactory,
    browser: object,  # noqa: ARG001 (skips before anything is started where there is none)
) -> Iterator[str]:
    """`twin up` on the demonstration plant, in a folder of its own; stopped as a user stops it."""
    folder, port = tmp_path_factory.mktemp("plant"), free_port()
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


def until(page: Page, expression: str, timeout_s: float = 30.0) -> None:
    end = time.monotonic() + timeout_s
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"not within {timeout_s} s: {expression}"
        page.wait_for_timeout(100)


def test_plant_is_live_from_the_simulator_to_the_screen(plant_url: str, open_page: Open) -> None:
    page = open_page(plant_url)
    expect(page.locator(".tile")).to_have_count(40)
    until(page, "document.querySelectorAll('.tile:not(.silent)').length >= 30")
    expect(page.locator("#simulated")).to_have_text("Simulated ×60")
    accepted = "parseInt(document.getElementById('status').textContent.replace(/\\D.*/s, ''))"
    was = page.evaluate(accepted)
    until(page, f"{accepted} > {was}")
    expect(page.locator('[data-kpi="complete"] .kpi-value')).not_to_have_text("—", timeout=20_000)


def test_machine_page_shows_past_and_present(plant_url: str, open_page: Open) -> None:
    page = open_page(plant_url + "/machine/compressor-02")
    expect(page.locator(".chart")).to_have_count(page.locator(".sensor").count())
    until(page, "(document.querySelector('.js-plotly-plot')?.data?.[3].x.length || 0) > 5")
    newest = "document.querySelector('.js-plotly-plot').data[3].x.at(-1)"
    was = page.evaluate(newest)
    until(page, f"{newest} > '{was}'")
    estimate = page.evaluate("document.querySelector('.js-plotly-plot').data[2].y.at(-1)")
    assert isinstance(estimate, int | float)


def test_innovations_have_an_address_of_their_own(plant_url: str, open_page: Open) -> None:
    page = open_page(plant_url + "/machine/compressor-02")
    page.get_by_role("link", name="Innovations").click()
    page.wait_for_selector(".charts.innovations .js-plotly-plot .trace")
    assert "kind=innovations" in page.url
    page.reload()
    page.wait_for_selector(".charts.innovations .js-plotly-plot .trace")


def test_probabilities_on_the_screen_are_those_in_the_store(
    plant_url: str, open_page: Open, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = next(Path(tmp_path_factory.getbasetemp()).glob("plant*"))
    store = RedisStore(EmbeddedServer(folder).url, 4)
    has_model = store.model("compressor") is not None
    store.close()
    page = open_page(plant_url + "/machine/compressor-02")
    rows = page.locator('[data-list="risk"] tr')
    expect(rows).to_have_count(len(HORIZONS))
    if has_model:
        expect(rows.first.locator("td").first).to_contain_text("%")
        expect(page.locator(".curve-line")).to_have_count(1)
    else:
        expect(page.locator('[data-list="life"]')).to_contain_text("nothing is forecast")
