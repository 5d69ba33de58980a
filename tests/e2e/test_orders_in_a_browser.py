"""Orders in a real browser: by hand, from a file, changed, called off, taken back; by keyboard."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from barriers import nothing_grave
from fake_plant import FakePlant
from fake_site import fake_site
from playwright.sync_api import Page, expect

from dashboard.i18n import translator
from twin.config import Settings
from twin.pipeline.desk import Desk
from twin.pipeline.site import prepare
from twin.plant import load_plant
from twin.types import Event

pytestmark = pytest.mark.e2e

Open = Callable[..., Page]
SOON_MS = 10_000
CSV = """Auftrag;Produkt;Menge;Termin;Farbe
B-1;Drive shaft;120;2150-03-05 18:00;rot
B-2;lid;50;2150-03-05;rot
;bracket;1,5;05.03.2150 06:00;rot
B-3;轴承盖;500;6.3.2150 12:00;rot
"""


class Ordered:
    """A served dashboard with a desk behind it that nobody else writes to."""

    def __init__(self, url: str, fake: FakePlant) -> None:
        self.url, self.store = url, fake.store

    def orders(self) -> dict[str, Any]:
        return {k: orjson.loads(text) for k, text in self.store.documents("orders").items()}

    def tell(self, kind: str, order: str, step: int, machine: str) -> None:
        now = self.store.clock().plant_now(time.time_ns() // 1000)
        detail = {"order": order, "step": step, "machine": machine}
        self.store.add_events([Event(now, kind, machine, detail)])


@pytest.fixture(scope="module")
def ordered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ordered]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("orders"))
    fake = FakePlant(load_plant(Path(settings.plant)), wall_us=time.time_ns() // 1000)
    for kind in ("orders", "schedule"):
        fake.store.set_documents(kind, dict.fromkeys(fake.store.documents(kind)))
    desk, stop = Desk(fake.store, prepare(fake.store, settings)), threading.Event()

    def fold() -> None:
        while not stop.wait(0.1):
            desk.step()

    threading.Thread(target=fold, daemon=True).start()
    with fake_site(fake, settings) as port:
        yield Ordered(f"http://127.0.0.1:{port}", fake)
    stop.set()


def press(page: Page, label: str) -> None:
    """Tab to the button or link of that name, and press it."""
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()").startswith(label):
            page.keyboard.press("Enter")
            return
    pytest.fail(f"no Tab leads to {label!r}")


def until(page: Page, is_so: Callable[[], bool]) -> None:
    """The desk has folded what was asked for."""
    for _ in range(SOON_MS // 50):
        if is_so():
            return
        page.wait_for_timeout(50)
    pytest.fail("the desk did not fold it")


def say_who(page: Page, t: Callable[[str], str]) -> None:
    expect(page.get_by_role("dialog").get_by_label(t("Your name"))).to_be_focused()
    page.keyboard.type("Late Shift")
    press(page, t("Continue"))


def test_an_order_is_added_changed_called_off_and_opened_again_by_keyboard(
    ordered: Ordered, open_page: Open
) -> None:
    t, number = translator("zh"), "K-1"
    page = open_page(ordered.url + "/orders", "dark", "zh-CN", 375)
    press(page, t("New order"))
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label(t("Product"))).to_be_focused()
    dialog.get_by_label(t("Number")).focus()
    page.keyboard.type(number)
    press(page, t("Add the order"))
    say_who(page, t)
    row = page.locator(f'tr[data-id="{number}"]')
    expect(row).to_contain_text(t("not begun"), timeout=SOON_MS)

    ordered.tell("operation_start", number, 0, "mill-01")
    expect(row).to_contain_text(t("{n} of {m} steps done").format(n=0, m=4), timeout=SOON_MS)
    row.get_by_role("button", name=t("Change")).focus()
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text(t("It was begun: its quantity and release stay."))
    dialog.get_by_label(t("Note")).focus()
    page.keyboard.type("call / 来电")
    press(page, t("Change"))
    expect(row).to_contain_text("call / 来电", timeout=SOON_MS)
    nothing_grave(page)

    row.get_by_role("button", name=t("Cancel order")).focus()
    page.keyboard.press("Enter")
    page.keyboard.type("customer")
    page.keyboard.press("Enter")
    expect(row).to_have_count(0, timeout=SOON_MS)
    page.goto(ordered.url + "/orders?state=cancelled")
    expect(row).to_contain_text("customer", timeout=SOON_MS)
    row.get_by_role("button", name=t("Open again")).focus()
    page.keyboard.press("Enter")
    expect(row).to_have_count(0, timeout=SOON_MS)
    assert ordered.orders()[number]["state"] == "open"


def test_a_file_is_looked_at_imported_and_taken_back(
    ordered: Ordered, open_page: Open, tmp_path: Path
) -> None:
    before = ordered.orders()
    path = tmp_path / "orders.csv"
    path.write_text(CSV, encoding="utf-8-sig")
    page = open_page(ordered.url + "/orders")
    press(page, "Import orders.csv")
    page.set_input_files("#orders-file", path)
    expect(page.locator(".import-sums")).to_contain_text("2 orders can be taken. 2 rows cannot")
    expect(page.locator(".import-sums")).to_contain_text("Not used: Farbe.")
    expect(page.locator("tr.refused .bad")).to_have_text(["lid", "1,5"])
    expect(page.locator("tr.said").first).to_contain_text("Product: got lid, want one of gearbox")
    nothing_grave(page)
    assert ordered.orders() == before

    press(page, "Import 2 orders")
    say_who(page, str)
    expect(page.get_by_text("2 orders were imported.")).to_be_visible(timeout=SOON_MS)
    expect(page.get_by_role("link", name="To the orders")).to_be_focused()
    page.get_by_role("link", name="To the orders").click()
    expect(page.locator('tr[data-id="B-3"]')).to_contain_text("Bearing cover", timeout=SOON_MS)
    assert set(ordered.orders()) - set(before) == {"B-1", "B-3"}
    nothing_grave(page)
    page.go_back()
    page.fill("#orders-text", CSV)
    page.get_by_role("button", name="Look at it").click()
    expect(page.locator("tr.refused")).to_have_count(4)


def test_an_import_is_taken_back_where_it_was_made(ordered: Ordered, open_page: Open) -> None:
    page = open_page(ordered.url + "/orders/import", width=375)
    page.fill("#orders-text", CSV.replace("B-", "C-"))
    press(page, "Look at it")
    expect(page.locator(".import-table")).to_be_visible()
    nothing_grave(page)
    press(page, "Import 2 orders")
    say_who(page, str)
    expect(page.get_by_role("link", name="To the orders")).to_be_focused(timeout=SOON_MS)
    until(page, lambda: "C-3" in ordered.orders())
    press(page, "Undo")
    expect(page.get_by_text("Taken back: none of them is an order any more.")).to_be_visible()
    until(page, lambda: "C-3" not in ordered.orders())


def test_the_address_holds_the_filters_and_the_download_follows_them(
    ordered: Ordered, open_page: Open
) -> None:
    page = open_page(ordered.url + "/orders?state=all&text=drive")
    page.get_by_label("Priority").select_option("2")
    assert page.url.endswith("/orders?state=all&text=drive&priority=2")
    href = page.locator("[data-export]").get_attribute("href")
    assert href == "/export/orders.csv?state=all&priority=2&text=drive"
    page.get_by_role("button", name="Show all").click()
    assert page.url.endswith("/orders")
