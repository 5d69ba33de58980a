"""A machine's page in a browser: what is done there is done, said and, where it can be, undone."""

import re
import time
from collections.abc import Callable, Iterator

import orjson
import pytest
from axe_playwright_python.sync_playwright import Axe
from lived_plant import LivedPlant
from lived_site import lived_site
from pausing_proxy import PausingProxy
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.e2e

Open = Callable[..., Page]
SOON_MS = 10_000


@pytest.fixture(scope="module")
def lived() -> Iterator[tuple[int, LivedPlant]]:
    with lived_site(hours=8.0) as served:
        yield served


@pytest.fixture
def port(lived: tuple[int, LivedPlant]) -> int:
    return lived[0]


@pytest.fixture
def url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def opened(open_page: Open, address: str, **look: object) -> Page:
    page = open_page(address, **look)
    page.wait_for_selector(".machine-actions button", timeout=20_000)
    page.wait_for_selector(".machine-page[data-past=shown]", timeout=20_000)
    return page


def grave(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [v["id"] for v in found if v["impact"] in {"serious", "critical"}]


def answer_who(page: Page) -> None:
    """Say who one is, where it is asked."""
    page.get_by_label("Name").fill("Late Shift")
    page.get_by_role("button", name="Continue").click()


def test_comment_is_in_the_log_with_its_author_and_can_be_taken_back(
    url: str, open_page: Open
) -> None:
    page = opened(open_page, url + "/machine/mill-02")
    page.locator(".machine-actions").get_by_role("button", name="Comment").click()
    page.get_by_label("What should others know?").fill("Coolant pump sounds rough")
    page.get_by_role("button", name="Add the comment").click()
    answer_who(page)
    line = page.locator(".log li", has_text="Coolant pump sounds rough")
    expect(line).to_contain_text("Late Shift", timeout=SOON_MS)
    line.get_by_role("button", name="Take back").click()
    expect(line.locator(".undone")).to_be_visible(timeout=SOON_MS)
    page.locator(".log-kinds").get_by_role("button", name="Alarms").click()
    expect(line).to_have_count(0)
    expect(page).to_have_url(re.compile("log=alarms"))


def test_alarms_of_the_machine_are_acknowledged_where_it_is_seen(
    lived: tuple[int, LivedPlant], url: str, open_page: Open
) -> None:
    alarms = orjson.loads(lived[1].store.documents("desk")["alarms"]).values()
    machine = next(a["machine"] for a in alarms if a["state"] == "unacknowledged")
    page = opened(open_page, f"{url}/machine/{machine}")
    own = page.locator(".own-alarms")
    expect(own).to_contain_text("not acknowledged")
    page.get_by_role("button", name="Acknowledge").click()
    answer_who(page)
    expect(own).not_to_contain_text("not acknowledged", timeout=SOON_MS)
    expect(page.locator(".log")).to_contain_text("Alarm acknowledged")
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)


def test_failure_stops_the_forecast_and_repair_begins_the_twin_anew(
    url: str, open_page: Open
) -> None:
    page = opened(open_page, url + "/machine/mill-03")
    state = page.locator(".brief-state")
    page.get_by_role("button", name="Report failure").click()
    page.get_by_role("button", name="Report the failure").click()
    answer_who(page)
    expect(state).to_contain_text("Failed at", timeout=SOON_MS)
    expect(page.locator(".fan-said")).to_contain_text("the machine has failed")
    expect(page.get_by_role("button", name="Report failure")).to_have_count(0)
    page.get_by_role("button", name="Report repair").click()
    expect(page.locator("dialog")).to_contain_text("This cannot be undone")
    page.get_by_role("button", name="Report the repair").click()
    expect(state).not_to_contain_text("Failed", timeout=SOON_MS)
    repaired = page.locator('.log li[data-kind="repair.report"]')
    expect(repaired).to_contain_text("twin starts anew")
    expect(repaired.get_by_role("button")).to_have_count(0)
    end = time.monotonic() + 10
    while page.evaluate("document.querySelector('.machine-page').state.born_h") <= -1:
        assert time.monotonic() < end, "the twin was not begun anew"
        page.wait_for_timeout(100)


