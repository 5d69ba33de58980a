"""The schedule in a browser: seen, walked over by the keyboard, moved at a price, decided on."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from barriers import nothing_grave
from fake_plant import FakePlant
from fake_schedule import HOUR_US, FakeSchedule
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
        for other in schedule.documents["suggestions"][0]["alternatives"][1:]:
            other["start"] -= 5 * HOUR_US  # to the late shift, which is there for all of it
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


def test_bars_lie_under_the_pointer_and_every_one_of_a_row_is_reached_by_arrows(
    lived: Lived, open_page: Open
) -> None:
    """Over a grid of points every bar that is found is one of the plan, and there are many."""
    page = opened(open_page, lived[0])
    box = page.locator(CHART).bounding_box()
    assert box
    found = set()
    for k in range(48):
        x, y = box["width"] * (0.2 + 0.75 * (k % 8) / 8), box["height"] * (0.2 + 0.13 * (k // 8))
        page.mouse.move(box["x"] + x, box["y"] + y)
        found.add(page.locator(CHART).get_attribute("title") or "")
    orders = {m[1] for text in found if (m := re.match(r"Order (\S+),", text))}
    assert len(orders) > 6
    assert orders <= set(lived[2].orders)

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


def test_a_bar_is_moved_by_mouse_and_keys_at_a_price_given_up_or_locked(
    lived: Lived, open_page: Open
) -> None:
    page = opened(open_page, lived[0])
    cost, card = page.locator(".card-cost"), page.locator(".gantt-card")
    height = card.bounding_box()
    box = page.locator(CHART).bounding_box()
    assert box
    assert height
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
    expect(cost).to_have_attribute("data-cost", re.compile("known|fault"))
    assert page.locator(CHART).bounding_box() == box, "the chart stays under the hand"
    page.get_by_role("button", name="Cancel").click()
    expect(cost).to_have_count(0)

    walk_to(page, "Lock here")
    before = card.inner_text()
    page.keyboard.press("m")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Escape")
    expect(card).to_have_text(before, use_inner_text=True)

    page.keyboard.press("m")
    for kind in ("fault", "known"):
        for _ in range(4):
            page.keyboard.press("ArrowRight")
            expect(cost).to_have_attribute("data-cost", re.compile("known|fault"))
            if cost.get_attribute("data-cost") == kind:
                break
        said = {"fault": "Something else is on the machine then", "known": "Costs €120 more"}
        expect(cost).to_contain_text(said[kind])
    expect(cost).to_contain_text("A-1003 1.5 h")
    taken = {"id": "1-0", "undoable": False}
    page.route("**/do/operation.lock", lambda route: route.fulfill(json=taken))
    with page.expect_request("**/do/operation.lock") as sent:
        page.keyboard.press("Enter")
        named(page)
    detail = sent.value.post_data_json["detail"]
    assert detail["order"] in lived[2].orders
    assert detail["start"] % 900_000_000 == 0
    assert set(detail) == {"order", "step", "machine", "start"}
    expect(card.get_by_role("button", name="Locking…")).to_be_visible()
    _, plant, schedule = lived
    schedule.documents["decisions"]["locks"].append(detail | {"who": "Late Shift"})
    schedule.decide(plant.store, "accepted", None)
    expect(card.get_by_role("button", name="Unlock", exact=True)).to_be_visible(timeout=SOON_MS)


def test_suggestions_are_accepted_changed_vetoed_and_each_word_is_taken_back(
    lived: Lived, open_page: Open
) -> None:
    """Reached by a link that names one: it and its bar come into view."""
    page = opened(open_page, lived[0], "?suggestion=service-3")
    expect(page.locator(".pointed-at")).to_have_attribute("data-suggestion", "service-3")
    machine = lived[2].documents["suggestions"][1]["machine"]
    name = next(m.name["en"] for m in lived[1].site.plant.machines if m.id == machine)
    expect(page.locator(".gantt-card")).to_contain_text(f"Service of {name}")
    expect(page).not_to_have_url(re.compile("suggestion="))

    card = card_of(page, "service-1")
    accept = card.get_by_role("button", name="Accept")
    accept.click()
    named(page)
    expect(card).to_contain_text(re.compile("Accepted.*Late Shift"), timeout=SOON_MS)
    card.get_by_role("button", name="Undo").click()
    expect(accept).to_be_visible(timeout=SOON_MS)

    card.get_by_role("button", name="Change…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("€320 more").click()
    with page.expect_request("**/do/suggestion.accept") as sent:
        dialog.get_by_role("button", name="Accept with these changes").click()
    known = lived[2].documents["suggestions"][0]["alternatives"]
    assert sent.value.post_data_json["detail"]["start"] == known[1]["start"]
    card.get_by_role("button", name="Undo").click()
    expect(accept).to_be_visible(timeout=SOON_MS)

    card = card_of(page, "service-3")
    card.get_by_role("button", name="Veto…").click()
    dialog.get_by_role("button", name="Veto").click()
    expect(dialog).to_contain_text("is missing")
    dialog.get_by_label("Reason").fill("No crane until Thursday")
    expect(dialog.get_by_label("For how long")).to_contain_text(
        re.compile(r"until \w{3}, \w{3} \d")
    )
    dialog.get_by_role("button", name="Veto").click()
    expect(card).to_contain_text(re.compile("Vetoed.*Late Shift"), timeout=SOON_MS)
    expect(card).to_contain_text("No crane until Thursday")
    card.get_by_role("button", name="Undo").click()
    expect(card.get_by_role("button", name="Accept")).to_be_visible(timeout=SOON_MS)


def test_an_address_holds_view_filters_and_time_and_a_proposed_plan_is_compared_and_adopted(
    lived: Lived, open_page: Open
) -> None:
    page = opened(open_page, lived[0], "?view=table&order=A-1003")
    plan = lived[2].in_force
    n = sum(o["order"] == "A-1003" for o in plan["operations"])
    expect(page.locator(".plan-table tbody tr")).to_have_count(n + 1)  # and the step that was done
    page.get_by_role("tab", name="Chart").click()
    card = page.locator(".gantt-card")
    expect(card).to_contain_text("A-1003, step 2")  # the first that is not done
    card.get_by_role("button", name=re.compile(", from ")).click()  # its step after
    expect(card).to_contain_text("A-1003, step 3")
    expect(card).to_contain_text(re.compile(r"Why then.*step 2 on .* ends"))
    page.keyboard.press(",")
    expect(card).to_contain_text("A-1003, step 2")
    page.get_by_role("button", name="Show 1 day").click()
    expect(page).to_have_url(re.compile(r"order=A-1003.*&h=24"))
    expect(page).not_to_have_url(re.compile("view="))
    link = page.locator("a[data-export]").get_attribute("href")
    assert link == "/export/schedule.csv?order=A-1003"

    page.get_by_role("tab", name="Plan against plan").click()
    expect(page.locator(".compare-sum")).to_contain_text("Plan 13 saves €1,500 of what orders cost")
    expect(page.locator(".terms-table .strong")).to_contain_text("better")
    assert page.locator(".moves-table tbody tr").count() > 2
    page.locator(".view-compare").get_by_role("button", name="Adopt this plan").click()
    named(page)
    expect(page.locator(".plan-line")).to_contain_text("Plan 13 is in force", timeout=SOON_MS)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".plan-line")).to_contain_text("Plan 12 is in force", timeout=SOON_MS)


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
    ("views", "theme", "language", "width"),
    [
        (("chart", "table"), "light", "en-GB", 1280),
        (("compare", "late"), "dark", "zh-CN", 375),
    ],
)
def test_nothing_serious_for_axe_and_nothing_wider_than_the_screen(
    lived: Lived, open_page: Open, views: tuple[str, ...], theme: str, language: str, width: int
) -> None:
    page = opened(open_page, lived[0], theme=theme, language=language, width=width)
    for view in views:
        page.locator(f"#tab-{view}").click()
        if view == "compare":
            page.wait_for_selector(".terms-table")
        nothing_grave(page)


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
