"""The front that somebody asked for: searched once, shown as it grows, any point can be adopted."""

import numpy as np
import orjson
import pytest
from planning_bench import planned_world

from twin.actions import checked_detail
from twin.errors import PlanningError, SchemaError
from twin.pipeline.apart import ApartError
from twin.pipeline.planning.front import FrontSearch
from twin.pipeline.planning.front_apart import search_apart
from twin.scheduling.check import check
from twin.scheduling.pareto.archive import Box
from twin.scheduling.pareto.front import TRADED, Front, Traded
from twin.scheduling.rules import RULES

pytestmark = pytest.mark.usefixtures("known_cost")
BOX = Box(np.zeros(len(TRADED)), np.ones(len(TRADED)))


def by_rules(problem, _start, seconds, tell, stop, names):
    """Told one by one: the plans of the dispatch rules."""
    found = []
    for n, rule in enumerate(RULES.values()):
        plan = rule(problem)
        found.append(Traded(plan, check(problem, plan).terms))
        tell(Front(names, tuple(found), BOX, 0.1, float(n), True))
        if stop():
            break
    return Front(names, tuple(found), BOX, 0.2, seconds, False)


@pytest.fixture
def world(tmp_path):
    return planned_world(tmp_path, 4, mill_0=60.0)


def search_of(world, search=by_rules):
    return FrontSearch(world.store, search, clock=lambda: world.now)


def searched(world, search=by_rules):
    """The front that somebody asked for."""
    world.do("front.explore", {"seconds": 30})
    world.desk_step()
    search_of(world, search).step(world.site)
    return world.document("front")


def test_nobody_asked_nothing_is_searched(world):
    search = search_of(world)
    assert not search.is_wished()
    search.step(world.site)
    assert world.document("front") is None


def test_a_wish_is_answered_once_and_survives_a_restart_on_the_way(world):
    world.do("front.explore", {"seconds": 30})
    world.desk_step()
    search = search_of(world)
    assert search.is_wished()
    search.step(world.site)
    front = world.document("front")
    assert not search.is_wished()
    assert (front["who"], front["growing"], front["until_s"]) == ("Late", False, 30)
    assert {p["id"] for p in front["points"]} == set(world.store.documents("front-plans"))
    assert front["base"]["total"] == pytest.approx(world.document("in_force_now")["terms"]["total"])
    half = {**front, "growing": True}
    world.store.set_documents("schedule", {"front": orjson.dumps(half)})
    assert search.is_wished()


@pytest.mark.parametrize("found", [True, False])
def test_a_search_that_ends_with_its_planner_is_begun_anew_by_the_next(world, found):
    def nothing(*_):
        raise PlanningError("the solver was stopped before it had an answer")

    world.do("front.explore", {"seconds": 30})
    world.desk_step()
    search_of(world, by_rules if found else nothing).step(world.site, lambda: True)
    assert search_of(world).is_wished()
    search_of(world).step(world.site)
    front = world.document("front")
    assert (front["growing"], front["fault"], len(front["points"]) > 0) == (False, None, True)


@pytest.mark.parametrize("wished", [None, ["tardiness", "stability", "makespan"]])
def test_what_is_wished_to_be_traded_is_traded(world, wished):
    heard = []

    def listening(problem, start, seconds, tell, stop, names):
        heard.append(names)
        return by_rules(problem, start, seconds, tell, stop, names)

    world.do("front.explore", {"seconds": 30, "objectives": wished})
    world.desk_step()
    search_of(world, listening).step(world.site)
    assert heard == [tuple(wished or TRADED)]
    assert world.document("front")["objectives"] == list(heard[0])


@pytest.mark.parametrize("names", [["risk", "energy"], ["tardiness"], ["tardiness"] * 2, ["luck"]])
def test_what_cannot_be_traded_is_refused(names):
    with pytest.raises(SchemaError, match=r"objectives|tardiness"):
        checked_detail("front.explore", {"objectives": names})


def test_a_search_waits_until_solvers_are_compiled(world):
    search = search_of(world)
    world.do("front.explore", {"seconds": 30})
    for compiling in (True, False):
        world.store.set_documents("schedule", {"planning": orjson.dumps({"compiling": compiling})})
        world.desk_step()
        assert search.is_due() is not compiling
    search.step(world.site)
    assert not search.is_due()


def test_a_newer_wish_ends_the_search(world):
    world.do("front.explore", {"seconds": 30})
    world.desk_step()
    seen = []

    def interrupted(problem, start, seconds, tell, stop, names):
        world.do("front.explore", {"seconds": 60})
        world.desk_step()
        seen.append(stop())
        return by_rules(problem, start, seconds, tell, stop, names)

    search = search_of(world, interrupted)
    search.step(world.site)
    assert seen == [True]
    assert search.is_wished()


def test_a_point_is_adopted_as_it_was_shown_and_taken_back(world):
    front, before = searched(world), world.document("in_force")
    point = front["points"][-1]
    adopted = world.do("plan.adopt", {"point": point["id"]})
    world.desk_step()
    in_force = world.document("in_force")
    assert (in_force["point"], in_force["terms"]) == (point["id"], point["terms"])
    assert in_force["version"] > before["version"]
    world.do("action.undo", {"action": adopted})
    world.desk_step()
    assert world.document("in_force")["version"] == before["version"]


def test_a_point_is_adopted_once(world):
    own = {"point": searched(world)["points"][-1]["id"]}
    world.do("plan.adopt", own)
    again = world.do("plan.adopt", own)
    world.desk_step()
    assert world.line(again)["reason"] == "already_in_force"


def test_a_point_that_is_gone_is_refused(world):
    refused = world.do("plan.adopt", {"point": "p0"})
    world.desk_step()
    line = world.line(refused)
    assert (line["outcome"], line["reason"]) == ("refused", "unknown_plan")


