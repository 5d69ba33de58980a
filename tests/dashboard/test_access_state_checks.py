"""What cannot be done now is refused before it is kept, exactly where the desk would refuse it."""

import json
from typing import Any

import pytest
from access_people import do
from fake_plant import FakePlant
from flask.testing import FlaskClient

from dashboard.app import PlantTwin
from twin.actions import Action, checked_detail, pack_action
from twin.pipeline.desk import Desk
from twin.pipeline.site import load_site
from twin.stores.base import stream_id

HOUR_US = 3_600_000_000


@pytest.fixture
def desk(fake: FakePlant) -> Desk:
    """A real desk, which nobody has asked for anything yet."""
    return Desk(fake.store, load_site(fake.store, fake.plant))


@pytest.fixture
def services(app: PlantTwin, client: FlaskClient, desk: Desk) -> dict[str, str]:
    """Ids by what became of them; mill-02 has failed."""
    assert app.reader.latest is not None
    start = app.reader.latest.plant_us + 24 * HOUR_US
    made = {}
    for name, plant_us in (("PLANNED", start), ("CANCELLED", start - 9 * HOUR_US)):
        plan = {"start": plant_us, "duration_h": 2}
        made[name] = do(
            client, "service.plan", machine="mill-01", detail=plan, token=f"plan {name}"
        )
    ids = {name: answer.get_json()["id"] for name, answer in made.items()} | {"NONE": "9-0"}
    settle(app, desk)
    cancel = {"service": ids["CANCELLED"], "reason": "late"}
    assert do(client, "service.cancel", machine="mill-01", detail=cancel).status_code == 200
    assert do(client, "failure.report", machine="mill-02").status_code == 200
    settle(app, desk)
    return ids


def settle(app: PlantTwin, desk: Desk) -> None:
    while desk.step():
        pass
    app.reader.tick()


CASES: list[tuple[str, str, dict[str, Any], str | None]] = [
    ("failure.report", "mill-01", {}, None),
    ("failure.report", "mill-02", {}, "stands failed"),
    ("failure.report", "mill-01", {"time": 1}, "future"),
    ("failure.report", "mill-01", {"mode": "love"}, "mode"),
    ("repair.report", "mill-02", {}, None),
    ("repair.report", "mill-01", {"time": 1}, "future"),
    ("repair.report", "mill-01", {"service": "PLANNED"}, None),
    ("repair.report", "mill-02", {"service": "PLANNED"}, "service"),
    ("service.plan", "mill-01", {"start": 1, "duration_h": 2}, None),
    ("service.plan", "mill-01", {"start": -3, "duration_h": 2}, "past"),
    ("service.plan", "mill-01", {"start": -1, "duration_h": 2}, None),
    ("service.plan", "mill-01", {"start": 1, "duration_h": 2, "mode": "love"}, "mode"),
    ("service.plan", "mill-01", {"start": 23, "duration_h": 2}, "Another service"),
    ("service.plan", "mill-02", {"start": 23, "duration_h": 2}, None),
    ("service.plan", "mill-01", {"start": 15, "duration_h": 2}, None),
    ("service.move", "mill-01", {"service": "PLANNED", "start": 23, "duration_h": 2}, None),
    ("service.move", "mill-01", {"service": "PLANNED", "start": 1, "duration_h": 2}, None),
    ("service.move", "mill-01", {"service": "PLANNED", "start": -3, "duration_h": 2}, "past"),
    (
        "service.move",
        "mill-01",
        {"service": "CANCELLED", "start": 1, "duration_h": 2},
        "no longer",
    ),
    (
        "service.move",
        "mill-02",
        {"service": "PLANNED", "start": 1, "duration_h": 2},
        "no such service",
    ),
    ("service.cancel", "mill-01", {"service": "PLANNED", "reason": "late"}, None),
    ("service.cancel", "mill-01", {"service": "CANCELLED", "reason": "late"}, "no longer"),
    ("service.cancel", "mill-01", {"service": "NONE", "reason": "late"}, "no such service"),
]


@pytest.mark.parametrize(("verb", "machine", "detail", "why"), CASES)
def test_what_is_refused_at_once_is_what_the_desk_would_refuse(
    client: FlaskClient,
    app: PlantTwin,
    fake: FakePlant,
    desk: Desk,
    services: dict[str, str],
    verb: str,
    machine: str,
    detail: dict[str, Any],
    why: str | None,
) -> None:
    """Times in the table are hours from now; the desk gets the action whatever was answered."""
    assert app.reader.latest is not None
    now = app.reader.latest.plant_us
    detail = {k: now + v * HOUR_US if k in {"start", "time"} else v for k, v in detail.items()}
    if "service" in detail:
        detail["service"] = services[detail["service"]]
    answer = do(client, verb, machine=machine, detail=detail, token="the one asked for")
    assert answer.status_code == (409 if why else 200), answer.get_json()
    assert why is None or why in answer.get_json()["says"]
    if why:
        whole = checked_detail(verb, detail)
        action = Action(verb, machine, now, fake.wall_us, "Early", "admin", whole, "sent anyway")
        fake.store.add_action(pack_action(action))
    settle(app, desk)
    journal = json.loads(fake.store.documents("desk")["journal"])
    last = max((x for x in journal if x["who"]), key=lambda x: stream_id(x["id"].encode()))
    assert (last["verb"], last["outcome"]) == (verb, "refused" if why else "done")
