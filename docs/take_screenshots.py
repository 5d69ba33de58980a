"""Pictures of a running plant for the README: python docs/take_screenshots.py [URL] [FOLDER].

Needs a chromium and the development extra. Shows the plant in three looks, the machine that needs
attention most on every page about one machine, and a wall display that is made for the picture and
withdrawn again.
"""

import shutil
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

SIZE = {"width": 1600, "height": 900}
WALL = {"width": 1920, "height": 1080}
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
LOOKS = [("light", "en-GB", ""), ("dark", "en-GB", "-dark"), ("light", "zh-CN", "-zh")]
PAGES = {
    "alarms": "/alarms",
    "schedule": "/schedule",
    "orders": "/orders",
    "trade-offs": "/trade-offs",
    "explorer": "/forecast/{machine}",
    "what-if": "/forecast/{machine}/what-if",
    "residuals": "/forecast/{machine}/residuals",
    "record": "/record",
    "data": "/data",
}


def live(
    browser: Browser, url: str, theme: str = "light", language: str = "en-GB", **size: Any
) -> Page:
    """The page once it shows live values and has loaded what it loads by itself."""
    context = browser.new_context(
        viewport=size or SIZE, color_scheme=theme, locale=language, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("html[data-live=live]", timeout=30_000)
    page.wait_for_timeout(4_000)  # a few ticks, so that charts have begun to move
    return page


def act(page: Page, url: str, path: str, **body: Any) -> dict[str, Any]:
    """Post as the page's own script does."""
    answer = page.request.post(url + path, data=body, headers={"Origin": url})
    return dict(answer.json())


def wall(browser: Browser, url: str, path: Path) -> None:
    """A display of the whole plant, read from three metres."""
    page = live(browser, url + "/displays")
    act(page, url, "/do/name", name="README")
    token, detail = uuid.uuid4().hex, {"name": "README", "document": {"distance_m": 3}}
    made = act(page, url, "/do/kiosk.create", detail=detail, token=token)["id"]
    end = time.monotonic() + 10
    while not (link := page.request.get(f"{url}/display-link/{made}")).ok:
        if time.monotonic() > end:
            raise SystemExit("the display was not made: is the planner running?")
        page.wait_for_timeout(200)
    live(browser, link.json()["url"], **WALL).screenshot(path=path)
    act(page, url, "/do/kiosk.revoke", detail={"kiosk": made}, token=uuid.uuid4().hex)


def look_for_trade_offs(browser: Browser, url: str) -> None:
    """Ask for them in time for their picture."""
    page = live(browser, url + "/trade-offs")
    act(page, url, "/do/name", name="README")
    act(page, url, "/do/front.explore", detail={"seconds": 30}, token=uuid.uuid4().hex)
    page.wait_for_selector(".front-point", timeout=120_000)


def scenarios(browser: Browser, url: str, path: Path) -> None:
    """A rush order and a machine that is down, as their forms suggest them, with both planned."""
    page = live(browser, url + "/scenarios")
    for n, name in enumerate(("A rush order", "A machine is down")):
        page.locator("[data-list='scenarios-editor'] button", has_text=name).last.click()
        page.get_by_role("dialog").get_by_role("button", name="Add").click()
        page.wait_for_selector(f"[data-list='scenarios-editor'] >> text=Scenario {'AB'[n]}")
    page.locator("[data-list='scenarios-table'] details").nth(1).wait_for(timeout=120_000)
    page.screenshot(path=path)


def main(url: str, folder: Path) -> None:
    """Write a PNG a page."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        found = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        machine = ""
        for theme, language, suffix in LOOKS:
            plant = live(browser, url, theme, language)
            plant.screenshot(path=folder / f"plant{suffix}.png")
            first = plant.locator(".work a[href^='/machine/'], .tile").first
            machine = machine or str(first.get_attribute("href"))
        live(browser, url + machine).screenshot(path=folder / "machine.png")
        for name, address in PAGES.items():
            at = address.format(machine=machine.removeprefix("/machine/"))
            live(browser, url + at).screenshot(path=folder / f"{name}.png")
            if name == "schedule":
                look_for_trade_offs(browser, url)
        scenarios(browser, url, folder / "scenarios.png")
        wall(browser, url, folder / "wall.png")
        browser.close()
    for path in folder.glob("*.png"):  # few colours: a third of the size
        few = Image.open(path).convert("RGB").quantize(128, dither=Image.Dither.NONE)
        few.save(path, optimize=True)


if __name__ == "__main__":
    given = len(sys.argv) - 1
    main(
        (sys.argv[1] if given > 0 else "http://127.0.0.1:8050").rstrip("/"),
        Path(sys.argv[2]) if given > 1 else Path(__file__).parent,
    )
