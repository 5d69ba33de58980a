"""Two machines side by side in a browser: chosen, overlaid, taken away as a file."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lived_site import lived_site
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.e2e

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with lived_site(hours=5.0) as (port, _plant):
        yield f"http://127.0.0.1:{port}"


def test_machine_page_leads_to_the_comparison_and_another_can_be_chosen(
    url: str, open_page: Open
) -> None:
    page = open_page(url + "/machine/mill-01")
    page.get_by_role("link", name="Compare with…").click()
    expect(page.locator("h1")).to_have_text("Mill 1 and Mill 2 compared")
    page.get_by_label("Compared with").select_option("mill-05")
    expect(page.locator("h1")).to_have_text("Mill 1 and Mill 5 compared")
    expect(page).to_have_url(re.compile("b=mill-05"))
    expect(page.locator(".compare-table tbody tr")).to_have_count(9 + 8)
    expect(page.locator(".compare-charts .line-a")).to_have_count(8)
    expect(page.locator(".compare-charts .line-b")).to_have_count(8)
    page.get_by_role("link", name="Since each one's last reset").click()
    expect(page).to_have_url(re.compile("by=reset"))
    expect(page.locator(".compare-charts .line-b")).to_have_count(8)


def test_export_is_a_file_of_both(url: str, open_page: Open, tmp_path: Path) -> None:
    page = open_page(url + "/compare?a=mill-01&b=mill-03")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download CSV").click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    assert path.name == "compare-mill-01-mill-03.csv"
    assert (
        path.read_text("utf-8-sig").splitlines()[0].endswith("mill-01,mill-03,Difference matters")
    )


def test_a_machine_that_there_is_not_leads_nowhere(url: str, open_page: Open) -> None:
    page = open_page(url + "/machine/mill-01")
    page.evaluate(
        """history.pushState({}, '', '/compare?a=mill-99');
        dispatchEvent(new CustomEvent('_dashprivate_pushstate'))"""
    )
    expect(page.locator("[data-nowhere]")).to_be_visible()
