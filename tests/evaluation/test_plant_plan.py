"""What `twin evaluate plant` measures with."""

import pytest

from twin.evaluation.invented import small_plant
from twin.evaluation.plant_plan import Budget, disturbed, evaluate_plant
from twin.scheduling.annealing.anneal import first_schedule
from twin.scheduling.working_time import WorkingTime


def test_an_event_closes_a_busy_machine_and_adds_six_jobs_in_a_hurry():
    problem = small_plant(2)
    plan = first_schedule(problem)
    event, again = (disturbed(problem, plan, 5) for _ in range(2))
    assert event.machine == again.machine
    assert event.problem.jobs[: len(problem.jobs)] == problem.jobs
    assert len(event.problem.jobs) == len(problem.jobs) + 6
    calendar = event.problem.calendars[event.problem.machines[event.machine].calendar]
    assert WorkingTime(calendar).worked(8 * 60) == 0
    assert event.machine in plan.machine
    assert (event.plan.start[problem.n_operations :] == -1).all()


def test_figures_of_the_big_plant_fit_together_and_few_operations_change_machine():
    told = evaluate_plant(seed=2, budget=Budget(0.4, 0.6, 0.6, 0.2))
    promised = {"first_s", "rule_cost", "cost_10s", "saving", "bound", "replan_s", "moved_soon"}
    assert promised <= told.keys()
    assert told["saving"] == pytest.approx(1.0 - told["cost_10s"] / told["rule_cost"])
    assert told["bound"] <= told["cost_10s"]
    assert told["replan_gap"] == pytest.approx(told["replan_cost"] / told["cold_60s_cost"] - 1.0)
    assert 0.0 < told["changed_machine_share"] <= 0.05
    assert told["moved_soon"] <= told["retimed_soon"] <= 1.0
    costs = [cost for _, cost in told["anytime"]]
    assert costs == sorted(costs, reverse=True)
