"""The rolling horizon: what the planner may do by itself, and what only people may."""

from contextlib import suppress

import numpy as np
import orjson
import pytest
from desk_bench import HOUR_US
from planning_bench import G, World, bare_settings, situation

from twin.errors import PlanningError, StoreError
from twin.pipeline.planning import loop
from twin.pipeline.planning.compiled import small_problem
from twin.pipeline.planning.signs import Waiting, signs_of, why_new
from twin.scheduling.check import check
from twin.scheduling.rules import best_rule
from twin.scheduling.schedule import Answer, Schedule
from twin.types import Event


@pytest.fixture(autouse=True)
def known_cost(monkeypatch):
    """The small plant has no fitted model: its long-run cost is given."""
    monkeypatch.setattr("twin.pipeline.machines_now._long_run_cost_h", lambda _s, _m: G)


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    for n in range(4):
        made.add_order(f"A-{n}")
    made.hear(mill_0=60.0)
    made.settle()
    return made


def test_the_first_plan_is_put_in_force_by_an_action_of_the_planner_and_says_so(world):
    in_force = world.document("in_force")
    assert (in_force["why"], in_force["who"]) == ("first", "planner")
    assert {o["order"] for o in in_force["operations"]} == {f"A-{n}" for n in range(4)}
    journal = world.document("journal", "desk")
    assert [x["who"] for x in journal if x["verb"] == "plan.adopt"] == ["planner"]


def test_a_plan_in_force_is_never_replaced_by_the_planner(world):
    before = world.document("in_force")
    for n, hours in enumerate((1, 0.1, 3, 0.5, 6)):
        world.add_order(f"B-{n}", priority=1, due_h=20)
        world.hear(mill_1=30.0 + n)
        world.pass_time(hours)
        world.settle()
    assert world.document("in_force") == before
    proposed = world.document("proposed")
    assert proposed["version"] > before["version"]
    assert {"B-0", "B-4"} <= {o["order"] for o in proposed["operations"]}


def test_what_is_kept_up_has_every_operation_on_its_machine_and_in_its_turn(world):
    world.pass_time(5.0)
    world.settle()
    told, in_force = world.document("in_force_now"), world.document("in_force")
    assert told["version"] == in_force["version"]

    def turns(plan):
        found = {}
        for o in sorted(plan["operations"], key=lambda o: o["start"]):
            found.setdefault(o["machine"], []).append((o["order"], o["step"]))
        return found

    assert turns(told) == turns(in_force)
    assert min(o["start"] for o in told["operations"]) >= world.now - 60_000_000


def test_a_rush_order_that_fits_into_a_gap_moves_nothing_else_and_waits_for_a_person(world):
    world.add_order("RUSH", priority=1, due_h=10)
    assert "rush" in world.settle()
    proposal = next(s for s in world.document("suggestions") if s["kind"] == "plan")
    assert {(m["order"], m["from"]) for m in proposal["moves"]} == {("RUSH", None)}
    assert len(proposal["moves"]) == 3
    assert proposal["orders"] == ["RUSH"]
    order, plan = world.document("RUSH", "orders"), world.document("proposed")
    hours = (plan["end"] - order["due"]) / HOUR_US  # late from when it is due to the plan's end
    assert proposal["at_stake"] == pytest.approx(order["late_cost_h"] * hours, rel=0.01)
    world.do("plan.adopt", {"version": proposal["version"]})
    world.settle()
    in_force = world.document("in_force")
    assert (in_force["version"], in_force["who"]) == (proposal["version"], "Late")
    heads = {v["version"]: v["who"] for v in world.document("versions")}
    assert heads[proposal["version"]] == "Late"
    assert not [s for s in world.document("suggestions") if s["kind"] == "plan"]


def test_a_plan_that_is_no_longer_the_newest_is_refused(world):
    world.add_order("RUSH", priority=1, due_h=10)
    world.settle()
    old = world.document("proposed")["version"]
    world.add_order("RUSH-2", quantity=200, priority=1, due_h=10)
    world.settle()
    assert world.document("proposed")["version"] > old
    refused = world.do("plan.adopt", {"version": old})
    world.desk_step()
    assert world.line(refused)["reason"] == "newer_plan"


