"""One published instance within its seconds: a rule at once, tabu search, then CP-SAT from that.

CP-SAT is what proves classical instances, and polishes what tabu search finds on flexible ones; it
runs in a process of its own, and if that dies the plan found before stands. Each plan goes through
the checker, and what it finds is what counts.
"""

import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import NamedTuple

from twin.errors import PlanningError
from twin.evaluation.jobshop_formats import Instance
from twin.pipeline.apart import ApartError, run_apart
from twin.scheduling.check import check
from twin.scheduling.cpsat import cpsat
from twin.scheduling.problem import Alternative, Job, Machine, Operation, Problem, Weights
from twin.scheduling.rules import best_rule
from twin.scheduling.schedule import Answer, Limit, Schedule
from twin.scheduling.tabu import tabu

__all__ = ["Solved", "instance_problem", "solve_instance"]

TABU_SHARE = {"classic": 0.3, "flexible": 0.5}
"""Part of the seconds; CP-SAT has the rest."""
LARGE, LARGE_SHARE = 200, 0.75
"""Operations from which on CP-SAT proves little in seconds, and tabu search's part then."""
N_SEARCHES = 2
"""Tabu searches side by side, each from its own seed: compiled, so that threads do."""
START_S = 1.0
"""What a process takes to begin, kept from CP-SAT's seconds."""
END_S = 0.25
"""What it takes to notice that time is over, and to end the process."""


class Solved(NamedTuple):
    """Makespans in the instance's units."""

    makespan: int
    bound: int
    """No plan is shorter."""
    rule_makespan: int
    """Of the best dispatch rule."""
    seconds: float
    """Wall time, all told."""


class _Best(NamedTuple):
    schedule: Schedule
    makespan: int
    bound: int


def instance_problem(instance: Instance) -> Problem:
    """The instance as a plant: always open, nothing counts but the makespan, a unit is a tick.

    A tick is an hour and an hour of makespan costs 1, so that cost is makespan.
    """
    jobs = tuple(
        Job(f"job-{j}", tuple(Operation(tuple(Alternative(*c) for c in o)) for o in operations))
        for j, operations in enumerate(instance.jobs, 1)
    )
    longest = (max(d for _, d in operation) for job in instance.jobs for operation in job)
    horizon = sum(longest)
    only = Weights(makespan=1.0, tardiness=0, risk=0, energy=0, changeover=0, stability=0)
    machines = tuple(Machine(f"machine-{m}") for m in range(instance.n_machines))
    open_times = (((0, horizon),),)
    return Problem(jobs, machines, open_times, horizon, tick_s=3600.0, weights=only)


def solve_instance(instance: Instance, seconds: float) -> Solved:
    """The best plan that can be found in time on two cores; ends early once it is proved best."""
    began = time.perf_counter()
    problem = instance_problem(instance)
    _, schedule, _ = best_rule(problem)
    rule = best = _Best(schedule, _makespan(problem, schedule), 0)
    large = problem.n_operations >= LARGE
    until = began + seconds * (LARGE_SHARE if large else TABU_SHARE[instance.kind])
    for answer in _searched(problem, until, schedule):
        best = _better(problem, best, answer)
    best = _polished(problem, best, began + seconds - END_S)
    took = time.perf_counter() - began
    return Solved(best.makespan, best.bound, rule.makespan, took)


def _searched(problem: Problem, until: float, start: Schedule) -> list[Answer]:
    """One from the rule's plan, the others from greedy ones."""
    seconds = until - time.perf_counter()
    with ThreadPoolExecutor(N_SEARCHES) as pool:
        limits = [Limit(seconds, time.perf_counter, seed) for seed in range(1, N_SEARCHES + 1)]
        starts = [start] + [None] * (N_SEARCHES - 1)
        return list(pool.map(lambda limit, s: tabu(problem, limit, s), limits, starts))


def _polished(problem: Problem, best: _Best, until: float) -> _Best:
    """CP-SAT from the best plan; whatever comes of it, what was found before stands."""
    left = until - time.perf_counter() - START_S
    if best.makespan <= best.bound or left <= 0:
        return best
    tight = _within(problem, best.makespan)
    try:
        answer = run_apart(
            cpsat, tight, left, start=best.schedule, stop=lambda: time.perf_counter() > until
        )
    except ApartError as error:
        return best if error.best is None else _better(problem, best, error.best)
    except PlanningError:
        return best
    return _better(problem, best, answer)


def _within(problem: Problem, makespan: int) -> Problem:
    """The same with a horizon that a plan at hand keeps: no better one needs more."""
    return replace(problem, horizon=makespan, calendars=(((0, makespan),),))


def _better(problem: Problem, best: _Best, answer: Answer) -> _Best:
    """The shorter plan, as the checker reckons it, and the higher bound."""
    bound = max(best.bound, math.ceil((answer.bound or 0.0) - 1e-6))
    makespan = _makespan(problem, answer.schedule)
    if makespan < best.makespan:
        return _Best(answer.schedule, makespan, bound)
    return best._replace(bound=bound)


def _makespan(problem: Problem, schedule: Schedule) -> int:
    """Raises PlanningError if the schedule breaks a rule."""
    verdict = check(problem, schedule)
    if verdict.terms is None or verdict.faults:
        raise PlanningError(f"a solver's schedule breaks a rule: {verdict.faults[0].what}")
    return round(verdict.terms.makespan_h)
