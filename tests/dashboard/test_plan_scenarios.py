"""What a planner's what-if asks and answers over HTTP, without a solver."""

import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from fake_plant import FakePlant

from dashboard.app import PlantTwin
from dashboard.routes.plan_wishes import changes_of, parse_plan_asked
from dashboard.snapshot import Snapshot
from dashboard.states.scenarios_state import scenarios_state
from twin.errors import SchemaError

RUSH = b'{"scenarios": [[{"kind": "rush", "product": "bracket", "quantity": 5, "due": "%s"}]]}'
DOWN = b'{"kind": "down", "machine": "mill-01", "until": "2026-07-01T12:00"}'
HOUR_US = 3_600_000_000


def test_moments_are_of_the_plants_clocks() -> None:
    asked = parse_plan_asked(RUSH % b"2026-07-01T12:00")
    (change,) = changes_of(asked.scenarios[0], ZoneInfo("Europe/Berlin"))
    assert change["due"] == 1_782_900_000_000_000  # 10:00 UTC: summer time
    assert change["quantity"] == 5


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'{"scenarios": []}', "scenarios"),
        (b'{"scenarios": [[]]}', "scenarios"),
        (b'{"scenarios": [%s]}' % b",".join([b"[%s]" % DOWN] * 4), "scenarios"),
        (b'{"scenarios": [[%s]]}' % b",".join([DOWN] * 9), "scenarios"),
        (b'{"scenarios": [[{"kind": "flood"}]]}', "scenarios"),
        (b'{"scenarios": [[{"kind": "down", "machine": "mill-01"}]]}', "Until"),
        (RUSH.replace(b"5", b"0") % b"2026-07-01T12:00", "Quantity"),
        (b'{"scenarios": [[{"kind": "down", "machine": "m", "until": "", "x": 1}]]}', "Until"),
    ],
)
def test_what_is_no_scenario_is_named(app: PlantTwin, body: bytes, named: str) -> None:
    with app.server.test_request_context(), pytest.raises(SchemaError, match=named):
        parse_plan_asked(body)


def test_an_hour_that_the_clocks_leave_out_is_refused_in_words(app: PlantTwin) -> None:
    asked = parse_plan_asked(RUSH % b"2026-03-29T02:30")
    with app.server.test_request_context(), pytest.raises(SchemaError, match="Due"):
        changes_of(asked.scenarios[0], ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "rush", "product": "gone", "quantity": 1, "due": "2026-07-01T12:00"},
        {"kind": "rush", "product": "bracket", "quantity": "x", "due": "2026-07-01T12:00"},
        {"kind": "rush", "product": "bracket", "quantity": 1, "due": "2026-03-29T02:30"},
        {"kind": "down", "machine": "gone", "until": "2126-07-01T12:00"},
        {"kind": "down", "machine": "mill-01", "until": "2001-07-01T12:00"},
        {"kind": "shift", "line": "gone", "start": "2126-07-01T12:00", "end": "2126-07-01T14:00"},
        {"kind": "shift", "line": "shafts", "start": "2126-07-01T12:00", "end": "2026-07-01T14:00"},
        {"kind": "shift", "line": "shafts", "start": "2001-07-01T12:00", "end": "2001-07-01T14:00"},
        {"kind": "postpone", "service": "s", "machine": "gone", "start": "2126-07-01T12:00"},
        {"kind": "postpone", "service": "s", "machine": "mill-01", "start": "2001-07-01T12:00"},
        {"kind": "down", "machine": "mill-01"},
    ],
)
def test_what_cannot_be_asked_is_said_in_the_readers_language(
    app_ticked: PlantTwin, change: dict[str, Any]
) -> None:
    body = orjson.dumps({"scenarios": [[change]]})
    status, told = ask(app_ticked, body, {"Accept-Language": "zh-CN"})
    assert status == 422
    assert re.search(r"[\u4e00-\u9fff]", told["says"])
    assert not re.search(r"\b(got|want|field|scenarios)\b", told["says"])


@pytest.fixture
def app_ticked(app: PlantTwin) -> PlantTwin:
    app.reader.tick()
    return app


def ask(app: PlantTwin, body: bytes, more: Mapping[str, str] = {}) -> tuple[int, dict]:
    headers = {"Origin": "http://localhost", **more}
    answer = app.server.test_client().post("/data/plan-scenario", data=body, headers=headers)
    return answer.status_code, answer.get_json(silent=True) or {}


def test_without_a_plan_in_force_there_is_nothing_to_compare_with(
    app_ticked: PlantTwin, fake: FakePlant
) -> None:
    fake.store.set_documents("schedule", {"in_force": None})
    app_ticked.reader.tick()
    status, told = ask(app_ticked, RUSH % b"2026-07-01T12:00")
    assert (status, told["error"]) == (409, "planning")
    assert ask(app_ticked, b"{}")[0] == 422
    assert ask(app_ticked, b" " * 20_000)[0] == 413


def test_only_services_to_come_can_be_put_off(snapshot: Snapshot) -> None:
    services = [
        {"id": name, "machine": "mill-01", "start": snapshot.plant_us + hours * HOUR_US}
        for name, hours in (("later", 30), ("past", -3), ("soon", 2))
    ]
    plan = {"version": 3, "services": services}
    state = scenarios_state(snapshot._replace(schedule={"in_force": plan}))
    assert [s["id"] for s in state["services"]] == ["soon", "later"]
    assert scenarios_state(snapshot)["services"] == []
