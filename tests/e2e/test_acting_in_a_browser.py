"""People in a real browser: signing in, what a role may not do, doing something and undoing it."""

import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

sys.path.insert(0, str(Path(__file__).parents[1] / "dashboard"))

from fake_plant import FakePlant
from fake_site import fake_site

from twin.actions import unpack_action
from twin.config import Settings
from twin.pipeline import people
from twin.plant import load_plant

pytestmark = pytest.mark.e2e

PASSWORD = "a quiet bearing hums"
Open = Callable[..., Page]


class Guarded:
    """A served dashboard whose readers sign in."""

    def __init__(self, url: str, fake: FakePlant) -> None:
        self.url, self.fake = url, fake


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    settings = Settings()
    fake = FakePlant(load_plant(Path(settings.plant)), wall_us=time.time_ns() // 1000)
    for n, (name, role) in enumerate(
        [("Early", "operator"), ("Late", "viewer"), ("Night", "viewer")]
    ):
        people.add_user(fake.store, name, role, PASSWORD, time.time_ns() // 1000 + n)
    with fake_site(fake, settings) as port:
        yield Guarded(f"http://127.0.0.1:{port}", fake)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """A page of a fresh browser; unlike open_page it may show what is not live."""
    contexts = []

    def visit_(url: str, theme: str = "light", language: str = "en-GB", width: int = 1280) -> Page:
        size: Any = {"width": width, "height": 800}
        context = browser.new_context(viewport=size, color_scheme=theme, locale=language)
        contexts.append(context)
        page = context.new_page()
        page.goto(url)
        return page

    yield visit_
    for context in contexts:
        context.close()


def type_in(page: Page, name: str, password: str) -> None:
    """With the keyboard alone, from wherever the page has put the focus."""
    if page.evaluate("document.activeElement.id") == "name":
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.type(name)
        page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def live(page: Page) -> None:
    page.wait_for_selector("html[data-live=live]", timeout=30_000)


def grave(page: Page, part: str = "html") -> list[Any]:
    """Serious faults of accessibility in a part of the page: pages see to the rest of theirs."""
    found = Axe().run(page, context=part).response["violations"]
    return [
        (v["id"], [n["html"][:120] for n in v["nodes"][:3]])
        for v in found
        if v["impact"] in {"serious", "critical"}
    ]


def site_actions(fake: FakePlant) -> list[tuple[str, Any]]:
    return [(i.decode(), unpack_action(text)) for i, text in fake.store.actions(b"0-0", 1000)]


def comments(fake: FakePlant) -> list[tuple[str, Any]]:
    kept = site_actions(fake)
    return [(i, action) for i, action in kept if action.verb in {"comment.add", "action.undo"}]


def ask_for_comment(page: Page) -> None:
    """As a page's own button does; begun here, so that this is about the form alone."""
    page.evaluate(
        """() => {
          const open = (button) => plantTwin.ask({
            title: "Comment", submit: "Add", verb: "comment.add", machine: "mill-01",
            fields: [{ name: "text", label: "What you saw", kind: "textarea", required: true }] });
          const button = plantTwin.button("comment.add", "Say something", open);
          button.id = "test-button";
          document.querySelector("main").append(button);
          button.focus();
        }"""
    )


def test_sign_in_and_out_with_the_keyboard_alone(guarded: Guarded, visit: Open) -> None:
    page = visit(guarded.url + "/machine/mill-02")
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))
    type_in(page, "Early", "not the password")
    expect(page.get_by_role("alert")).to_contain_text("User name or password is wrong")
    expect(page.locator("#name")).to_have_value("Early")
    expect(page.locator("#password")).to_be_focused()
    type_in(page, "Early", PASSWORD)
    live(page)
    expect(page).to_have_url(guarded.url + "/machine/mill-02")
    page.locator(".who summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Sign out")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#name")).to_be_focused()
    page.go_back()
    expect(page).to_have_url(re.compile("/sign-in"))


