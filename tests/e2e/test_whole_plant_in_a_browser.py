"""Everything at once: embedded store, simulator, worker, planner, dashboard, and a real browser."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboard.data import read_snapshot
from dashboard.snapshot import row_of
from twin.config import Settings
from twin.core.view import HORIZONS
from twin.plant import load_plant
from twin.stores.embedded import EmbeddedServer
from twin.stores.redis import RedisStore

pytestmark = pytest.mark.e2e

Open = Callable[..., Page]


def until(page: Page, expression: str, timeout_s: float = 30.0) -> None:
    end = time.monotonic() + timeout_s
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"not within {timeout_s} s: {expression}"
        page.wait_for_timeout(100)


def healthy(plant_url: str, open_page: Open) -> tuple[Page, str]:
    """The page of a machine that does not stand still, and its id: every run is another plant."""
    page = open_page(plant_url)
    tile = page.locator(".tile.ok").first
    tile.wait_for(timeout=60_000)
    machine_id = str(tile.get_attribute("data-machine"))
    page.goto(f"{plant_url}/machine/{machine_id}")
    page.wait_for_selector("html[data-live=live] [data-page=machine]")
    return page, machine_id


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
    page, _ = healthy(plant_url, open_page)
    page.wait_for_selector(".sensor")
    expect(page.locator(".chart")).to_have_count(page.locator(".sensor").count())
    first = "document.querySelector('.chart-place')?.model"
    page.wait_for_selector(".chart-place .line-measured")
    until(page, f"({first}?.lines[1].t.length || 0) > 5")
    was = page.evaluate(f"{first}.lines[1].t.at(-1)")
    until(page, f"{first}.lines[1].t.at(-1) > {was!r}")
    assert isinstance(page.evaluate(f"{first}.lines[0].y.at(-1)"), int | float)


def test_innovations_have_an_address_of_their_own(plant_url: str, open_page: Open) -> None:
    page, _ = healthy(plant_url, open_page)
    page.get_by_role("link", name="Innovations").click()
    page.wait_for_selector(".charts.innovations .chart-place path")
    assert "kind=innovations" in page.url
    page.reload()
    page.wait_for_selector(".charts.innovations .chart-place path")


def shown_percent(p: float) -> str:
    """A probability as screens say it: never 0, never 100."""
    if p < 0.001:
        return "< 0.1 %"
    if p > 0.999:
        return "> 99.9 %"
    return f"{100 * p:.1f} %" if p < 0.1 or p > 0.99 else f"{100 * p:.0f} %"


def test_probabilities_on_the_screen_are_those_in_the_store(
    plant_url: str, plant_folder: Path, open_page: Open
) -> None:
    """Two routes to a moving number: they must agree at some moment, for all three horizons."""
    store = RedisStore(EmbeddedServer(plant_folder).url, Settings().partitions)
    plant = load_plant(Settings().plant)
    page, machine_id = healthy(plant_url, open_page)
    cells = page.locator('[data-list="risk"] td.strong')
    expect(cells).to_have_count(len(HORIZONS))
    seen: list[tuple[list[str], list[str]]] = []
    for _ in range(20):
        row = row_of(read_snapshot(store, plant, 1, time.time_ns() // 1000), machine_id)
        assert row is not None
        seen.append(([shown_percent(float(p)) for p in row["p"]], cells.all_inner_texts()))
        if seen[-1][0] == seen[-1][1]:
            break
        page.wait_for_timeout(500)
    store.close()
    assert seen[-1][0] == seen[-1][1], seen
    expect(page.locator('[data-list="curve"] path.line-measured')).to_have_count(1)
