"""Alarms in a real browser: seen, acknowledged by keyboard, put aside, back by themselves."""

import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

sys.path.insert(0, str(Path(__file__).parents[1] / "dashboard"))

from alarmed_plant import AlarmedPlant

from dashboard.app import create_app
from twin.config import Settings
from twin.plant import load_plant

pytestmark = pytest.mark.e2e

Open = Callable[..., Page]
ROW = 'tr[data-alarm="{}"]'


@dataclass
class Alarmed:
    url: str
    fake: AlarmedPlant


@pytest.fixture(scope="module")
def alarmed() -> Iterator[Alarmed]:
    """The invented plant with a desk that does what people ask."""
    settings = Settings()
    fake = AlarmedPlant(load_plant(Path(settings.plant)), time.time_ns() // 1000)
    app = create_app(fake.store, settings)
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    stop = threading.Event()
    jobs = [
        threading.Thread(target=server.serve_forever, daemon=True),
        threading.Thread(target=fake.live, args=(stop,), daemon=True),
    ]
    for job in jobs:
        job.start()
    yield Alarmed(f"http://127.0.0.1:{server.server_port}", fake)
    stop.set()
    app.reader.stop()
    server.shutdown()


def as_ines(page: Page, url: str) -> None:
    """Where nobody signs in, a name is asked once."""
    headers = {"Origin": url, "Content-Type": "application/json"}
    assert page.request.post(f"{url}/do/name", data={"name": "Office"}, headers=headers).ok
    page.reload()
    page.wait_for_selector("html[data-live=live]")


def test_an_alarm_is_acknowledged_from_the_keyboard(alarmed: Alarmed, open_page: Open) -> None:
    alarm = alarmed.fake.alarm("mill-03")
    page = open_page(alarmed.url + "/alarms")
    as_ines(page, alarmed.url)
    row = page.locator(ROW.format(alarm))
    expect(row).to_contain_text("not acknowledged")
    expect(page.locator('[data-tab="/alarms"] .tab-count')).to_have_text(re.compile(r"\d+"))
    row.focus()
    page.keyboard.press("a")
    expect(row).to_contain_text("Office")
    expect(row.locator('[data-f="state"]')).to_contain_text("acknowledged")
    expect(row).not_to_have_class(re.compile("calls"))
    page.locator("#tab-journal").click()
    expect(page.locator(".journal tr").nth(1)).to_contain_text("Acknowledged")


def test_arrow_keys_move_from_alarm_to_alarm(alarmed: Alarmed, open_page: Open) -> None:
    for machine in ("pump-01", "pump-02"):
        alarmed.fake.alarm(machine)
    page = open_page(alarmed.url + "/alarms")
    first = page.locator("tr[data-alarm]").first
    first.focus()
    page.keyboard.press("ArrowDown")
    second = page.locator("tr[data-alarm]").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("Home")
    expect(first).to_be_focused()


def test_a_shelved_alarm_is_counted_and_returns_by_itself(
    alarmed: Alarmed, open_page: Open
) -> None:
    alarm = alarmed.fake.alarm("press-01")
    page = open_page(alarmed.url + "/alarms", language="zh-CN")
    as_ines(page, alarmed.url)
    row = page.locator(f'[data-panel="active"] {ROW.format(alarm)}')
    row.get_by_role("button", name="搁置").click()
    form = page.locator("dialog.form")
    form.locator("select").select_option(label="8\u00a0小时")
    form.get_by_role("button", name="搁置").click()
    expect(form.locator(".fault").filter(has_text="必须填写").first).to_be_visible()
    form.locator("input").fill("离合器已订购")
    form.get_by_role("button", name="搁置").click()
    expect(page.locator('[data-count="shelved"]')).to_have_text("1")
    expect(row).to_have_count(0)
    page.locator("#tab-shelved").click()
    expect(page.locator(f'[data-panel="shelved"] {ROW.format(alarm)}')).to_contain_text(
        "离合器已订购"
    )
    alarmed.fake.jump(9.0)
    expect(page.locator('[data-count="shelved"]')).to_have_text("0")
    page.locator("#tab-active").click()
    expect(row).to_contain_text("未确认")


@pytest.mark.parametrize(
    ("language", "words"), [("en-GB", "first out: Spindle"), ("zh-CN", "首发：主轴")]
)
def test_a_flood_is_said_and_grouped_by_machine(
    alarmed: Alarmed, open_page: Open, language: str, words: str
) -> None:
    for n in range(12):
        alarmed.fake.alarm(f"mill-0{5 + n % 4}", n // 4, on=False)
        alarmed.fake.alarm(f"mill-0{5 + n % 4}", n // 4, ago_s=12 - n)
    page = open_page(alarmed.url + "/alarms", language=language)
    expect(page.locator(".flood")).to_contain_text(words)
    expect(page.locator(".group-head").first).to_contain_text(words)


def test_filters_are_in_the_address_and_the_download_follows(
    alarmed: Alarmed, open_page: Open
) -> None:
    alarmed.fake.alarm("mill-03", on=False)
    alarmed.fake.alarm("mill-03")
    page = open_page(alarmed.url + "/alarms?text=Mill+3")
    rows = page.locator('[data-panel="active"] tr[data-alarm]')
    expect(rows).to_have_count(1)
    link = page.locator('[data-export="alarms"]')
    expect(link).to_have_attribute("href", "/export/alarms.csv?text=Mill+3")
    text = page.request.get(alarmed.url + "/export/alarms.csv?text=Mill+3").text()
    assert len(text.splitlines()) == 2


def test_no_serious_fault_of_accessibility_on_any_list(alarmed: Alarmed, open_page: Open) -> None:
    alarmed.fake.alarm("mill-03", 1)
    page = open_page(alarmed.url + "/alarms")
    for tab, theme in (
        ("active", "light"),
        ("active", "dark"),
        ("journal", "dark"),
        ("system", "light"),
    ):
        page.emulate_media(color_scheme=theme)
        page.locator(f"#tab-{tab}").click()
        found = Axe().run(page).response["violations"]
        grave = [
            (v["id"], [n["html"][:120] for n in v["nodes"][:3]])
            for v in found
            if v["impact"] in {"serious", "critical"}
        ]
        assert grave == [], (tab, theme)


def test_the_alarms_page_never_scrolls_sideways(alarmed: Alarmed, open_page: Open) -> None:
    page = open_page(alarmed.url + "/alarms")
    expect(page.locator("tr[data-alarm]").first).to_be_visible()
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for width in (375, 1001, 1280, 3840):
        page.set_viewport_size({"width": width, "height": 900})
        for tab in ("active", "journal", "system"):
            page.locator(f"#tab-{tab}").click()
            assert page.evaluate(overflow) <= 0, (tab, width)


def test_only_what_nobody_has_acknowledged_moves_and_not_for_who_wants_calm(
    alarmed: Alarmed, open_page: Open
) -> None:
    alarmed.fake.alarm("mill-04", 1)
    page = open_page(alarmed.url + "/alarms")
    moving = """() => [...document.querySelectorAll('*')]
        .filter(e => getComputedStyle(e).animationName !== 'none')
        .map(e => e.closest('tr')?.className)"""
    expect(page.locator("tr.calls").first).to_be_visible()
    assert all("calls" in (c or "") for c in page.evaluate(moving))
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(moving) == []
