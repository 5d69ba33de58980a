"""From a CSV to a class of the plant, by hand, in a real browser."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import Site
from fake_plant import FakePlant
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from dashboard.app import create_app
from twin.config import Settings
from twin.plant import load_plant

pytestmark = pytest.mark.e2e


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[tuple[Site, Path]]:
    """The dashboard on a plant file that may be written to, and that nobody simulates."""
    text = Settings().plant.read_text()
    text = re.sub(r"\[source\.simulator\]\n(?:.+\n)+", "", text)
    plant_file = tmp_path / "plant.toml"
    plant_file.write_text(text)
    fake = FakePlant(load_plant(plant_file), wall_us=time.time_ns() // 1000)
    app = create_app(fake.store, Settings(plant=plant_file, data_dir=tmp_path / "var"))
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Site(server.server_port, fake), plant_file
    app.reader.stop()
    server.shutdown()


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    n, rng = np.arange(600), np.random.default_rng(1)
    when = pd.Timestamp("2026-03-01T06:00:00") + pd.to_timedelta(60 * n, unit="s")
    temp = 50 + np.cumsum(rng.normal(0, 0.02, 600)) + rng.normal(0, 0.3, 600)
    columns = {"time": when.strftime("%Y-%m-%dT%H:%M:%S"), "fan": "fan-1", "temp_degc": temp}
    path = tmp_path / "Fans of hall 2.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def fitted(page: Page, csv_file: Path, fit: str) -> None:
    page.set_input_files("input[type=file]", csv_file)
    expect(page.locator(".columns-table tbody tr")).to_have_count(1)
    page.get_by_role("button", name=fit).click()
    expect(page.locator(".previews figure")).to_have_count(1, timeout=60_000)


def test_a_class_is_defined_previewed_saved_and_taken_back(own_site, open_page, csv_file) -> None:
    site, plant_file = own_site
    before = plant_file.read_text()
    page = open_page(site.url + "/classes/new")
    fitted(page, csv_file, "Fit the twin")
    expect(page.locator(".previews")).to_contain_text("The twin follows: errors are white")
    page.get_by_label("Line that gets the machines").select_option("housings")
    page.get_by_role("button", name="Save the class").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Tool room")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".guide")).to_contain_text("with 1 machines")
    plant = load_plant(plant_file)
    assert "fans-of-hall-2" in plant.classes
    assert plant.machines[-1].id == "fan-1"
    assert site.fake.store.actions(b"0-0", 9)[0][1].startswith(b'{"verb":"class.define"')
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".guide")).to_contain_text("Taken back")
    assert plant_file.read_text() == before


def test_a_fault_is_said_and_nothing_is_fitted(own_site, open_page, csv_file) -> None:
    site, _ = own_site
    page = open_page(site.url + "/classes/new", "dark", "zh-CN", 375)
    page.set_input_files("input[type=file]", csv_file)
    page.get_by_label("类型标识").fill("mill")
    page.get_by_role("button", name="拟合孪生").click()
    expect(page.get_by_role("alert")).to_contain_text("'mill'")


def test_a_file_without_times_is_refused_in_words(own_site, open_page, tmp_path) -> None:
    site, _ = own_site
    path = tmp_path / "no.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    page = open_page(site.url + "/classes/new")
    page.set_input_files("input[type=file]", path)
    expect(page.get_by_role("alert")).to_contain_text("want one of times")
