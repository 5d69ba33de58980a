"""Dispatch rules: a plan at once, that anything cleverer must beat.

SPT takes the shortest operation, EDD the job due first, ATC the job whose weight over its work is
highest as its slack runs out, less what its setup loses (ATCS). The risk-aware rule also places
services where the machine would stand or has little to do, and holds work back from a machine that
is likely to fail before its service.
Sources: Pinedo (2016), Scheduling, ch. 14; Vepsäläinen & Morton (1987), Management Science 33:1035
(ATC, look-ahead by remaining work); Lee, Bhaskaran & Pinedo (1997), IIE Transactions 29:45 (ATCS).
"""

from collections.abc import Callable, Mapping
from math import log, sqrt
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from twin.errors import PlanningError
from twin.scheduling.check import check
from twin.scheduling.dispatch import Candidate, Index, dispatch
from twin.scheduling.problem import Operation, Problem
from twin.scheduling.schedule import Limit, Schedule, Terms
from twin.scheduling.service_rule import Displaced
from twin.scheduling.working_time import WorkingTime

__all__ = ["IN_HASTE", "RULES", "Rule", "best_rule"]

Rule = Callable[[Problem], Schedule]
LOOK_AHEAD = 2.0
"""ATC's K1: slack counts in this many mean operations (Vepsäläinen & Morton: 1.5 to 4.5)."""


class _Work(NamedTuple):
    """What rules know of the work to come."""

    due: list[float]
    """Of each job, in ticks; the horizon where it has none."""
    weight: list[float]
    """Money an hour late, never 0: what costs nothing when late comes last."""
    after: list[float]
    """Of each operation, ticks of calendar time that the job's later operations take."""
    stretch: float
    """Calendar time over open time."""
    mean: float
    """Of an operation, ticks of calendar time."""
    setup: float
    """Mean ticks between two families."""


def spt(problem: Problem) -> Schedule:
    """Shortest processing time first, setup counted."""
    return dispatch(problem, lambda c: -float(c.duration + c.setup))


def edd(problem: Problem) -> Schedule:
    """Earliest due date first; of one job's machines the quicker."""
    work = _work(problem)
    return dispatch(problem, lambda c: -work.due[c.job] - 1e-6 * c.duration)


def atc(problem: Problem) -> Schedule:
    """Apparent tardiness cost with setups."""
    return dispatch(problem, _atc_index(problem))


def risk(problem: Problem) -> Schedule:
    """ATC on machines in good health first, services where production loses least."""
    weigh = _atc_index(problem)
    worst = max((_money_at_risk(problem, t) for t in range(len(problem.tasks))), default=0.0)
    danger = [0.0] * len(problem.machines)
    for t, task in enumerate(problem.tasks):
        danger[task.machine] += _money_at_risk(problem, t) / (worst or 1.0)
    return dispatch(problem, lambda c: weigh(c) - danger[c.machine], _displaced(problem))


IN_HASTE = ("atc", "risk", "edd", "spt")
"""The cheapest of whole plants first."""
RULES: Mapping[str, Rule] = MappingProxyType({"spt": spt, "edd": edd, "atc": atc, "risk": risk})


def best_rule(problem: Problem, limit: Limit | None = None) -> tuple[str, Schedule, Terms]:
    """The cheapest rule's name, schedule and costs, as the checker reckons them.

    With a limit the most promising come first, and when its time is over no other is tried once
    one has a plan. Raises PlanningError where no rule finds a schedule.
    """
    begun = 0.0 if limit is None else limit.clock()
    found: list[tuple[float, str, Schedule, Terms]] = []
    refused: list[str] = []
    for name in RULES if limit is None else IN_HASTE:
        if found and limit is not None and limit.clock() - begun >= limit.seconds:
            break
        try:
            schedule = RULES[name](problem)
        except PlanningError as error:
            refused.append(f"{name}: {error}")
            continue
        verdict = check(problem, schedule)
        if verdict.terms is None or verdict.faults:
            refused.append(f"{name}: {verdict.faults[0].what}")
        else:
            found.append((verdict.terms.total, name, schedule, verdict.terms))
    if not found:
        raise PlanningError("no rule finds a schedule: " + "; ".join(refused))
    _, name, schedule, terms = min(found, key=lambda each: each[0])
    return name, schedule, terms


def _atc_index(problem: Problem) -> Index:
    """log w/p − slack⁺ / (K1 p̄) − setup / (K2 s̄), K2 = 1 / (2 √(s̄ / p̄))."""
    work = _work(problem)
    haste = LOOK_AHEAD * work.mean
    k2 = 0.5 / sqrt(max(work.setup / work.mean, 0.01))

    def index(c: Candidate) -> float:
        need = c.duration * work.stretch + work.after[c.operation]
        slack = max(0.0, work.due[c.job] - c.now - need)
        lost = c.setup / (k2 * work.setup) if work.setup else 0.0
        return log(work.weight[c.job] / c.duration) - slack / haste - lost

    return index


def _work(problem: Problem) -> _Work:
    open_time = [WorkingTime(problem.calendars[m.calendar]).total for m in problem.machines]
    stretch = problem.horizon * len(open_time) / max(1, sum(open_time))
    after: list[float] = []
    ticks: list[float] = []
    for job in problem.jobs:
        mean = [_mean_duration(operation) for operation in job.operations]
        ticks += mean
        after += [stretch * sum(mean[k + 1 :]) for k in range(len(mean))]
    between = [float(matrix.mean()) for matrix in problem.setups]
    return _Work(
        [float(problem.horizon if job.due is None else job.due) for job in problem.jobs],
        [max(job.late_cost_h, 1e-6) for job in problem.jobs],
        after,
        stretch,
        stretch * float(np.mean(ticks)) if ticks else 1.0,
        float(np.mean(between)) if between else 0.0,
    )


def _mean_duration(operation: Operation) -> float:
    return sum(a.duration for a in operation.alternatives) / max(1, len(operation.alternatives))


def _money_at_risk(problem: Problem, t: int) -> float:
    """What task t's curve rises by from now to its worst: how likely its machine is to fail."""
    curve = problem.tasks[t].risk
    return max(0.0, max(curve) - curve[0])


def _displaced(problem: Problem) -> Displaced:
    """An open hour of a machine is worth the mean late cost of a job, as far as it is loaded."""
    times = [WorkingTime(problem.calendars[m.calendar]) for m in problem.machines]
    work = [0.0] * len(times)
    for job in problem.jobs:
        for operation in job.operations:
            for a in operation.alternatives:
                work[a.machine] += a.duration / len(operation.alternatives)
    load = [min(1.0, w / max(1, time.total)) for w, time in zip(work, times, strict=True)]
    late_cost_h = float(np.mean([job.late_cost_h for job in problem.jobs] or [0.0]))

    def money(machine: int, start: int, end: int) -> float:
        ticks = times[machine].worked(end) - times[machine].worked(start)
        return late_cost_h * load[machine] * ticks * problem.tick_h

    return money
