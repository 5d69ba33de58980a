"""What no schedule of a plant can go below, machine time being scarce: a price for each open tick.

No machine does two things in one tick. Let each job pay a price for every tick that it works, the
less the more there is room: of any schedule, cost plus what is paid, less what all open ticks
together are worth, is no more than its cost, because no tick is paid twice. So is the sum of what
each operation costs at least when it has the plant to itself, whatever the prices; they rise where
more is wanted than there is. A job's lateness is no less than what any of its operations says, nor
than their mean. Sources: Hoitomt, Luh & Pattipati (1993), IEEE Trans. Robotics and Automation 9:1
(prices of machine time); Held, Wolfe & Crowder (1974), Mathematical Programming 6:62 (steps).
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin.scheduling.bounds import floor_of
from twin.scheduling.bounds_offers import Days, Offers, days_of, offers_of
from twin.scheduling.problem import Problem

__all__ = ["scarce_bound"]

Array = NDArray[np.float64]

ROUNDS = 25
AIM, CALMER = 0.15, 0.9
"""How far above the best so far a step aims, and what of a step is left where it brought nothing:
what prices do at best is not known. They decide how near the bound comes, not whether it holds."""


def scarce_bound(problem: Problem, rounds: int = ROUNDS) -> float:
    """No schedule's total is less; never below `bounds.bound`. inf: there is no schedule.

    Repeats, without a seed. A plant of 50 machines and 1,340 operations takes a second or two.
    """
    floor = floor_of(problem)
    if not np.isfinite(floor.total) or not problem.jobs:
        return floor.total
    jobs = _jobs_at_least(days_of(problem), offers_of(problem), 1.0 / problem.tick_h, rounds)
    return floor.total + max(0.0, jobs - floor.jobs)


def _jobs_at_least(days: Days, offers: Offers, hour: float, rounds: int) -> float:
    """Money for all jobs: the best of the bounds that the prices give on their way up."""
    price, best, share = np.zeros(len(days.room)), -np.inf, 1.0
    scale = float(offers.operation["late"].sum()) * hour
    for _ in range(rounds):
        found, wanted = _bound_at(days, offers, price)
        if found > best:
            best = found
        else:
            share *= CALMER
        lacking = wanted - days.room
        lacking[(price <= 0.0) & (lacking < 0.0)] = 0.0
        if not lacking.any():  # every operation has what it wants: no prices do better
            break
        gain = best + AIM * max(abs(best), scale) - found
        price = np.maximum(0.0, price + share * gain / float(lacking @ lacking) * lacking)
    return best


def _bound_at(days: Days, offers: Offers, price: Array) -> tuple[float, Array]:
    """The bound at these prices, and (Z,) how many ticks of each zone are wanted at them."""
    n, job = len(offers.operation), offers.operation["job"]
    least, row, start = np.full(n, np.inf), np.zeros(n, np.int64), np.zeros(n, np.int64)
    _cheapest(days, offers, price, least, row, start)
    of_job = np.bincount(job, least, len(offers.left_out))
    able = np.bincount(job, minlength=len(offers.left_out)) > 0
    placed = able & (of_job < offers.left_out)
    wanted = np.zeros(len(price))
    _add_wanted(days, offers, placed, row, start, wanted)
    jobs = np.where(placed, of_job, offers.left_out)
    return float(jobs.sum() - price @ days.room), wanted


@njit(cache=True, nogil=True)
def _cheapest(  # type: ignore[no-untyped-def]
    days: Any, offers: Any, price: Any, least: Any, row: Any, start: Any
):
    """Of each operation the least of energy, prices and lateness over all its starts: where.

    One loop over them all, so that it takes no list of where the least can lie on trust.
    """
    n_machines, most = days.tick.shape
    money, paid = np.zeros((n_machines, most + 1)), np.zeros((n_machines, most + 1))
    lowest = np.zeros(n_machines)
    for m in range(n_machines):
        for k in range(days.n[m]):
            money[m, k + 1] = money[m, k] + days.price[m, k]
            paid[m, k + 1] = paid[m, k] + price[days.zone[m, k]]
            lowest[m] = min(lowest[m], days.price[m, k])
    for a in range(len(offers.alternative)):
        of = offers.alternative[a]
        x, m, work, power = of.operation, of.machine, of.work, of.power
        own = offers.operation[x]
        for k in range(of.first, min(of.last, days.n[m] - max(work, 1)) + 1):
            end = days.tick[m, k + work - 1] + 1 if work > 0 else days.tick[m, k]
            cost = own.late * max(0, max(own.ends, end + of.tail) - own.due)
            if cost + power * work * lowest[m] >= least[x]:
                break  # later it is later still, and no energy makes up for it
            cost += power * (money[m, k + work] - money[m, k]) + paid[m, k + work] - paid[m, k]
            if cost < least[x]:
                least[x], row[x], start[x] = cost, a, k


@njit(cache=True, nogil=True)
def _add_wanted(  # type: ignore[no-untyped-def]
    days: Any, offers: Any, placed: Any, row: Any, start: Any, wanted: Any
):
    """Ticks by zone that the operations of jobs that are placed would take."""
    for x in range(len(row)):
        if placed[offers.operation[x].job]:
            of = offers.alternative[row[x]]
            for k in range(start[x], start[x] + of.work):
                wanted[days.zone[of.machine, k]] += 1.0