def test_an_accepted_service_binds_the_next_plan(world):
    suggestion = world.suggestion("mill-0")
    start = suggestion["start"] + 2 * HOUR_US
    accepted = world.do(
        "suggestion.accept", {"suggestion": suggestion["id"], "start": start, "crew": "night"}
    )
    assert "accepted" in world.settle()
    assert world.line(accepted)["outcome"] == "done"
    for name in ("proposed", "in_force_now"):
        service = next(s for s in world.document(name)["services"] if s["machine"] == "mill-0")
        if name == "in_force_now" or world.document(name)["why"] == "accepted":
            assert (service["start"], service["pin"]) == (start, "accepted")
    assert world.suggestion("mill-0")["state"] == "accepted"


def test_a_vetoed_service_does_not_come_back_before_its_time(world):
    suggestion = world.suggestion("mill-0")
    veto = {"suggestion": suggestion["id"], "reason": "customer visit", "hours": 30}
    world.do("suggestion.veto", veto)
    assert "veto" in world.settle()
    until = world.now + 30 * HOUR_US
    assert world.suggestion("mill-0")["state"] == "vetoed"
    for _ in range(6):
        world.pass_time(5.5)
        world.settle()
        found = world.suggestion("mill-0")
        if world.now < until:
            assert found is None or found["state"] != "open" or found["start"] >= until
    assert world.suggestion("mill-0")["state"] == "open"


def test_undoing_a_veto_brings_the_service_back(world):
    suggestion = world.suggestion("mill-0")
    veto = world.do("suggestion.veto", {"suggestion": suggestion["id"], "reason": "x"})
    world.settle()
    world.do("action.undo", {"action": veto})
    world.settle()
    assert world.suggestion("mill-0")["state"] == "open"


def wrong(problem, _start, _seconds, _seed):
    """A solver that lies: all at once on the first machine that can, and for free."""
    first = [op.alternatives[0].machine for job in problem.jobs for op in job.operations]
    machine = np.array(first, np.int64)
    nobody = np.full(len(problem.tasks), -1, np.int64)
    schedule = Schedule(machine, np.zeros(len(machine), np.int64), nobody, nobody)
    return Answer(schedule, -1e9, None, 0.0)


def test_a_plan_that_the_checker_faults_is_never_written(tmp_path):
    world = World(tmp_path, improve=wrong)
    for n in range(4):
        world.add_order(f"A-{n}")
    world.settle()
    world.add_order("RUSH", priority=1, due_h=10)
    world.settle()
    assert world.loop.refused > 0
    assert world.document("planning")["refused"] == world.loop.refused
    for name, text in world.store.documents("schedule").items():
        assert b'"anneal"' not in text, name


def died(_problem, _start, _seconds, _seed):
    raise PlanningError("the solver's process ended by signal SIGABRT")


def test_a_solver_that_dies_leaves_the_plan_of_the_rules(tmp_path):
    world = World(tmp_path, improve=died)
    world.add_order("A-0")
    world.settle()
    assert world.document("in_force")["operations"]
    assert world.document("in_force")["solver"] in {"spt", "edd", "atc", "risk"}


def test_a_planner_that_starts_again_goes_on_from_its_documents(world):
    versions = [v["version"] for v in world.document("versions")]
    in_force = world.document("in_force")
    world.restart()
    world.add_order("RUSH", priority=1, due_h=10)
    world.settle()
    assert world.document("in_force") == in_force
    now = [v["version"] for v in world.document("versions")]
    assert now[: len(versions)] == versions
    assert now[len(versions)] == versions[-1] + 1


def test_a_breakdown_is_planned_round_until_the_repair_is_expected(world):
    world.store.add_events([Event(world.now, "failure", "mill-0", {"mode": None})])
    assert "breakdown" in world.settle()
    usual = world.site.plant.classes["mill"].costs.unplanned_h
    told = world.document("in_force_now")
    assert [b["machine"] for b in told["breakdowns"]] == ["mill-0"]
    starts = [o["start"] for o in told["operations"] if o["machine"] == "mill-0"]
    assert all(start >= world.now + (usual - 0.1) * HOUR_US for start in starts)