@pytest.mark.parametrize(
    ("theme", "language", "width"), [("light", "en-GB", 375), ("dark", "zh-CN", 2560)]
)
def test_way_in_is_readable_by_everybody(
    guarded: Guarded, visit: Open, theme: str, language: str, width: int
) -> None:
    page = visit(guarded.url, theme, language, width)
    expect(page.locator("#name")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert grave(page) == []


def test_viewer_sees_why_a_button_is_not_for_them(guarded: Guarded, visit: Open) -> None:
    page = visit(guarded.url)
    type_in(page, "Late", PASSWORD)
    live(page)
    ask_for_comment(page)
    button = page.locator("#test-button")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_attribute("title", "Needs the role operator")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Needs the role operator")
    expect(page.locator("dialog")).to_have_count(0)
    assert grave(page, ".toasts") == grave(page, "#test-button") == []
    assert comments(guarded.fake) == []


def test_page_of_a_user_removed_is_covered_and_leads_back(guarded: Guarded, visit: Open) -> None:
    page = visit(guarded.url + "/machine/mill-03")
    type_in(page, "Night", PASSWORD)
    live(page)
    people.remove_user(guarded.fake.store, "Night")
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible(timeout=15_000)
    expect(page.locator(".shell")).to_be_hidden()
    back = page.get_by_role("link", name="Sign in")
    expect(back).to_be_focused()
    expect(back).to_have_attribute("href", "/sign-in?next=%2Fmachine%2Fmill-03")
    assert grave(page) == []


@pytest.mark.parametrize(("theme", "width"), [("light", 1600), ("dark", 375)])
def test_comment_is_kept_with_a_name_asked_once_and_taken_back(
    site: Any, open_page: Open, theme: str, width: int
) -> None:
    known = len(comments(site.fake))
    page = open_page(site.url + "/machine/mill-01", theme, width=width)
    ask_for_comment(page)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # to Cancel, then to Add
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    field = page.get_by_label("What you saw")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("dialog .fault").first).to_have_text("is missing")
    assert grave(page, "dialog") == []
    page.keyboard.type("Belt squeals")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_label("Your name").wait_for()
    page.keyboard.type("Early Shift")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Comment added")
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator("#test-button")).to_be_focused()
    expect(page.locator(".who summary")).to_contain_text("Early Shift")
    assert grave(page, ".toasts") == grave(page, ".top") == []
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("Taken back")
    (added, comment), (_, undo) = comments(site.fake)[known:]
    assert (comment.machine, comment.who, comment.detail) == (
        "mill-01",
        "Early Shift",
        {"text": "Belt squeals"},
    )
    assert (undo.verb, undo.detail) == ("action.undo", {"action": added})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_form_is_left_with_escape_and_targets_suit_a_thumb(site: Any, open_page: Open) -> None:
    page = open_page(site.url + "/machine/mill-01", width=375)
    ask_for_comment(page)
    page.keyboard.press("Enter")
    page.get_by_label("What you saw").wait_for()
    controls = page.locator("dialog :is(button, textarea)")
    boxes = [controls.nth(n).bounding_box() for n in range(controls.count())]
    assert all(
        b and b["height"] >= 44 and b["x"] >= 0 and b["x"] + b["width"] <= 375 for b in boxes
    )
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator("#test-button")).to_be_focused()


def test_servers_reasons_appear_beside_their_fields(site: Any, visit: Open) -> None:
    """The hour that a change to summer time leaves out is known to the server alone."""
    before = len(site_actions(site.fake))  # tests of other pages share the plant
    page = visit(site.url + "/machine/mill-01")
    live(page)
    page.evaluate(
        """async () => {
          plantTwin.person.name = (await plantTwin.send("/do/name", { name: "Early" })).name;
          plantTwin.ask({ title: "Plan", verb: "service.plan", machine: "mill-01", fields: [
            { name: "start", label: "Start", kind: "datetime", required: true,
              value: "2026-03-29T02:30:00" },
            { name: "duration_h", label: "Duration", kind: "number", unit: "h", value: 2 },
            { name: "mode", label: "Mode", kind: "select", options: [[null, "any"]] }] });
        }"""
    )
    page.keyboard.press("Enter")
    expect(page.locator("dialog .fault").first).to_contain_text("does not exist")
    expect(page.get_by_label("Start")).to_be_focused()
    page.get_by_label("Duration").fill("-1")
    page.get_by_label("Start").fill("2026-03-29T03:30")
    page.keyboard.press("Enter")
    expect(page.locator("dialog .fault").nth(1)).to_contain_text("want more than 0")
    assert len(site_actions(site.fake)) == before
