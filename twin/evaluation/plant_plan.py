"""How good and how steady plans of an invented plant are: 50 machines, 300 jobs, 20 services.

`twin evaluate plant`. Times are of this computer, on two cores. Every plan is recomputed by the
checker, and one with a fault raises. No optimality is claimed at this size: the bound knows that
machine time is scarce, but not what sets up machines or keeps jobs apart, and is far below.
"""

import time
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from twin.errors import PlanningError
from twin.evaluation.invented import invented_plant
from twin.scheduling.annealing.anneal import anneal, first_schedule
from twin.scheduling.bounds import floor_of
from twin.scheduling.bounds_scarce import scarce_bound
from twin.scheduling.changes import breakdown, extended, with_jobs
from twin.scheduling.check import check
from twin.scheduling.plan import solve_plant
from twin.scheduling.problem import Job, Problem
from twin.scheduling.replan import frozen, replan
from twin.scheduling.rules import best_rule
from twin.scheduling.schedule import Answer, Limit, Schedule

__all__ = ["Budget", "Event", "disturbed", "evaluate_plant"]

FREEZE = 30
SOON = 8 * 60
DOWN = 8 * 60
N_RUSH = 6
RUSH_COST_H = 60.0


class Event(NamedTuple):
    """What happens to a plan in force, and its plant afterwards."""

    problem: Problem
    plan: Schedule
    """The one in force, the new jobs not in it."""
    machine: int


class Budget(NamedTuple):
    """Seconds on the wall that each search gets."""

    short: float = 10.0
    in_force: float = 240.0
    """Of the plan in force before the event: a plant's has been planned again many times."""
    again: float = 4.5
    anew: float = 60.0


BUDGET = Budget()


def evaluate_plant(seed: int = 1, budget: Budget = BUDGET) -> dict[str, Any]:
    """Figures of one invented plant; takes some five and a half minutes.

    moved_soon: of the operations that start within eight hours in the plan in force, the share that
    is on another machine after planning again; retimed_soon: that starts at another time or is on
    another machine. replan_gap: cost of that plan against one made anew in 60 s, both without the
    price of leaving the plan in force. Seconds are of the wall, as a planner waits; *_cpu_s, of
    both chains together, tell how busy the computer was otherwise.
    """
    problem = invented_plant(seed=seed)
    _warm_up()
    begun = time.perf_counter()
    first = first_schedule(problem)
    first_s = time.perf_counter() - begun
    _cost(problem, first)
    rule, plan, terms = best_rule(problem)
    _cost(problem, plan)
    curve: list[tuple[float, float]] = []
    short = solve_plant(problem, _limit(budget.short, seed), tell=lambda a: _note(curve, a))
    floor = problem.weights.risk * floor_of(problem).risk
    cost = _cost(problem, short.schedule)
    return {
        "first_s": first_s,
        "rule": rule,
        "rule_cost": terms.total,
        "cost_10s": cost,
        "saving": 1.0 - cost / terms.total,
        "floor": floor,
        "saving_above_floor": 1.0 - (cost - floor) / (terms.total - floor),
        "bound": scarce_bound(problem),
        "anytime": _thinned(curve),
        **_replanned(problem, seed, budget),
    }


def _replanned(problem: Problem, seed: int, budget: Budget) -> dict[str, Any]:
    in_force = anneal(problem, _limit(budget.in_force, seed)).schedule
    _cost(problem, in_force)
    event = disturbed(problem, in_force, seed)
    begun, cpu = time.perf_counter(), time.process_time()
    again = replan(event.problem, event.plan, _limit(budget.again, seed), FREEZE).schedule
    replan_s, replan_cpu_s = time.perf_counter() - begun, time.process_time() - cpu
    frozen_problem = frozen(event.problem, event.plan, FREEZE)
    cpu = time.process_time()
    cold = anneal(frozen_problem, _limit(budget.anew, seed + 1)).schedule
    cold_cpu_s = time.process_time() - cpu
    cost, cold_cost = _cost(frozen_problem, again), _cost(frozen_problem, cold)
    was = event.plan.machine >= 0
    other = was & (again.machine != event.plan.machine)
    moved = other | (was & (again.start != event.plan.start))
    soon = was & (event.plan.start < SOON)
    return {
        "in_force_cost": _cost(problem, in_force),
        "replan_s": replan_s,
        "replan_cpu_s": replan_cpu_s,
        "cold_60s_cpu_s": cold_cpu_s,
        "replan_cost": cost,
        "cold_60s_cost": cold_cost,
        "replan_gap": cost / cold_cost - 1.0,
        "changed_machine_share": float(other.sum() / was.sum()),
        "moved_soon": float(other[soon].mean()),
        "retimed_soon": float(moved[soon].mean()),
        "starting_soon": int(soon.sum()),
    }


def disturbed(problem: Problem, plan: Schedule, seed: int) -> Event:
    """One of the machines that are busy soon is down for a shift, and six jobs are in a hurry.

    They are like six of the plant's, of the highest priority and due within twice their work.
    """
    rng = np.random.default_rng(seed)
    soon = plan.machine[(plan.machine >= 0) & (plan.start < SOON)]
    machine = int(rng.choice(soon))
    like = rng.choice(len(problem.jobs), N_RUSH, replace=False)
    rush = tuple(_rush(problem.jobs[int(j)], k) for k, j in enumerate(like))
    broken = breakdown(problem, machine, DOWN)
    after = with_jobs(replace(broken, reference=None), rush)
    return Event(after, extended(after, plan), machine)


def _rush(job: Job, k: int) -> Job:
    work = sum(operation.alternatives[0].duration for operation in job.operations)
    due = DOWN + 2 * work
    return job._replace(id=f"rush-{k + 1}", release=FREEZE, due=due, late_cost_h=RUSH_COST_H)


def _cost(problem: Problem, schedule: Schedule) -> float:
    """By the checker. Raises PlanningError if the schedule breaks a rule."""
    verdict = check(problem, schedule)
    if verdict.faults or verdict.terms is None:
        raise PlanningError(f"a plan breaks a rule: {verdict.faults[0].what}")
    return verdict.terms.total


def _limit(seconds: float, seed: int) -> Limit:
    return Limit(seconds, time.perf_counter, seed)


def _note(curve: list[tuple[float, float]], answer: Answer) -> None:
    curve.append((answer.seconds, answer.cost))


def _thinned(curve: list[tuple[float, float]]) -> list[list[float]]:
    """The last of every half second."""
    kept: dict[int, list[float]] = {}
    for seconds, cost in curve:
        kept[int(seconds * 2)] = [round(seconds, 3), round(cost, 2)]
    return list(kept.values())


def _warm_up() -> None:
    """Compile, or read from the cache, before a clock runs."""
    small = invented_plant(seed=1, n_machines=5, n_jobs=4, n_tasks=2, n_sites=1)
    anneal(small, _limit(0.0, 1), first_schedule(small))
    anneal(small, _limit(0.1, 1))
