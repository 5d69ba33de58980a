"""What cannot be done now is refused with 409, by the desk's own rules, before it is kept."""

import json
from typing import Any

import pytest
from access_people import OURS, do
from fake_plant import FakePlant
from flask.testing import FlaskClient

from dashboard.app import PlantTwin

HOUR_US = 3_600_000_000


@pytest.fixture
def client(app: PlantTwin, fake: FakePlant) -> FlaskClient:
    """One service planned, one done; mill-02 stands failed."""
    now = fake.store.clock().plant_now(fake.wall_us)
    services = [
        {"id": "1-0", "machine": "mill-01", "state": "planned", "start": now, "duration_h": 2},
        {"id": "2-0", "machine": "mill-01", "state": "done", "start": now, "duration_h": 2},
    ]
    machines = {"mill-02": {"failed_since": now - HOUR_US}}
    held = {"services": services, "machines": machines}
    documents = {name: json.dumps(value).encode() for name, value in held.items()}
    fake.store.set_documents("desk", documents)
    app.reader.tick()
    made = app.server.test_client()
    made.post("/do/name", json={"name": "Ana"}, headers=OURS)
    return made


CASES: list[tuple[str, str, dict[str, Any], str | None]] = [
    ("failure.report", "mill-01", {}, None),
    ("failure.report", "mill-02", {}, "stands failed"),
    ("failure.report", "mill-01", {"time": 1}, "future"),
    ("failure.report", "mill-01", {"mode": "love"}, "mode"),
    ("repair.report", "mill-02", {}, None),
    ("repair.report", "mill-01", {"time": 1}, "future"),
    ("repair.report", "mill-01", {"service": "1-0"}, None),
    ("repair.report", "mill-02", {"service": "1-0"}, "service"),
    ("service.plan", "mill-01", {"start": 1, "duration_h": 2}, None),
    ("service.plan", "mill-01", {"start": -3, "duration_h": 2}, "past"),
    ("service.plan", "mill-01", {"start": -1, "duration_h": 2}, None),
    ("service.plan", "mill-01", {"start": 1, "duration_h": 2, "mode": "love"}, "mode"),
    ("service.move", "mill-01", {"service": "1-0", "start": 1, "duration_h": 2}, None),
    ("service.move", "mill-01", {"service": "1-0", "start": -3, "duration_h": 2}, "past"),
    (
        "service.move",
        "mill-01",
        {"service": "2-0", "start": 1, "duration_h": 2},
        "no longer",
    ),
    ("service.move", "mill-02", {"service": "1-0", "start": 1, "duration_h": 2}, "no such service"),
    ("service.cancel", "mill-01", {"service": "1-0", "reason": "late"}, None),
    ("service.cancel", "mill-01", {"service": "2-0", "reason": "late"}, "no longer"),
    ("service.cancel", "mill-01", {"service": "9-0", "reason": "late"}, "no such service"),
]


@pytest.mark.parametrize(("verb", "machine", "detail", "why"), CASES)
def test_what_cannot_be_done_now_says_why(
    client: FlaskClient,
    app: PlantTwin,
    verb: str,
    machine: str,
    detail: dict[str, Any],
    why: str | None,
) -> None:
    """Times in the table are hours from now."""
    assert app.reader.latest is not None
    now = app.reader.latest.plant_us
    timed = {k: now + v * HOUR_US if k in {"start", "time"} else v for k, v in detail.items()}
    answer = do(client, verb, machine=machine, detail=timed)
    assert answer.status_code == (409 if why else 200), answer.get_json()
    assert why is None or why in answer.get_json()["says"]
