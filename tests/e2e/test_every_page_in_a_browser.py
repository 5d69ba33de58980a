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
LOOKS = [("light", "en-GB"), ("dark", "zh-CN")]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PAINTED = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
GRAVE = {"serious", "critical"}


def grave_faults(page: Page, **options: object) -> list[tuple[str, list[str]]]:
    """Axe's findings of weight: rule and the elements it names."""
    found = Axe().run(page, options=options or None).response["violations"]
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


@pytest.mark.parametrize(("theme", "language"), LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_and_fits_every_screen(
    plant_url: str, open_page: Open, name: str, theme: str, language: str
) -> None:
    page = open_page(plant_url + PAGES[name], theme, language)
    settled(page)
    assert grave_faults(page) == []
    other = "light" if theme == "dark" else "dark"
    page.emulate_media(color_scheme=other)
    page.evaluate(PAINTED)
    contrast = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
    assert grave_faults(page, **contrast) == []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert fits(page), f"{name} scrolls sideways at {width} px"
    page.set_viewport_size({"width": 375, "height": 800})
    settled(page)
    assert grave_faults(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_focus_is_always_seen_and_never_trapped(plant_url: str, open_page: Open, name: str) -> None:
    """By Tab alone one comes through the page and out at its end: to the foot or the browser."""
    page = open_page(plant_url + PAGES[name])
    settled(page)
    page.locator("body").press("Tab")
    seen: list[str] = []
    for _ in range(400):
        here = page.evaluate(
            """() => { const e = document.activeElement;
              if (e === document.body) return null;
              e.dataset.tabbed = (+e.dataset.tabbed || 0) + 1;
              const ring = getComputedStyle(e).outlineStyle !== 'none';
              return [e.dataset.tabbed, ring, e.outerHTML.slice(0, 120)]; }"""
        )
        if here is None or int(here[0]) > 1:
            break
        seen.append(here[2])
        assert here[1], f"focus is not visible on {here[2]}"
        page.keyboard.press("Tab")
    else:
        pytest.fail("400 steps and no end: " + seen[-1])
    assert len(seen) > 8
