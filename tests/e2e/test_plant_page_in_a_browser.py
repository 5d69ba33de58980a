"""The plant page in a real browser: what is chosen and listed, what leaves, what is planned."""

import csv
import io
import re
from collections.abc import Callable

import orjson
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from twin.actions import unpack_action

pytestmark = pytest.mark.e2e

Open = Callable[..., Page]
ROWS = '[data-list="attention"] tr'
VISIBLE_TILES = ".lines li:not([hidden]) .tile"


def choose(page: Page, label: str, value: str) -> None:
    page.get_by_label(label, exact=True).select_option(value)


def listed(page: Page) -> list[str]:
    return page.locator(f"{ROWS} td.machine").all_inner_texts()


def exported(page: Page, name: str) -> list[dict[str, str]]:
    """What the page's own link downloads, as a spreadsheet reads it."""
    link = page.locator(f'a[data-export="{name}"]').get_attribute("href")
    text = page.evaluate("link => fetch(link).then((r) => r.text())", link)
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def grave_faults(page: Page) -> list[tuple[str, list[str]]]:
    found = Axe().run(page).response["violations"]
    grave = [v for v in found if v["impact"] in {"serious", "critical"}]
    return [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in grave]


def test_filters_live_in_the_address(site, open_page: Open) -> None:
    page = open_page(site.url)
    expect(page.locator(ROWS)).to_have_count(5)
    choose(page, "Class", "mill")
    expect(page).to_have_url(re.compile(r"\?class=mill$"))
    n_mills = sum(m.class_id == "mill" for m in site.fake.plant.machines)
    expect(page.locator(VISIBLE_TILES)).to_have_count(n_mills)
    expect(page.locator(".filter-count")).to_have_text(f"{n_mills} of 40 machines shown")
    choose(page, "Priority", "1")
    assert listed(page) == ["Mill 1"]
    page.reload()
    page.wait_for_selector("html[data-live=live]")
    expect(page.locator(ROWS)).to_have_count(1)
    expect(page.locator(".filter-count")).to_have_text("1 of 40 machines shown")
    page.get_by_role("button", name="Show all").click()
    expect(page).to_have_url(re.compile(r"/$"))
    expect(page.locator(VISIBLE_TILES)).to_have_count(40)
    expect(page.locator(ROWS)).to_have_count(5)


def test_link_to_the_plant_clears_what_was_filtered(site, open_page: Open) -> None:
    page = open_page(f"{site.url}/?p=1")
    expect(page.locator(ROWS)).to_have_count(1)
    page.locator('.tab[href="/"]').click()
    expect(page.locator(ROWS)).to_have_count(5)


@pytest.mark.parametrize("query", ["?q=temperature", "?why=no_data", "?line=housings&p=3"])
def test_csv_is_what_the_list_shows(site, open_page: Open, query: str) -> None:
    page = open_page(f"{site.url}/{query}")
    expect(page.locator(".count")).not_to_be_empty()
    assert [row["Machine"] for row in exported(page, "attention")] == listed(page)
    tiles = page.locator(VISIBLE_TILES).evaluate_all("tiles => tiles.map((a) => a.dataset.machine)")
    assert {row["Id"] for row in exported(page, "machines")} == set(tiles)


def test_list_of_a_line_is_that_of_its_page(site, open_page: Open) -> None:
    page = open_page(f"{site.url}/line/housings")
    expect(page.locator(ROWS).first).to_be_visible()
    assert [row["Machine"] for row in exported(page, "attention")] == listed(page)
    assert {row["Line"] for row in exported(page, "machines")} == {"Housings"}


def test_nothing_that_fits_is_said(site, open_page: Open) -> None:
    page = open_page(f"{site.url}/?q=no+such+machine")
    expect(page.locator('[data-list="attention-empty"]')).to_contain_text("fits the filters")
    expect(page.locator(".line").first).to_be_hidden()


def test_figure_says_where_it_comes_from(site, open_page: Open) -> None:
    page = open_page(site.url)
    card = page.locator('[data-kpi="oee"]')
    expect(card.locator(".kpi-value")).to_have_text("62")
    card.locator("summary").click()
    for part in ("Availability 91 %", "Performance 72 %", "Quality 94 %", "ISO 22400-2"):
        expect(card.locator(".where-text")).to_contain_text(part)
    assert grave_faults(page) == []
    page.keyboard.press("Escape")
    expect(card.locator(".where-text")).to_be_hidden()
    expect(card.locator("summary")).to_be_focused()


def test_stops_are_told_to_who_sees_no_bars(site, open_page: Open) -> None:
    page = open_page(site.url)
    rows = page.locator(".when-row")
    expect(rows).to_have_count(5)
    rows.first.focus()
    expect(page.locator(".when-said")).to_contain_text("Mill 1: stop expected in 9 h")
    page.locator(".as-table summary").click()
    expect(page.locator(".as-table tbody tr")).to_have_count(5)
    expect(page.locator(".as-table tbody tr").first).to_contain_text("5.4 to 15")


def test_service_is_planned_from_the_row(site, open_page: Open) -> None:
    page = open_page(f"{site.url}/?q=Pump+1")
    page.get_by_role("button", name="Plan a service of Pump 1").click()
    dialog = page.locator("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Plan a service of Pump 1")
    assert grave_faults(page) == []
    dialog.get_by_role("button", name="Plan").click()
    page.get_by_label("Name").fill("Day shift")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".toast")).to_contain_text("Service of Pump 1 planned")
    actions = [unpack_action(text) for _, text in site.fake.store.actions(b"0-0", 100)]
    found = [a for a in actions if (a.verb, a.machine) == ("service.plan", "pump-01")]
    assert [(a.who, a.detail["duration_h"], a.detail["mode"]) for a in found] == [
        ("Day shift", 2.0, "bearing")
    ]


def test_planned_service_stands_in_row_and_chart(site, open_page: Open) -> None:
    store, now = site.fake.store, site.fake.store.clock().plant_now(site.fake.wall_us)
    service = {"id": "1", "machine": "press-01", "start": now + 20 * 3_600_000_000}
    service |= {"duration_h": 3.0, "who": "Early", "state": "planned"}
    store.set_documents("desk", {"services": orjson.dumps([service])})
    try:
        page = open_page(site.url)
        row = page.locator(f'{ROWS}[data-machine="press-01"]')
        expect(row).to_contain_text("by Early")
        expect(row.get_by_role("button")).to_have_count(0)
        expect(page.locator(".when-chart .planned")).to_have_count(1)
    finally:
        store.set_documents("desk", {"services": None})


@pytest.mark.parametrize(("theme", "language"), [("light", "en-GB"), ("dark", "zh-CN")])
def test_narrow_page_fits_a_thumb_and_a_screen_reader(
    site, open_page: Open, theme: str, language: str
) -> None:
    page = open_page(f"{site.url}/?p=1", theme, language, 375)
    expect(page.locator(ROWS)).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    assert grave_faults(page) == []
