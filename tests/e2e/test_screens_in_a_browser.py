"""The two screens, seen by a real browser: alive, quiet, readable by everybody."""

import re
import time
from collections.abc import Callable, Iterator

import pytest
from pausing_proxy import PausingProxy
from playwright.sync_api import Page, expect

from twin.config import Settings

pytestmark = pytest.mark.e2e

Open = Callable[..., Page]
PATHS = ["/", "/machine/mill-01"]


def sequence(page: Page) -> int:
    return int(page.locator("html").get_attribute("data-seq") or 0)


def until(page: Page, expression: str, timeout_s: float = 10.0) -> None:
    """Until an expression is true in the page. Our policy forbids the eval that Playwright's own
    wait_for_function needs."""
    end = time.monotonic() + timeout_s
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"not within {timeout_s} s: {expression}"
        page.wait_for_timeout(50)


def settle(page: Page) -> None:
    """Until two more ticks have been painted."""
    until(page, f"+document.documentElement.dataset.seq >= {sequence(page) + 2}")


def test_plant_page_shows_every_machine_and_changes_by_itself(site, open_page: Open) -> None:
    page = open_page(site.url)
    expect(page.locator(".tile")).to_have_count(len(site.fake.plant.machines))
    expect(page.locator('[data-kpi="running"] .kpi-value')).to_have_text("37")
    clock = page.locator("#clock").inner_text()
    settle(page)
    page.wait_for_function("was => document.getElementById('clock').textContent !== was", arg=clock)


def test_machine_values_and_charts_move(site, open_page: Open) -> None:
    page = open_page(site.url + "/machine/mill-03")
    page.wait_for_selector(".chart-place .line-measured")
    first = page.locator(".reading").first
    was = first.inner_text()
    expect(first).not_to_have_text(was, timeout=10_000)
    grown = "document.querySelector('.chart-place').model.lines[1].t.length >= 3"
    until(page, grown)


def test_tile_leads_to_its_machine_and_the_trail_back(site, open_page: Open) -> None:
    page = open_page(site.url)
    page.locator('.tile[data-machine="mill-01"]').click()
    expect(page.locator("h1")).to_have_text("Mill 1")
    expect(page).to_have_url(re.compile("/machine/mill-01$"))
    page.get_by_role("link", name="Housings").click()
    expect(page.locator("h1")).to_have_text("Housings")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Mill 1")


def test_everything_can_be_reached_from_the_keyboard(site, open_page: Open) -> None:
    page = open_page(site.url)
    settle(page)
    reached = set()
    for _ in range(160):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset.machine || ''"))
        ring = "document.activeElement === document.body"
        ring += " || getComputedStyle(document.activeElement).outlineStyle !== 'none'"
        assert page.evaluate(ring), "focus must be visible"
    assert {m.id for m in site.fake.plant.machines} <= reached
    page.locator('.tile[data-machine="mill-02"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Mill 2")


def test_abnormal_tile_has_colour_shape_and_words(site, open_page: Open) -> None:
    page = open_page(site.url)
    tile = page.locator('.tile[data-machine="mill-01"]')
    expect(tile).to_have_class("tile p1")
    expect(tile).to_have_attribute("aria-label", "Mill 1: P1 act now")
    shape = tile.locator("span").evaluate("e => getComputedStyle(e, '::after').content")
    assert "■" in shape


def test_language_and_theme_stay_chosen(site, open_page: Open) -> None:
    page = open_page(site.url)
    page.get_by_role("button", name="中文").click()
    page.wait_for_selector("html[lang=zh-CN][data-live=live]")
    expect(page.locator("h1")).to_have_text("滨河工厂")
    page.locator("#theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    page.wait_for_selector("html[lang=zh-CN][data-theme=dark][data-live=live]")


@pytest.mark.parametrize("path", PATHS)
def test_nothing_that_the_script_writes_is_left_in_english(
    site, open_page: Open, path: str
) -> None:
    """The layouts are walked without a browser; this is what scripts add to them."""
    page = open_page(site.url + path, language="zh-CN")
    settle(page)
    said = page.evaluate(
        """() => document.body.innerText + ' ' + [...document.querySelectorAll('*')]
            .flatMap(e => [e.getAttribute('aria-label'), e.getAttribute('title')])
            .filter(Boolean).join(' ')"""
    )
    known = {s.unit for c in site.fake.plant.classes.values() for s in c.sensors}
    known |= {u.unit for c in site.fake.plant.classes.values() for u in c.inputs}
    known |= {m.id for m in site.fake.plant.machines} | {"Plant Twin"}
    for text in sorted(known - {""}, key=len, reverse=True):
        said = said.replace(text, " ")
    words = set(re.findall(r"[A-Za-z]{2,}", said))
    assert words <= {"EN", "UTC", "NIS", "OEE", "CSV", "JSON", "P1", "P2", "P3"}


def test_simulation_is_said_on_every_screen(site, open_page: Open) -> None:
    page = open_page(site.url)
    for path in PATHS:
        page.goto(site.url + path)
        expect(page.locator("#simulated")).to_have_text("Simulated ×60")


def test_refused_input_is_counted_where_people_see_it(site, open_page: Open) -> None:
    expect(open_page(site.url).locator("#status")).to_contain_text("ahead of the clock 12")


@pytest.fixture
def proxy(site) -> Iterator[PausingProxy]:
    made = PausingProxy(site.port)
    yield made
    made.close()


@pytest.mark.alone
def test_stopped_stream_greys_out_says_how_old_and_comes_back(
    proxy: PausingProxy, open_page: Open
) -> None:
    page = open_page(f"http://127.0.0.1:{proxy.port}/")
    settle(page)
    shown = page.locator('[data-kpi="running"] .kpi-value').inner_text()
    proxy.pause()
    page.wait_for_selector("html[data-live=stale]", timeout=25_000)
    expect(page.locator("#live-text")).to_have_text(re.compile(r"No connection for 1\d s"))
    expect(page.locator('[data-kpi="running"] .kpi-value')).to_have_text(shown)
    assert page.locator("main").evaluate("e => getComputedStyle(e).filter") == "grayscale(1)"
    proxy.resume()
    page.wait_for_selector("html[data-live=live]", timeout=25_000)


@pytest.mark.alone
def test_page_is_called_up_within_two_seconds(site, open_page: Open) -> None:
    """UI.md: call-up within 2 s; measured warm, as a reader on shift has it."""
    page = open_page(site.url)
    page.goto(site.url + "/machine/mill-03")
    page.wait_for_selector("html[data-live=live]")
    spent = page.evaluate(
        """() => new Promise(done => {
            const start = performance.now();
            document.querySelector('a.brand').click();
            const look = () => document.querySelectorAll('.tile').length
                ? done(performance.now() - start) : requestAnimationFrame(look);
            look();
        })"""
    )
    assert spent < 2000


def test_defaults_bind_to_this_machine_only() -> None:
    assert Settings().host == "127.0.0.1"
