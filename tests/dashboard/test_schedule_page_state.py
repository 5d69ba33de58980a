"""What the schedule page says: bars, heads, suggestions and what people decided about them."""

import json
from datetime import datetime
from typing import Any

import pytest
from fake_plant import FakePlant

from dashboard.data import read_snapshot
from dashboard.data.documents import Documents
from dashboard.data.schedule import Planned, PlanReader
from dashboard.snapshot import Snapshot
from dashboard.states.schedule.schedule_plan import plan_state
from dashboard.states.schedule.schedule_state import schedule_state

HOUR = 3_600_000_000


def looked(fake: FakePlant) -> tuple[Snapshot, Planned]:
    snapshot = read_snapshot(fake.store, fake.plant, 1, fake.wall_us)
    snapshot = snapshot._replace(schedule=Documents(fake.store).read("schedule"))
    return snapshot, PlanReader(fake.store).read(snapshot)


def state_of(fake: FakePlant) -> dict[str, Any]:
    return schedule_state(*looked(fake))


def suggestion(fake: FakePlant, suggestion_id: str) -> dict[str, Any]:
    return next(s for s in state_of(fake)["suggestions"] if s["id"] == suggestion_id)


def put(fake: FakePlant, **documents: Any) -> None:
    texts = {name: json.dumps(value).encode() for name, value in documents.items()}
    fake.store.set_documents("schedule", texts)


def test_columns_read_back_are_the_plan(fake: FakePlant) -> None:
    plan = fake.schedule.in_force
    state = plan_state(fake.plant, plan, fake.schedule.orders)
    ops, t0 = state["ops"], state["t0"]
    back = [
        {
            "order": state["orders"][ops["order"][n]]["id"],
            "step": ops["step"][n],
            "machine": state["rows"][ops["row"][n]]["id"],
            "setup_start": t0 + ops["setup"][n] * 1_000_000,
            "start": t0 + ops["start"][n] * 1_000_000,
            "end": t0 + ops["end"][n] * 1_000_000,
            "family": ops["family"][n],
            "late": bool(ops["late"][n]),
            "pin": ops["pin"][n],
        }
        for n in range(len(plan["operations"]))
    ]
    assert back == plan["operations"]
    served = [(s["id"], t0 + s["start"] * 1_000_000, s["row"]) for s in state["services"]]
    assert [(i, t, state["rows"][r]["id"]) for i, t, r in served] == [
        (s["id"], s["start"], s["machine"]) for s in plan["services"]
    ]


