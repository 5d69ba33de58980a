"""The data page in a real browser: what is wrong in words, and what was refused as it came."""

import csv
import io
import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.e2e

Open = Callable[..., Page]
ROWS = '[data-list="refused"] tr'


def test_verdict_says_what_is_wrong_and_what_to_do(site, open_page: Open) -> None:
    page = open_page(f"{site.url}/data")
    verdict = page.locator('[data-list="verdict"]')
    expect(verdict).to_contain_text("Not everything arrives.")
    expect(verdict).to_contain_text("5 of 40 machines send nothing.")
    expect(verdict).to_contain_text("mostly: ahead of the clock. Set the clock of the sender")
    expect(page.locator('[data-list="sources"] tr')).to_contain_text("120,000")
    expect(page.locator('[data-list="partitions"] tr')).to_have_count(4)
    expect(page.locator('[data-list="sensors"] tr').first).to_contain_text("not to be trusted")


def test_refused_reading_is_shown_as_it_came_and_leaves_as_csv(site, open_page: Open) -> None:
    reject = {"source": b"line-7", "reason": b"not_json", "detail": b"byte 3"}
    payload = b"<b>=1+1</b> \xff not markup"
    site.fake.store.append(
        {}, None, {"rejected:line-7:not_json": 1}, [reject | {"payload": payload}]
    )
    page = open_page(f"{site.url}/data")
    expect(page.locator(ROWS).first.locator(".payload")).to_have_text(
        "<b>=1+1</b> \ufffd not markup"
    )
    page.get_by_label("Reason", exact=True).select_option("not_json")
    expect(page).to_have_url(re.compile(r"\?reason=not_json$"))
    expect(page.locator(ROWS)).to_have_count(1)
    page.reload()
    page.wait_for_selector("html[data-live=live]")
    expect(page.locator(ROWS)).to_have_count(1)
    link = page.locator('a[data-export="rejects"]').get_attribute("href")
    text = page.evaluate("link => fetch(link).then((r) => r.text())", link)
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [(r["Source"], r["Reason"], r["Detail"]) for r in rows] == [
        ("line-7", "not_json", "byte 3")
    ]


def test_empty_list_says_why(site, open_page: Open) -> None:
    page = open_page(f"{site.url}/data?source=simulator&reason=not_json")
    expect(page.locator('[data-list="refused-empty"]')).to_have_text(
        "Nothing rejected fits the filters."
    )


@pytest.mark.parametrize(
    ("theme", "language", "width"), [("light", "en-GB", 1600), ("dark", "zh-CN", 375)]
)
def test_no_serious_fault_of_accessibility(
    site, open_page: Open, theme: str, language: str, width: int
) -> None:
    page = open_page(f"{site.url}/data", theme, language, width)
    expect(page.locator(ROWS).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    found = Axe().run(page).response["violations"]
    grave = [v for v in found if v["impact"] in {"serious", "critical"}]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in grave] == []
