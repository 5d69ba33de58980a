"""What the schedule page fetches: plans, comparisons, what a move costs, a file."""

import csv
import io
import json
from typing import Any

import pytest
from access_people import OURS
from fake_plant import FakePlant
from flask.testing import FlaskClient

from dashboard.app import PlantTwin
from dashboard.data import schedule_costs
from dashboard.data.schedule_costs import Move, parse_move
from dashboard.routes import schedule_routes
from dashboard.states.orders.orders_state import orders_state
from twin.errors import PlanningError, SchemaError

MOVE = {"kind": "operation", "order": "A-1001", "step": 1, "machine": "mill-01", "start": 10**15}


@pytest.fixture
def client(app: PlantTwin, fake: FakePlant) -> FlaskClient:
    fake.step(0)
    app.reader.tick()
    return app.server.test_client()


def ask(client: FlaskClient, **move: Any) -> Any:
    return client.post("/data/schedule/what-if", json=MOVE | move, headers=OURS)


def rows(client: FlaskClient, query: str = "") -> list[dict[str, str]]:
    text = client.get(f"/export/schedule.csv{query}").get_data(as_text=True)
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_plans_are_given_by_name_and_version(client: FlaskClient) -> None:
    for which, version in [("in_force", 12), ("proposed", 13), ("12", 12), ("11", 11)]:
        answer = client.get(f"/data/schedule/plan?which={which}")
        assert answer.get_json()["head"]["version"] == version
    for which in ("99", "²", "9" * 5000):
        assert client.get("/data/schedule/plan", query_string={"which": which}).status_code == 404
    assert client.get("/data/schedule/compare?a=in_force&b=99").status_code == 404


def test_the_file_holds_every_operation_and_service_once(
    client: FlaskClient, fake: FakePlant
) -> None:
    plan, found = fake.schedule.in_force, rows(client)
    assert len(found) == len(plan["operations"]) + len(plan["services"])
    named = {(r["Order"], r["Step"]) for r in found if r["Kind"] == "operation"}
    assert named == {(o["order"], str(o["step"] + 1)) for o in plan["operations"]}


def test_the_file_follows_the_filters(client: FlaskClient, fake: FakePlant) -> None:
    plan = fake.schedule.in_force
    lines = {m.id: m.line for m in fake.plant.machines}
    line = fake.plant.lines[0].id
    both = [*plan["operations"], *plan["services"]]
    assert len(rows(client, f"?line={line}")) == sum(lines[b["machine"]] == line for b in both)
    assert {r["Machine"] for r in rows(client, "?machine=mill-01")} == {"mill-01"}
    assert {r["Order"] for r in rows(client, "?order=a-1003")} == {"A-1003"}


@pytest.mark.parametrize(
    "move",
    [
        {"kind": "dance"},
        {"start": "tomorrow"},
        {"order": None},
        {"kind": "service", "order": None, "step": None},
        {"other": 1},
    ],
)
def test_what_is_no_move_is_refused_in_words(client: FlaskClient, move: dict[str, Any]) -> None:
    answer = ask(client, **move)
    assert answer.status_code == 422
    assert "got" in answer.get_json()["says"]


def test_a_question_is_short(client: FlaskClient) -> None:
    assert ask(client, order="x" * 5000).status_code == 413


def test_where_nobody_can_say_the_page_says_so(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*_: object) -> None:
        raise PlanningError("no plan")

    monkeypatch.setattr(schedule_costs, "try_change", nobody)
    answer = ask(client)
    assert answer.status_code == 409
    assert "no plan in force" in answer.get_json()["says"]


def found(**changes: Any) -> dict[str, Any]:
    """What the planner answers to a move that pushes one other operation."""
    bar = {"setup_start": 1, "family": "x", "late": False, "pin": None}
    own = bar | {"order": "A-1001", "step": 1, "machine": "mill-01", "start": 50, "end": 80}
    pushed = bar | {"order": "A-1002", "step": 0, "machine": "mill-01", "start": 80, "end": 90}
    return {
        "faults": [],
        "is_exact": True,
        "delta": 120.5,
        "terms_before": {"late_h": 3.0},
        "terms_after": {"late_h": 4.5},
        "moves": [{"order": "A-1001", "step": 1}, {"order": "A-1002", "step": 0}],
        "delays": [{"order": "A-1002", "hours": 1.5}],
        "plan": {"operations": [own, pushed], "services": []},
    } | changes


def test_an_answer_says_where_it_would_be_and_what_it_pushes(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(
        schedule_costs, "try_change", lambda _, change: asked.append(change) or found()
    )
    answer = ask(client).get_json()
    assert asked == [MOVE]
    assert (answer["ok"], answer["start"], answer["delta"], answer["late_h"]) == (
        True,
        50,
        120.5,
        1.5,
    )
    assert [(m["order"], m["start"]) for m in answer["moves"]] == [("A-1002", 80)]
    assert answer["n_moves"] == 1


def test_an_answer_with_faults_is_no_place_for_it(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = {"rule": 3, "what": "two blocks overlap"}
    answer = found(faults=[fault], delta=None, terms_after=None, delays=[], plan=None, moves=[])
    monkeypatch.setattr(schedule_costs, "try_change", lambda *_: answer)
    told = ask(client).get_json()
    assert (told["ok"], told["faults"], told["delta"], told["start"]) == (
        False,
        [fault],
        None,
        None,
    )


def test_a_service_is_asked_by_its_id() -> None:
    move = parse_move(b'{"kind":"service","service":"s-1","machine":"mill-01","start":5}')
    assert (move.service, move.crew, move.order) == ("s-1", None, None)
    assert isinstance(move, Move)
    with pytest.raises(SchemaError, match="service without its id"):
        parse_move(b'{"kind":"service","machine":"mill-01","start":5}')


def test_a_plan_is_worked_out_once_until_something_changes(
    app: PlantTwin, client: FlaskClient, fake: FakePlant, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    was = schedule_routes.plan_state
    monkeypatch.setattr(schedule_routes, "plan_state", lambda *a: made.append(a) or was(*a))
    first = client.get("/data/schedule/plan").get_json()
    assert client.get("/data/schedule/plan").get_json() == first
    assert len(made) == 1
    order = fake.schedule.orders["A-1001"] | {"quantity": 77}
    fake.store.set_documents("orders", {"A-1001": json.dumps(order).encode()})
    app.reader.tick()
    changed = client.get("/data/schedule/plan").get_json()
    assert next(o for o in changed["orders"] if o["id"] == "A-1001")["quantity"] == 77
    assert len(made) == 2


@pytest.mark.parametrize("text", [b"{", b"[7]", b'"x"', b'{"id":"V6","product":7,"steps":"x"}'])
def test_what_is_no_order_is_on_no_screen_and_stops_none(
    app: PlantTwin, client: FlaskClient, fake: FakePlant, text: bytes
) -> None:
    plan = client.get("/data/schedule/plan").get_json()
    exports = [client.get(f"/export/{name}.csv").get_data() for name in ("orders", "schedule")]
    fake.store.set_documents("orders", {"V6": text})
    app.reader.tick()
    snapshot = app.reader.latest
    assert snapshot is not None
    assert "V6" not in snapshot.orders
    assert set(orders_state(snapshot)["orders"]) == set(fake.schedule.orders)
    assert client.get("/data/schedule/plan").get_json() == plan
    again = [client.get(f"/export/{name}.csv").get_data() for name in ("orders", "schedule")]
    assert again == exports
