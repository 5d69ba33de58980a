"""Pictures of a running dashboard for the README: python docs/take_screenshots.py [URL] [FOLDER].

Needs a chromium and the development extra. Shows the plant, and the machine that needs attention
most, or else the first.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

SIZE = {"width": 1600, "height": 900}
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
LOOKS = [("light", "en-GB", ""), ("dark", "en-GB", "-dark"), ("light", "zh-CN", "-zh")]


def live(browser: Browser, url: str, theme: str, language: str) -> Page:
    """The page once it shows live values."""
    context = browser.new_context(viewport=SIZE, color_scheme=theme, locale=language)
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("html[data-live=live]", timeout=30_000)
    page.wait_for_timeout(4_000)  # a few ticks, so that charts have begun to move
    return page


def main(url: str, folder: Path) -> None:
    """Write plant*.png and machine*.png."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=QUIET,
        )
        for theme, language, suffix in LOOKS:
            plant = live(browser, url, theme, language)
            plant.screenshot(path=folder / f"plant{suffix}.png")
            first = plant.locator(".work a, .tile").first.get_attribute("href")
            machine = live(browser, url + str(first), theme, language)
            machine.screenshot(path=folder / f"machine{suffix}.png")
        browser.close()


if __name__ == "__main__":
    given = len(sys.argv) - 1
    main(
        (sys.argv[1] if given > 0 else "http://127.0.0.1:8050").rstrip("/"),
        Path(sys.argv[2]) if given > 1 else Path(__file__).parent,
    )