def test_only_the_newest_plans_are_kept_whole_and_heads_for_longer(world, monkeypatch):
    monkeypatch.setattr("twin.pipeline.planning.kept.PLANS_KEPT", 3)
    for n in range(6):
        world.add_order(f"R-{n}", quantity=5, priority=1, due_h=10)
        world.settle()
    whole = world.store.documents("schedule_plans")
    versions = [v["version"] for v in world.document("versions")]
    heads = {f"plan-{v['version']}" for v in world.document("versions") if v["whole"]}
    assert heads == set(whole)
    assert len(versions) >= 6
    in_force = world.document("in_force")["version"]
    assert set(whole) == {f"plan-{v}" for v in {in_force, *versions[-3:]}}


def test_a_plant_without_crews_and_products_is_still_told_what_to_service(tmp_path):
    world = World(tmp_path, settings=bare_settings)
    world.hear(press_1=40.0)
    world.settle()
    suggestion = world.suggestion("press-1")
    assert suggestion["state"] == "open"
    assert suggestion["crew"] is None
    accepted = world.do("suggestion.accept", {"suggestion": suggestion["id"]})
    world.desk_step()
    assert world.line(accepted)["outcome"] == "done"
    services = world.document("services", "desk")
    assert [(s["machine"], s["state"]) for s in services] == [("press-1", "planned")]


def test_changes_in_quick_succession_are_one_reason_and_the_most_pressing(tmp_path):
    world = World(tmp_path)
    world.settle()

    quiet = signs_of(situation(world.site))
    order = {"quantity": 1, "release": 0, "due": 1 << 60, "priority": 3, "state": "open"}
    one = signs_of(situation(world.site)._replace(orders={"A": order | {"id": "A", "steps": []}}))
    both = one._replace(failed=frozenset({"mill-0"}))
    waiting = Waiting(quiet_s=2.0, longest_s=6.0)
    assert waiting.look(quiet, quiet, 0.0) is None
    assert waiting.look(quiet, one, 1.0) is None
    assert waiting.look(quiet, both, 2.5) is None
    assert waiting.look(quiet, both, 3.5) is None  # 1 s after the last that came
    assert waiting.look(quiet, both, 4.5) == "breakdown"
    stormy = Waiting(quiet_s=2.0, longest_s=6.0)
    whys = [
        stormy.look(quiet, one._replace(vetoes=frozenset({(n, n)})), float(n)) for n in range(1, 9)
    ]
    assert whys[:6] == [None] * 6
    assert whys[6] == "veto"  # it does not wait for ever


def test_the_very_first_plan_is_shown_at_once_and_in_force_when_it_has_been_improved(tmp_path):
    asked = []

    def improve(problem, start, _seconds, _seed):
        asked.append(problem)
        assert start is None  # from nothing: a rule's plan would hold it
        _, schedule, terms = best_rule(problem)
        return Answer(schedule, terms.total, None, 0.0)

    world = World(tmp_path, improve=improve)
    world.add_order("A-0")
    world.desk_step()
    assert world.step() == "first"
    assert not asked
    assert world.document("proposed")["operations"]
    assert world.document("in_force") is None
    world.settle()
    assert asked
    assert world.document("in_force")["who"] == "planner"


@pytest.mark.parametrize(
    ("before_h", "after_h", "is_news"),
    [(60.0, 62.0, False), (400.0, 100.0, True), (9e9, 1e6, False)],
)
def test_a_risk_asks_for_a_plan_when_it_leaves_its_band(tmp_path, before_h, after_h, is_news):
    """Log odds of failing in a week with mean life µ: ln(e^(168/µ) − 1)."""
    site = World(tmp_path).site
    before, after = (
        signs_of(situation(site, lives={"mill-0": hours})) for hours in (before_h, after_h)
    )
    assert (why_new(before, after) == "risk") == is_news


def test_what_runs_and_ends_as_planned_asks_for_no_plan(world):
    world.settle()
    o = min(world.document("in_force")["operations"], key=lambda o: o["start"])
    detail = {"order": o["order"], "step": o["step"], "machine": o["machine"]}
    world.store.add_events([Event(world.now, "operation_start", o["machine"], detail)])
    assert world.settle() == []
    told = world.document("in_force_now") or world.document("in_force")
    assert told["version"] == world.document("in_force")["version"]


