"""What people do about a machine, by the keyboard alone, in both languages and both themes."""

from collections.abc import Callable, Iterator

import pytest
from lived_site import lived_site
from playwright.sync_api import Page, expect

from dashboard.i18n import translator

pytestmark = pytest.mark.e2e

Open = Callable[..., Page]
SOON_MS = 10_000
LOOKS = [
    ("light", "en-GB", "en", "mill-05", 1280),
    ("dark", "en-GB", "en", "mill-06", 375),
    ("light", "zh-CN", "zh", "press-03", 375),
    ("dark", "zh-CN", "zh", "press-04", 1920),
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with lived_site(hours=4.0) as (port, _):
        yield f"http://127.0.0.1:{port}"


def press(page: Page, label: str) -> None:
    """Tab to the button of that name, and press it."""
    for _ in range(250):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()").startswith(label):
            page.keyboard.press("Enter")
            return
    pytest.fail(f"no Tab leads to {label!r}")


@pytest.mark.parametrize(("theme", "language", "code", "machine", "width"), LOOKS)
def test_a_machine_is_commented_failed_repaired_and_its_service_planned(
    url: str, open_page: Open, theme: str, language: str, code: str, machine: str, width: int
) -> None:
    t = translator(code)
    page = open_page(f"{url}/machine/{machine}", theme, language, width)
    page.wait_for_selector(".machine-actions button", timeout=20_000)
    state, log = page.locator(".brief-state"), page.locator(".log")

    press(page, t("Comment"))
    page.keyboard.type("Sounds rough / 声音异常")
    press(page, t("Add the comment"))
    expect(page.get_by_role("dialog").get_by_label(t("Your name"))).to_be_focused()
    page.keyboard.type("Night shift")
    press(page, t("Continue"))
    expect(log).to_contain_text("Sounds rough / 声音异常", timeout=SOON_MS)
    expect(log).to_contain_text("Night shift")

    press(page, t("Plan service"))
    press(page, t("Plan the service"))
    expect(page.locator("[data-service]")).to_have_count(1, timeout=SOON_MS)

    press(page, t("Report failure"))
    press(page, t("Report the failure"))
    expect(page.locator('.log li[data-kind="failure.report"]')).to_have_count(1, timeout=SOON_MS)
    expect(state).to_contain_text(t("Failed at {time}.").split("{time}")[0 if code == "en" else 1])

    press(page, t("Report repair"))
    press(page, t("Report the repair"))
    expect(page.locator('.log li[data-kind="repair.report"]')).to_have_count(1, timeout=SOON_MS)
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
