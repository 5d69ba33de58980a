"""What the plant file holds dear reaches the planner, and an order of objectives is obeyed."""

from dataclasses import replace

import numpy as np
import pytest
from desk_bench import HOUR_US, T0_US
from order_bench import DUE_US
from planning_bench import site_of, situation

from tests.scheduling.counted_clock import CountedClock
from twin.evaluation.invented import small_plant
from twin.pipeline.orders.orders import new_order
from twin.pipeline.planning.improve import anneal_polished
from twin.pipeline.planning.plan_document import plan_document
from twin.pipeline.planning.prepare import prepare_plan
from twin.pipeline.planning.problem_of import state_problem
from twin.pipeline.planning.proposal import make_proposal
from twin.pipeline.planning.solve import solve
from twin.scheduling.annealing.anneal import FEW, anneal
from twin.scheduling.check import check
from twin.scheduling.lexicographic import in_order
from twin.scheduling.problem import Alternative, Job, Machine, Operation, Order, Problem, Weights
from twin.scheduling.replan import MOST_CHANGED, referred
from twin.scheduling.rules import RULES, best_rule
from twin.scheduling.schedule import Limit

PRICES = (9.0, 7.0, 3.0, 5.0, 1.0, 1.0, 1.0, 1.0)
"""Of an hour's work, hour by hour."""
DUE_H, LATE_COST_H = 4, 0.5
IN_ORDER = Order(("tardiness", "energy"))
ONE_OF_TIME = min(range(DUE_H), key=lambda start: PRICES[start])
CHEAPEST = min(range(8), key=lambda s: PRICES[s] + LATE_COST_H * max(0, s + 1 - DUE_H))
TABLE = """
[objectives]
makespan_h = 3
idle_h = 30
tardiness = 2
energy = 0.5
stability = 4
order = ["tardiness", "idle_h"]
tolerance = 0.05
"""
MONEY = "[objectives]\nstability = 0\n"
EARLY = '[objectives]\norder = ["tardiness"]\nstability = 0\n'


def one_job(order=None):
    """An hour of work: in time it is dear, late it is cheap."""
    operation = Operation((Alternative(0, 1, 1.0),))
    return Problem(
        (Job("j", (operation,), 0, DUE_H, LATE_COST_H),),
        (Machine("m"),),
        (((0, 8),),),
        8,
        price=np.array(PRICES),
        tick_s=3600.0,
        bucket=1,
        order=order,
    )


def run_here(solver):
    def improve(problem, start, seconds, seed):
        return solver(problem, Limit(seconds, CountedClock(0.01), seed), start)

    return improve


def one_order(site):
    detail = {"product": "cover", "quantity": 30, "release": T0_US, "due": DUE_US}
    return new_order(site.plant, detail | {"priority": 3, "note": ""}, "A-0", "Late Shift", T0_US)


def moving_costs(folder, more):
    """Of the first plan of one order, taken for the one in force."""
    folder.mkdir()
    site = site_of(folder, more)
    order = one_order(site)
    stated = state_problem(situation(site, [order]))
    _, schedule, terms = best_rule(stated.problem)
    in_force = plan_document(stated, schedule, terms, version=1, why="first", solver="rule")
    now = situation(site, [order])._replace(in_force=in_force)
    reference = prepare_plan(now, in_force).stated.problem.reference
    return reference.machine_cost, reference.time_cost


def test_weights_and_order_of_the_plant_file_reach_the_problem(tmp_path):
    problem = state_problem(situation(site_of(tmp_path, TABLE))).problem
    assert problem.weights == Weights(3.0, 2.0, 1.0, 0.5, 1.0, 30.0, 1.0)
    assert problem.order == Order(("tardiness", "idle"), 0.05)


def test_moving_the_plan_in_force_costs_as_many_times_as_the_plant_file_says(tmp_path):
    usual = moving_costs(tmp_path / "usual", "")
    assert moving_costs(tmp_path / "dear", TABLE) == pytest.approx([4 * cost for cost in usual])


def test_without_a_table_nothing_but_money_counts(tmp_path):
    problem = state_problem(situation(site_of(tmp_path))).problem
    assert (problem.weights, problem.order) == (Weights(), None)


def test_money_alone_is_late_where_that_is_cheaper_and_an_order_is_not():
    assert (ONE_OF_TIME, CHEAPEST) == (2, 4)
    found = solve(one_job(), None, run_here(anneal), 0.2)
    assert found.schedule.start[0] == CHEAPEST
    for order in (IN_ORDER, Order(("tardiness",))):
        found = solve(one_job(order), None, run_here(in_order), 0.6)
        assert found.schedule.start[0] == ONE_OF_TIME


def test_a_cheaper_plan_that_is_worse_in_what_comes_first_is_not_taken():
    """The solver answers the cheapest plan; rules and start are in time."""
    start = solve(one_job(IN_ORDER)).schedule
    found = solve(one_job(IN_ORDER), start, run_here(anneal), 0.2)
    assert found.terms.tardiness == 0.0
    assert found.terms.energy <= PRICES[int(start.start[0])]


def test_what_differs_within_the_tolerance_is_decided_by_what_comes_next():
    """Nine hours late and thirteen differ by less than half: the energy then decides."""
    late = replace(one_job(), jobs=(one_job().jobs[0]._replace(due=-8),))
    for slack, start in ((0.0, 0), (0.5, 4)):
        order = Order(("tardiness", "energy"), slack)
        chosen = solve(replace(late, order=order), None, run_here(anneal), 0.2)
        assert chosen.schedule.start[0] == start


def test_the_planners_solver_obeys_the_order_in_a_process_of_its_own():
    answer = anneal_polished(one_job(IN_ORDER), None, 3.0, 1)
    assert answer.schedule.start[0] == ONE_OF_TIME
    assert answer.cost == pytest.approx(PRICES[ONE_OF_TIME])


@pytest.mark.parametrize("seed", [1, 5, 6])
@pytest.mark.parametrize("seconds", [0.0, 0.6])
def test_planning_again_in_an_order_changes_few_machines(seed, seconds):
    """Without regard for it the search moves a dozen of 24 operations, and a rule fourteen."""
    problem = small_plant(seed)
    plan = RULES["edd"](problem)
    again = replace(referred(problem, plan), order=IN_ORDER)
    found = solve(again, plan, run_here(in_order), seconds)
    changed = found.schedule.machine != plan.machine
    assert changed.sum() <= max(FEW, MOST_CHANGED * again.n_operations)
    assert found.terms.tardiness <= check(again, plan).terms.tardiness


@pytest.mark.parametrize(("table", "is_worth"), [(MONEY, False), (EARLY, True)])
def test_less_lateness_is_worth_a_look_for_next_to_no_money_where_it_comes_first(
    tmp_path, table, is_worth
):
    """The plan in force is half a day late, which costs a cent an hour."""
    site = site_of(tmp_path, table)
    order = one_order(site) | {"due": T0_US + 6 * HOUR_US, "late_cost_h": 0.01}
    stated = state_problem(situation(site, [order]))
    _, schedule, terms = best_rule(stated.problem)
    in_force = plan_document(stated, schedule, terms, version=1, why="first", solver="rule")
    for operation in in_force["operations"]:
        for key in ("setup_start", "start", "end"):
            operation[key] += 12 * HOUR_US
    now = situation(site, [order])._replace(in_force=in_force)
    found = make_proposal(now, None, 0.0, 0.0, 1)
    assert found.prepared.filled_verdict.terms.late_h > found.solved.terms.late_h
    assert (found.plan is not None) is is_worth
