"""Every page on a running plant: no grave fault of accessibility, no sideways scroll from a phone
to a 4K panel, nothing fetched from elsewhere, no error, in both languages and both themes.

The last two are watched by `open_page` for as long as a page is open.
"""

import time
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

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
