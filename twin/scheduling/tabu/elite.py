"""Good plans that a search keeps, first plans it starts from, and plans between two kept ones."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.jobshop_graph import Shop, starts

__all__ = ["Elite", "Plan", "between", "greedy_plan", "ranked_plan"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


class Plan(NamedTuple):
    """A plan as machine choice and one order of all operations, by their start."""

    makespan: int
    machine: Ints
    """(N,)."""
    rank: Ints
    """(N,) place of each operation in the order of starts."""

    @property
    def order(self) -> Ints:
        """(N,) operations by rank."""
        return np.argsort(self.rank, kind="stable")


def ranked_plan(makespan: int, machine: Ints, start: Ints) -> Plan:
    """A plan from starts (N,); an operation that takes time starts before the next of its job."""
    rank = np.empty(len(start), np.int64)
    rank[np.argsort(start, kind="stable")] = np.arange(len(start))
    return Plan(makespan, machine.copy(), rank)


def between(a: Plan, b: Plan, share: float, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Machines and order (N,) each of a plan on the way from a to b; share 0 … 1 of b.

    Weighted ranks keep every job's order, since both plans do: whatever the share, there is no
    cycle. Source: path relinking, Glover, Laguna & Martí (2000); for job shops Peng, Lü & Cheng
    (2015), who repair instead.
    """
    machine = np.where(rng.random(len(a.machine)) < share, b.machine, a.machine)
    return machine, np.argsort((1 - share) * a.rank + share * b.rank, kind="stable")


def greedy_plan(shop: Shop, rng: np.random.Generator, share: Array | None = None) -> Plan:
    """Jobs in a random order of turns, each operation on the machine that ends it first.

    share (A,): instead on a machine drawn by these shares of each operation's alternatives.
    """
    job = np.cumsum(shop.before < 0) - 1
    turn = np.flatnonzero(shop.before < 0)
    free, end = np.zeros(shop.n_machines, np.int64), np.zeros(len(job), np.int64)
    machine, order = np.empty(len(job), np.int64), np.empty(len(job), np.int64)
    for at, j in enumerate(rng.permutation(job)):
        i = turn[j]
        turn[j] += 1
        ready = end[shop.before[i]] if shop.before[i] >= 0 else shop.release[i]
        choices = slice(shop.options[i], shop.options[i + 1])
        ends = np.maximum(free[shop.machines[choices]], ready) + shop.durations[choices]
        best = int(ends.argmin() if share is None else _drawn(share[choices], rng))
        machine[i], order[at] = shop.machines[choices][best], i
        end[i] = free[machine[i]] = ends[best]
    start, _ = starts(shop, machine, order)
    return ranked_plan(int(end.max()), machine, start)


def _drawn(share: Array, rng: np.random.Generator) -> int:
    """A place, as likely as its share."""
    upto = np.cumsum(share)
    return int(np.searchsorted(upto, rng.random() * upto[-1], side="right").clip(0, len(share) - 1))


class Elite:
    """A few good plans that differ from each other."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.plans: list[Plan] = []

    @property
    def full(self) -> bool:
        return len(self.plans) >= self.size

    def pair(self, rng: np.random.Generator) -> tuple[Plan, Plan]:
        """Two different plans."""
        a, b = rng.choice(len(self.plans), 2, replace=False)
        return self.plans[a], self.plans[b]

    @property
    def best(self) -> Plan:
        return min(self.plans, key=lambda plan: plan.makespan)

    def keep(self, plan: Plan, parents: tuple[Plan, ...] = ()) -> bool:
        """Take a plan in, in the place of its worse parent if it is no worse, else of the worst.

        Returns whether the elite is the better or the larger for it.
        """
        if any(_alike(plan, other) for other in self.plans):
            return False
        if not self.full:
            self.plans.append(plan)
            return True
        for rivals in (parents, self.plans):
            worst = max(rivals, key=lambda rival: rival.makespan, default=None)
            if worst is not None and plan.makespan <= worst.makespan:
                at = next(i for i, other in enumerate(self.plans) if other is worst)
                self.plans[at] = plan
                return plan.makespan < worst.makespan
        return False


def _alike(a: Plan, b: Plan) -> bool:
    """Same makespan and machines, and on average within a place of each other."""
    if a.makespan != b.makespan or not np.array_equal(a.machine, b.machine):
        return False
    return int(np.abs(a.rank - b.rank).sum()) < len(a.rank)
