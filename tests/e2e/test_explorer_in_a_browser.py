"""The forecast explorer in a real browser: refined by zooming, the same by its address, as sent."""

import csv
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from sealed_history import seal_rows, wandering_rows

pytestmark = pytest.mark.e2e

N = 66_000
PERIOD_S = 60.0
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
X_RANGE = "document.querySelector('.explorer-plot').layout.xaxis.range"
MEASURED = """() => { const plot = document.querySelector('.explorer-plot');
  const trace = plot.data.find((t) => t.meta && t.mode && t.name === 'measured');
  return [trace.x, trace.y, trace.mode]; }"""


@pytest.fixture(scope="module")
def explored(site):
    """A machine of the invented plant with a past of six weeks; its id, sensor and rows."""
    fake = site.fake
    machine = fake.plant.machines[-1]
    end = fake.store.clock().plant_us
    start = end - int(N * PERIOD_S * 1e6)
    rows = wandering_rows(fake.plant, machine.id, start, N, PERIOD_S)
    place = fake.catalogue.slot(machine.id)
    lease = fake.leases[place.slot % fake.store.partitions]
    seal_rows(fake.store, lease, fake.catalogue, fake.plant, machine.id, rows)
    return machine.id, fake.plant.class_of(machine).sensors[0].id, rows


def zoom(page: Page, start_us: int, end_us: int) -> None:
    """As dragging does, and until the finer lines are there."""
    before = page.locator(".explorer-page").get_attribute("data-drawn")
    texts = [(EPOCH + timedelta(microseconds=int(t))).isoformat()[:19] for t in (start_us, end_us)]
    page.evaluate(
        """([a, b]) => Plotly.relayout(document.querySelector('.explorer-plot'),
        {'xaxis.range[0]': a, 'xaxis.range[1]': b})""",
        texts,
    )
    expect(page.locator(".explorer-page")).not_to_have_attribute("data-drawn", before or "")


def test_zooming_goes_down_to_samples_and_the_address_shows_the_same(site, explored, open_page):
    machine_id, sensor, rows = explored
    address = f"{site.url}/forecast/{machine_id}?sensors={sensor}&range=all&zone=utc"
    page = open_page(address)
    root = page.locator(".explorer-page")
    expect(root).to_have_attribute("data-raw", "false", timeout=20_000)
    assert len(page.evaluate(MEASURED)[1]) <= 2000
    zoom(page, rows["time"][5000], rows["time"][5120])
    expect(root).to_have_attribute("data-raw", "true")
    expect(root).to_have_attribute("data-dots", "1")
    _, values, mode = page.evaluate(MEASURED)
    assert mode == "lines+markers"
    np.testing.assert_allclose(values, rows["value"][5000:5121, 0], rtol=1e-5)
    query = parse_qs(urlsplit(page.url).query)
    assert query["from"][0] < query["to"][0]
    again = open_page(page.url)
    expect(again.locator(".explorer-page")).to_have_attribute("data-raw", "true", timeout=20_000)
    expect(again.locator(".explorer-page")).to_have_attribute("data-dots", "1")
    assert again.evaluate(MEASURED) == page.evaluate(MEASURED)
    assert again.evaluate(X_RANGE) == page.evaluate(X_RANGE)


def test_a_click_asks_for_the_forecast_of_then_and_it_can_be_removed(site, explored, open_page):
    machine_id, sensor, rows = explored
    start, end = (
        (EPOCH + timedelta(microseconds=int(rows["time"][n]))).isoformat()[:19]
        for n in (20_000, 20_000 + 2 * 1440)
    )
    base = f"{site.url}/forecast/{machine_id}?sensors={sensor}&zone=utc"
    page = open_page(f"{base}&from={start}&to={end}", theme="dark", language="zh-CN")
    expect(page.locator(".explorer-page")).to_have_attribute(
        "data-drawn", re.compile(r"\d"), timeout=20_000
    )
    box = page.locator(".explorer-chart .nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5)
    page.wait_for_selector(".explorer-chart .hoverlayer *", state="attached")
    page.mouse.down()
    page.mouse.up()
    expect(page.locator(".fan-card .fan-inside")).to_contain_text("80 %")
    assert "fans=" in page.url
    lines = page.locator('[data-list="python"]').text_content() or ""
    compile(lines, "lines", "exec")
    assert "fan_of(explorer" in lines
    again = open_page(page.url)
    told = again.locator(".fan-card .fan-inside")
    expect(told).to_contain_text("1,440 readings")
    again.locator(".fan-drop").click()
    expect(again.locator(".fan-card")).to_have_count(0)
    assert "fans=" not in again.url


def test_the_file_holds_what_the_chart_shows(site, explored, open_page):
    machine_id, sensor, rows = explored
    start, end = (
        (EPOCH + timedelta(microseconds=int(rows["time"][n]))).isoformat()[:19] for n in (100, 700)
    )
    base = f"{site.url}/forecast/{machine_id}?sensors={sensor}&zone=utc"
    page = open_page(f"{base}&from={start}&to={end}", width=375)
    expect(page.locator(".explorer-page")).to_have_attribute("data-raw", "true", timeout=20_000)
    with page.expect_download() as download:
        page.locator(".explorer-exports a").first.click()
    text = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    found = list(csv.DictReader(text))
    times, values, _ = page.evaluate(MEASURED)
    assert [line["time"][:19] for line in found] == times
    np.testing.assert_allclose([float(line[sensor]) for line in found], values, rtol=1e-5)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 375


def test_a_machine_is_found_by_typing(site, explored, open_page):
    page = open_page(f"{site.url}/forecast")
    page.get_by_label("Machine").fill(explored[0])
    page.get_by_label("Machine").press("Enter")
    expect(page.locator("h1")).to_contain_text("History and forecast")
    assert page.url.endswith(f"/forecast/{explored[0]}") or f"/{explored[0]}?" in page.url