def test_service_is_planned_with_its_cost_then_moved_and_called_off(
    url: str, open_page: Open
) -> None:
    page = opened(open_page, url + "/machine/press-01")
    page.get_by_role("button", name="Plan service").click()
    expect(page.locator("dialog")).to_contain_text("A planned service costs")
    page.get_by_label("Duration").fill("5")
    page.get_by_role("button", name="Plan the service").click()
    answer_who(page)
    row = page.locator("[data-service]")
    expect(row).to_contain_text("5 h", timeout=SOON_MS)
    expect(page.locator(".brief-todo")).to_contain_text("A service is planned for")
    row.get_by_role("button", name="Move").click()
    page.get_by_label("Duration").fill("7")
    page.get_by_role("button", name="Move it").click()
    expect(row).to_contain_text("7 h", timeout=SOON_MS)
    row.get_by_role("button", name="Call off").click()
    page.get_by_label("Reason").fill("Spare part is late")
    page.get_by_role("button", name="Call it off").click()
    expect(row).to_contain_text("called off", timeout=SOON_MS)


def test_fan_is_of_the_sensor_in_the_address(url: str, open_page: Open) -> None:
    page = opened(open_page, url + "/machine/mill-04?sensor=coolant_temp_degc&ahead=24")
    expect(page.locator(".fan-said")).to_contain_text("38 °C", timeout=SOON_MS)
    expect(page.get_by_label("Sensor shown")).to_have_value("coolant_temp_degc")
    page.get_by_label("Sensor shown").select_option("spindle_vib_mms")
    expect(page.locator(".fan-said")).to_contain_text("4.5 mm/s", timeout=SOON_MS)
    expect(page).to_have_url(re.compile("sensor=spindle_vib_mms"))


@pytest.fixture
def proxy(port: int) -> Iterator[PausingProxy]:
    """Asked for before `open_page`, so cut after its pages are closed: a page reports a cut."""
    made = PausingProxy(port)
    yield made
    made.close()


@pytest.mark.alone
def test_after_a_pause_the_past_is_fetched_and_nothing_reloads(
    proxy: PausingProxy, open_page: Open
) -> None:
    page = opened(open_page, f"http://127.0.0.1:{proxy.port}/machine/mill-05")
    page.evaluate("window.kept = true")
    proxy.pause()
    page.wait_for_selector("html[data-live=stale]", timeout=30_000)
    with page.expect_request("**/data/past/**", timeout=30_000):
        proxy.resume()
    page.wait_for_selector("html[data-live=live]", timeout=30_000)
    assert page.evaluate("window.kept") is True
    assert page.evaluate("document.querySelector('.chart-place').model.lines[0].t.length") > 200


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_phone_says_state_why_and_what_to_do_first(
    url: str, open_page: Open, language: str
) -> None:
    """Targets of 44 px (WCAG 2.5.5); the actions lie at the foot, where a thumb is."""
    page = opened(open_page, url + "/machine/pump-01", language=language, width=375)
    for name in ("state", "why", "todo"):
        box = page.locator(f'[data-list="brief-{name}"]').bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 900
        assert box["height"] > 0
    for button in page.locator(".machine-actions button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["y"] > 800
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0


def test_forms_and_menus_have_no_grave_fault(url: str, open_page: Open) -> None:
    page = opened(open_page, url + "/machine/mill-06", theme="dark")
    menu = page.locator(".neighbour-menu .menu")
    page.locator(".neighbour-menu summary").click()
    expect(menu.get_by_role("link", name="Mill 7").first).to_be_visible()
    assert grave(page) == []
    page.keyboard.press("Escape")
    expect(menu).not_to_be_visible()
    page.get_by_role("button", name="Report repair").click()
    expect(page.locator("dialog[open]")).to_be_visible()
    assert grave(page) == []
