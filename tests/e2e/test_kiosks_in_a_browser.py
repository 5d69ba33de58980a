"""The displays page as an engineer uses it: make a display, open it, withdraw it."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from alarmed_plant import AlarmedPlant
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from dashboard.app import create_app
from twin.config import Settings
from twin.plant import load_plant

pytestmark = pytest.mark.e2e

LIVE = "html[data-live=live]"


@pytest.fixture(scope="module")
def hall() -> Iterator[str]:
    """The address of an invented plant with a desk that does what people ask."""
    settings = Settings()
    fake = AlarmedPlant(load_plant(Path(settings.plant)), time.time_ns() // 1000)
    app = create_app(fake.store, settings)
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    stop = threading.Event()
    for job, given in ((server.serve_forever, ()), (fake.live, (stop,))):
        threading.Thread(target=job, args=given, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    stop.set()
    app.reader.stop()
    server.shutdown()


@pytest.fixture
def page(browser: Browser, hall: str) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    headers = {"Origin": hall, "Content-Type": "application/json"}
    assert page.request.post(f"{hall}/do/name", data={"name": "Office"}, headers=headers).ok
    page.goto(f"{hall}/displays")
    page.wait_for_selector(LIVE)
    yield page
    context.close()


def test_display_is_made_opened_and_withdrawn_by_the_keyboard(page: Page) -> None:
    expect(page.locator(".empty")).to_contain_text("No display yet")
    page.get_by_role("button", name="New display").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Hall 2")
    dialog.get_by_label("Shows").select_option("turn")
    dialog.get_by_role("button", name="Create display").press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("Choose at least one line.")
    dialog.get_by_label("Shafts").press("Space")
    dialog.get_by_label("Furthest reader").fill("8")
    expect(dialog.locator(".hint.quiet")).to_contain_text("Letters will be 37 mm high.")
    dialog.get_by_role("button", name="Create display").press("Enter")
    card = page.locator(".display")
    expect(card).to_contain_text("Shafts")
    expect(card).to_contain_text("Made byOffice")

    card.get_by_role("button", name="Link and code").press("Enter")
    link = dialog.get_by_label("Link of the display").input_value()
    expect(dialog.get_by_alt_text("QR code of the link")).to_be_visible()
    page.keyboard.press("Escape")
    wall = page.context.new_page()
    wall.goto(link)
    wall.wait_for_selector(LIVE)
    expect(wall.locator("h1")).to_have_text("Shafts")
    expect(card.locator(".seen")).to_have_text("showing now")

    card.get_by_role("button", name="Withdraw link").press("Enter")
    dialog.get_by_role("button", name="Withdraw link").press("Enter")
    expect(card.locator(".seen")).to_have_text("link withdrawn")
    wall.wait_for_selector("html[data-live=revoked]", timeout=5000)
    card.get_by_role("button", name="New link").press("Enter")
    expect(card.get_by_role("button", name="Link and code")).to_be_visible()
