"""One published instance within its seconds: a rule at once, then the chain for job shops.

CP-SAT runs in a process of its own. Each plan goes through the checker, and what it finds is what
counts.
"""

import math
import time
from functools import partial
from typing import NamedTuple

from twin.errors import PlanningError
from twin.evaluation.jobshop_formats import Instance
from twin.pipeline.apart import ApartError, run_apart
from twin.scheduling.cpsat.solver import cpsat
from twin.scheduling.jobshop_chain import solve_shop
from twin.scheduling.problem import Alternative, Job, Machine, Operation, Problem, Weights
from twin.scheduling.problem_faults import faults_of
from twin.scheduling.rules import best_rule
from twin.scheduling.schedule import Answer, Limit, Schedule, Tell

__all__ = ["Solved", "instance_problem", "solve_instance"]

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
    """The best plan that can be found in time on two cores; ends early once it is proved best.

    Raises PlanningError where the instance contradicts itself.
    """
    began = time.perf_counter()
    problem = instance_problem(instance)
    if faults := faults_of(problem):
        raise PlanningError(faults[0])
    _, rule, terms = best_rule(problem)
    limit = Limit(began + seconds - time.perf_counter(), time.perf_counter)
    exact = partial(_exact, until=began + seconds - END_S)
    answer = solve_shop(problem, limit, rule, exact=exact)
    bound = math.ceil((answer.bound or 0.0) - 1e-6)
    took = time.perf_counter() - began
    return Solved(round(answer.cost), bound, round(terms.makespan_h), took)


def _exact(
    problem: Problem, limit: Limit, start: Schedule | None, tell: Tell | None, until: float
) -> Answer:
    """CP-SAT in another process; if that dies, what it told before."""
    left = until - time.perf_counter() - START_S
    if left <= 0:
        raise PlanningError("no time is left for another process")
    try:
        return run_apart(
            cpsat,
            problem,
            left,
            seed=limit.seed,
            start=start,
            tell=tell,
            stop=lambda: time.perf_counter() > until,
        )
    except ApartError as error:
        if error.best is None:
            raise
        return error.best
