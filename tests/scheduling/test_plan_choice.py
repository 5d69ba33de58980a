"""A plant's plan: each solver goes on from where the one before stopped."""

import pytest

from tests.scheduling.counted_clock import rounds
from twin.errors import PlanningError
from twin.evaluation.invented import small_plant
from twin.scheduling.check import check
from twin.scheduling.plan import polish_plan, solve_plant
from twin.scheduling.rules import best_rule
from twin.scheduling.schedule import Answer, empty_schedule


@pytest.mark.parametrize("seed", [1, 2])
def test_a_plant_s_plan_is_never_dearer_than_the_best_rule_s(seed):
    problem, told = small_plant(seed), []
    answer = solve_plant(problem, rounds(20), tell=told.append)
    assert answer.cost <= best_rule(problem)[2].total + 1e-6
    assert check(problem, answer.schedule).faults == ()
    costs = [each.cost for each in told]
    assert costs == sorted(costs, reverse=True)


def test_a_polish_gets_windows_of_the_plan_at_hand_and_may_abort():
    problem, seen = small_plant(1), []
    _, rule, terms = best_rule(problem)

    def polish(given, schedule, start, end, seconds):
        seen.append((start, end))
        assert check(given, schedule).faults == ()
        assert seconds > 0
        raise PlanningError("it aborted")

    answer = polish_plan(problem, rounds(60), rule, polish)
    assert seen
    assert all(a < b for a, b in seen)
    assert answer.cost == pytest.approx(terms.total)


def test_a_better_polish_is_the_answer_and_its_bound_is_kept():
    problem = small_plant(1)
    better = solve_plant(problem, rounds(200)).schedule
    cost = check(problem, better).terms.total

    def polish(_problem, _schedule, _start, _end, _seconds):
        return Answer(better, cost, 1.0, 0.0)

    answer = polish_plan(problem, rounds(60), best_rule(problem)[1], polish)
    assert answer.cost <= cost
    assert answer.bound == 1.0


def test_a_plan_to_polish_that_breaks_a_rule_is_refused():
    problem = small_plant(1)
    with pytest.raises(PlanningError, match="breaks a rule"):
        polish_plan(problem, rounds(9), empty_schedule(problem), nothing)


def nothing(*_arguments):
    raise PlanningError("it aborted")
