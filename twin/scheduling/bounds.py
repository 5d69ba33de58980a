"""What no schedule of a plant can go below: each cost at its own best, as if nothing else counted.

Of each job its cheapest energy and the lateness it has when it finds every machine free, or being
left out if that is cheaper; of each task the best of its curve while an able crew is there; of each
family the one setup into it that cannot be spared; of the makespan the longest job and the work
that there is. Valid whatever the size; how far below the optimum is not known, and it is far where
machines are scarce: `bounds_scarce` is nearer, and slower.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.bounds_setups import setups_needed
from twin.scheduling.bounds_tasks import task_floor
from twin.scheduling.open_ticks import energy_at, open_ticks, price_per_kwh
from twin.scheduling.problem import Alternative, Job, Operation, Problem

__all__ = ["Floor", "Times", "bound", "floor_of", "left_out_money", "span_of"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


class Floor(NamedTuple):
    """The least of each objective, in its own units; inf where nothing is possible."""

    makespan_h: float
    jobs: float
    """Weighted money: late cost and energy of jobs, or leaving them out."""
    risk: float
    changeover: float
    total: float
    """Weighted sum."""


def bound(problem: Problem) -> float:
    """No schedule's total is less; inf: there is no schedule."""
    return floor_of(problem).total


def floor_of(problem: Problem) -> Floor:
    """The least of each objective by itself."""
    times = Times(problem)
    floors = [_job_floor(problem, times, job) for job in problem.jobs]
    weights, risk = problem.weights, sum(task_floor(problem, task) for task in problem.tasks)
    jobs = sum(floor.money for floor in floors)
    makespan_h = _makespan(problem, floors) * problem.tick_h
    changeover = setups_needed(problem)
    total = jobs + weights.makespan * makespan_h
    total += _weighted(weights.risk, risk) + weights.changeover * changeover
    return Floor(makespan_h, jobs, risk, changeover, total)


def _weighted(weight: float, money: float) -> float:
    """inf stays inf, whatever it is worth: it says that something must be."""
    return np.inf if money == np.inf else weight * money


class Times:
    """Each calendar's open ticks, and what a piece of work in them costs, made once."""

    def __init__(self, problem: Problem) -> None:
        self._open = [open_ticks(calendar, problem.horizon) for calendar in problem.calendars]
        self._price, self._energy = price_per_kwh(problem), dict[tuple[int, int], Array]()

    def earliest(self, calendar: int, duration: int, ready: int) -> tuple[int, int] | None:
        """First possible start and its end; None: it does not end within the horizon."""
        ticks = self._open[calendar]
        k = int(np.searchsorted(ticks, ready))
        if k + max(duration, 1) > len(ticks):
            return None
        start = int(ticks[k])
        return start, int(ticks[k + duration - 1]) + 1 if duration else start

    def cheapest(self, calendar: int, duration: int, first: int, last: int) -> float:
        """Least Σ price over its ticks for a start in first … last; inf: there is none."""
        ticks = self._open[calendar]
        if (calendar, duration) not in self._energy:
            self._energy[calendar, duration] = energy_at(ticks, duration, self._price)
        a, b = np.searchsorted(ticks, first), np.searchsorted(ticks, last, "right")
        return float(self._energy[calendar, duration][a:b].min(initial=np.inf))


def left_out_money(problem: Problem, job: Job) -> float:
    """Weighted money for leaving a job out; inf: it must be placed."""
    if any(operation.pin is not None for operation in job.operations):
        return np.inf
    return _weighted(problem.weights.tardiness, job.left_out_cost)


class _JobFloor(NamedTuple):
    money: float
    ends: int
    """Its earliest end; 0 if it may be left out."""
    work: int
    """Its least working ticks; 0 likewise."""


def _job_floor(problem: Problem, times: Times, job: Job) -> _JobFloor:
    """Energy and lateness of a job that finds everything free, or what leaving it out costs."""
    weights, left_out = problem.weights, left_out_money(problem, job)
    ready = dict.fromkeys(range(len(problem.transport)), job.release)
    energy, travel = 0.0, np.zeros_like(problem.transport)
    for operation in job.operations:
        ready, kwh_money = _step(problem, times, operation, ready, travel)
        energy, travel = energy + kwh_money, problem.transport
    if not ready:
        return _JobFloor(left_out, 0, 0)
    ends = min(ready.values())
    late_h = max(0, ends - job.due) * problem.tick_h if job.due is not None else 0.0
    money = weights.tardiness * job.late_cost_h * late_h + _weighted(weights.energy, energy)
    if left_out < np.inf:
        return _JobFloor(min(money, left_out), 0, 0)
    work = sum(min(a.duration for a in operation.alternatives) for operation in job.operations)
    return _JobFloor(money, ends, work)


def _step(
    problem: Problem, times: Times, operation: Operation, ready: dict[int, int], travel: Ints
) -> tuple[dict[int, int], float]:
    """When the job can be ready at each site after an operation, and its least energy."""
    done: dict[int, int] = {}
    least = np.inf
    for alternative in operation.alternatives:
        span = span_of(problem, times, operation, alternative, ready, travel)
        if span is None:
            continue
        first, last, end = span
        machine = problem.machines[alternative.machine]
        done[machine.site] = min(end, done.get(machine.site, end))
        price = times.cheapest(machine.calendar, alternative.duration, first, last)
        least = min(least, alternative.power_kw * price * problem.tick_h)
    return done, least


def span_of(
    problem: Problem,
    times: Times,
    operation: Operation,
    alternative: Alternative,
    ready: dict[int, int],
    travel: Ints,
) -> tuple[int, int, int] | None:
    """First and last start on a machine, and the first one's end; None: it cannot be there."""
    machine, pin = problem.machines[alternative.machine], operation.pin
    if not ready or (pin is not None and pin.machine != alternative.machine):
        return None
    arrives = min(tick + int(travel[site, machine.site]) for site, tick in ready.items())
    fixed = None if pin is None else pin.start
    first = times.earliest(machine.calendar, alternative.duration, max(arrives, fixed or 0))
    if first is None or (fixed is not None and first[0] != fixed):
        return None
    return first[0], problem.horizon if fixed is None else fixed, first[1]


def _makespan(problem: Problem, floors: list[_JobFloor]) -> int:
    """Ticks: no job ends sooner, and the machines together do no more work than one each a tick."""
    ends = max((floor.ends for floor in floors), default=0)
    work, n = sum(floor.work for floor in floors), max(1, len(problem.machines))
    return max(ends, -(-work // n))
