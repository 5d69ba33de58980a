"""Invented plants: repeatable, of the size they say, with every feature, curves as derived."""

import numpy as np
import pytest
from scipy import integrate, optimize

from twin.evaluation.invented import invented_plant, small_plant
from twin.evaluation.invented_small import random_problem
from twin.evaluation.invented_tasks import Wear, risk_curve
from twin.evaluation.invented_time import crew_calendar, shift_calendar, tariff
from twin.scheduling.rules import best_rule


def test_the_same_seed_gives_the_same_plant_and_another_another():
    one, again, other = (repr(invented_plant(seed)) for seed in (1, 1, 2))
    assert one == again != other


def test_the_plant_is_as_big_as_asked_and_has_every_feature():
    problem = invented_plant(1)
    assert (len(problem.machines), len(problem.jobs), len(problem.tasks)) == (50, 300, 20)
    assert 1200 <= problem.n_operations <= 1500
    operations = [o for job in problem.jobs for o in job.operations]
    assert {len(job.operations) for job in problem.jobs} == {3, 4, 5, 6}
    assert {len(o.alternatives) for o in operations} == {2, 3, 4}
    assert {machine.site for machine in problem.machines} == {0, 1, 2}
    assert len(np.unique(problem.price)) == 3
    assert any(arrival > 0 for part in problem.parts for arrival in part)
    assert (problem.tick_s, problem.bucket) == (60.0, 15)


def test_the_best_rule_is_late_with_some_jobs_and_not_with_most():
    problem = invented_plant(1)
    _, _, terms = best_rule(problem)
    assert 0.05 < terms.late_jobs / len(problem.jobs) < 0.5


@pytest.mark.parametrize("n", [6, 13, 24, 30])
def test_a_small_plant_has_as_many_operations_as_asked(n):
    assert small_plant(2, n).n_operations == n


def test_random_problems_turn_every_corner():
    problems = [random_problem(np.random.default_rng(seed)) for seed in range(60)]
    operations = [o for p in problems for job in p.jobs for o in job.operations]
    tasks = [task for p in problems for task in p.tasks]
    assert any(o.pin is not None and o.pin.start is not None for o in operations)
    assert any(o.pin is not None and o.pin.start is None for o in operations)
    assert any(task.pin is not None for task in tasks)
    assert {task.part for task in tasks} == {-1, 0, 1}
    assert {p.reference is None for p in problems} == {True, False}
    assert {bool(np.isinf(task.skip_cost)) for task in tasks} == {True, False}
    assert {len(p.calendars) for p in problems} == {2, 3, 4}


def test_shifts_by_the_clock():
    """Monday at six is tick 0; ticks of half an hour; the pause of the early shift is at ten."""
    early = shift_calendar(14, 1800.0, "e", 4.0)
    assert early[:3] == ((0, 8), (9, 16), (48, 56))
    days = {start // 48 for start, _ in early}
    assert days == {0, 1, 2, 3, 4, 7, 8, 9, 10}  # not at weekends, nor on the holiday, day 11
    assert shift_calendar(2, 1800.0, "el", 4.0)[:3] == ((0, 8), (9, 24), (25, 32))
    assert 5 in {start // 48 for start, _ in shift_calendar(7, 1800.0, "es", 4.0)}
    assert crew_calendar(1, 1800.0, 2.0, False) == ((4, 12), (13, 21))


def test_the_tariff_by_the_clock():
    price = tariff(7, 60.0, 15)
    quarter = {6.0: 0, 8.0: 8, 13.0: 28, 17.5: 46, 22.0: 64}
    assert [price[q] for q in quarter.values()] == [0.19, 0.31, 0.19, 0.31, 0.11]
    assert price[5 * 96 + 8] == 0.11  # Saturday at eight
    assert len(price) == 7 * 96


def test_a_risk_curve_equals_its_integral_in_continuous_time():
    """Weibull of shape 3, characteristic life 2,000 buckets, age 900, by quadrature."""
    shape, scale, age, planned, failure = 3.0, 2000.0, 900, 1000.0, 9000.0
    buckets = np.arange(9000.0)
    curve = risk_curve(Wear(-((buckets / scale) ** shape), age, planned, failure), 600)

    def survival(t):
        return np.exp(-((t / scale) ** shape))

    def rate(a):
        mean = integrate.quad(survival, 0, a)[0]
        return (planned * survival(a) + failure * (1 - survival(a))) / mean

    g = optimize.minimize_scalar(rate, bounds=(100, 4000), method="bounded").fun
    left = integrate.quad(survival, age, 9000)[0] / survival(age)
    slot = np.arange(600.0)
    failed = 1 - survival(age + slot) / survival(age)
    want = planned + (failure - planned) * failed + g * (left - slot)
    assert curve == pytest.approx(want, rel=2e-3)


def test_the_least_of_a_risk_curve_is_where_waiting_costs_what_it_saves():
    """A bucket more risks its failures and saves g, the least cost rate by trying every age."""
    shape, scale, planned, failure = 3.0, 800.0, 1000.0, 9000.0
    survival = np.exp(-((np.arange(4000.0) / scale) ** shape))
    rates = [
        (planned * survival[a] + failure * (1 - survival[a])) / survival[:a].sum()
        for a in range(1, 2000)
    ]
    best = int(np.argmin(rates)) + 1
    for age in (0, best // 2):
        curve = risk_curve(Wear(np.log(survival), age, planned, failure), 1500)
        failed = -np.diff(survival) / survival[age]
        g = min(rates)
        first = int(np.argmax(failed[age:] * (failure - planned) >= g))
        assert abs(int(curve.argmin()) - first) <= 1
