"""Everything at once, from the simulator to a real browser; and every page of the running plant: no
grave fault of accessibility, no sideways scroll from a phone to a 4K panel, nothing fetched from
elsewhere, no error, in both languages and both themes.

The last two are watched by `open_page` for as long as a page is open.
"""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
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
PAGES = {
    "plant": "/",
    "line": "/line/housings",
    "machine": "/machine/mill-01",
    "innovations": "/machine/pump-01?kind=innovations",
    "compare": "/compare?a=mill-01&b=mill-02",
    "alarms": "/alarms",
    "explorer": "/forecast/mill-01",
    "what-if": "/forecast/mill-01/what-if",
    "residuals": "/forecast/mill-01/residuals",
    "record": "/record",
    "data": "/data",
    "classes": "/classes",
    "guide": "/classes/new",
    "displays": "/displays",
    "schedule": "/schedule",
    "orders": "/orders",
    "trade-offs": "/trade-offs",
    "scenarios": "/scenarios",
}
WIDTHS = (375, 768, 1280, 1920, 3840)
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
GRAVE = {"serious", "critical"}
FOCUSED = """() => { const e = document.activeElement;
  if (e === document.body) return null;
  e.dataset.tabbed = (+e.dataset.tabbed || 0) + 1;
  const ring = getComputedStyle(e).outlineStyle !== 'none';
  return [e.dataset.tabbed, ring, e.outerHTML.slice(0, 120)]; }"""


def grave_faults(page: Page) -> list[tuple[str, list[str]]]:
    """Axe's findings of weight: rule and the elements it names."""
    found = Axe().run(page).response["violations"]
    return [
        (v["id"], [n["html"][:160] for n in v["nodes"][:3]]) for v in found if v["impact"] in GRAVE
    ]


def fits(page: Page) -> bool:
    """Whether nothing is wider than the window, once charts have followed its new width."""
    end = time.monotonic() + 3.0
    while page.evaluate(OVERFLOW) > 0 and time.monotonic() < end:
        page.wait_for_timeout(50)
    return int(page.evaluate(OVERFLOW)) <= 0


def settled(page: Page) -> None:
    """The page is there, and what it loads by itself has come."""
    expect(page.locator("#content h1").first).to_be_visible(timeout=20_000)
    expect(page.locator(".loading:visible")).to_have_count(0, timeout=20_000)


@pytest.mark.parametrize("name", PAGES)
def test_page_fits_every_screen_and_the_keyboard_leads_through_it(
    plant_url: str, open_page: Open, name: str
) -> None:
    """Light, English, on a desk: by Tab alone one comes through the page and out at its end."""
    page = open_page(plant_url + PAGES[name])
    settled(page)
    assert grave_faults(page) == []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert fits(page), f"{name} scrolls sideways at {width} px"
    page.set_viewport_size({"width": 1600, "height": 900})
    assert len(tabbed_through(page)) > 8


@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_in_the_dark_on_a_phone(
    plant_url: str, open_page: Open, name: str
) -> None:
    page = open_page(plant_url + PAGES[name], "dark", "zh-CN", 375)
    settled(page)
    assert grave_faults(page) == []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert fits(page), f"{name} scrolls sideways at {width} px"


def tabbed_through(page: Page) -> list[str]:
    """What takes the focus, in order; each must show it, and none may hold it."""
    page.locator("body").press("Tab")
    seen: list[str] = []
    for _ in range(400):
        here = page.evaluate(FOCUSED)
        if here is None or int(here[0]) > 1:
            return seen
        seen.append(here[2])
        assert here[1], f"focus is not visible on {here[2]}"
        page.keyboard.press("Tab")
    pytest.fail("400 steps and no end: " + seen[-1])


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