def adopting(world, point):
    action = world.do("plan.adopt", {"point": point})
    world.desk_step()
    return world.line(action)["reason"]


def test_a_point_holds_as_long_as_its_plan_does_in_the_plant_of_now(world):
    """Being late is no fault; that its machine is serviced to the end of the week is one."""
    point = searched(world)["points"][-1]["id"]
    world.pass_time(30.0)
    assert adopting(world, point) is None
    machine = world.document("in_force")["operations"][0]["machine"]
    down = world.do("service.plan", {"start": world.now, "duration_h": 167.5}, machine=machine)
    world.desk_step()
    assert world.line(down)["outcome"] == "done"
    assert adopting(world, point) == "plan_does_not_hold"


def test_nothing_is_left_of_a_front_after_a_week(world):
    point = searched(world)["points"][-1]["id"]
    world.pass_time(169.0)
    assert adopting(world, point) == "front_too_old"


def test_a_point_that_would_lose_an_open_order_is_refused(world):
    point = searched(world)["points"][-1]["id"]
    world.add_order("RUSH", priority=1, due_h=10)
    world.settle()
    assert adopting(world, point) is None, "nothing is lost that is in no plan in force"
    world.do("plan.adopt", {"version": world.document("proposed")["version"]})
    world.desk_step()
    assert "RUSH" in {o["order"] for o in world.document("in_force")["operations"]}
    assert adopting(world, point) == "front_misses_orders"
    world.do("order.cancel", {"order": "RUSH", "reason": "x"})
    assert adopting(world, point) is None


def test_a_front_stays_to_adopt_from_until_a_newer_search_has_a_point(world):
    before, plans = searched(world), world.store.documents("front-plans")
    seen = []

    def without(*_):
        seen.append((world.document("front"), world.store.documents("front-plans")))
        raise PlanningError("nothing to trade")

    after = searched(world, without)
    assert seen == [(before, plans)]
    assert (after["points"], after["fault"]) == (before["points"], "nothing to trade")
    assert world.store.documents("front-plans") == plans
    assert adopting(world, before["points"][0]["id"]) is None
    world.pass_time(1.0)
    last = searched(world)
    assert last["fault"] is None
    assert set(world.store.documents("front-plans")) == {p["id"] for p in last["points"]}


@pytest.mark.parametrize("fault", [PlanningError("nothing to trade"), KeyError("nobody")])
def test_why_there_is_no_front_is_said_in_it(world, fault, capsys):
    def without(*_):
        raise fault

    world.do("front.explore", {"seconds": 30})
    world.desk_step()
    search = search_of(world, without)
    search.step(world.site)
    front = world.document("front")
    assert (front["points"], front["growing"]) == ([], False)
    assert "nothing to trade" in front["fault"] or "nobody" in front["fault"]
    assert not search.is_wished()
    log = capsys.readouterr().err
    assert f"trade-offs: {front['fault']}" in log.splitlines()
    assert ("Traceback" in log) == isinstance(fault, KeyError)


def test_a_search_that_dies_leaves_what_it_found(monkeypatch):
    def died(*_):
        raise ApartError("the solver's process ended by signal SIGABRT", "as far as it came")

    monkeypatch.setattr("twin.pipeline.planning.front_apart.run_apart", died)
    assert search_apart(None, None, 1.0, print, lambda: False) == "as far as it came"


def test_an_adopted_point_has_a_version_of_its_own_and_is_what_the_next_plan_is_held_against(world):
    world.do("plan.adopt", {"point": searched(world)["points"][-1]["id"]})
    world.desk_step()
    version = world.document("in_force")["version"]
    assert "adopted" in world.settle()
    heads = {v["version"]: v for v in world.document("versions")}
    assert (heads[version]["who"], heads[version]["why"]) == ("Late", "chosen")
    assert f"plan-{version}" in world.store.documents("schedule_plans")
    assert world.document("proposed")["version"] >= version


def test_what_comes_into_force_while_a_plan_is_solved_shares_no_number_with_it(world):
    moved = []

    def meanwhile(_problem, _start, _seconds, _seed):
        if not moved:
            in_force = world.document("in_force")
            other = {**in_force, "version": in_force["version"] + 1}
            world.store.set_documents("schedule", {"in_force": orjson.dumps(other)})
            moved.append(other["version"])
        raise PlanningError("nothing better")

    world.loop.improve = meanwhile
    world.add_order("RUSH", priority=1, due_h=10)
    world.settle()
    assert [world.document("in_force")["version"]] == moved
    assert world.document("proposed")["version"] > moved[0]


def test_orders_that_an_adopted_plan_leaves_out_keep_its_reason_and_count_as_in_it(world):
    def leaving_out(problem, _start, seconds, _tell, _stop, names):
        plan = RULES["edd"](problem)
        own = len(problem.jobs[0].operations)
        plan.machine[:own] = plan.start[:own] = -1
        terms = check(problem, plan).terms
        return Front(names, (Traded(plan, terms),), BOX, 0.2, seconds, False)

    world.do("plan.adopt", {"point": searched(world, leaving_out)["points"][0]["id"]})
    world.add_order("NEW")
    world.desk_step()
    adopted = world.document("in_force")
    world.settle()
    told = world.document("in_force_now")
    assert [x["reason"] for x in adopted["left_out"]] == ["no_room"]
    news = {"order": "NEW", "reason": "not_in_plan", "by": None}
    assert [x for x in told["left_out"] if x != news] == adopted["left_out"]
    assert news in told["left_out"]
    assert told["terms"]["late_jobs"] == adopted["terms"]["late_jobs"] == 1
