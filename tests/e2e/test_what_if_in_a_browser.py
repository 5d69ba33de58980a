"""What-ifs and residuals as an engineer uses them, by keyboard, on a plant that has lived."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from lived_plant import LivedPlant
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from dashboard.app import create_app
from twin.config import Settings

pytestmark = pytest.mark.e2e

Open = Callable[..., Page]
WHAT_IF = "/forecast/mill-01/what-if"
RESIDUALS = "/forecast/mill-01/residuals"


@pytest.fixture(scope="module")
def lived_url() -> Iterator[str]:
    """The dashboard on a plant that has lived for some hours and lives on."""
    lived = LivedPlant(time.time_ns() // 1000, hours=8)
    app = create_app(lived.store, Settings())
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    stop = threading.Event()

    def live_on() -> None:
        while not stop.wait(0.5):
            lived.catch_up(time.time_ns() // 1000)

    for job in (server.serve_forever, live_on):
        threading.Thread(target=job, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    stop.set()
    app.reader.stop()
    server.shutdown()


def answered(page: Page, doing: Callable[[], object]) -> None:
    """Do something that asks for an answer, and wait until it is painted."""
    root = page.locator("[data-page=whatif]")
    before = int(root.get_attribute("data-answered") or 0)
    doing()
    page.wait_for_function(
        """n => { const root = document.querySelector('[data-page=whatif]');
          return !root.ariaBusy && +root.dataset.answered > n; }""",
        arg=before,
    )


def opened(open_page: Open, url: str, **look: object) -> Page:
    page = open_page(url, **look)
    page.wait_for_selector("[data-page=whatif][data-answered]")
    return page


def tabbed_to(page: Page, wanted: str) -> None:
    """Come to an element by Tab alone."""
    for _ in range(120):
        if page.evaluate("s => document.activeElement.matches(s)", wanted):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab never comes to {wanted}")


def test_more_load_by_keyboard_moves_the_curve_and_is_in_the_address(
    lived_url: str, open_page: Open
) -> None:
    page = opened(open_page, lived_url + WHAT_IF)
    tabbed_to(page, "#sensor")
    answered(page, lambda: page.keyboard.type("Spindle motor"))
    tabbed_to(page, "[data-add]")
    answered(page, lambda: page.keyboard.press("Enter"))
    scenario = page.locator("[data-course='1'] .fan-mean")
    before = scenario.get_attribute("d")
    tabbed_to(page, "#in-load_pct")
    page.keyboard.press("Control+a")
    answered(page, lambda: page.keyboard.type("95"))
    moved = scenario.get_attribute("d")
    assert moved != before
    assert page.locator("[data-course='0'] .fan-mean").get_attribute("d") is not None
    tabbed_to(page, "input[type=range]")
    answered(page, lambda: page.keyboard.press("ArrowLeft"))
    assert page.input_value("#in-load_pct") == "94"
    page.reload()
    page.wait_for_selector("[data-page=whatif][data-answered]")
    assert page.input_value("#in-load_pct") == "94"
    assert page.input_value("#sensor") == "motor_current_a"


def begin_service(page: Page, url: str) -> None:
    """Say who one is, and add a scenario with a service."""
    named = {"name": "Day shift"}
    assert page.request.post(url + "/do/name", data=named, headers={"Origin": url}).ok
    page.reload()
    page.wait_for_selector("[data-page=whatif][data-answered]")
    answered(page, lambda: page.get_by_role("button", name="Add a scenario").press("Enter"))
    page.get_by_label("Service", exact=True).select_option("at")


def test_comparison_is_saved_and_opened_again(lived_url: str, open_page: Open) -> None:
    page = opened(open_page, lived_url + WHAT_IF)
    begin_service(page, lived_url)
    answered(page, lambda: page.get_by_label("Service in", exact=True).fill("72"))
    page.get_by_role("button", name="Save this comparison").press("Enter")
    dialog = page.locator("dialog")
    dialog.get_by_label("Name").fill("Service on Saturday")
    page.keyboard.press("Enter")
    saved = page.locator(".saved-list li")
    expect(saved).to_contain_text("Service on Saturday", timeout=10_000)
    expect(saved).to_contain_text("model version 1")
    page.goto(lived_url + WHAT_IF)
    page.wait_for_selector("[data-page=whatif][data-answered]")
    answered(
        page, lambda: page.get_by_role("button", name="Open: Service on Saturday").press("Enter")
    )
    assert page.get_by_label("Service in", exact=True).input_value() == "72"
    expect(page.locator("[data-course='1'] .fan-service")).to_have_count(1)


def test_service_of_a_scenario_is_planned_and_then_stands_in_the_baseline(
    lived_url: str, open_page: Open
) -> None:
    page = opened(open_page, lived_url + "/forecast/press-01/what-if")
    begin_service(page, lived_url)
    answered(page, lambda: page.get_by_label("Service in", exact=True).fill("96"))
    page.get_by_role("button", name="Plan this service").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Plan this service").press("Enter")
    expect(page.locator(".toast")).to_contain_text("Service planned")
    baseline = page.locator("[data-course='0'] .fan-service")
    expect(baseline).to_have_count(1, timeout=10_000)
    expect(page.get_by_role("button", name="Move the planned service here")).to_be_visible()


def test_what_was_not_learnt_is_said_beside_the_input(lived_url: str, open_page: Open) -> None:
    page = opened(open_page, lived_url + "/forecast/pump-01/what-if")
    answered(page, lambda: page.get_by_role("button", name="Add a scenario").press("Enter"))
    answered(page, lambda: page.get_by_label("Load", exact=True).fill("140"))
    said = page.locator("[data-doubts=load_pct]")
    expect(said).to_contain_text("Outside 0 to 100 %")
    expect(said).to_contain_text("No effect of this input on wear was learnt")


@pytest.mark.parametrize(
    ("language", "theme", "words"),
    [("en-GB", "light", "Autocorrelation"), ("zh-CN", "dark", "自相关")],
)
def test_residuals_show_four_charts_of_the_sensor_chosen(
    lived_url: str, open_page: Open, language: str, theme: str, words: str
) -> None:
    page = open_page(lived_url + RESIDUALS, theme, language)
    page.wait_for_selector("[data-page=residuals][data-shown]")
    expect(page.locator(".residual svg[role=img]")).to_have_count(4)
    expect(page.locator(".residual figcaption").first).to_have_text(words)
    page.locator(".residual-table a").nth(2).press("Enter")
    page.wait_for_selector("[data-page=residuals][data-shown=motor_current_a]")
    assert "sensor=motor_current_a" in page.url
