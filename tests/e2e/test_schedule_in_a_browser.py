"""The schedule in a browser: seen, walked over by the keyboard, moved at a price, decided on."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from fake_plant import FakePlant
from fake_schedule import FakeSchedule
from fake_site import fake_site
from lived_plant import LivedPlant
from lived_site import lived_site
from playwright.sync_api import Page, Request, expect

from dashboard.data.schedule_costs import Costing, Move
from dashboard.snapshot import Snapshot
from twin.config import Settings
from twin.plant import load_plant

pytestmark = pytest.mark.e2e

Open = Callable[..., Page]
Lived = tuple[str, LivedPlant, FakeSchedule]
SOON_MS = 10_000
CHART = ".gantt-scroll"


def priced(_costing: Costing, _snapshot: Snapshot, move: Move) -> dict[str, Any]:
    """Half past and a quarter to are nobody's time; whole hours and quarters past cost money."""
    good = {"ok": True, "faults": [], "exact": True, "start": move.start, "delta": 120.0}
    more = {"late_h": 1.5, "orders": [{"order": "A-1003", "hours": 1.5}], "n_moves": 0, "moves": []}
    bad = {"ok": False, "faults": [{"rule": 3, "what": "two blocks overlap"}], "moves": []}
    return bad if move.start // 900_000_000 % 4 >= 2 else good | more


@pytest.fixture(scope="module")
def lived() -> Iterator[Lived]:
    """A plant with a desk, and the invented plan in its store."""
    with pytest.MonkeyPatch.context() as patch, lived_site(hours=0.5) as (port, plant):
        patch.setattr(Costing, "answer", priced)
        now = plant.store.clock().plant_now(plant.wall_us)
        schedule = FakeSchedule(plant.site.plant, now, 40)
        schedule.write(plant.store)
        yield f"http://127.0.0.1:{port}", plant, schedule


