"""Plans kept up and bars dragged: what moves, what stays, what it costs."""

import numpy as np
import pytest
from desk_bench import HOUR_US, T0_US
from planning_bench import G, machines_at, site_of
from problem_bench import bar, order, planned, running

from twin.errors import SchemaError
from twin.evaluation.invented import small_plant
from twin.pipeline.planning.change import first_start, try_task
from twin.pipeline.planning.plan_schedule import schedule_of
from twin.pipeline.planning.prepare import prepare_plan
from twin.pipeline.planning.problem_of import state_problem
from twin.pipeline.planning.proposal import saves_enough
from twin.pipeline.planning.reasons import late_orders
from twin.pipeline.planning.retime import retime
from twin.pipeline.planning.retime_tasks import crews_free
from twin.pipeline.planning.situation import Situation
from twin.pipeline.planning.solve import solve
from twin.pipeline.planning.suggest import service_suggestions
from twin.pipeline.planning.whatif import drag
from twin.scheduling.check import check
from twin.scheduling.layout import lay_out
from twin.scheduling.rules import best_rule


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return site_of(tmp_path_factory.mktemp("plant"))


@pytest.mark.parametrize("seed", range(12))
def test_a_plan_that_is_in_time_is_kept_as_it_is(seed):
    problem = small_plant(seed, 24)
    _, schedule, _ = best_rule(problem)
    kept = retime(problem, schedule)
    assert not kept.dropped
    for got, want in zip(kept.schedule, schedule, strict=True):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("seed", range(12))
def test_a_plan_that_falls_behind_keeps_machines_turns_and_every_rule(seed):
    """Every third operation may only begin later than planned."""
    problem = small_plant(seed, 24)
    _, schedule, _ = best_rule(problem)
    wanted = schedule._replace(start=schedule.start.copy())
    late = np.flatnonzero(schedule.machine >= 0)[::3]
    wanted.start[late] += 40
    kept = retime(problem, wanted)
    verdict = check(problem, kept.schedule)
    assert not [f for f in verdict.faults if f.rule != 7]
    is_kept = kept.schedule.machine >= 0
    np.testing.assert_array_equal(kept.schedule.machine[is_kept], schedule.machine[is_kept])
    pinned = set(kept.unpinned)
    assert all(
        kept.schedule.start[i] >= wanted.start[i]
        for i in np.flatnonzero(is_kept)
        if i not in pinned
    )


def test_a_plan_written_and_read_again_is_the_same(site):
    held, plan = planned(site, lives={"mill-0": 60.0, "press-1": 90.0})
    stated = state_problem(held)
    again = schedule_of(stated, plan)
    solved = solve(stated.problem)
    for got, want in zip(again, solved.schedule, strict=True):
        np.testing.assert_array_equal(got, want)


def test_an_hour_later_work_that_has_not_begun_is_not_in_the_past(site):
    held, plan = planned(site)
    later = held._replace(now_us=T0_US + 3 * HOUR_US)
    kept = prepare_plan(later, plan)
    assert not kept.verdict.faults
    assert min(kept.kept.start) >= kept.stated.earliest


