"""Which solver for which problem, and that each goes on from where the one before stopped."""

import numpy as np
import pytest

from twin.errors import PlanningError
from twin.evaluation.invented import small_plant
from twin.scheduling.check import check
from twin.scheduling.plan import Exact, kind_of, solve_plant, solve_shop
from twin.scheduling.problem import Alternative, Job, Machine, Operation, Problem, Weights
from twin.scheduling.rules import best_rule
from twin.scheduling.schedule import Answer, Limit


class Counting:
    def __init__(self, step=1.0):
        self.now, self.step = 0.0, step

    def __call__(self):
        self.now += self.step
        return self.now


def shop(n_alternatives):
    """Six jobs of two operations; makespan alone counts."""
    rng = np.random.default_rng(4)
    jobs = tuple(
        Job(
            str(j),
            tuple(
                Operation(
                    tuple(
                        Alternative(int(m), int(rng.integers(2, 9)))
                        for m in rng.permutation(3)[:n_alternatives]
                    )
                )
                for _ in range(2)
            ),
        )
        for j in range(6)
    )
    weights = Weights(makespan=1.0, tardiness=0, risk=0, energy=0, changeover=0, stability=0)
    machines = tuple(Machine(str(m)) for m in range(3))
    return Problem(jobs, machines, (((0, 200),),), 200, weights=weights, tick_s=3600.0)


def nothing(*_arguments, **_named):
    raise PlanningError("it aborted")


def test_kinds():
    assert kind_of(shop(1)) == "classical"
    assert kind_of(shop(2)) == "flexible"
    assert kind_of(small_plant(1)) == "plant"


@pytest.mark.parametrize("seed", [1, 2])
def test_a_plant_s_plan_is_never_dearer_than_the_best_rule_s(seed):
    problem, told = small_plant(seed), []
    answer = solve_plant(problem, Limit(20.0, Counting()), tell=told.append)
    assert answer.cost <= best_rule(problem)[2].total + 1e-6
    assert check(problem, answer.schedule).faults == ()
    costs = [each.cost for each in told]
    assert costs == sorted(costs, reverse=True)


def test_a_polish_gets_windows_of_the_plan_at_hand_and_may_abort():
    problem, seen = small_plant(1), []

    def polish(given, schedule, start, end, seconds):
        seen.append((start, end))
        assert check(given, schedule).faults == ()
        assert seconds > 0
        raise PlanningError("it aborted")

    answer = solve_plant(problem, Limit(60.0, Counting()), exact=Exact(nothing, polish))
    assert seen
    assert all(a < b for a, b in seen)
    assert check(problem, answer.schedule).terms.total == pytest.approx(answer.cost, rel=1e-6)


def test_a_better_polish_is_the_answer_and_its_bound_is_kept():
    problem = small_plant(1)
    better = solve_plant(problem, Limit(200.0, Counting())).schedule
    cost = check(problem, better).terms.total

    def polish(_problem, _schedule, _start, _end, _seconds):
        return Answer(better, cost, 1.0, 0.0)

    answer = solve_plant(problem, Limit(60.0, Counting()), exact=Exact(nothing, polish))
    assert answer.cost <= cost
    assert answer.bound == 1.0


def test_a_flexible_shop_goes_to_tabu_and_from_there_to_the_exact_solver():
    problem, starts = shop(2), []

    def exact(given, _limit, start, _tell):
        starts.append(start)
        return Answer(start, check(given, start).terms.total, 1.0, 0.0)

    limit = Limit(1.0, Counting(0.02))
    answer = solve_shop(problem, limit, exact=Exact(exact, nothing))
    assert check(problem, answer.schedule).faults == ()
    assert check(problem, starts[0]).terms.makespan_h == answer.cost
