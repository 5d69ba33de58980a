"""The track record in a browser: words, choices in the address, tables, a correction applied."""

import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

sys.path.insert(0, str(Path(__file__).parents[1] / "dashboard"))

from fake_plant import FakePlant
from fake_record import seed_record
from fake_site import fake_site

from twin.actions import unpack_action
from twin.config import Settings
from twin.plant import load_plant
from twin.stores.base import FIRST_ID

pytestmark = pytest.mark.e2e

Open = Callable[..., Page]
GRAVE = {"serious", "critical"}


@pytest.fixture(scope="module")
def scored() -> Iterator[tuple[str, FakePlant]]:
    """The dashboard on an invented plant with weeks of scored forecasts."""
    settings = Settings()
    fake = FakePlant(load_plant(Path(settings.plant)), wall_us=time.time_ns() // 1000)
    seed_record(fake)
    with fake_site(fake, settings) as port:
        yield f"http://127.0.0.1:{port}", fake


def test_the_record_is_said_in_words_and_as_a_table(scored, open_page: Open) -> None:
    page = open_page(scored[0] + "/record?class=mill&horizon=day")
    row = page.locator('[data-list="glance"] tr').filter(has_text="CNC mill")
    expect(row).to_contain_text(re.compile(r"When it said \d+ %, it happened \d+ of 100 times"))
    expect(row).to_contain_text(re.compile(r"\d+ of the last 16 held"))
    empty = page.locator('[data-list="glance"] tr').filter(has_text="Air compressor")
    expect(empty).to_contain_text("Too little has come to its end for a sentence")
    page.get_by_text("As a table").press("Enter")
    dots = page.locator("svg.square .dot").count()
    expect(page.locator(".reliability details tbody tr")).to_have_count(dots)
    assert dots >= 3


def test_class_horizon_and_version_are_in_the_address(scored, open_page: Open) -> None:
    page = open_page(scored[0] + "/record")
    choices = page.locator('[data-list="choices"]')
    for n, words in enumerate(("Process pump", "Week", "version 2")):
        choices.get_by_role("link", name=words).press("Enter")
        expect(choices.locator("[aria-current]").nth(n)).to_have_text(words)
    expect(page).to_have_url(re.compile("class=pump&horizon=week&version=2"))
    expect(choices.locator("[aria-current]")).to_have_text(["Process pump", "Week", "version 2"])
    page.reload()
    expect(choices.locator("[aria-current]")).to_have_text(["Process pump", "Week", "version 2"])


def test_a_failure_leads_to_what_was_forecast_then(scored, open_page: Open) -> None:
    page = open_page(scored[0] + "/record?class=mill")
    link = page.locator('[data-list="failures"] a').first
    assert re.match(r"/forecast/mill-\d+\?at=\d{4}-\d\d-\d\dT", link.get_attribute("href") or "")


def test_a_person_applies_a_correction(scored, open_page: Open) -> None:
    url, fake = scored
    page = open_page(url + "/record")
    notice = page.locator('[data-list="proposals"] .notice')
    expect(notice).to_contain_text("Process pump: probabilities can be corrected")
    notice.get_by_role("button", name="Recalibrate…").click()
    dialog = page.get_by_role("dialog", name="Recalibrate Process pump")
    expect(dialog).to_contain_text("On machines it was not learnt from")
    expect(dialog).to_contain_text(re.compile(r"10 % becomes \d+ %, 50 % becomes"))
    dialog.get_by_role("button", name="Recalibrate").click()
    name = page.get_by_role("dialog").get_by_role("textbox")
    name.last.fill("Late")
    name.last.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Recalibrated")
    (action,) = [unpack_action(text) for _, text in fake.store.actions(FIRST_ID, 10)]
    assert (action.verb, action.who) == ("model.recalibrate", "Late")
    assert (action.detail["class_id"], action.detail["version"]) == ("pump", 2)
    assert 0 < action.detail["b"] < 1


def test_the_page_is_in_chinese(scored, open_page: Open) -> None:
    page = open_page(scored[0] + "/record", "dark", "zh-CN")
    expect(page.locator("h1")).to_contain_text("预测")
    row = page.locator('[data-list="glance"] tr').first
    expect(row).to_contain_text("最近 16 次中")
    english = re.compile(r"[a-z]{4,}", re.IGNORECASE)
    words = page.locator("#content").inner_text().replace("twin fit --days 180 --seed 1", "")
    words = words.replace("CSV", "")
    assert english.findall(words) == []


@pytest.mark.parametrize(("theme", "width"), [("light", 1600), ("dark", 375)])
def test_a_full_record_has_no_grave_fault_of_accessibility(
    scored, open_page: Open, theme: str, width: int
) -> None:
    page = open_page(scored[0] + "/record?class=pump", theme, width=width)
    expect(page.locator("svg.square .dot").first).to_be_visible()
    found = Axe().run(page).response["violations"]
    grave = [(v["id"], v["nodes"][0]["html"][:160]) for v in found if v["impact"] in GRAVE]
    assert grave == []
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0
