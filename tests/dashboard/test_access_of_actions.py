"""POST /do/<verb>: who may, what is kept, what is refused and in which words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from access_people import OURS, add_everybody, do, signed_in
from fake_plant import FakePlant
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from dashboard.access import checks
from dashboard.access.details import moment_us
from dashboard.app import PlantTwin
from dashboard.snapshot import Snapshot
from twin.actions import ROLES, VERBS, Action, unpack_action
from twin.errors import StoreError
from twin.plant import Plant

pytestmark = pytest.mark.usefixtures("no_checks_of_pages")

COMMENT: dict[str, Any] = {"machine": "mill-01", "detail": {"text": "Belt squeals"}}
DETAILS: dict[str, dict[str, Any]] = {
    "alarm.acknowledge": {"alarms": ["mill-01:power:high"]},
    "alarm.shelve": {"alarm": "mill-01:power:high", "hours": 4, "reason": "sensor is changed"},
    "alarm.unshelve": {"alarm": "mill-01:power:high"},
    "alarm.remove": {"alarm": "mill-01:power:high", "reason": "no longer fitted"},
    "alarm.restore": {"alarm": "mill-01:power:high"},
    "failure.report": {},
    "repair.report": {},
    "comment.add": {"text": "Belt squeals"},
    "service.plan": {"start": 1_772_000_000_000_000, "duration_h": 2},
    "service.move": {"service": "1-0", "start": 1_772_000_000_000_000, "duration_h": 2},
    "service.cancel": {"service": "1-0", "reason": "part is late"},
    "model.recalibrate": {"class_id": "mill", "version": 1, "a": 0.1, "b": 0.9},
    "scenario.save": {"name": "load 80 %", "document": {}},
    "scenario.delete": {"scenario": "1-0"},
    "class.define": {"class_id": "mill"},
    "class.withdraw": {"class_id": "mill"},
    "order.add": {"product": "bracket", "quantity": 10, "due": 1_772_000_000_000_000},
    "order.import": {
        "orders": [{"product": "bracket", "quantity": 10, "due": 1_772_000_000_000_000}]
    },
    "order.change": {"order": "WO-0001", "priority": 1},
    "order.cancel": {"order": "WO-0001", "reason": "customer"},
    "front.explore": {},
    "suggestion.accept": {"suggestion": "service-mill-01-1"},
    "suggestion.veto": {"suggestion": "service-mill-01-1", "reason": "part is late"},
    "plan.adopt": {"version": 2},
    "operation.lock": {
        "order": "WO-0001",
        "step": 0,
        "machine": "mill-01",
        "start": 1_772_000_000_000_000,
    },
    "operation.unlock": {"order": "WO-0001", "step": 0},
    "calendar.renew": {"crew": "day"},
    "kiosk.create": {"name": "Hall 1", "document": {}},
    "kiosk.renew": {"kiosk": "1-0"},
    "kiosk.revoke": {"kiosk": "1-0"},
}


def kept(fake: FakePlant) -> list[tuple[str, Action]]:
    return [(i.decode(), unpack_action(text)) for i, text in fake.store.actions(b"0-0", 1000)]


def test_every_verb_has_an_example_here() -> None:
    assert set(DETAILS) == set(VERBS) - {"action.undo"}


@pytest.mark.parametrize("role", ROLES)
def test_role_decides_verb_by_verb(
    ready: PlantTwin, fake: FakePlant, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    add_everybody(fake.store, monkeypatch)
    browser = signed_in(ready, role)
    for verb, detail in DETAILS.items():
        answer = do(browser, verb, machine="mill-01", detail=detail)
        allowed = ROLES.index(role) >= ROLES.index(VERBS[verb].role)
        assert answer.status_code == (200 if allowed else 403), (role, verb)
        assert allowed or answer.get_json()["role"] == VERBS[verb].role
    done = {action.verb for _, action in kept(fake)}
    assert done == {v for v in DETAILS if ROLES.index(role) >= ROLES.index(VERBS[v].role)}


def test_action_is_attributed_and_stamped_with_the_plants_clock(
    client: FlaskClient, fake: FakePlant
) -> None:
    answer = do(client, "comment.add", **COMMENT)
    [(action_id, action)] = kept(fake)
    assert answer.get_json() == {"id": action_id, "undoable": True}
    assert (action.who, action.role, action.machine) == ("Early", "admin", "mill-01")
    assert action.detail == {"text": "Belt squeals"}
    assert action.time == fake.store.clock().plant_now(action.wall)


def test_name_is_asked_for_once(ready: PlantTwin, fake: FakePlant) -> None:
    browser = ready.server.test_client()
    asked = do(browser, "comment.add", **COMMENT)
    assert (asked.status_code, asked.get_json()["error"]) == (428, "name")
    named = browser.post("/do/name", json={"name": "  Early   Shift "}, headers=OURS)
    assert named.get_json() == {"name": "Early Shift"}
    assert "HttpOnly" in named.headers["Set-Cookie"]
    assert do(browser, "comment.add", **COMMENT).status_code == 200
    assert do(browser, "comment.add", **COMMENT, token="another one").status_code == 200
    assert [action.who for _, action in kept(fake)] == ["Early Shift", "Early Shift"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\x00b", None, 7])
def test_name_that_cannot_be_shown_is_refused(ready: PlantTwin, name: object) -> None:
    answer = ready.server.test_client().post("/do/name", json={"name": name}, headers=OURS)
    assert answer.status_code == 422
    assert "Set-Cookie" not in answer.headers


def test_name_is_not_taken_from_a_cookie_that_we_have_not_signed(ready: PlantTwin) -> None:
    browser = ready.server.test_client()
    browser.set_cookie("plant_twin_name", "IkV2ZSI.forged")
    assert browser.get("/person").get_json()["name"] == ""


def test_who_signs_in_cannot_take_another_name(
    ready: PlantTwin, fake: FakePlant, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_everybody(fake.store, monkeypatch)
    browser = signed_in(ready, "viewer")
    assert browser.post("/do/name", json={"name": "Other"}, headers=OURS).status_code == 409


def test_same_token_twice_is_done_once_and_answered_twice(
    client: FlaskClient, fake: FakePlant
) -> None:
    first = do(client, "comment.add", **COMMENT)
    second = do(client, "comment.add", **COMMENT)
    assert first.get_json() == second.get_json()
    assert len(kept(fake)) == 1


def test_same_token_of_two_people_is_two_actions(
    ready: PlantTwin, client: FlaskClient, fake: FakePlant
) -> None:
    other = ready.server.test_client()
    other.post("/do/name", json={"name": "Night"}, headers=OURS)
    for browser in (client, other):
        assert do(browser, "comment.add", **COMMENT).status_code == 200
    assert [action.who for _, action in kept(fake)] == ["Early", "Night"]


def test_action_written_by_a_process_that_died_then_is_found_again(
    client: FlaskClient, fake: FakePlant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store takes the action, and the line to it breaks before its answer."""
    write = fake.store.add_action

    def break_after(text: bytes) -> bytes:
        write(text)
        raise StoreError("store: connection lost")

    with monkeypatch.context() as broken:
        broken.setattr(fake.store, "add_action", break_after)
        assert do(client, "comment.add", **COMMENT).status_code == 503
    again = do(client, "comment.add", **COMMENT)
    [(action_id, _)] = kept(fake)
    assert again.get_json()["id"] == action_id