def test_prices_follow_the_plant_files_tariff_by_its_own_clock(fake: FakePlant) -> None:
    """Read off demo/plant.toml: nights .12, weekday evenings .34, else the price."""
    state = plan_state(fake.plant, fake.schedule.in_force, fake.schedule.orders)
    assert fake.plant.energy
    base = fake.plant.energy.price
    first = fake.schedule.in_force["start"] // 1_000_000
    said = {}
    for hour in range((state["end_s"] - state["start_s"]) // 3600):
        at = first - state["t0"] // 1_000_000 + 3600 * hour + 1800
        clock = datetime.fromtimestamp(first + 3600 * hour + 1800, fake.plant.zone)
        price = [price for since, price in state["prices"] if since <= at][-1]
        said.setdefault((clock.strftime("%a"), clock.hour), price)
    assert (said["Mon", 18], said["Mon", 20], said["Mon", 12]) == (0.34, base, base)
    assert (said["Mon", 23], said["Tue", 5], said["Tue", 6]) == (0.12, 0.12, base)


def test_what_was_done_before_the_plan_is_drawn_as_done(fake: FakePlant) -> None:
    plan, orders = fake.schedule.in_force, fake.schedule.orders
    done = [
        (order_id, n)
        for order_id, order in orders.items()
        for n, step in enumerate(order["steps"])
        if step["state"] == "done"
    ]
    state = plan_state(fake.plant, plan, orders)
    ops = state["ops"]
    shown = [
        (state["orders"][order]["id"], step)
        for order, step, pin in zip(ops["order"], ops["step"], ops["pin"], strict=True)
        if pin == "done"
    ]
    assert shown
    assert sorted(shown) == sorted(done)


def test_a_service_under_way_is_drawn_from_when_it_began(fake: FakePlant) -> None:
    known, *others = fake.schedule.in_force["services"]
    began = {"id": known["id"], "start": known["start"] - 3_600_000_000}
    plan = {**fake.schedule.in_force, "services": [known | {"pin": "running"}, *others]}
    state = plan_state(fake.plant, plan, fake.schedule.orders, [began])
    ahead = plan_state(fake.plant, fake.schedule.in_force, fake.schedule.orders, [began])
    starts = [found["services"][0]["start"] for found in (state, ahead)]
    assert starts[1] - starts[0] == 3600


def test_everything_lies_within_the_span(fake: FakePlant) -> None:
    state = plan_state(fake.plant, fake.schedule.in_force, fake.schedule.orders)
    ops = state["ops"]
    assert min(ops["setup"]) >= 0
    assert max(ops["end"]) <= state["span_s"]
    assert state["start_s"] < state["end_s"] <= state["span_s"]


def test_stamp_changes_with_the_documents_and_not_without(fake: FakePlant) -> None:
    reader, documents = PlanReader(fake.store), Documents(fake.store)
    base = read_snapshot(fake.store, fake.plant, 1, fake.wall_us)

    def stamp() -> str:
        return reader.read(base._replace(schedule=documents.read("schedule"))).stamp

    first = stamp()
    assert stamp() == first
    put(fake, proposed=fake.schedule.proposed | {"version": 14})
    second = stamp()
    assert second != first
    order = fake.schedule.orders["A-1001"] | {"priority": 5}
    fake.store.set_documents("orders", {"A-1001": json.dumps(order).encode()})
    assert stamp() not in {first, second}


def test_a_proposal_that_is_in_force_is_none(fake: FakePlant) -> None:
    assert state_of(fake)["plans"]["proposed"]["version"] == 13
    assert state_of(fake)["saves"] == 1500.0
    put(fake, in_force=fake.schedule.proposed)
    state = state_of(fake)
    assert state["plans"]["in_force"]["version"] == 13
    assert state["plans"]["proposed"] is None
    assert state["saves"] is None


def test_plan_in_force_is_shown_as_it_runs_and_told_as_it_was_made(fake: FakePlant) -> None:
    now = fake.schedule.in_force | {"why": "drift", "made": fake.schedule.now + HOUR}
    later = [o | {"end": o["end"] + HOUR} for o in now["operations"]]
    put(fake, in_force_now=now | {"operations": later})
    plan = looked(fake)[1].plan("in_force")
    assert plan is not None
    assert plan["operations"] == later
    assert (plan["why"], plan["made"]) == ("clock", fake.schedule.now)
    put(fake, in_force_now=now | {"operations": later, "version": 11})
    plan = looked(fake)[1].plan("in_force")
    assert plan is not None
    assert plan["operations"] == fake.schedule.in_force["operations"]


@pytest.mark.parametrize(("forecasts", "is_known"), [(0, False), (1, True), (None, True)])
def test_what_failures_cost_is_not_known_before_anything_is_forecast(
    fake: FakePlant, forecasts: int | None, is_known: bool
) -> None:
    before = fake.schedule.in_force
    head = {"version": 7, "made": 0, "terms": before["terms"], "forecasts": forecasts}
    put(fake, in_force=before | {"forecasts": forecasts}, versions=[head])
    state, want = state_of(fake), before["terms"] | ({} if is_known else {"risk": None})
    assert state["plans"]["in_force"]["terms"] == state["versions"][0]["terms"] == want


def test_plans_are_found_by_name_and_by_version(fake: FakePlant) -> None:
    planned = looked(fake)[1]
    assert planned.plan("13") == planned.plan("proposed") == fake.schedule.proposed
    assert planned.plan("99") is None
    assert planned.plan("suggestions") is None


def test_a_word_on_a_suggestion_shows_at_once_and_can_be_taken_back(fake: FakePlant) -> None:
    assert suggestion(fake, "service-1")["state"] == "open"
    fake.schedule.decide(fake.store, "accepted", "service-1", service="7-0", machine="mill-03")
    found = suggestion(fake, "service-1")
    assert (found["state"], found["who"], found["said"]["action"]) == (
        "accepted",
        "Late Shift",
        "7-0",
    )
    assert found["said"]["when"].startswith("2026-03-02T07:00")
    later = found["start_us"] + 5 * HOUR
    other = {"service": "7-0", "machine": "mill-03", "start": later, "crew": "late-mechanics"}
    fake.schedule.decide(fake.store, "accepted", "service-1", **other)
    chosen = suggestion(fake, "service-1")
    assert (chosen["start_us"], chosen["crew"]) == (later, "late-mechanics")
    assert chosen["hours"] == found["hours"]
    fake.schedule.decide(fake.store, "accepted", None)
    assert suggestion(fake, "service-1")["state"] == "open"


def test_a_veto_holds_until_its_time(fake: FakePlant) -> None:
    said = {"reason": "No crane", "action": "8-0", "machine": "mill-03"}
    fake.schedule.decide(fake.store, "vetoes", "service-1", until=fake.schedule.now + HOUR, **said)
    found = suggestion(fake, "service-1")
    assert (found["state"], found["reason"]) == ("vetoed", "No crane")
    assert found["said"]["until"].startswith("2026-03-02T08:00")
    fake.schedule.decide(fake.store, "vetoes", "service-1", until=fake.schedule.now - HOUR, **said)
    assert suggestion(fake, "service-1")["state"] == "open"


def test_a_veto_can_be_withdrawn_when_the_time_suggested_has_come(fake: FakePlant) -> None:
    """The planner lists it no more; the veto that still holds is the desk's."""
    said = {"reason": "No crane", "action": "8-0", "machine": "mill-03"}
    until = fake.schedule.now + HOUR
    fake.schedule.decide(fake.store, "vetoes", "service-gone", until=until, **said)
    found = suggestion(fake, "service-gone")
    assert (found["state"], found["machine"]) == ("vetoed", "mill-03")
    assert found["said"]["can_undo"]
    fake.schedule.decide(fake.store, "vetoes", "service-gone", until=until - 2 * HOUR, **said)
    listed = [s["id"] for s in state_of(fake)["suggestions"]]
    assert "service-gone" not in listed


def test_open_suggestions_come_first_by_what_they_save(fake: FakePlant) -> None:
    fake.schedule.decide(fake.store, "accepted", "service-1", service="7-0", machine="mill-03")
    found = state_of(fake)["suggestions"]
    states = [s["state"] for s in found]
    assert states == sorted(states, key=["open", "accepted"].index)
    saves = [s["saves"] for s in found if s["state"] == "open"]
    assert saves == sorted(saves, reverse=True)


def test_risk_before_a_start_is_the_curves(fake: FakePlant) -> None:
    """Nine hours from now, between the curve's points at six and at twelve: the earlier holds."""
    curve = fake.schedule.documents["suggestions"][0]["risk"]["curve"]
    assert suggestion(fake, "service-1")["p_start"] == pytest.approx(curve[1][1], abs=1e-4)


def test_a_service_that_the_plan_has_at_another_time_is_told_with_what_it_delays_there(
    fake: FakePlant,
) -> None:
    known = fake.schedule.documents["suggestions"]
    assert suggestion(fake, "service-1")["planned"] is None
    there = known[0]["alternatives"][1]
    there |= {"kind": "planned", "delays": [{"order": "A-1", "hours": 2.0}]}
    put(fake, suggestions=known)
    found = suggestion(fake, "service-1")
    assert found["planned"]["delays"] == [{"order": "A-1", "hours": 2.0}]
    assert found["planned"]["start"] == found["alternatives"][1]["start"] != found["start"]


def test_never_is_an_alternative_without_a_time(fake: FakePlant) -> None:
    known = fake.schedule.documents["suggestions"]
    never = known[0]["alternatives"][0] | {"kind": "nothing", "start": None, "crew": None}
    known[0]["alternatives"].append(never)
    put(fake, suggestions=known)
    assert suggestion(fake, "service-1")["alternatives"][-1]["start"] is None


def test_a_lock_is_named_by_order_and_step(fake: FakePlant) -> None:
    lock = fake.schedule.documents["decisions"]["locks"][0]
    found = state_of(fake)["locks"][f"{lock['order']}/{lock['step']}"]
    assert (found["machine"], found["start_us"], found["who"]) == (
        lock["machine"],
        lock["start"],
        "Late Shift",
    )


def test_a_plant_without_a_planner_has_an_empty_page(fake: FakePlant) -> None:
    for kind in ("schedule", "orders"):
        gone: dict[str, bytes | None] = dict.fromkeys(fake.store.documents(kind))
        fake.store.set_documents(kind, gone)
    state = state_of(fake)
    assert state["plans"] == {"in_force": None, "proposed": None}
    assert (state["n_orders"], state["suggestions"], state["versions"]) == (0, [], [])


def test_what_the_planner_could_not_read_is_said_for_a_day(fake: FakePlant) -> None:
    now = state_of(fake)["now_us"]
    slips = [
        {"name": name, "time": now - age_h * 3_600_000_000, "fault": "got no JSON"}
        for name, age_h in (("in_force", 25), ("decisions", 23))
    ]
    put(fake, planning={"unreadable": slips})
    assert [x["name"] for x in state_of(fake)["planner"]["unreadable"]] == ["decisions"]


def test_a_machine_left_unserviced_is_named_with_when_its_part_comes(fake: FakePlant) -> None:
    now = state_of(fake)["now_us"]
    left = [
        {"machine": machine, "saves": 100.0, "why": "part", "until": now}
        for machine in ("mill-01", "gone")
    ]
    put(fake, planning={"unserved": left})
    (said,) = state_of(fake)["planner"]["unserved"]
    assert said["machine"] == "mill-01"
    assert said["name"]
    until = datetime.fromisoformat(said["until"]).replace(tzinfo=fake.plant.zone)
    assert abs(until.timestamp() * 1e6 - now) < 1e6
