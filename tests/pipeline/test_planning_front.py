"""The front that somebody asked for: searched once, shown as it grows, any point can be adopted."""

import numpy as np
import orjson
import pytest
from planning_bench import G, World

from twin.errors import PlanningError
from twin.pipeline.planning.front import FrontSearch
from twin.scheduling.check import check
from twin.scheduling.pareto import TRADED, Front, Traded
from twin.scheduling.pareto_archive import Box
from twin.scheduling.rules import RULES

BOX = Box(np.zeros(len(TRADED)), np.ones(len(TRADED)))


def by_rules(problem, _start, seconds, tell, stop):
    """Told one by one: the plans of the dispatch rules."""
    found = []
    for n, rule in enumerate(RULES.values()):
        plan = rule(problem)
        found.append(Traded(plan, check(problem, plan).terms))
        tell(Front(TRADED, tuple(found), BOX, 0.1, float(n), True))
        if stop():
            break
    return Front(TRADED, tuple(found), BOX, 0.2, seconds, False)


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.setattr("twin.pipeline.machines_now._long_run_cost_h", lambda _s, _m: G)
    made = World(tmp_path)
    for n in range(4):
        made.add_order(f"A-{n}")
    made.hear(mill_0=60.0)
    made.settle()
    return made


def search_of(world, search=by_rules):
    return FrontSearch(world.store, search, clock=lambda: world.now)


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


def test_a_newer_wish_ends_the_search(world):
    world.do("front.explore", {"seconds": 30})
    world.desk_step()
    seen = []

    def interrupted(problem, start, seconds, tell, stop):
        world.do("front.explore", {"seconds": 60})
        world.desk_step()
        seen.append(stop())
        return by_rules(problem, start, seconds, tell, stop)

    search = search_of(world, interrupted)
    search.step(world.site)
    assert seen == [True]
    assert search.is_wished()


def test_a_point_is_adopted_as_it_was_shown_and_taken_back(world):
    world.do("front.explore", {"seconds": 30})
    world.desk_step()
    search_of(world).step(world.site)
    before, front = world.document("in_force"), world.document("front")
    point = front["points"][-1]
    adopted = world.do("plan.adopt", {"point": point["id"]})
    world.desk_step()
    in_force = world.document("in_force")
    assert (in_force["point"], in_force["terms"]) == (point["id"], point["terms"])
    assert in_force["version"] > before["version"]
    world.do("action.undo", {"action": adopted})
    world.desk_step()
    assert world.document("in_force")["version"] == before["version"]


def test_a_point_that_is_gone_is_refused(world):
    refused = world.do("plan.adopt", {"point": "p0"})
    world.desk_step()
    line = world.line(refused)
    assert (line["outcome"], line["reason"]) == ("refused", "unknown_plan")


def test_why_there_is_no_front_is_said_in_it(world):
    def without(*_):
        raise PlanningError("nothing to trade")

    world.do("front.explore", {"seconds": 30})
    world.desk_step()
    search = search_of(world, without)
    search.step(world.site)
    front = world.document("front")
    assert (front["points"], front["fault"], front["growing"]) == ([], "nothing to trade", False)
    assert not search.is_wished()