def test_silent_store_answers_503_and_keeps_nothing(
    client: FlaskClient, fake: FakePlant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> bytes:
        raise StoreError("store: no answer")

    monkeypatch.setattr(fake.store, "documents", silent)
    answer = do(client, "comment.add", **COMMENT)
    assert answer.status_code == 503
    assert answer.get_json()["error"] == "store"
    assert kept(fake) == []


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"machine": "nobody", "detail": {"text": "x"}}, 404, None),
        ({"detail": {"text": "x"}}, 422, "machine"),
        ({"machine": 7, "detail": {"text": "x"}}, 422, "machine"),
        ({"machine": "mill-01", "detail": {}}, 422, "text"),
        ({"machine": "mill-01", "detail": {"text": ""}}, 422, "text"),
        ({"machine": "mill-01", "detail": {"text": "x" * 2001}}, 422, "text"),
        ({"machine": "mill-01", "detail": {"text": "x", "who": "Other"}}, 422, "who"),
        ({"machine": "mill-01", "detail": [1]}, 422, "detail"),
        ({"machine": "mill-01", "detail": {"text": "x"}, "who": "Other"}, 422, "who"),
        ({"machine": "mill-01", "detail": {"text": "x"}, "token": "short"}, 422, "token"),
    ],
)
def test_what_cannot_be_used_is_named_field_by_field(
    client: FlaskClient, fake: FakePlant, body: dict[str, Any], status: int, field: str | None
) -> None:
    answer = do(client, "comment.add", **body)
    assert answer.status_code == status
    assert answer.get_json()["says"]
    assert field is None or answer.get_json()["fields"][field]
    assert kept(fake) == []