def test_an_order_that_runs_outside_the_plan_comes_in_its_turn(site):
    held, plan = planned(site)
    outside = order(site, "X", quantity=50, steps=[running("mill-4", T0_US)])
    now = held._replace(orders={**held.orders, "X": outside}, now_us=T0_US + HOUR_US // 2)
    prepared = prepare_plan(now, plan)
    assert not prepared.verdict.faults
    own = [i for i, key in enumerate(prepared.stated.keys) if key[0] == "X"]
    assert all(prepared.kept.machine[i] >= 0 for i in own)


def test_new_orders_fill_gaps_and_move_nothing(site):
    held, plan = planned(site)
    now = held._replace(orders={**held.orders, "NEW": order(site, "NEW")})
    prepared = prepare_plan(now, plan)
    known = prepared.kept.machine >= 0
    assert not known.all()
    assert (prepared.filled.machine >= 0).all()
    np.testing.assert_array_equal(prepared.filled.start[known], prepared.kept.start[known])
    assert not prepared.filled_verdict.faults


def test_what_begins_within_half_an_hour_is_pinned_and_nothing_later(site):
    held, plan = planned(site)
    prepared = prepare_plan(held, plan)
    until = prepared.stated.horizon.tick(T0_US + 1800 * 1_000_000)
    operations = [op for job in prepared.stated.problem.jobs for op in job.operations]
    for operation, start in zip(operations, prepared.kept.start.tolist(), strict=True):
        assert (operation.pin is not None) == (start <= until)


def test_a_bar_put_back_where_it_is_costs_nothing_and_moves_nothing(site):
    held, plan = planned(site, lives={"mill-0": 60.0})
    now = prepare_plan(held, plan, freeze_s=0.0)
    for o in plan["operations"]:
        same = {k: o[k] for k in ("order", "step", "machine", "start")}
        found = drag(now, {"kind": "operation", **same})
        assert (found["faults"], found["delta"], found["moves"]) == ([], 0.0, [])
    for s in plan["services"]:
        found = drag(now, {"kind": "service", "id": s["id"], "start": s["start"]})
        assert (found["faults"], found["delta"], found["moves"]) == ([], 0.0, [])


def test_a_drags_price_is_the_difference_of_two_schedules_that_the_checker_reckons(site):
    held, plan = planned(site, lives={"mill-0": 60.0})
    now = prepare_plan(held, plan, freeze_s=0.0)
    o = bar(plan)
    change = {"kind": "operation", **{k: o[k] for k in ("order", "step", "machine")}}
    found = drag(now, change | {"start": o["start"] + 7 * HOUR_US})
    assert found["faults"] == []
    after = schedule_of(now.stated, found["plan"])
    terms = check(now.stated.problem, after).terms
    before = check(now.stated.problem, now.kept).terms
    paid = (terms.total - terms.stability) - (before.total - before.stability)
    assert found["delta"] == pytest.approx(paid, abs=0.01)
    moved = next(
        x for x in found["plan"]["operations"] if (x["order"], x["step"]) == (o["order"], o["step"])
    )
    assert moved["start"] - o["start"] >= 7 * HOUR_US - 60_000_000


def test_a_service_dragged_on_by_an_hour_costs_what_its_curve_says(site):
    """One machine, no orders: nothing else can change."""
    held, plan = planned(site, n_orders=0, lives={"mill-0": 60.0})
    now = prepare_plan(held, plan, freeze_s=0.0)
    service = plan["services"][0]
    found = drag(now, {"kind": "service", "id": service["id"], "start": service["start"] + HOUR_US})
    s = (service["start"] - now.stated.horizon.start_us) / HOUR_US
    rise = 9000.0 * (np.exp(-s / 60.0) - np.exp(-(s + 1.0) / 60.0)) - G
    assert found["delta"] == pytest.approx(rise, rel=1e-3)


def test_a_bar_dragged_before_the_step_before_it_comes_right_after_or_is_faulted(site):
    held, plan = planned(site)
    now = prepare_plan(held, plan, freeze_s=0.0)
    second = next(o for o in plan["operations"] if o["step"] == 1)
    change = {k: second[k] for k in ("order", "step", "machine")}
    found = drag(now, {"kind": "operation", **change, "start": T0_US})
    assert found["faults"] or not found["is_exact"]


def test_what_cannot_be_dragged_is_said(site):
    held, plan = planned(site)
    now = prepare_plan(held, plan, freeze_s=0.0)
    o = bar(plan)
    gone = {"kind": "operation", "order": "none", "step": 0, "machine": "mill-0", "start": T0_US}
    with pytest.raises(SchemaError, match="none"):
        drag(now, gone)
    with pytest.raises(SchemaError, match="machine"):
        drag(
            now,
            {
                "kind": "operation",
                "order": o["order"],
                "step": 0,
                "machine": "press-0",
                "start": T0_US,
            },
        )
    with pytest.raises(SchemaError, match="service"):
        drag(now, {"kind": "service", "id": "none", "start": T0_US})


# --- suggestions ------------------------------------------------------------------------------
def test_every_alternative_of_a_suggestion_can_be_done_and_none_is_cheaper(site):
    held, _ = planned(site, lives={"mill-0": 30.0, "mill-1": 50.0, "press-0": 40.0})
    stated = state_problem(held)
    schedule = solve(stated.problem).schedule
    found = service_suggestions(stated, schedule, 1)
    assert {s["machine"] for s in found} == {"mill-0", "mill-1", "press-0"}
    ids = [task.id for task in stated.problem.tasks]
    for s in found:
        t = ids.index(s["id"])
        deltas = {a["kind"]: a["delta"] for a in s["alternatives"]}
        assert deltas["best"] == 0.0
        assert min(deltas.values()) >= 0.0
        assert s["saves"] == deltas["nothing"]
        without = try_task(stated, schedule, t, None)
        for a in s["alternatives"]:
            start = None if a["start"] is None else stated.horizon.tick(a["start"])
            again = try_task(stated, without.schedule, t, start)
            assert not again.verdict.faults
            if start is not None:
                assert without.total - again.total == pytest.approx(
                    s["saves"] - a["delta"], abs=0.02
                )


def behind_a_service(site, later):
    """An order due when it could be done at once, put on mill-0, which is serviced first;
    later: ticks that it begins after it could, on purpose."""
    held = Situation(site.plant, T0_US, machines=machines_at(site, {"mill-0": 30.0}))
    alone = state_problem(held._replace(orders={"A-0": order(site, "A-0")}))
    done = alone.horizon.us(int(max(lay_out(alone.problem, best_rule(alone.problem)[1]).end)))
    stated = state_problem(held._replace(orders={"A-0": order(site, "A-0", due=done)}))
    schedule = best_rule(stated.problem)[1]
    begun = first_start(stated, schedule, 0, stated.problem.tasks[0].earliest)
    schedule.machine[0], schedule.start[:] = stated.machine_ids.index("mill-0"), begun
    crew = crews_free(stated.problem, schedule, 0, begun)[0]
    schedule.task_start[0], schedule.task_crew[0] = begun, crew
    schedule = retime(stated.problem, schedule).schedule
    schedule.start[0] += later
    return stated, retime(stated.problem, schedule).schedule


@pytest.mark.parametrize(("later", "reason"), [(0, "service"), (600, "planned_late")])
def test_a_service_is_blamed_for_a_late_order_only_if_its_suggestion_says_it_delays_it(
    site, later, reason
):
    stated, schedule = behind_a_service(site, later)
    (late,) = late_orders(stated, schedule, lay_out(stated.problem, schedule))
    assert late["reason"] == reason
    (suggestion,) = service_suggestions(stated, schedule, 1)
    blamed = ["A-0"] if reason == "service" else []
    chosen = next(a for a in suggestion["alternatives"] if a["kind"] in {"best", "planned"})
    assert [d["order"] for d in chosen["delays"]] == blamed


def test_the_first_start_is_free_and_the_quarter_before_is_not(site):
    held, _ = planned(site, lives={"mill-0": 30.0, "mill-1": 30.0, "mill-2": 30.0, "mill-3": 30.0})
    stated = state_problem(held)
    schedule = solve(stated.problem).schedule
    for t in range(len(stated.problem.tasks)):
        start = first_start(stated, schedule, t, stated.earliest)
        assert start is not None
        assert not try_task(stated, schedule, t, start).verdict.faults


def test_no_plan_costs_less_than_its_bound(site):
    held, _ = planned(site, n_orders=8, lives={"mill-0": 60.0, "press-1": 90.0})
    solved = solve(state_problem(held).problem)
    assert 0.0 < solved.bound <= solved.terms.total


@pytest.mark.parametrize(
    ("saves", "n_moves", "is_worth"),
    [(25.0, 0, False), (25.0, 1, False), (27.0, 1, True), (50.0, 100, False), (130.0, 100, True)],
)
def test_many_moves_must_save_more_to_be_worth_a_look(site, saves, n_moves, is_worth):
    """A late hour costs 50: half of one, and a fiftieth of one for each move."""
    compared = {"moves": [{}] * n_moves, "saves": saves}
    assert saves_enough(Situation(site.plant, T0_US), compared) == is_worth
    assert saves_enough(Situation(site.plant, T0_US), compared | {"saves": None}) == (n_moves > 0)
