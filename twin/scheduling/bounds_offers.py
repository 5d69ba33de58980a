"""Where each operation could be, as rows of numbers: what a bound on scarce machine time walks."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.bounds import Times, left_out_money, span_of
from twin.scheduling.open_ticks import open_ticks, price_per_kwh
from twin.scheduling.problem import Alternative, Job, Problem

__all__ = ["Days", "Offers", "days_of", "offers_of"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = NDArray[np.void]
NEVER = 2**60

ALTERNATIVE = np.dtype(
    [
        ("operation", np.int64),
        ("machine", np.int64),
        ("work", np.int64),
        ("power", np.float64),  # weighted money for a tick at a price of 1
        ("first", np.int64),  # of its starts, as numbers of open ticks
        ("last", np.int64),
        ("tail", np.int64),  # ticks that its job needs at least after its end
    ]
)
OPERATION = np.dtype(
    [
        ("job", np.int64),
        ("late", np.float64),  # weighted money for a tick of lateness: its share of its job's
        ("due", np.int64),
        ("ends", np.int64),  # before which its job cannot end
    ]
)


class Days(NamedTuple):
    """Every machine's open ticks, by number from 0: the k-th is at `tick`."""

    n: Ints
    """(M,) how many."""
    tick: Ints
    """(M, N)."""
    price: Array
    """(M, N) money per kWh."""
    zone: Ints
    """(M, N) numbers of stretches of one machine, one day and one price."""
    room: Array
    """(Z,) ticks of each zone."""


class Offers(NamedTuple):
    """What the jobs that can be done at all could be."""

    alternative: Rows
    operation: Rows
    left_out: Array
    """(jobs,) weighted money; of all jobs."""


def days_of(problem: Problem) -> Days:
    """Zones end where the price changes, or a day does."""
    price, day = price_per_kwh(problem), max(1, round(24.0 / problem.tick_h))
    opens = [open_ticks(problem.calendars[m.calendar], problem.horizon) for m in problem.machines]
    n = np.array([len(ticks) for ticks in opens], np.int64)
    tick, zone = np.zeros((2, len(n), max([1, *n])), np.int64)
    n_zones = 0
    for m, ticks in enumerate(opens):
        begins = np.ones(n[m], np.int64)
        begins[1:] = (np.diff(price[ticks]) != 0) | (np.diff(ticks // day) != 0)
        tick[m, : n[m]] = ticks
        zone[m, : n[m]] = n_zones - 1 + np.cumsum(begins)
        n_zones += int(begins.sum())
    room = np.zeros(n_zones)
    for m, k in enumerate(n):
        np.add.at(room, zone[m, :k], 1.0)
    return Days(n, tick, price[tick], zone, room)


def offers_of(problem: Problem) -> Offers:
    """All that a job's operations could be, the soonest that what comes before them allows."""
    times = Times(problem)
    opens = [open_ticks(calendar, problem.horizon) for calendar in problem.calendars]
    unit, weights = problem.weights.energy * problem.tick_h, problem.weights
    alternatives: list[tuple[float, ...]] = []
    operations: list[tuple[float, ...]] = []
    for j, job in enumerate(problem.jobs):
        steps, ends = _steps(problem, times, job)
        late = weights.tardiness * job.late_cost_h * problem.tick_h / len(job.operations)
        due = NEVER if job.due is None else job.due
        for step, tails in zip(steps, _tails(problem, steps), strict=True):
            for (m, work, power_kw), first, last in step:
                ticks, tail = opens[problem.machines[m].calendar], tails[problem.machines[m].site]
                a, b = int(np.searchsorted(ticks, first)), int(np.searchsorted(ticks, last + 1))
                alternatives.append((len(operations), m, work, unit * power_kw, a, b - 1, tail))
            operations.append((j, late, due, ends))
    left_out = np.array([left_out_money(problem, job) for job in problem.jobs])
    return Offers(np.array(alternatives, ALTERNATIVE), np.array(operations, OPERATION), left_out)


Step = list[tuple[Alternative, int, int]]
"""Alternatives of an operation, each with its first and last start."""


def _steps(problem: Problem, times: Times, job: Job) -> tuple[list[Step], int]:
    """Of each operation of a job that finds every machine free; and its earliest end. Nothing if it
    cannot be done."""
    ready = dict.fromkeys(range(len(problem.transport)), job.release)
    steps: list[Step] = []
    travel = np.zeros_like(problem.transport)
    for operation in job.operations:
        step: Step = []
        done: dict[int, int] = {}
        for alternative in operation.alternatives:
            span = span_of(problem, times, operation, alternative, ready, travel)
            if span is not None:
                first, last, end = span
                site = problem.machines[alternative.machine].site
                step.append((alternative, first, last))
                done[site] = min(end, done.get(site, end))
        steps.append(step)
        ready, travel = done, problem.transport
    return (steps, min(ready.values())) if ready else ([], 0)


def _tails(problem: Problem, steps: list[Step]) -> list[list[int]]:
    """After each operation, by the site that it ends at: the least way and work of what follows."""
    sites = range(len(problem.transport))
    tails, tail = [], [0 for _ in sites]
    for step in reversed(steps):
        tails.append(tail)
        there = [(problem.machines[a.machine].site, a.duration) for a, _, _ in step]
        tail = [min(int(problem.transport[s, k]) + d + tail[k] for k, d in there) for s in sites]
    return tails[::-1]