@pytest.fixture(scope="module")
def many() -> Iterator[tuple[str, FakeSchedule]]:
    """Two thousand bars."""
    settings = Settings()
    plant = load_plant(Path(settings.plant))
    fake = FakePlant(plant, wall_us=time.time_ns() // 1000, n_orders=446)
    with fake_site(fake, settings) as port:
        yield f"http://127.0.0.1:{port}", fake.schedule


@pytest.fixture(scope="module")
def bare() -> Iterator[tuple[str, FakePlant]]:
    """A plant for which nothing was ordered or planned yet."""
    settings = Settings()
    plant = load_plant(Path(settings.plant))
    fake = FakePlant(plant, wall_us=time.time_ns() // 1000, n_orders=20)
    for kind in ("schedule", "orders"):
        fake.store.set_documents(kind, dict.fromkeys(fake.store.documents(kind)))
    with fake_site(fake, settings) as port:
        yield f"http://127.0.0.1:{port}", fake


def opened(open_page: Open, url: str, query: str = "", **look: Any) -> Page:
    """The page once it has drawn its plan."""
    page = open_page(f"{url}/schedule{query}", **look)
    page.wait_for_selector(".suggestion", state="attached")
    page.wait_for_selector("#filter-order", state="attached")
    return page


def named(page: Page) -> None:
    """Say who one is, as the first write asks."""
    page.get_by_role("dialog").get_by_label("Your name").fill("Late Shift")
    page.get_by_role("button", name="Continue").click()


def card_of(page: Page, suggestion: str) -> Any:
    return page.locator(f'[data-suggestion="{suggestion}"]')


def walk_to(page: Page, text: str) -> None:
    """With the arrows, to the first bar of a row that the card tells this of."""
    page.locator(CHART).focus()
    for _ in range(60):
        if text in page.locator(".gantt-card").inner_text():
            return
        page.keyboard.press("ArrowRight")
    pytest.fail(f"no arrow leads to {text!r}")


def test_bars_of_the_plan_lie_under_the_pointer(lived: Lived, open_page: Open) -> None:
    """Over a grid of points every bar that is found is one of the plan, and there are many."""
    page = opened(open_page, lived[0])
    box = page.locator(CHART).bounding_box()
    assert box
    found = set()
    for k in range(120):
        x, y = box["width"] * (0.2 + 0.75 * (k % 12) / 12), box["height"] * (0.2 + 0.07 * (k // 12))
        page.mouse.move(box["x"] + x, box["y"] + y)
        found.add(page.locator(CHART).get_attribute("title") or "")
    orders = {m[1] for text in found if (m := re.match(r"Order (\S+),", text))}
    assert len(orders) > 10
    assert orders <= set(lived[2].orders)


def test_every_bar_of_a_row_is_reached_by_arrows_and_told(lived: Lived, open_page: Open) -> None:
    page = opened(open_page, lived[0])
    plan = lived[2].in_force
    own = [b for b in (*plan["operations"], *plan["services"]) if b["machine"] == "mill-01"]
    own += [
        s | {"order": order_id}
        for order_id, order in lived[2].orders.items()
        for s in order["steps"]
        if s["state"] == "done" and s["machine"] == "mill-01"
    ]
    page.locator(CHART).focus()
    page.keyboard.press("Home")
    told = []
    for _ in own:
        active = page.locator(CHART).get_attribute("aria-activedescendant")
        told.append(page.locator(f"#{active}").inner_text())
        page.keyboard.press("ArrowRight")
    assert len(set(told)) == len(own)
    assert all("Mill 1" in text for text in told)
    page.keyboard.press("ArrowDown")
    expect(page.locator(".gantt-card")).to_contain_text("Mill 2")


def test_a_move_by_keyboard_is_priced_and_locked(lived: Lived, open_page: Open) -> None:
    page = opened(open_page, lived[0])
    walk_to(page, "Lock here")
    page.keyboard.press("m")
    cost = page.locator(".card-cost")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        expect(cost).to_have_attribute("data-cost", re.compile("known|fault"))
        if cost.get_attribute("data-cost") == "fault":
            break
    expect(cost).to_contain_text("Something else is on the machine then")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        expect(cost).to_have_attribute("data-cost", re.compile("known|fault"))
        if cost.get_attribute("data-cost") == "known":
            break
    expect(cost).to_contain_text("Costs €120 more")
    expect(cost).to_contain_text("A-1003 1.5 h")
    with page.expect_request("**/do/operation.lock") as sent:
        page.keyboard.press("Enter")
        named(page)
    detail = sent.value.post_data_json["detail"]
    assert detail["order"] in lived[2].orders
    assert detail["start"] % 900_000_000 == 0
    assert set(detail) == {"order", "step", "machine", "start"}


def test_escape_gives_a_move_up(lived: Lived, open_page: Open) -> None:
    page = opened(open_page, lived[0])
    walk_to(page, "Lock here")
    before = page.locator(".gantt-card").inner_text()
    page.keyboard.press("m")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Escape")
    expect(page.locator(".gantt-card")).to_have_text(before, use_inner_text=True)


def test_a_bar_is_dragged_to_its_price(lived: Lived, open_page: Open) -> None:
    page = opened(open_page, lived[0])
    walk_to(page, "Lock here")
    box = page.locator(CHART).bounding_box()
    assert box
    start = None
    for k in range(400):  # any bar that may be moved
        x = box["x"] + box["width"] * (0.35 + 0.55 * (k % 20) / 20)
        y = box["y"] + box["height"] * (0.2 + 0.035 * (k // 20))
        page.mouse.move(x, y)
        if page.locator(CHART).evaluate("e => e.style.cursor") == "grab":
            start = x, y
            break
    assert start
    page.mouse.down()
    page.mouse.move(start[0] + 40, start[1], steps=5)
    page.mouse.up()
    expect(page.locator(".card-cost")).to_have_attribute("data-cost", re.compile("known|fault"))
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".card-cost")).to_have_count(0)


def test_a_suggestion_is_accepted_and_taken_back(lived: Lived, open_page: Open) -> None:
    page = opened(open_page, lived[0])
    card = card_of(page, "service-1")
    card.get_by_role("button", name="Accept").click()
    named(page)
    expect(card).to_contain_text(re.compile("Accepted.*Late Shift"), timeout=SOON_MS)
    expect(page.get_by_role("button", name="Undo").first).to_be_visible()
    card.get_by_role("button", name="Undo").click()
    expect(card.get_by_role("button", name="Accept")).to_be_visible(timeout=SOON_MS)


def test_another_time_is_chosen_with_its_cost(lived: Lived, open_page: Open) -> None:
    page = opened(open_page, lived[0])
    card_of(page, "service-1").get_by_role("button", name="Change…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("€320 more").click()
    with page.expect_request("**/do/suggestion.accept") as sent:
        dialog.get_by_role("button", name="Accept it so").click()
        named(page)
    known = lived[2].documents["suggestions"][0]["alternatives"]
    assert sent.value.post_data_json["detail"]["start"] == known[1]["start"]
    page.locator(".toast").get_by_role("button", name="Undo").click()
    accept = card_of(page, "service-1").get_by_role("button", name="Accept")
    expect(accept).to_be_visible(timeout=SOON_MS)


def test_a_veto_needs_a_reason_and_stays_in_sight(lived: Lived, open_page: Open) -> None:
    page = opened(open_page, lived[0])
    card = card_of(page, "service-3")
    card.get_by_role("button", name="Veto…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Veto").click()
    expect(dialog).to_contain_text("is missing")
    dialog.get_by_label("Reason").fill("No crane until Thursday")
    dialog.get_by_role("button", name="Veto").click()
    named(page)
    expect(card).to_contain_text(re.compile("Vetoed.*Late Shift"), timeout=SOON_MS)
    expect(card).to_contain_text("No crane until Thursday")
    card.get_by_role("button", name="Undo").click()
    expect(card.get_by_role("button", name="Accept")).to_be_visible(timeout=SOON_MS)


def test_a_proposed_plan_is_compared_and_adopted(lived: Lived, open_page: Open) -> None:
    page = opened(open_page, lived[0], "?view=compare")
    expect(page.locator(".compare-sum")).to_contain_text("Plan 13 saves €1,500 of what orders cost")
    expect(page.locator(".terms-table .strong")).to_contain_text("better")
    moved = page.locator(".moves-table tbody tr")
    assert moved.count() > 2
    page.locator(".view-compare").get_by_role("button", name="Adopt this plan").click()
    named(page)
    expect(page.locator(".plan-line")).to_contain_text("Plan 13 is in force", timeout=SOON_MS)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".plan-line")).to_contain_text("Plan 12 is in force", timeout=SOON_MS)


def test_an_address_holds_view_filters_and_time(lived: Lived, open_page: Open) -> None:
    page = opened(open_page, lived[0], "?view=table&order=A-1003")
    plan = lived[2].in_force
    n = sum(o["order"] == "A-1003" for o in plan["operations"])
    expect(page.locator(".plan-table tbody tr")).to_have_count(n + 1)  # and the step that was done
    page.get_by_role("tab", name="Chart").click()
    page.get_by_role("button", name="Show 1 day").click()
    expect(page).to_have_url(re.compile(r"order=A-1003.*&h=24"))
    expect(page).not_to_have_url(re.compile("view="))
    link = page.locator("a[data-export]").get_attribute("href")
    assert link == "/export/schedule.csv?order=A-1003"


def test_two_thousand_bars_are_drawn_and_all_of_them_listed(
    many: tuple[str, FakeSchedule], open_page: Open
) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/data/schedule/plan" in request.url:
            asked.append(request.url)

    page = opened(open_page, many[0])
    page.on("request", note)
    plan = many[1].in_force
    n = len(plan["operations"]) + len(plan["services"])
    n += sum(s["state"] == "done" for o in many[1].orders.values() for s in o["steps"])
    assert n >= 2000
    page.get_by_role("button", name="Show the whole plan").click()
    page.locator(CHART).focus()
    for key in ("+", "+", "PageDown", "PageUp", "-", "0", "n", "ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator(".gantt-card dl")).to_be_visible()
    page.get_by_role("tab", name="Table").click()
    expect(page.locator(".pager")).to_contain_text(f"of {n}")
    expect(page.locator(".plan-table tbody tr")).to_have_count(100)
    assert asked == [], "a plan that has not changed is not fetched again"


@pytest.mark.parametrize(
    ("view", "theme", "language", "width"),
    [
        ("", "light", "en-GB", 1600),
        ("?view=table&machine=mill-01", "dark", "zh-CN", 1280),
        ("?view=compare", "dark", "en-GB", 375),
        ("?view=late", "light", "zh-CN", 375),
    ],
)
def test_nothing_serious_for_axe_and_nothing_wider_than_the_screen(
    lived: Lived, open_page: Open, view: str, theme: str, language: str, width: int
) -> None:
    page = opened(open_page, lived[0], view, theme=theme, language=language, width=width)
    if view == "?view=compare":
        page.wait_for_selector(".terms-table")
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"]) for v in found if v["impact"] in {"serious", "critical"}] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_plan_takes_the_place_of_the_words_that_there_is_none(
    bare: tuple[str, FakePlant], open_page: Open
) -> None:
    page = open_page(bare[0] + "/schedule")
    expect(page.locator("#view-chart")).to_contain_text("There is no open order")
    expect(page.locator(CHART)).to_be_hidden()
    bare[1].schedule.write(bare[1].store)
    expect(page.locator(CHART)).to_be_visible(timeout=SOON_MS)
    expect(page.locator("#view-chart")).not_to_contain_text("There is no")
    expect(page.locator(".suggestion.open")).to_have_count(4)


def test_a_link_to_a_suggestion_brings_it_and_its_bar_into_view(
    lived: Lived, open_page: Open
) -> None:
    page = opened(open_page, lived[0], "?suggestion=service-3")
    expect(page.locator(".pointed-at")).to_have_attribute("data-suggestion", "service-3")
    machine = lived[2].documents["suggestions"][1]["machine"]
    name = next(m.name["en"] for m in lived[1].site.plant.machines if m.id == machine)
    expect(page.locator(".gantt-card")).to_contain_text(f"Service of {name}")
    expect(page).not_to_have_url(re.compile("suggestion="))


def test_a_calendars_address_is_made_anew_in_its_dialog(lived: Lived, open_page: Open) -> None:
    url, _, schedule = lived
    page, crew = opened(open_page, url), schedule.crews[0]
    page.locator("[data-calendars]").click()
    field = page.locator(f"#feed-{crew}")
    before = field.input_value()
    assert page.request.get(before).ok
    page.locator(".feed", has=field).get_by_role("button", name="New address").click()
    page.locator("dialog").last.get_by_role("button", name="New address").last.click()
    named(page)
    expect(field).not_to_have_value(before, timeout=SOON_MS)
    after = page.locator(".feed", has=field).get_by_role("link").get_attribute("href")
    assert field.input_value() == url + str(after)
    assert page.request.get(field.input_value()).ok
