"""Laws that every solver keeps, whatever it is good at.

A solver joins by a row in SOLVERS: its name, what makes it, and which problems it takes.
"""

from functools import cache

import numpy as np
import pytest

from tests.scheduling.counted_clock import CountedClock
from twin.errors import PlanningError
from twin.evaluation.invented import small_plant
from twin.evaluation.invented_small import random_problem
from twin.scheduling.annealing.anneal import anneal
from twin.scheduling.check import check
from twin.scheduling.cpsat.solver import cpsat
from twin.scheduling.problem import Alternative, Job, Machine, Operation, Problem
from twin.scheduling.rules import RULES, best_rule
from twin.scheduling.schedule import Answer, Limit
from twin.scheduling.tabu.solver import tabu


def as_solver(rule):
    """A rule answers once, and keeps a better start."""

    def solve(problem, _limit, start=None, tell=None):
        schedule = rule(problem)
        cost = check(problem, schedule).terms.total
        if start is not None and check(problem, start).terms.total < cost:
            schedule, cost = start, check(problem, start).terms.total
        answer = Answer(schedule, cost, None, 0.0)
        if tell is not None:
            tell(answer)
        return answer

    return solve


def pure_shop(seed):
    """A flexible job shop and nothing else: makespan counts."""
    rng = np.random.default_rng(seed)
    jobs = tuple(
        Job(
            f"j{j}",
            tuple(
                Operation(
                    tuple(
                        Alternative(int(m), int(rng.integers(1, 10)))
                        for m in rng.permutation(3)[: rng.integers(1, 3)]
                    )
                )
                for _ in range(3)
            ),
        )
        for j in range(4)
    )
    machines = tuple(Machine(f"m{m}") for m in range(3))
    horizon = 200
    weights = Problem.__dataclass_fields__["weights"].default_factory()._replace(makespan=1.0)
    return Problem(jobs, machines, (((0, horizon),),), horizon, weights=weights, tick_s=3600.0)


def whole(seed):
    return random_problem(np.random.default_rng(seed))


SOLVERS = {name: (as_solver(rule), (whole, small_plant, pure_shop)) for name, rule in RULES.items()}
SOLVERS["cpsat"] = (cpsat, (whole, pure_shop))
SOLVERS["anneal"] = (anneal, (whole, small_plant, pure_shop))
SOLVERS["tabu"] = (tabu, (pure_shop,))
RACING = {cpsat}
"""Its workers share what they find when they find it: only a proof makes it repeat."""
CASES = [
    pytest.param(solver, make, seed, id=f"{name}-{make.__name__}-{seed}")
    for name, (solver, makes) in SOLVERS.items()
    for make in makes
    for seed in (1, 2, 3)
]
laws = pytest.mark.parametrize(("solver", "make", "seed"), CASES)


def limit():
    return Limit(1.0, CountedClock(0.02), 1)


@cache
def solved(solver, make, seed):
    """A problem, its answer, and what was told on the way; solved once for all laws."""
    problem, told = make(seed), []
    return problem, solver(problem, limit(), tell=told.append), told


@laws
def test_an_answer_keeps_every_rule_and_costs_what_it_says(solver, make, seed):
    problem, answer, _ = solved(solver, make, seed)
    verdict = check(problem, answer.schedule)
    assert verdict.faults == ()
    assert answer.cost == pytest.approx(verdict.terms.total, rel=1e-6, abs=1e-6)


@laws
def test_a_bound_is_below_every_known_cost(solver, make, seed):
    problem, answer, _ = solved(solver, make, seed)
    least = min(answer.cost, best_rule(problem)[2].total)
    assert answer.bound is None or answer.bound <= least + 1e-6 * abs(least)


@laws
def test_the_same_seed_gives_the_same_answer(solver, make, seed):
    if solver in RACING:
        pytest.skip("its workers race")
    problem, one, _ = solved(solver, make, seed)
    other = solver(problem, limit())
    assert one.cost == other.cost
    for row, again in zip(one.schedule, other.schedule, strict=True):
        assert row.tolist() == again.tolist()


@laws
def test_an_answer_is_never_worse_than_the_start_given(solver, make, seed):
    problem = make(seed)
    _, start, terms = best_rule(problem)
    answer = solver(problem, limit(), start)
    assert answer.cost <= terms.total * (1 + 1e-9) + 1e-9
    assert check(problem, start).faults == ()  # and it has not been written to


@laws
def test_what_is_told_gets_better_and_ends_with_the_answer(solver, make, seed):
    problem, answer, told = solved(solver, make, seed)
    costs = [each.cost for each in told]
    assert costs == sorted(costs, reverse=True)
    assert not costs or costs[-1] == pytest.approx(answer.cost)
    for each in told:
        assert check(problem, each.schedule).faults == ()


@pytest.mark.parametrize(
    "solver",
    [pytest.param(s, id=name) for name, (s, makes) in SOLVERS.items() if whole in makes],
)
def test_pins_are_kept(solver):
    """Rule 7 among the others, on problems that have pins."""
    pinned = [problem for problem in map(whole, range(12)) if has_pins(problem)]
    assert pinned
    for problem in pinned:
        answer = solver(problem, limit())
        assert check(problem, answer.schedule).faults == ()


def has_pins(problem):
    operations = [operation for job in problem.jobs for operation in job.operations]
    return any(each.pin is not None for each in (*operations, *problem.tasks))


@pytest.mark.parametrize("solver", [pytest.param(s, id=name) for name, (s, _) in SOLVERS.items()])
def test_what_cannot_be_planned_is_said(solver):
    """An operation of five ticks, a horizon of four."""
    job = Job("too long", (Operation((Alternative(0, 5),)),))
    problem = Problem((job,), (Machine("m"),), (((0, 4),),), 4)
    with pytest.raises(PlanningError):
        solver(problem, limit())
