"""What the machine and compare pages' scripts ask for, on a plant that lives."""

import csv
import io
import time
from collections.abc import Iterator

import numpy as np
import pytest
from flask.testing import FlaskClient
from lived_plant import LivedPlant

from dashboard.app import PlantTwin, create_app


@pytest.fixture(scope="module")
def lived() -> LivedPlant:
    return LivedPlant(time.time_ns() // 1000, hours=5.0, speed=1.0)


@pytest.fixture(scope="module")
def app(lived: LivedPlant) -> Iterator[PlantTwin]:
    made = create_app(lived.store, lived.settings)
    made.reader.tick()
    yield made
    made.reader.stop()


@pytest.fixture(scope="module")
def client(app: PlantTwin) -> FlaskClient:
    return app.server.test_client()


def test_past_is_that_of_the_history(client: FlaskClient) -> None:
    found = client.get("/data/past/mill-03?periods=240").get_json()
    line = found["sensors"][0]
    assert len(line["t"]) >= 230
    assert np.all(np.diff(line["t"]) > 0)
    assert abs(found["white"]["r"]) < 1
    level, half = np.array(line["e"], float), np.array(line["h"], float)
    inside = np.abs(np.array(line["v"], float) - level) < half
    assert np.nanmean(inside) > 0.8


def test_fan_begins_where_the_past_ends(client: FlaskClient) -> None:
    found = client.get("/data/ahead/mill-03?sensor=coolant_temp_degc&hours=24").get_json()["fan"]
    assert found["sensor"] == "coolant_temp_degc"
    assert found["hours"][0] == 0
    assert found["hours"][-1] == found["reach_h"] == 24
    assert found["past"]["hours"][-1] == 0
    assert found["mean"][0] == pytest.approx(found["past"]["level"][-1], abs=0.2)
    assert [x["value"] for x in found["limits"]] == [38, 44]


def test_evidence_counts_what_came(client: FlaskClient) -> None:
    quality = client.get("/data/evidence/mill-03").get_json()["quality"]
    assert quality["rows"] == pytest.approx(300, abs=10)
    kinds = ("good", "uncertain", "bad", "missing")
    assert {sum(s[k] for k in kinds) for s in quality["sensors"]} == {quality["rows"]}


@pytest.mark.parametrize("route", ["past", "ahead", "evidence"])
def test_no_such_machine_is_not_found(client: FlaskClient, route: str) -> None:
    assert client.get(f"/data/{route}/mill-99").status_code == 404


def test_machines_of_two_classes_are_not_compared(client: FlaskClient) -> None:
    assert client.get("/data/compare?a=mill-01&b=press-01").status_code == 404
    assert client.get("/data/compare?a=mill-01").status_code == 404


def test_lines_since_the_reset_end_at_each_ones_age(client: FlaskClient) -> None:
    query = "a=mill-01&b=mill-02"
    ages = [m["age_h"] for m in client.get(f"/data/compare?{query}").get_json()["machines"]]
    lines = client.get(f"/data/compare/lines?{query}&by=reset").get_json()["sensors"][0]
    assert [line["t"][-1] for line in lines] == pytest.approx(ages, abs=0.1)


def test_export_has_a_row_for_each_figure_and_sensor(client: FlaskClient) -> None:
    text = client.get("/export/compare.csv?a=mill-01&b=mill-02").get_data().decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text))
    assert header[3:5] == ["mill-01", "mill-02"]
    assert "Europe/Berlin" in header[0]
    assert len(rows) == 6 + 8
    assert {row[-1] for row in rows} <= {"true", "false"}


def test_a_silent_machine_shows_what_came_before_it_fell_silent(
    client: FlaskClient, app: PlantTwin, lived: LivedPlant
) -> None:
    """A day after its last sample: the same four hours as when it was heard."""
    before = client.get("/data/past/mill-04?periods=240").get_json()["sensors"][0]
    clock = lived.store.clock()
    try:
        lived.store.set_clock(clock._replace(plant_us=clock.plant_us + 86_400_000_000))
        app.reader.tick()
        after = client.get("/data/past/mill-04?periods=240").get_json()["sensors"][0]
    finally:
        lived.store.set_clock(clock)
        app.reader.tick()
    assert len(before["t"]) > 200
    assert len(after["t"]) == pytest.approx(len(before["t"]), abs=3)
    assert after["v"][-1] == before["v"][-1]