def test_faults_are_said_in_the_readers_language(client: FlaskClient) -> None:
    client.set_cookie("language", "zh")
    told = do(client, "service.plan", machine="mill-01", detail={"start": 5, "duration_h": -1})
    assert told.get_json()["fields"] == {"duration_h": "收到 -1，应大于 0.0"}


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{}", "text/plain", 415),
        (b"token=x", "application/x-www-form-urlencoded", 415),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 422),
        (b'"' + b"x" * 300_000 + b'"', "application/json", 413),
    ],
)
def test_what_is_not_ours_to_read_is_refused(
    client: FlaskClient, content: bytes, kind: str, status: int
) -> None:
    answer = client.post("/do/comment.add", data=content, content_type=kind, headers=OURS)
    assert answer.status_code == status


def test_unknown_verb_and_a_page_from_elsewhere_are_refused(client: FlaskClient) -> None:
    assert do(client, "plant.explode").status_code == 404
    headers = {"Origin": "http://elsewhere.example"}
    sent = client.post("/do/comment.add", json=COMMENT | {"token": "12345678"}, headers=headers)
    assert sent.status_code == 403


def test_reason_against_it_is_told_and_counted(
    client: FlaskClient, fake: FakePlant, ready: PlantTwin
) -> None:
    seen = []

    @checks.check("service.plan")
    def full(snapshot: Snapshot, machine: str | None, detail: dict[str, Any]) -> str | None:
        seen.append((snapshot is ready.reader.latest, machine, detail["duration_h"]))
        return None if detail["duration_h"] < 5 else "There is no time for this"

    plan = {"start": 1_772_000_000_000_000, "duration_h": 6}
    refused = do(client, "service.plan", machine="mill-01", detail=plan)
    assert (refused.status_code, refused.get_json()["error"]) == (409, "state")
    assert refused.get_json()["says"] == "There is no time for this"
    assert fake.store.counters()["refused:state"] == 1
    plan["duration_h"] = 4
    assert do(client, "service.plan", machine="mill-01", detail=plan).status_code == 200
    assert [x[1:] for x in seen] == [("mill-01", 6.0), ("mill-01", 4.0)]


def test_what_was_done_is_answered_again_though_it_could_not_be_done_anew(
    client: FlaskClient,
) -> None:
    done = do(client, "comment.add", **COMMENT)
    checks.check("comment.add")(lambda *_: "No longer")
    assert do(client, "comment.add", **COMMENT).get_json() == done.get_json()
    assert do(client, "comment.add", **COMMENT, token="a new one").status_code == 409


def test_time_of_a_form_is_the_plants(client: FlaskClient, fake: FakePlant) -> None:
    """Riverside's clocks are Berlin's: UTC+2 in summer, and 02:30 on 29 March 2026 is left out."""
    assert str(fake.plant.zone) == "Europe/Berlin"
    plan = {"start": "2026-07-01T14:00", "duration_h": 2}
    assert do(client, "service.plan", machine="mill-01", detail=plan).status_code == 200
    noon = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    assert kept(fake)[0][1].detail["start"] == noon.timestamp() * 1e6
    for start in ("2026-03-29T02:30", "tomorrow"):
        plan = {"start": start, "duration_h": 0}
        told = do(client, "service.plan", machine="mill-01", detail=plan, token=f"at {start}")
        assert told.status_code == 422
        assert set(told.get_json()["fields"]) == {"start", "duration_h"}
    assert "does not exist" in str(told.get_json()) or "date and a time" in str(told.get_json())


@given(st.datetimes(datetime(2000, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)))
def test_every_moment_that_the_plants_clocks_show_is_found_again(
    app_plant: Plant, moment: datetime
) -> None:
    """Up to the hour that they show twice, of which the earlier is meant."""
    shown = moment.astimezone(app_plant.zone).replace(tzinfo=None, fold=0)
    found = datetime.fromtimestamp(moment_us(shown.isoformat(), app_plant.zone) / 1e6, UTC)
    assert (moment - found).total_seconds() in {0, 3600}
    assert moment_us(moment.isoformat(), app_plant.zone) == round(moment.timestamp() * 1e6)


@pytest.fixture(scope="session")
def app_plant(plant: Plant) -> Plant:
    return plant


@pytest.mark.parametrize("path", ["/define/x/save", "/define/x/undo"])
def test_plant_file_is_not_written_in_nobodys_name(ready: PlantTwin, path: str) -> None:
    assert ready.server.test_client().post(path, json={}, headers=OURS).status_code == 428


@pytest.mark.parametrize("start", ["0001-01-01T00:00", "9999-12-31T23:59:59", 2**63 - 1])
def test_a_service_that_no_calendar_holds_is_refused(
    client: FlaskClient, fake: FakePlant, start: str | int
) -> None:
    """Screens that show it would show nothing any more."""
    detail = {"start": start, "duration_h": 2}
    answer = do(client, "service.plan", machine="mill-01", detail=detail)
    assert answer.status_code == 422
    assert "start" in answer.get_json()["fields"]
    assert kept(fake) == []
