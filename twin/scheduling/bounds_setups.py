"""Setups that no schedule can spare, in money: each family's own, as if nothing else counted."""

import numpy as np

from twin.scheduling.problem import Problem

__all__ = ["setups_needed"]


def setups_needed(problem: Problem) -> float:
    """Money for one setup into each family that none of its machines is set up for.

    By machine and family the cheapest setup into it, 0 if it is there already; of an operation the
    least over its machines. Operations of a family that share no machine need one each: of every
    set of them that do, the dearest counts.
    """
    needs: dict[int, list[tuple[frozenset[int], float]]] = {}
    for job in problem.jobs:
        if job.left_out_cost == np.inf:
            for operation in job.operations:
                machines = frozenset(a.machine for a in operation.alternatives)
                into = min(_into(problem, m, operation.family) for m in machines)
                needs.setdefault(operation.family, []).append((machines, into))
    return sum(_apart(rows) for rows in needs.values())


def _into(problem: Problem, m: int, family: int) -> float:
    """Money for the cheapest setup of a machine into a family."""
    machine = problem.machines[m]
    if machine.family in {-1, family}:
        return 0.0
    others = np.delete(problem.setups[machine.setup][:, family], family)
    ticks = int(others.min()) if len(others) else 0
    return ticks * machine.setup_cost_h * problem.tick_h


def _apart(rows: list[tuple[frozenset[int], float]]) -> float:
    """Greedily, the dearest first: money of rows that share no machine with another counted."""
    taken: frozenset[int] = frozenset()
    money = 0.0
    for machines, into in sorted(rows, key=lambda row: -row[1]):
        if not machines & taken:
            taken, money = taken | machines, money + into
    return money