def test_an_order_that_the_plan_in_force_does_not_know_is_not_in_it_and_not_late(world):
    before = world.document("in_force")["terms"]
    world.add_order("NEW", priority=1, due_h=1)  # late whatever is done
    world.settle()
    told = world.document("in_force_now")
    assert [(x["order"], x["reason"]) for x in told["left_out"]] == [("NEW", "not_in_plan")]
    assert told["terms"]["late_jobs"] == before["late_jobs"] == 0
    assert told["terms"]["tardiness"] == 0.0
    proposed = world.document("proposed")
    assert [x["order"] for x in proposed["late"]] == ["NEW"]
    assert proposed["terms"]["tardiness"] > 0.0


def test_every_open_order_is_in_the_plan_or_listed_with_the_reason(world):
    world.add_order("FAR", quantity=100_000, due_h=24 * 60)
    due, release = (world.now + days * 24 * HOUR_US for days in (30, 20))
    detail = {"id": "NEXT", "product": "cover", "quantity": 1, "due": due, "release": release}
    world.do("order.add", detail)
    world.add_order("HUGE", quantity=100_000, due_h=20)
    world.add_order("RUSH", priority=1, due_h=10)
    world.settle()
    for name, new in (("in_force_now", "not_in_plan"), ("proposed", None)):
        plan = world.document(name)
        placed = dict.fromkeys((o["order"] for o in plan["operations"]), None)
        listed = {x["order"]: x["reason"] for x in (*plan["left_out"], *plan["waiting"])}
        assert not placed.keys() & listed.keys()
        assert (placed | listed).keys() == world.store.documents("orders").keys()
        want = {"FAR": "later", "NEXT": "not_released", "HUGE": "too_long", "RUSH": new}
        assert {i: (placed | listed)[i] for i in want} == want


def test_an_order_that_was_to_wait_is_waiting_still_when_its_time_has_come_near(world):
    known = {**world.document("in_force"), "waiting": [{"order": "A-0", "reason": "not_released"}]}
    known["operations"] = [o for o in known["operations"] if o["order"] != "A-0"]
    world.store.set_documents("schedule", {"in_force": orjson.dumps(known)})
    world.pass_time(0.1)
    world.settle()
    told = world.document("in_force_now")
    assert ([x["order"] for x in told["waiting"]], told["left_out"]) == (["A-0"], [])
    assert told["terms"]["late_jobs"] == 0


def plan_suggestions(world):
    return [s for s in world.document("suggestions") if s["kind"] == "plan"]


def test_a_vetoed_plan_is_not_suggested_again_unless_something_pressing_comes(world):
    world.add_order("B-0")
    world.settle()
    (suggestion,) = plan_suggestions(world)
    world.do("suggestion.veto", {"suggestion": suggestion["id"], "reason": "not today"})
    world.settle()
    world.add_order("B-1")
    world.pass_time(1.0)
    world.settle()
    assert not [s for s in plan_suggestions(world) if s["state"] == "open"]
    world.add_order("RUSH", priority=1, due_h=10)
    world.settle()
    assert [s["state"] for s in plan_suggestions(world)][-1] == "open"


def test_orders_that_come_one_by_one_do_not_keep_the_solver_running(world):
    world.settle()
    planned = []
    for n in range(40):
        world.add_order(f"N-{n}", quantity=1)
        planned.append(world.step())
        world.wall += 1.0
    assert 2 <= sum(why is not None for why in planned) <= 4
    world.store.add_events([Event(world.now, "failure", "mill-0", {"mode": None})])
    for _ in range(8):
        planned.append(world.step())
        world.wall += 1.0
    assert "breakdown" in planned


def test_a_round_that_fails_is_tried_again_after_ever_longer_waits(world, monkeypatch):
    world.store.add_events([Event(world.now, "failure", "mill-0", {"mode": None})])
    world.desk_step()
    real, tried = loop.make_proposal, []

    def failing(*given):
        tried.append(world.wall)
        if len(tried) < 4:
            raise StoreError("away for a moment")
        return real(*given)

    monkeypatch.setattr(loop, "make_proposal", failing)
    whys = []
    for _ in range(60):
        world.wall += 1.0
        with suppress(StoreError):
            whys.append(world.loop.step(world.site))
    waits = np.diff(tried)
    assert len(tried) == 4
    assert (waits >= [4.0, 8.0, 16.0]).all()
    assert [why for why in whys if why] == ["breakdown"]


