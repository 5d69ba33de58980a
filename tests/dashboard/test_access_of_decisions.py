"""Decisions on the plan that the desk would refuse are refused beforehand, in words."""

import json
from typing import Any

import pytest
from access_people import do, named_as
from fake_plant import FakePlant
from flask.testing import FlaskClient

from dashboard.app import PlantTwin

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


@pytest.fixture
def client(app: PlantTwin) -> FlaskClient:
    app.reader.tick()
    return named_as(app, "Early")


def said(client: FlaskClient, verb: str, detail: dict[str, Any]) -> str:
    answer = do(client, verb, detail=detail, token=f"t{hash(str(detail))}")
    return "" if answer.status_code == 200 else str(answer.get_json()["says"])


def test_a_crew_is_asked_for_its_shift(client: FlaskClient, fake: FakePlant) -> None:
    crew = next(c for c in fake.plant.crews if c.shifts)
    found = next(s for s in fake.schedule.documents["suggestions"] if s["kind"] == "service")
    own = {"suggestion": found["id"], "crew": crew.id}
    refusals = {
        said(client, "suggestion.accept", own | {"start": found["start"] + n * HOUR_US})
        for n in range(24)
    }
    assert "The crew is not on shift for all of that time." in refusals
    assert said(client, "suggestion.accept", own | {"crew": "nobody"}) == "There is no such crew."


def test_a_point_of_an_old_front_is_not_adopted(
    app: PlantTwin, client: FlaskClient, fake: FakePlant
) -> None:
    refusals = []
    assert app.reader.latest is not None
    now = app.reader.latest.plant_us
    for age_us in (DAY_US, 8 * DAY_US):
        front = {"made": now - age_us, "points": [{"id": f"p{age_us}", "terms": {}}]}
        fake.store.set_documents("schedule", {"front": json.dumps(front).encode()})
        app.reader.tick()
        refusals.append(said(client, "plan.adopt", {"point": f"p{age_us}"}))
    assert refusals == ["", "These trade-offs are too old: look for them again."]
