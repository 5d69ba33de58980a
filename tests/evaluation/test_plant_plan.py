"""What `twin evaluate plant` measures with."""

import numpy as np

from twin.evaluation.invented import small_plant
from twin.evaluation.plant_plan import _floor, disturbed
from twin.scheduling.anneal import first_schedule
from twin.scheduling.check import check
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


def test_no_plan_s_risk_is_below_the_floor():
    for seed in range(5):
        problem = small_plant(seed)
        risk = check(problem, first_schedule(problem)).terms.risk
        assert _floor(problem) <= problem.weights.risk * risk + 1e-9
        assert np.isfinite(_floor(problem))