def test_an_order_that_was_cancelled_is_planned_without(world):
    version = world.document("in_force")["version"]
    world.do("order.cancel", {"order": "A-0", "reason": "customer"})
    world.wall += 10.0
    assert world.settle() == ["order"]
    for name in ("proposed", "in_force_now"):
        assert {o["order"] for o in world.document(name)["operations"]} == {"A-1", "A-2", "A-3"}
    assert world.document("in_force")["version"] == version
    assert world.settle() == []


def test_the_bound_of_the_plan_in_force_is_of_its_own_orders_as_of_now(world):
    world.add_order("NEW", quantity=400, priority=1, due_h=1)
    world.pass_time(6.0)
    world.settle()
    told = world.document("in_force_now")
    assert "NEW" in {x["order"] for x in told["left_out"]}
    assert 0.0 < told["bound"] <= told["terms"]["total"]


def test_only_a_plan_that_nobody_waits_for_is_polished(world):
    calls = []

    def by(name):
        def improve(_problem, _start, _seconds, _seed):
            calls.append(name)
            raise PlanningError("nothing better")

        return improve

    world.loop.improve, world.loop.unhurried = by("hurried"), by("unhurried")
    world.add_order("RUSH", priority=1, due_h=10)
    assert world.settle() == ["rush"]
    world.wall += 700.0
    assert world.step() == "clock"
    assert calls == ["hurried", "unhurried"]


class Compiler:
    """Says what it is told to."""

    ready, long = False, True

    def is_ready(self):
        return self.ready

    def is_long(self):
        return self.long


def test_while_solvers_compile_plans_come_from_rules_and_the_first_in_force_waits(tmp_path):
    asked = []

    def improve(problem, *_):
        asked.append(problem)
        _, schedule, terms = best_rule(problem)
        return Answer(schedule, terms.total, None, 0.0)

    world, compiler = World(tmp_path, improve=improve), Compiler()
    world.loop._compiling = compiler
    world.add_order("A-0")
    world.settle()
    world.add_order("RUSH", priority=1, due_h=10)
    assert world.settle() == ["rush"]
    assert {o["order"] for o in world.document("proposed")["operations"]} == {"A-0", "RUSH"}
    assert not asked
    assert world.document("in_force") is None
    assert world.document("planning")["compiling"] is True
    compiler.ready, compiler.long = True, False
    world.settle()
    assert asked
    assert world.document("in_force")["who"] == "planner"
    assert world.document("planning")["compiling"] is False


def test_a_restart_does_not_put_a_plan_of_the_rules_where_an_improved_one_was(world):
    asked, compiler, before = [], Compiler(), world.document("proposed")

    def improve(problem, *_):
        asked.append(problem)
        raise PlanningError("nothing better")

    world.improve = improve
    world.restart()
    world.loop._compiling = compiler
    for _ in range(3):
        assert world.settle() == []
        world.wall += 700.0
    assert world.document("proposed") == before
    world.add_order("RUSH", priority=1, due_h=10)
    assert world.settle() == ["rush"], "what comes meanwhile is planned for by rules"
    assert not asked
    compiler.ready = True
    assert world.settle() == ["clock"]
    assert asked


def test_no_number_of_a_plan_that_is_kept_is_given_again(world):
    kept = world.store.documents("schedule_plans")
    newest = max(int(name.removeprefix("plan-")) for name in kept)
    spoilt = {"versions": b"{", "proposed": b"{", "in_force": b"{"}
    world.store.set_documents("schedule", spoilt)
    world.restart()
    world.settle()
    assert world.document("proposed")["version"] > newest
    assert {n: world.store.documents("schedule_plans")[n] for n in kept} == kept


def test_the_small_plant_that_solvers_are_compiled_on_can_be_planned():
    problem = small_problem()
    _, schedule, _ = best_rule(problem)
    assert not check(problem, schedule).faults
    assert (schedule.machine >= 0).all()


@pytest.mark.parametrize("hours", [167.9, 400.0])
def test_a_lock_beyond_the_horizon_does_not_keep_all_else_from_being_planned(world, hours):
    o = world.document("in_force")["operations"][0]
    where = {k: o[k] for k in ("order", "step", "machine")}
    world.do("operation.lock", where | {"start": world.now + round(hours * HOUR_US)})
    world.add_order("RUSH", priority=1, due_h=10)
    assert world.settle()
    placed = {x["order"] for x in world.document("proposed")["operations"]}
    assert {"RUSH", o["order"]} <= placed
