"""The what-if page's numbers: second routes, what is refused, and what is kept."""

import csv
import io
import json
import time
from collections.abc import Iterator

import numpy as np
import pytest
from lived_plant import LivedPlant

from dashboard.app import PlantTwin, create_app
from dashboard.data.cases import Cases
from dashboard.data.residuals import judge
from dashboard.data.scenarios import answer
from dashboard.data.wishes import Asked
from dashboard.snapshot import Snapshot, machine_of, row_of
from twin.actions import Action, pack_action
from twin.config import Settings
from twin.core.hazard_risk import assess
from twin.plant import Machine, TwinSettings

MILL = "mill-01"
HERE = {"Origin": "http://localhost"}


@pytest.fixture(scope="module")
def lived() -> LivedPlant:
    return LivedPlant(time.time_ns() // 1000, hours=6)


@pytest.fixture(scope="module")
def app(lived: LivedPlant) -> Iterator[PlantTwin]:
    made = create_app(lived.store, Settings(threads=18))
    yield made
    made.reader.stop()


@pytest.fixture(autouse=True)
def _now(app: PlantTwin, lived: LivedPlant) -> None:
    lived.catch_up(time.time_ns() // 1000)
    app.reader.tick()


def now_of(app: PlantTwin) -> tuple[Snapshot, Machine]:
    snapshot = app.reader.latest
    assert snapshot is not None
    machine = machine_of(snapshot, MILL)
    assert machine is not None
    return snapshot, machine


def asked(app: PlantTwin, scenarios: list[dict], **more: object) -> dict:
    snapshot, machine = now_of(app)
    question = Asked.model_validate({"machine": MILL, "scenarios": scenarios} | more)
    return answer(Cases(), app.reader.machines, snapshot, machine, question)


def test_baseline_is_the_risk_that_the_failure_model_gives(app: PlantTwin) -> None:
    """Second route: the landmark model on the belief of the checkpoint, as the view has it."""
    got = asked(app, [])["courses"][0]
    snapshot, machine = now_of(app)
    belief = app.reader.machines.belief(snapshot, machine)
    assert belief is not None
    layout = belief.model.trend(belief.machine_class).layout
    hazard = belief.model.hazard()
    assert hazard is not None
    x = layout.level(belief.state), layout.slope(belief.state), belief.age_steps
    want = assess(hazard, *x, [8.0, 24.0, 168.0])
    for n, name in enumerate(("shift", "day", "week")):
        np.testing.assert_allclose(got["p_at"][name][0], want.p[0, n], rtol=1e-2)
    row = row_of(snapshot, MILL)
    assert row is not None
    np.testing.assert_allclose(got["p_at"]["week"][0], row["p"][2], rtol=0.05)


def test_empty_scenario_is_the_baseline(app: PlantTwin) -> None:
    base, same = asked(app, [{"name": "same"}])["courses"]
    assert {k: v for k, v in same.items() if k != "name"} == {
        k: v for k, v in base.items() if k != "name"
    }


def test_more_load_lifts_the_current_by_its_gain(app: PlantTwin) -> None:
    """At the first moment only the answer of the level counts: gain · change, in amperes."""
    question = [{"inputs": {"load_pct": {"value": 90.0}}}]
    found = asked(app, question, sensor="motor_current_a")
    base, more = found["courses"]
    usual = next(u["usual"] for u in found["inputs"] if u["id"] == "load_pct")
    model = app.reader.machines.model("mill", app.reader.plant.classes["mill"])
    gain = model.trend_model.gain[0][2][0]
    assert more["mean"][0] - base["mean"][0] == pytest.approx(gain * (90 - usual), rel=1e-2)


def test_service_and_own_limit_are_taken(app: PlantTwin) -> None:
    limits = {"spindle_vib_mms": {"high": 0.1}}
    base, served = asked(app, [{"service": 48.0, "limits": limits}])["courses"]
    assert base["service_h"] is None
    assert served["service_h"] == 48.0
    assert served["crossing"]["mid_h"] == 0.0
    assert served["p"][-1] <= base["p"][-1]
    assert served["cost"]["planned"] > 0


def with_own_matrices(snapshot: Snapshot) -> Snapshot:
    """The same moment of a plant whose mills are of the linear family."""
    eye = np.eye(8).tolist()
    own = TwinSettings(family="linear", F=eye, H=eye, Q=eye, R=eye)
    mills = snapshot.plant.classes["mill"].model_copy(update={"twin": own})
    classes = {**snapshot.plant.classes, "mill": mills}
    return snapshot._replace(plant=snapshot.plant.model_copy(update={"classes": classes}))


def test_nothing_is_said_of_a_machine_that_is_silent_or_was_not_learnt(app: PlantTwin) -> None:
    snapshot, machine = now_of(app)
    question, views = Asked(machine=MILL), app.reader.machines
    later = snapshot._replace(plant_us=snapshot.plant_us + 3_600_000_000)
    assert answer(Cases(), views, later, machine, question) == {"withheld": "silent"}
    linear = with_own_matrices(snapshot)
    assert answer(Cases(), views, linear, machine, question) == {"withheld": "linear"}
    assert judge(views, linear, machine, 500) is None


def test_unknown_names_and_numbers_are_refused_with_what_is_wanted(app: PlantTwin) -> None:
    client = app.server.test_client()
    for scenario, word in (
        ({"inputs": {"wind": {"value": 1}}}, b"load_pct"),
        ({"service": -3}, b"service"),
        ({"colour": "red"}, b"colour"),
    ):
        body = {"machine": MILL, "scenarios": [scenario]}
        told = client.post("/data/what-if", json=body, headers=HERE)
        assert told.status_code == 422
        assert word in told.data
    five = {"machine": MILL, "scenarios": [{}] * 5}
    assert client.post("/data/what-if", json=five, headers=HERE).status_code == 422
    assert client.post("/data/what-if", json={"machine": "x"}, headers=HERE).status_code == 404
    large = b" " * 20_000
    assert client.post("/data/what-if", data=large, headers=HERE).status_code == 413


def test_comparison_leaves_as_csv_with_the_zone_in_its_header(app: PlantTwin) -> None:
    question = {"machine": MILL, "scenarios": [{"name": "=1+1", "service": 24}]}
    query = {"asked": json.dumps(question)}
    told = app.server.test_client().get("/export/what-if.csv", query_string=query)
    head, base, scenario = csv.reader(io.StringIO(told.get_data(as_text=True).lstrip("\ufeff")))
    assert "UTC" in head[2]
    assert len(head) == len(base) == len(scenario)
    assert scenario[1] == "'=1+1"
    assert scenario[4] == "24.0"


def test_saved_comparison_is_listed_with_its_author_and_can_be_deleted(
    app: PlantTwin, lived: LivedPlant
) -> None:
    document = {"version": 1, "scenarios": [{"name": "slow", "service": "none"}], "sensor": ""}
    save = {"name": "slower", "document": document}

    def do(verb: str, detail: dict, token: str) -> str:
        now = lived.store.clock().plant_now(lived.wall_us)
        action = Action(verb, MILL, now, lived.wall_us, "Day", "engineer", detail, token)
        action_id = lived.store.add_action(pack_action(action))
        lived.step(0.0)
        return action_id.decode()

    scenario_id = do("scenario.save", save, "token-save")
    client = app.server.test_client()
    (kept,) = client.get(f"/data/scenarios/{MILL}").get_json()
    assert (kept["id"], kept["name"], kept["who"]) == (scenario_id, "slower", "Day")
    assert kept["document"] == document
    assert client.get("/data/scenarios/mill-02").get_json() == []
    do("scenario.delete", {"scenario": scenario_id}, "token-delete")
    assert client.get(f"/data/scenarios/{MILL}").get_json() == []


def test_residuals_of_the_machine_are_those_of_its_trace(app: PlantTwin) -> None:
    """Second route: variance and count straight from the innovations that the view shows live."""
    snapshot, machine = now_of(app)
    told = app.server.test_client().get(f"/data/residuals/{MILL}?n=500").get_json()
    past = app.reader.machines.rows(snapshot.plant, machine, 500 * 60.0)
    e = past.trace.innovation[-500:]
    for n, sensor in enumerate(told["sensors"]):
        seen = e[np.isfinite(e[:, n]), n]
        kept = seen[np.abs(seen) < 3.89]  # the gate at .9999
        assert sensor["n"] == pytest.approx(len(kept), abs=3)
        assert sensor["variance"] == pytest.approx(kept.var(), rel=0.1)
    assert len(told["charts"]["acf"]["r"]) == 40


def test_residuals_leave_as_csv(app: PlantTwin) -> None:
    told = app.server.test_client().get(f"/export/residuals.csv?machine={MILL}")
    head, *rows = csv.reader(io.StringIO(told.get_data(as_text=True).lstrip("\ufeff")))
    assert len(rows) == 8
    assert {len(row) for row in rows} == {len(head)}
