"""Decisions on the plan that the desk would refuse are refused beforehand, in words."""

import json
from typing import Any

from access_people import do
from fake_plant import FakePlant
from flask.testing import FlaskClient

from dashboard.app import PlantTwin
from dashboard.states.machine.machine_log import services_of
from dashboard.times import iso_local

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


def said(client: FlaskClient, verb: str, detail: dict[str, Any]) -> str:
    answer = do(client, verb, detail=detail, token=f"t{hash(str(detail))}")
    return "" if answer.status_code == 200 else str(answer.get_json()["says"])


def to_come(app: PlantTwin, suggestion: dict[str, Any]) -> int:
    """The same hour of the same weekday, µs UTC, in the first week that is still to come."""
    assert app.reader.latest is not None
    behind = app.reader.latest.plant_us - int(suggestion["start"])
    return int(suggestion["start"]) + max(0, -(-behind // (7 * DAY_US))) * 7 * DAY_US


def test_a_crew_is_asked_for_its_shift(
    app: PlantTwin, client: FlaskClient, fake: FakePlant
) -> None:
    crew = next(c for c in fake.plant.crews if c.shifts)
    found = next(s for s in fake.schedule.documents["suggestions"] if s["kind"] == "service")
    own, start = {"suggestion": found["id"], "crew": crew.id}, to_come(app, found)
    refusals = {
        said(client, "suggestion.accept", own | {"start": start + n * HOUR_US}) for n in range(24)
    }
    assert "The crew is not on shift for all of that time." in refusals
    unknown = own | {"crew": "nobody", "start": start}
    assert said(client, "suggestion.accept", unknown) == "There is no such crew."
    past = said(client, "suggestion.accept", own | {"start": start - 99 * DAY_US})
    assert past == "This lies in the past."


def test_a_time_without_a_spare_part_is_refused_with_the_part_and_when_it_comes(
    app: PlantTwin, client: FlaskClient, fake: FakePlant
) -> None:
    """Each piece is spoken for by a service of later; the next one comes after its lead time."""
    found = next(s for s in fake.schedule.documents["suggestions"] if s["kind"] == "service")
    machine = next(m for m in fake.plant.machines if m.id == found["machine"])
    part = next(p for p in fake.plant.parts if p.id == fake.plant.class_of(machine).service.part)
    own = [m.id for m in fake.plant.machines if m.class_id == machine.class_id and m != machine]
    planned = {"state": "planned", "duration_h": 1.0, "time": 0, "crew": None, "mode": None}
    app.reader.tick()
    assert app.reader.latest is not None
    now, lead_h = app.reader.latest.plant_us, round(24 * part.lead_days)
    hours = [lead_h - 1 - n for n in range(part.stock)]
    services = [
        planned | {"id": str(n), "machine": own[n % len(own)], "start": now + hour * HOUR_US}
        for n, hour in enumerate(hours)
    ]
    fake.store.set_documents("desk", {"services": json.dumps(services).encode()})
    app.reader.tick()
    refusals = [
        said(client, "suggestion.accept", {"suggestion": found["id"], "start": now + n * HOUR_US})
        for n in range(1, min(hours), 3)  # at some there is a crew, whatever the time of the test
    ]
    assert "" not in refusals
    refusal = next(each for each in refusals if "is left for that time" in each)
    name = part.name if isinstance(part.name, str) else part.name["en"]
    assert f"“{name or part.id}” is left for that time" in refusal
    comes = [iso_local(now + lead_h * HOUR_US + k * HOUR_US, fake.plant.zone) for k in (0, 1)]
    assert any(each[:10] in refusal for each in comes)


def test_a_planned_service_without_its_part_says_so(app: PlantTwin, fake: FakePlant) -> None:
    machine = next(m for m in fake.plant.machines if fake.plant.class_of(m).service.part)
    part = next(p for p in fake.plant.parts if p.id == fake.plant.class_of(machine).service.part)
    app.reader.tick()
    assert app.reader.latest is not None
    now, lead_us = app.reader.latest.plant_us, round(part.lead_days * DAY_US)
    made = {"state": "planned", "duration_h": 1.0, "time": now, "machine": machine.id}
    services = [
        made | {"id": str(n), "start": now + (n + 1) * HOUR_US} for n in range(part.stock + 1)
    ]
    fake.store.set_documents("desk", {"services": json.dumps(services).encode()})
    app.reader.tick()
    last, *others = services_of(app.reader.latest, machine)
    assert last["lacks"]["from"] == iso_local(now + lead_us, fake.plant.zone)
    assert [s["lacks"] for s in others] == [None] * part.stock


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
