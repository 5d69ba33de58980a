"""State of the trade-offs page against a front written by hand."""

from dashboard.snapshot import Snapshot
from dashboard.states.scenarios_state import scenarios_state
from dashboard.states.schedule.trade_offs_state import MEASURES, trade_offs_state

TERMS = {
    **{"makespan_h": 100.0, "tardiness": 50.0, "risk": 400.0, "energy": 300.0},
    **{"changeover": 20.0, "idle_h": 9.0, "stability": 0.0, "total": 770.0, "late_jobs": 2},
    **{"late_h": 4.0, "energy_kwh": 1500.0, "setup_h": 5.0},
}


def front(*points: dict, **more: object) -> dict:
    listed = [{"id": f"p{n}", "terms": TERMS | terms} for n, terms in enumerate(points)]
    return {"front": {"made": 0, "growing": False, "points": listed, "base": None} | more}


def test_without_a_front_the_page_says_whether_there_is_a_plan(snapshot: Snapshot) -> None:
    empty = trade_offs_state(snapshot)
    assert (empty["points"], empty["began"], empty["has_plan"]) == ([], None, False)
    planned = snapshot._replace(schedule={"proposed": {"version": 1}})
    assert trade_offs_state(planned)["has_plan"] is True


def test_a_wish_is_asked_for_until_a_front_answers_it(snapshot: Snapshot) -> None:
    """Until then what is shown is of the objectives that were asked for before."""
    other = ["tardiness", "idle"]
    answered = front({}, wish="7", objectives=["tardiness", "makespan"])
    for wish, wanted, asked, wished in (
        ("7", other, False, None),
        ("8", other, True, other),
        ("8", None, True, ["tardiness", "risk", "energy", "changeover"]),
    ):
        known = {"id": wish, "who": "Late Shift", "objectives": wanted}
        schedule = answered | {"front_wish": known}
        state = trade_offs_state(snapshot._replace(schedule=schedule))
        assert (state["asked"], state["wished"]) == (asked, wished)
        assert state["objectives"] == ["tardiness", "makespan"]


def test_pages_that_wait_for_solvers_say_that_they_are_being_compiled(snapshot: Snapshot) -> None:
    for schedule, says in (
        ({}, False),
        ({"planning": {"unreadable": []}}, False),
        ({"planning": {"compiling": True}}, True),
    ):
        seen = snapshot._replace(schedule=schedule)
        assert trade_offs_state(seen)["compiling"] is scenarios_state(seen)["compiling"] is says


def test_a_front_is_called_proven_where_the_search_says_so(snapshot: Snapshot) -> None:
    for more, proven in ({}, False), ({"proven": False}, False), ({"proven": True}, True):
        schedule = front({}, **more)
        assert trade_offs_state(snapshot._replace(schedule=schedule))["proven"] is proven


def test_what_failures_cost_is_not_known_where_no_machine_is_forecast(snapshot: Snapshot) -> None:
    for more, risk in (({"forecasts": 0}, None), ({"forecasts": 3}, 400), ({}, 400)):
        seen = snapshot._replace(schedule=front({}, base=TERMS, **more))
        state = trade_offs_state(seen)
        assert state["points"][0]["risk"] == state["now"]["risk"] == risk


def test_running_costs_are_risk_energy_and_setups(snapshot: Snapshot) -> None:
    (point,) = trade_offs_state(snapshot._replace(schedule=front({})))["points"]
    assert point["running"] == 400 + 300 + 20
    assert set(point) == {"id", *MEASURES}


def test_utilisation_is_measured_by_the_hours_that_machines_stand_open_and_unused(
    snapshot: Snapshot,
) -> None:
    state = trade_offs_state(snapshot._replace(schedule=front({}, {"idle_h": 7.5}, base=TERMS)))
    assert [p["idle_h"] for p in state["points"]] == [9.0, 7.5]
    assert (state["best"], state["now"]["idle_h"]) == ({"idle_h": "p1"}, 9.0)


def test_best_is_named_only_where_points_differ(snapshot: Snapshot) -> None:
    points = front({"energy": 200.0}, {"late_h": 1.0}, {"late_h": 2.0})
    best = trade_offs_state(snapshot._replace(schedule=points))["best"]
    assert best == {"energy": "p0", "late_h": "p1", "running": "p0"}


def test_plan_in_force_is_measured_as_the_points_are(snapshot: Snapshot) -> None:
    state = trade_offs_state(snapshot._replace(schedule=front({}, base=TERMS)))
    assert state["now"] == {k: v for k, v in state["points"][0].items() if k != "id"}


def test_why_no_point_can_be_adopted_is_said_where_there_are_points(snapshot: Snapshot) -> None:
    for points, refusal in ([{}], "front_too_old"), ([], ""):
        state = trade_offs_state(snapshot._replace(schedule=front(*points)))
        assert state["refusal"] == refusal
    fresh = front({})["front"] | {"made": snapshot.plant_us}
    assert trade_offs_state(snapshot._replace(schedule={"front": fresh}))["refusal"] == ""


def test_the_plan_of_then_is_not_called_in_force_once_another_is(snapshot: Snapshot) -> None:
    begun = front({}, {}, base=TERMS)
    begun["front"]["base_version"] = 3
    for in_force, superseded in (
        (None, False),
        ({"version": 3}, False),
        ({"version": 4}, True),
        ({"version": 4, "point": "p1"}, True),
    ):
        state = trade_offs_state(snapshot._replace(schedule=begun | {"in_force": in_force}))
        assert state["superseded"] is superseded
